//! The scrubber as a whole: nothing leaks, and what could be joined still can be.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use proptest::prelude::*;
use rocketchat_http::Exchange;
use serde_json::{Value, json};

use super::{endpoints, scrub};

/// Stands in every place where a live server could put a text.
const CANARY: &str = "CANARY";

/// The account that asks. It is in every workspace, so it is not renumbered.
const ACCOUNT: &str = "rocket.cat";

fn exchange(path: &str, query: &[(&str, &str)], body: &str) -> Exchange {
    Exchange {
        method: Method::GET,
        path: path.to_owned(),
        query: query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )]),
        body: body.as_bytes().to_vec().into(),
    }
}

/// A path, a query, and a body.
type Asked<'a> = (&'a str, &'a [(&'a str, &'a str)], Value);

fn scrubbed(exchanges: &[Asked<'_>]) -> Vec<(Exchange, Value)> {
    let exchanges: Vec<_> = exchanges
        .iter()
        .map(|(path, query, body)| exchange(path, query, &body.to_string()))
        .collect();
    let with_body = |exchange: Exchange| {
        (
            exchange.clone(),
            serde_json::from_slice(&exchange.body).unwrap(),
        )
    };
    scrub(&exchanges, ACCOUNT)
        .unwrap()
        .exchanges
        .into_iter()
        .map(with_body)
        .collect()
}

/// Everything of an exchange that could reach a file.
fn shown(exchange: &Exchange) -> String {
    format!(
        "{} {:?} {:?} {}",
        exchange.path,
        exchange.query,
        exchange.headers,
        String::from_utf8_lossy(&exchange.body)
    )
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}

#[test]
fn joins_hold_across_answers_and_queries() {
    let answers = scrubbed(&[
        (
            "/api/v1/users.listByStatus",
            &[("count", "0")],
            json!({"users": [
                {"_id": "Kq7TzWm3PfRbX9dLc", "username": "mira", "name": "Mira", "roles": ["admin", "66b1f0c2d4a91e0012ab34cd"]},
                {"_id": "wC4jGr8KzTd2HnPyQ", "username": "zoe", "emails": [{"address": "z@x.example", "verified": true}]},
            ], "count": 2, "offset": 0, "total": 2, "success": true}),
        ),
        (
            "/api/v1/roles.list",
            &[],
            json!({"roles": [{"_id": "66b1f0c2d4a91e0012ab34cd", "name": "Finance", "scope": "Users", "protected": false}], "success": true}),
        ),
        (
            "/api/v1/teams.members",
            &[("teamId", "64f1b2c3d4e5f60123450217")],
            json!({"members": [{"user": {"_id": "wC4jGr8KzTd2HnPyQ", "username": "zoe"}, "roles": ["owner"]}], "total": 1, "success": true}),
        ),
        (
            "/api/v1/teams.listAll",
            &[],
            json!({"teams": [{"_id": "64f1b2c3d4e5f60123450217", "name": "blue-heron", "type": 1, "roomId": "yH8qSm3wUr2PnM5cX",
                "createdBy": {"_id": "Kq7TzWm3PfRbX9dLc", "username": "mira"}, "rooms": 0, "numberOfUsers": 1}], "total": 1, "success": true}),
        ),
        (
            "/api/v1/users.listTeams",
            &[("userId", "wC4jGr8KzTd2HnPyQ")],
            json!({"teams": [], "success": true}),
        ),
    ]);
    let [
        (_, users),
        (_, roles),
        (asked, members),
        (_, teams),
        (asked_teams, _),
    ] = answers.as_slice()
    else {
        panic!("an answer is missing");
    };
    assert_eq!(text(users, "/users/0/roles/0"), "admin");
    assert_eq!(text(users, "/users/0/roles/1"), text(roles, "/roles/0/_id"));
    assert_eq!(
        text(members, "/members/0/user/_id"),
        text(users, "/users/1/_id")
    );
    assert_eq!(
        text(members, "/members/0/user/username"),
        text(users, "/users/1/username")
    );
    assert_eq!(text(members, "/members/0/roles/0"), "owner");
    assert_eq!(
        text(teams, "/teams/0/createdBy/_id"),
        text(users, "/users/0/_id")
    );
    assert_eq!(
        asked.query,
        [("teamId".to_owned(), text(teams, "/teams/0/_id").to_owned())]
    );
    assert_eq!(
        asked_teams.query,
        [("userId".to_owned(), text(users, "/users/1/_id").to_owned())]
    );
    assert_eq!(teams.pointer("/teams/0/type"), Some(&json!(1)));
    assert_eq!(users.pointer("/total"), Some(&json!(2)));
}

#[test]
fn account_that_asks_is_replaced_like_any_user() {
    let me = json!({"_id": "jL3vKd8XqGp6RtNwF", "success": true}).to_string();
    let scrubbed = scrub(&[exchange("/api/v1/me", &[], &me)], "jL3vKd8XqGp6RtNwF").unwrap();
    let [me] = scrubbed.exchanges.as_slice() else {
        panic!("one answer was given")
    };
    assert_eq!(
        *me.body,
        *json!({"_id": scrubbed.user_id, "success": true})
            .to_string()
            .as_bytes()
    );
    assert_ne!(scrubbed.user_id, "jL3vKd8XqGp6RtNwF");
}

#[test]
fn what_a_sync_needs_of_a_user_stays() {
    let user = json!({"_id": "rocket.cat", "username": "rocket.cat", "name": "Rocket.Cat", "roles": ["bot"], "type": "bot",
        "status": "online", "active": true, "lastLogin": "2026-06-01T08:15:30.221Z"});
    let mut more = user.clone();
    more["bio"] = json!("Mine");
    more["customFields"] = json!({"department": "Mine"});
    let answers = scrubbed(&[(
        "/api/v1/users.info",
        &[],
        json!({"user": more, "success": true}),
    )]);
    assert_eq!(
        answers.first().unwrap().1,
        json!({"user": user, "success": true})
    );
}

#[test]
fn me_loses_settings_and_services() {
    let me = json!({"_id": "rocket.cat", "roles": ["bot"], "settings": {"preferences": {"x": 1}}, "services": {"password": {"exists": true}},
        "avatarUrl": "https://chat.example.net/avatar/x", "success": true});
    let answers = scrubbed(&[("/api/v1/me", &[], me)]);
    assert_eq!(
        answers.first().unwrap().1,
        json!({"_id": "rocket.cat", "roles": ["bot"], "success": true})
    );
}

#[test]
fn permissions_of_settings_go() {
    let rows = json!({"update": [
        {"_id": "view-all-teams", "roles": ["admin"], "_updatedAt": "2026-03-02T08:11:05.120Z"},
        {"_id": "change-setting-Site_Name", "level": "settings", "settingId": "Site_Name", "roles": []},
    ], "remove": [], "success": true});
    let kept = json!({"update": [{"_id": "view-all-teams", "roles": ["admin"], "_updatedAt": "2026-03-02T08:11:05.120Z"}],
        "remove": [], "success": true});
    assert_eq!(
        scrubbed(&[("/api/v1/permissions.listAll", &[], rows)])
            .first()
            .unwrap()
            .1,
        kept
    );
}

#[test]
fn of_the_server_only_its_version_stays() {
    let info = json!({"version": "8.6.1", "info": {"version": "8.6.1", "build": {"platform": "linux"}, "commit": {"author": "x"}},
        "cloudWorkspaceId": "5", "workspaceUrl": "https://chat.example.net", "success": true});
    let kept = json!({"version": "8.6.1", "info": {"version": "8.6.1"}, "success": true});
    assert_eq!(
        scrubbed(&[("/api/info", &[], info)]).first().unwrap().1,
        kept
    );
}

#[test]
fn refusals_keep_their_shape_only() {
    let body = json!({"success": false, "error": "Zoe may not [error-not-allowed]", "errorType": "error-not-allowed", "details": {"by": "Zoe"},
        "users": [{"_id": "x"}]});
    let kept = json!({"success": false, "error": "redacted text [error-not-allowed]", "errorType": "error-not-allowed"});
    assert_eq!(
        scrubbed(&[("/api/v1/users.list", &[], body)])
            .first()
            .unwrap()
            .1,
        kept
    );
}

#[test]
fn unknown_requests_are_refused() {
    for (path, query) in [
        ("/api/v1/settings", None),
        ("/sub/api/v1/me", None),
        ("/api/v1/me", Some(("token", "x"))),
    ] {
        let asked = exchange(path, query.as_slice(), "{}");
        assert!(scrub(&[asked], ACCOUNT).is_err(), "{path} {query:?}");
    }
    let mut written = exchange("/api/v1/me", &[], "{}");
    written.method = Method::POST;
    assert!(scrub(&[written], ACCOUNT).is_err());
}

/// Keys that the rules know, and some that they do not.
const KEYS: &[&str] = &[
    "_id",
    "_updatedAt",
    "active",
    "address",
    "bio",
    "count",
    "createdAt",
    "createdBy",
    "customFields",
    "description",
    "email",
    "emails",
    "error",
    "errorType",
    "info",
    "lastLogin",
    "members",
    "message",
    "name",
    "numberOfUsers",
    "remove",
    "roles",
    "roomId",
    "rooms",
    "scope",
    "services",
    "status",
    "team",
    "teams",
    "total",
    "type",
    "update",
    "user",
    "username",
    "users",
    "verified",
    "version",
    CANARY,
];

fn canary() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z@:. -]{0,6}".prop_map(|ends| json!(format!("{ends}{CANARY}{ends}"))),
        Just(json!(format!("@{CANARY}:{CANARY}.example"))),
        Just(json!(format!("Not allowed [{CANARY}]"))),
        Just(json!(format!("8.6{CANARY}"))),
        any::<u32>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(|flag| json!(flag)),
        Just(Value::Null),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    canary().prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            object(inner),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::hash_map(prop::sample::select(KEYS), inner, 0..8).prop_map(|entries| {
        Value::Object(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    })
}

