//! What differs between releases, and what every answer carries.

use http::Method;
use rocketchat_sim::{Account, Member, Server, Settings, Shape, Version, Workspace};

use crate::bodies::body;
use crate::client::{Answer, Client, server};

const OLD: Version = Version(6, 4, 8);
const MIDDLE: Version = Version(7, 4, 0);
const NEWEST: Version = Version(8, 6, 1);

/// Checks an answer against a case of the documented errors.
#[track_caller]
fn check_error(answer: &Answer, case: &str) {
    let cases = body("errors");
    let case = cases
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["case"] == case)
        .unwrap();
    assert_eq!(answer.status, case["status"]);
    assert_eq!(
        answer.header("content-type"),
        case["headers"]["Content-Type"].as_str()
    );
    match case.get("body") {
        Some(body) => assert_eq!(&answer.json(), body),
        None => assert_eq!(answer.text().is_empty(), case["body_text"] == ""),
    }
}

async fn ask(version: Version, account: Option<Account>, path: &str) -> Answer {
    let server = server(Workspace::empty(), version).await;
    Client::connect(&server, account).await.path(path).await
}

#[tokio::test]
async fn refusals_look_like_their_release() {
    let plain = Some(Account::Plain);
    for (version, account, path, case) in [
        (OLD, None, "/api/v1/me", "401-restivus"),
        (MIDDLE, None, "/api/v1/me", "401-restivus"),
        (NEWEST, None, "/api/v1/me", "401-router"),
        (Version(9, 0, 0), None, "/api/v1/me", "401-v9"),
        (NEWEST, plain, "/api/v1/teams.listAll", "403-explicit"),
        (Version(9, 0, 0), plain, "/api/v1/teams.listAll", "403-v9"),
        (NEWEST, plain, "/api/v1/statistics", "400-permission-plain"),
        (
            NEWEST,
            plain,
            "/api/v1/users.list?x=1",
            "400-validation-query",
        ),
        (MIDDLE, plain, "/api/v1/teams.members", "400-match"),
        (
            NEWEST,
            plain,
            "/api/v1/users.list?sort=%7B_id:1%7D",
            "400-sort",
        ),
        (
            NEWEST,
            plain,
            "/api/v1/users.info?userId=x",
            "400-user-not-found",
        ),
        (
            NEWEST,
            plain,
            "/api/v1/teams.members?teamId=x",
            "400-team-does-not-exist",
        ),
        (NEWEST, plain, "/api/v1/no.such", "404-router"),
        (MIDDLE, plain, "/api/v1/no.such", "200-html-app"),
        (OLD, plain, "/api/v1/users.listByStatus", "200-html-app"),
        (NEWEST, None, "/somewhere", "200-html-app"),
        (NEWEST, None, "/api/v1/info", "404-router"),
    ] {
        check_error(&ask(version, account, path).await, case);
    }
    assert_eq!(
        ask(NEWEST, plain, "/api/v1/no.such").await.text(),
        "404 Not Found"
    );
}

#[tokio::test]
async fn other_methods_do_not_exist() {
    for (version, case) in [(MIDDLE, "405"), (NEWEST, "404-router")] {
        let server = server(Workspace::empty(), version).await;
        let mut client = Client::connect(&server, Some(Account::Admin)).await;
        check_error(
            &client.send(Method::POST, "/api/v1/me").await.unwrap(),
            case,
        );
    }
}

#[tokio::test]
async fn list_by_status_arrives_with_6_8() {
    for (version, json) in [
        (Version(6, 7, 0), false),
        (Version(6, 8, 0), true),
        (MIDDLE, true),
        (NEWEST, true),
    ] {
        let answer = ask(version, Some(Account::Reader), "/api/v1/users.listByStatus").await;
        assert_eq!(
            answer.header("content-type") == Some("application/json"),
            json,
            "{version}"
        );
    }
}

#[tokio::test]
async fn deactivated_members_are_hidden_since_5_0() {
    let mut workspace = Workspace::generate(&Shape {
        users: 60,
        teams: 1,
        members: 4,
        seed: 2,
    });
    let sleeper = workspace
        .users
        .iter()
        .find(|user| !user.active)
        .unwrap()
        .id
        .clone();
    let team = workspace.teams[0].id.clone();
    workspace.teams[0].members = vec![
        Member::plain("rocket.cat"),
        Member::plain(&sleeper),
        Member::plain("gone"),
    ];
    for (version, total) in [
        (Version(4, 8, 0), 2),
        (Version(5, 0, 0), 1),
        (OLD, 1),
        (NEWEST, 1),
    ] {
        let server = server(workspace.clone(), version).await;
        let mut client = Client::connect(&server, Some(Account::Reader)).await;
        assert_eq!(
            client.json(&format!("teams.members?teamId={team}")).await["total"],
            total,
            "{version}"
        );
        assert_eq!(
            client.json("teams.listAll").await["teams"][0]["numberOfUsers"],
            3
        );
    }
}

#[tokio::test]
async fn a_workspace_may_live_below_a_path() {
    let settings = Settings {
        sub_path: Some("/team/".to_owned()),
        ..Settings::default()
    };
    let server = Server::start(Workspace::empty(), settings).await.unwrap();
    assert!(server.base_url().ends_with("/team"));
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let me = client.json("me").await;
    assert_eq!(
        me["avatarUrl"],
        format!("{}/avatar/svc-reader", server.base_url())
    );
    client.prefix.clear();
    assert_eq!(
        client.get("me").await.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[tokio::test(start_paused = true)]
async fn answers_are_dated_by_the_servers_clock() {
    for skew in [0, -300_000, 300_000] {
        let settings = Settings {
            clock_skew_ms: skew,
            ..Settings::default()
        };
        let real = std::time::SystemTime::now();
        let server = Server::start(Workspace::empty(), settings).await.unwrap();
        let answer = Client::connect(&server, Some(Account::Plain))
            .await
            .get("me")
            .await;
        let date = httpdate::parse_http_date(answer.header("date").unwrap()).unwrap();
        let seconds = |time: std::time::SystemTime| {
            i64::try_from(
                time.duration_since(std::time::UNIX_EPOCH)
                    .unwrap()
                    .as_secs(),
            )
            .unwrap()
        };
        let ahead = seconds(date) - seconds(real) - skew / 1_000;
        assert!((-1..=30).contains(&ahead), "{ahead}");
        let reset: i64 = answer.header("x-ratelimit-reset").unwrap().parse().unwrap();
        assert_eq!(reset / 1_000 - seconds(date), 60);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
    }
}
