use std::time::Duration;

use rocketchat_api::{
    Answer, Arrival, Endpoint, Error, Info, Kind, Me, Outcome, Page, PermissionsListAll, RolesList,
    TeamsListAll, TeamsMembers, UsersInfo, UsersListByStatus, decode,
};

const JSON: Option<&str> = Some("application/json; charset=utf-8");

fn read<E: Endpoint>(endpoint: &E, status: u16, body: &str) -> Result<E::Output, Error> {
    decode(
        endpoint,
        &Answer {
            status,
            content_type: JSON,
            body: body.as_bytes(),
        },
    )
}

#[track_caller]
fn check_refusal(status: u16, body: &str, kind: Kind, code: Option<&str>, text: &str) {
    let error = read(&RolesList, status, body).unwrap_err();
    let found = match &error {
        Error::Refused { code, .. } => code.as_deref(),
        _ => None,
    };
    assert_eq!((error.kind(), found), (kind, code), "{body}");
    assert_eq!(error.to_string(), text);
}

#[test]
fn every_shape_of_a_refusal_is_understood() {
    let not_signed_in = "roles.list answered 401: You must be logged in to do this.";
    check_refusal(
        401,
        r#"{"status":"error","message":"You must be logged in to do this."}"#,
        Kind::Unauthenticated,
        None,
        not_signed_in,
    );
    check_refusal(
        401,
        r#"{"success":false,"error":"You must be logged in to do this."}"#,
        Kind::Unauthenticated,
        None,
        not_signed_in,
    );
    check_refusal(
        403,
        r#"{"success":false,"error":"unauthorized"}"#,
        Kind::PermissionDenied,
        Some("unauthorized"),
        "roles.list answered 403: unauthorized",
    );
    check_refusal(
        400,
        r#"{"success":false,"error":"Not allowed [error-not-allowed]","errorType":"error-not-allowed"}"#,
        Kind::PermissionDenied,
        Some("error-not-allowed"),
        "roles.list answered 400: Not allowed [error-not-allowed]",
    );
    check_refusal(
        400,
        r#"{"success":false,"error":"team-does-not-exist"}"#,
        Kind::NoSuchTeam,
        Some("team-does-not-exist"),
        "roles.list answered 400: team-does-not-exist",
    );
    check_refusal(
        400,
        r#"{"success":false,"error":"User not found."}"#,
        Kind::NoSuchUser,
        None,
        "roles.list answered 400: User not found.",
    );
}

#[test]
fn a_refusal_without_a_code_is_told_by_its_words() {
    check_refusal(
        400,
        r#"{"success":false,"error":"connection 4 to 192.0.2.10:27017 closed"}"#,
        Kind::Uncoded,
        None,
        "roles.list answered 400: connection 4 to 192.0.2.10:27017 closed",
    );
    check_refusal(
        400,
        r#"{"success":false,"errorType":"error-invalid-params","error":"must NOT have additional properties"}"#,
        Kind::InvalidRequest,
        Some("error-invalid-params"),
        "roles.list answered 400: must NOT have additional properties",
    );
    check_refusal(
        400,
        r#"{"success":false}"#,
        Kind::Other,
        None,
        "roles.list answered 400: no reason given",
    );
    check_refusal(
        400,
        r#"{"success":false,"error":"Match failed [400]","errorType":400}"#,
        Kind::Other,
        Some("400"),
        "roles.list answered 400: Match failed [400]",
    );
    check_refusal(
        400,
        r#"{"success":false,"error":{"message":"something odd","code":17}}"#,
        Kind::Uncoded,
        None,
        r#"roles.list answered 400: {"code":17,"message":"something odd"}"#,
    );
    check_refusal(
        400,
        r#"{"success":false,"error":"error-role-not-found","errorType":"Role not found"}"#,
        Kind::Other,
        Some("error-role-not-found"),
        "roles.list answered 400: error-role-not-found",
    );
    check_refusal(
        500,
        r#"{"success":false,"error":"Internal server error"}"#,
        Kind::Unavailable,
        None,
        "roles.list answered 500: Internal server error",
    );
    check_refusal(
        200,
        r#"{"success":false,"error":"unexpected"}"#,
        Kind::Other,
        Some("unexpected"),
        "roles.list answered 200: unexpected",
    );
    check_refusal(
        200,
        r#"{"roles":[]}"#,
        Kind::Other,
        None,
        "roles.list answered 200: no reason given",
    );
}