proptest! {
    #[test]
    fn no_canary_survives(body in object(tree()), succeeded: bool, html: bool, cut in any::<prop::sample::Index>()) {
        let mut body = body;
        if succeeded {
            body["success"] = json!(true);
        }
        let whole = body.to_string();
        let cut = whole.char_indices().nth(cut.index(whole.chars().count())).map_or(0, |(at, _)| at);
        let name = format!("x-ratelimit-{}", CANARY.to_lowercase());
        for path in endpoints::paths() {
            for body in [whole.as_str(), &whole[..cut], &format!("[{whole}]"), &format!("<p>{whole}")] {
                let mut exchange = exchange(path, &[("userId", CANARY), ("teamId", CANARY)], body);
                exchange.headers.insert("x-ratelimit-limit", HeaderValue::from_static(CANARY));
                exchange.headers.insert("retry-after", HeaderValue::from_static(CANARY));
                exchange.headers.insert("date", HeaderValue::from_static(CANARY));
                exchange.headers.insert(name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_static("7"));
                if html {
                    exchange.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=CANARY"));
                }
                let scrubbed = scrub(&[exchange], CANARY).unwrap();
                let shown = scrubbed.exchanges.iter().map(shown).collect::<String>() + &scrubbed.user_id;
                prop_assert!(!shown.to_uppercase().contains(CANARY), "{shown}");
            }
        }
    }

    #[test]
    fn row_numbers_and_totals_stay(ids in prop::collection::vec("[2-9A-Za-z]{1,17}", 0..30), total: u32) {
        let rows: Vec<_> = ids.iter().map(|id| json!({"_id": id, "name": CANARY, "bio": CANARY})).collect();
        let body = json!({"users": rows, "count": ids.len(), "offset": 0, "total": total, "success": true});
        let answers = scrubbed(&[("/api/v1/users.list", &[], body)]);
        let left = &answers.first().unwrap().1;
        prop_assert_eq!(left.pointer("/users").and_then(Value::as_array).map(Vec::len), Some(ids.len()));
        prop_assert_eq!(left.pointer("/count"), Some(&json!(ids.len())));
        prop_assert_eq!(left.pointer("/total"), Some(&json!(total)));
        let order = |ids: &[&str]| -> Vec<Vec<std::cmp::Ordering>> { ids.iter().map(|a| ids.iter().map(|b| a.cmp(b)).collect()).collect() };
        let left: Vec<_> = (0..ids.len()).map(|row| text(left, &format!("/users/{row}/_id"))).collect();
        prop_assert_eq!(order(&left), order(&ids.iter().map(String::as_str).collect::<Vec<_>>()));
    }
}