#[test]
fn pages_of_other_programs_are_told_from_answers() {
    let html = "<!DOCTYPE html>\n<html>\n<title>Chat</title></html>";
    let answer = |status, content_type| Answer {
        status,
        content_type,
        body: html.as_bytes(),
    };
    let absent = decode(&RolesList, &answer(200, Some("text/html; charset=utf-8"))).unwrap_err();
    assert_eq!(absent.kind(), Kind::Absent);
    assert_eq!(
        absent.to_string(),
        "roles.list answered 200 with text/html; charset=utf-8 instead of JSON: <!DOCTYPE html> <html> <title>Chat</title></html>"
    );
    assert_eq!(
        decode(&RolesList, &answer(404, Some("text/plain")))
            .unwrap_err()
            .kind(),
        Kind::Absent
    );
    assert_eq!(
        decode(&RolesList, &answer(302, Some("text/html")))
            .unwrap_err()
            .kind(),
        Kind::Redirected
    );
    assert_eq!(
        decode(&RolesList, &answer(503, None)).unwrap_err().kind(),
        Kind::Unavailable
    );
    assert_eq!(
        decode(&RolesList, &answer(204, None)).unwrap_err().kind(),
        Kind::Absent
    );
}

/// Gateways call an empty body JSON, or break one off.
#[test]
fn a_status_that_says_enough_counts_although_the_body_is_broken() {
    for (status, body, kind, outcome) in [
        (
            503,
            "",
            Kind::Unavailable,
            Outcome::Transient { attempts: 6 },
        ),
        (
            502,
            r#"{"success":fal"#,
            Kind::Unavailable,
            Outcome::Transient { attempts: 6 },
        ),
        (
            429,
            "{",
            Kind::RateLimited,
            Outcome::RateLimited { wait: None },
        ),
        (401, "", Kind::Unauthenticated, Outcome::Final),
    ] {
        let error = read(&RolesList, status, body).unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        assert!(!error.is_cut(), "{status}");
        let answer = Answer {
            status,
            content_type: JSON,
            body: body.as_bytes(),
        };
        assert_eq!(Outcome::of(&answer), outcome, "{status}");
    }
    let error = read(&RolesList, 503, r#"{"success":"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"roles.list answered 503 with a broken body, called application/json; charset=utf-8, instead of JSON: {"success":"#
    );
    // Here only the words would tell.
    let error = read(&RolesList, 400, r#"{"success":fal"#).unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}

#[test]
fn what_is_cut_or_of_another_shape_is_no_data() {
    let list = UsersListByStatus::all(Page::ALL);
    for body in [
        r#"{"users":[{"_id":"Kq7TzWm3PfRbX9dLc","na"#,
        r#"{"users":[{"_id":"a","roles":"admin"}],"total":1,"success":true}"#,
        r#"{"users":[{"name":"no id"}],"total":1,"success":true}"#,
        r#"{"users":[{"_id":""}],"total":1,"success":true}"#,
        r#"{"users":[],"success":true}"#,
        r#"{"users":[],"total":-1,"success":true}"#,
        r#"{"users":[],"users":[{"_id":"a"}],"total":1,"success":true}"#,
        r#"{"users":[{"_id":"a"},],"total":1,"success":true}"#,
        r#"{"users":[{"_id":"a"}{"_id":"b"}],"total":1,"success":true}"#,
        r#"{"users":[{"_id":"a"}],"total":1,"success":true}x"#,
        r#"{"users":{"_id":"a"},"total":1,"success":true}"#,
        r#"{"total":1,"success":true}"#,
        "{}",
        "[]",
        "",
    ] {
        assert_eq!(
            read(&list, 200, body).unwrap_err().kind(),
            Kind::Malformed,
            "{body}"
        );
    }
    // That something is absent has to be said in full.
    assert!(read(&RolesList, 404, "").unwrap_err().is_cut());
}

#[test]
fn a_row_that_cannot_be_read_is_named() {
    let body = r#"{"users":[{"_id":"a"},{"_id":"b","roles":"admin"}],"total":2,"success":true}"#;
    let error = read(&UsersListByStatus::all(Page::ALL), 200, body).unwrap_err();
    assert_eq!(
        error.to_string(),
        "users.listByStatus answered 200 with a row (number 1 of the list, from 0) that cannot be read"
    );
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("expected a sequence at line 1"), "{source}");
    assert!(!error.is_cut());
}

#[test]
fn a_refusal_is_worth_more_than_what_is_wrong_with_it() {
    for body in [
        r#"{"success":false,"error":"no [error-not-allowed]"}"#,
        r#"{"users":[{}],"total":1,"success":false,"error":"no [error-not-allowed]"}"#,
    ] {
        let error = read(&UsersListByStatus::all(Page::ALL), 200, body).unwrap_err();
        assert_eq!(error.kind(), Kind::PermissionDenied, "{body}");
    }
}

#[test]
fn an_answer_is_read_while_it_arrives() {
    let body = br#"{"users":[{"_id":"a"},{"_id":"b"}],"total":2,"success":true}"#;
    let mut arrival = Arrival::<UsersListByStatus>::new();
    // A first attempt that broke off.
    assert!(arrival.begin(200, JSON));
    arrival.take(&body[..40], &mut Vec::new());
    let mut rest = Vec::new();
    assert!(arrival.begin(200, JSON));
    for part in body.chunks(7) {
        arrival.take(part, &mut rest);
    }
    assert_eq!(rest, br#"{"users":[],"total":2,"success":true}"#);
    let rows = arrival.end(&Answer {
        status: 200,
        content_type: JSON,
        body: &rest,
    });
    let ids: Vec<_> = rows
        .unwrap()
        .rows
        .into_iter()
        .map(|it| it.id.to_string())
        .collect();
    assert_eq!(ids, ["a", "b"]);
    // Nobody takes rows out of a page of something else, or of a refusal.
    assert!(!arrival_begins(200, Some("text/html")) && !arrival_begins(403, JSON));
}

#[test]
fn rows_without_end_and_rows_without_measure_are_refused() {
    let take = |parts: &mut dyn Iterator<Item = &str>| {
        let mut arrival = Arrival::<UsersListByStatus>::new();
        assert!(arrival.begin(200, JSON));
        let mut rest = Vec::new();
        for part in parts {
            arrival.take(part.as_bytes(), &mut rest);
        }
        let error = arrival.end(&Answer {
            status: 200,
            content_type: JSON,
            body: &rest,
        });
        let error = error.unwrap_err();
        assert!(!error.is_cut(), "{error:?}");
        std::error::Error::source(&error).unwrap().to_string()
    };
    let row = r#"{"_id":"a"},"#;
    let rows = row.repeat(1000);
    let start = ["{\"users\":["];
    let end = [r#"{"_id":"a"}],"success":true,"total":1}"#];
    let endless = std::iter::repeat_n(rows.as_str(), 1000);
    let words = take(&mut start.into_iter().chain(endless).chain(end));
    assert_eq!(words, "the list has more than 1000000 rows");
    let long = "x".repeat(1 << 20);
    let long = std::iter::repeat_n(long.as_str(), 17);
    let name = ["{\"_id\":\"a\",\"name\":\""];
    let end = [r#""}],"success":true,"total":1}"#];
    let words = take(&mut start.into_iter().chain(name).chain(long).chain(end));
    assert_eq!(words, "it is longer than 16777216 bytes");
}

fn arrival_begins(status: u16, content_type: Option<&str>) -> bool {
    Arrival::<UsersListByStatus>::new().begin(status, content_type)
}

#[test]
fn absent_and_null_are_the_same_and_unknown_fields_are_skipped() {
    let body = r#"{"users":[{"_id":"a","name":null,"future":{"nested":[1]}},{"_id":"b"}],"total":2,"count":2,"offset":0,"success":true}"#;
    let rows = read(&UsersListByStatus::all(Page::ALL), 200, body).unwrap();
    assert_eq!(rows.total, 2);
    assert!(
        rows.rows
            .iter()
            .all(|user| user.name.is_none() && user.roles.is_none() && user.emails.is_none())
    );
}

#[test]
fn a_creator_without_an_id_costs_no_team() {
    let body = r#"{"teams":[{"_id":"a","createdBy":{"_id":"u","username":"n"}},{"_id":"b","createdBy":{"username":"n"}},{"_id":"c","createdBy":null},{"_id":"d"}],"total":4,"success":true}"#;
    let teams = read(&TeamsListAll(Page::ALL), 200, body).unwrap().rows;
    let creators = teams
        .iter()
        .map(|team| team.created_by.as_ref().map(|creator| creator.id.as_str()));
    assert_eq!(creators.collect::<Vec<_>>(), [Some("u"), None, None, None]);
}

#[test]
fn a_content_type_is_cut_like_all_words_of_a_server() {
    let answer = Answer {
        status: 502,
        content_type: Some(&"text/html; ".repeat(1000)),
        body: b"",
    };
    let error = decode(&RolesList, &answer).unwrap_err();
    assert!(error.to_string().len() < 400, "{error}");
}

#[test]
fn the_version_is_found_in_every_place() {
    let version = |body| read(&Info, 200, body).unwrap().version;
    assert_eq!(
        version(r#"{"version":"8.6","success":true}"#).as_deref(),
        Some("8.6")
    );
    assert_eq!(
        version(r#"{"info":{"version":"6.4.8"},"success":true}"#).as_deref(),
        Some("6.4.8")
    );
    assert_eq!(
        version(r#"{"version":"8.6.1","info":{"version":"8.6.1"},"success":true}"#).as_deref(),
        Some("8.6.1")
    );
    assert_eq!(version(r#"{"success":true}"#), None);
    let numbers = |body| read(&Info, 200, body).unwrap().release();
    assert_eq!(
        numbers(r#"{"version":"6.10.2","success":true}"#),
        Some((6, 10))
    );
    assert_eq!(numbers(r#"{"version":"develop","success":true}"#), None);
}

#[test]
fn the_other_bodies_are_read() {
    let me = read(
        &Me,
        200,
        r#"{"_id":"jL3","username":"reader","roles":["user","bot"],"success":true}"#,
    )
    .unwrap();
    assert_eq!((me.id.as_str(), me.roles.unwrap().len()), ("jL3", 2));
    let permissions =
        r#"{"update":[{"_id":"a","roles":["admin"]},{"_id":"b"}],"remove":[],"success":true}"#;
    assert_eq!(
        read(&PermissionsListAll, 200, permissions).unwrap().len(),
        2
    );
    let user = r#"{"user":{"_id":"a","canViewAllInfo":false},"success":true}"#;
    assert_eq!(
        read(
            &UsersInfo {
                user_id: "a".into()
            },
            200,
            user
        )
        .unwrap()
        .can_view_all_info,
        Some(false)
    );
    let members = r#"{"members":[{"user":{"_id":"a","settings":{"profile":{}}},"roles":["owner"]},{"user":{"_id":"b"}}],"total":2,"success":true}"#;
    let members = read(
        &TeamsMembers {
            team_id: "t".into(),
            page: Page::ALL,
        },
        200,
        members,
    )
    .unwrap()
    .rows;
    assert_eq!(
        members
            .iter()
            .map(|m| m.user.id.as_str())
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
}

#[track_caller]
fn check_outcome(status: u16, content_type: Option<&str>, body: &str, expected: &Outcome) {
    assert_eq!(
        Outcome::of(&Answer {
            status,
            content_type,
            body: body.as_bytes()
        }),
        *expected
    );
}

#[test]
fn asking_again_is_left_for_what_can_pass() {
    let limited = r#"{"success":false,"error":"Error, too many requests. Please slow down. You must wait 26 seconds before trying this endpoint again. [error-too-many-requests]"}"#;
    let wait = Some(Duration::from_secs(26));
    check_outcome(429, JSON, limited, &Outcome::RateLimited { wait });
    check_outcome(400, JSON, limited, &Outcome::RateLimited { wait });
    check_outcome(
        429,
        Some("text/plain"),
        "Too Many Requests\n",
        &Outcome::RateLimited { wait: None },
    );
    check_outcome(
        503,
        Some("text/html"),
        "<h1>Back soon</h1>",
        &Outcome::Transient { attempts: 6 },
    );
    check_outcome(
        400,
        JSON,
        r#"{"success":false,"error":"connection 4 closed"}"#,
        &Outcome::Transient { attempts: 3 },
    );
    for (status, body) in [
        (200, r#"{"success":true}"#),
        (400, r#"{"success":false,"error":"User not found."}"#),
        (401, "{}"),
        (403, r#"{"success":false,"error":"unauthorized"}"#),
        (501, "{}"),
    ] {
        check_outcome(status, JSON, body, &Outcome::Final);
    }
    check_outcome(200, Some("text/html"), "<html>", &Outcome::Final);
}
