//! The engine against the simulated workspace over real sockets: the result is the truth, or there is none.

use std::collections::BTreeSet;
use std::time::Duration;

use rocketchat_sim::{
    Account, Action, Fault, Limiter, Paging, Server, Settings, Shape, Version, Workspace,
};
use rocketchat_sync::Error;

use crate::server::{check_truth, connect, connect_with, ids, settings, start, sync_as, workspace};
use crate::support::{describe, run, run_until};

#[tokio::test]
async fn every_version_gives_the_truth() {
    for version in [
        Version(5, 0, 0),
        Version(6, 4, 8),
        Version(7, 4, 1),
        Version(7, 6, 0),
        Version(8, 8, 0),
    ] {
        let server = Server::start(workspace(), settings(version)).await.unwrap();
        check_truth(&server, &sync_as(&server, Account::Reader).await);
    }
}

#[tokio::test]
async fn every_paging_setting_gives_the_truth() {
    for (upper, default, allow_infinite) in [
        (100, 50, false),
        (7, 3, false),
        (2, 1, false),
        (3, 1000, false),
        (5000, 1, true),
    ] {
        let paging = Paging {
            upper,
            default,
            allow_infinite,
        };
        let mut workspace = workspace();
        workspace.users.truncate(60);
        let server = Server::start(
            workspace,
            Settings {
                paging,
                ..settings(Version(8, 6, 1))
            },
        )
        .await
        .unwrap();
        check_truth(&server, &sync_as(&server, Account::Reader).await);
    }
}

#[tokio::test]
async fn a_sub_path_is_kept() {
    let settings = Settings {
        sub_path: Some("/chat/team".to_owned()),
        ..settings(Version(8, 6, 1))
    };
    let server = Server::start(workspace(), settings).await.unwrap();
    check_truth(&server, &sync_as(&server, Account::Reader).await);
}

#[tokio::test]
async fn a_limited_account_waits_without_being_refused() {
    let limiter = Some(Limiter {
        calls: 5,
        window: Duration::from_millis(400),
    });
    let server = Server::start(
        workspace(),
        Settings {
            limiter,
            ..settings(Version(8, 6, 1))
        },
    )
    .await
    .unwrap();
    let outcome = sync_as(&server, Account::LimitedReader).await;
    check_truth(&server, &outcome);
    assert!(
        server.log().iter().all(|call| call.status != Some(429)),
        "no request is refused"
    );
    assert!(outcome.result.unwrap().waited > Duration::ZERO);
}

#[tokio::test]
async fn the_fewest_requests_are_sent() {
    // Rows of deleted users make the engine look at the permissions again.
    let mut workspace = workspace();
    let alive: BTreeSet<_> = workspace.users.iter().map(|user| user.id.clone()).collect();
    for team in &mut workspace.teams {
        team.members
            .retain(|member| alive.contains(&member.user_id));
    }
    let server = Server::start(workspace, settings(Version(8, 6, 1)))
        .await
        .unwrap();
    check_truth(&server, &sync_as(&server, Account::Reader).await);
    let peopled = server.with(|it| {
        it.teams
            .iter()
            .filter(|team| !team.members.is_empty())
            .count()
    });
    for (route, calls) in [
        ("me", 1),
        ("permissions.listAll", 1),
        // A page to see how long the list is, which costs nothing without a rate limit, and the list.
        ("users.listByStatus", 2),
        ("teams.listAll", 1),
        ("teams.members", peopled),
    ] {
        assert_eq!(server.calls(route), calls, "{route}");
    }
    assert_eq!(server.calls("users.list"), 0);
}

/// Pages keep bodies small on both sides; they overlap, come several at a time, and survive a deletion in their midst.
#[tokio::test]
async fn a_long_list_is_read_in_pages_where_requests_are_free() {
    let shape = Shape {
        users: 20_100,
        teams: 1,
        members: 3,
        seed: 5,
    };
    let server = Server::start(Workspace::generate(&shape), settings(Version(6, 4, 8)))
        .await
        .unwrap();
    server.before("users.list", 50, |it| {
        // Not read yet at that time.
        it.users.sort_by(|a, b| a.id.cmp(&b.id));
        it.users.remove(15_000);
    });
    let outcome = sync_as(&server, Account::Reader).await;
    check_truth(&server, &outcome);
    let listing = &outcome.result.as_ref().unwrap().ledger.users;
    let pages = 20_099_u64.div_ceil(99);
    assert!((pages..pages + 10).contains(&listing.pages), "{listing:?}");
}

#[tokio::test]
async fn accounts_that_cannot_see_everything_are_refused() {
    for account in [Account::Plain, Account::Guest] {
        let server = start(Vec::new()).await;
        let outcome = sync_as(&server, account).await;
        assert!(
            matches!(outcome.result, Err(Error::Preflight { .. })),
            "{account:?}"
        );
        assert_eq!(
            (ids(&outcome).len(), server.calls("users.listByStatus")),
            (0, 0)
        );
    }
}

#[tokio::test]
async fn a_token_of_somebody_else_is_refused() {
    let server = start(Vec::new()).await;
    let (user_id, _) = server.credentials(Account::Reader);
    let (transport, options) = connect_with(&server, &user_id, "wrong");
    let outcome = run(transport, &options).await;
    let error = outcome.result.unwrap_err();
    insta::assert_snapshot!(describe(&error), @r"
    error: me answered 401: You must be logged in to do this.

    hint: check the user id and the personal access token; both must belong to the same active account
    ");
}

#[tokio::test]
async fn passing_faults_are_outlived() {
    let html = || {
        Action::answer(
            200,
            "text/html",
            "<!DOCTYPE html><title>Maintenance</title>",
        )
    };
    let unavailable = Action::answer(
        503,
        "application/json",
        r#"{"success":false,"error":"Service Unavailable"}"#,
    );
    // As a gateway does it.
    let empty = Action::answer(503, "application/json", "");
    let database = Action::answer(
        400,
        "application/json",
        r#"{"success":false,"error":"connection 4 closed"}"#,
    );
    let faults = vec![
        Fault::new("me", 1, unavailable.clone()).times(2),
        Fault::new("permissions.listAll", 1, empty).times(4),
        Fault::new("users.listByStatus", 1, Action::CutBody(1000)),
        Fault::new("teams.listAll", 1, database),
        Fault::new("teams.members", 3, Action::Cut),
        Fault::new("roles.list", 1, html()),
        Fault::new("users.listTeams", 2, unavailable),
    ];
    let server = start(faults).await;
    check_truth(&server, &sync_as(&server, Account::Reader).await);
}

#[tokio::test]
async fn lasting_faults_end_the_sync_with_their_reason() {
    for (route, action, reason) in [
        (
            "teams.members",
            Action::answer(
                400,
                "application/json",
                r#"{"success":false,"error":"User not found."}"#,
            ),
            "teams.members answered 400: User not found.",
        ),
        (
            "users.listByStatus",
            Action::answer(
                200,
                "application/json",
                r#"{"users":[{"_id":"other","roles":["user"]}],"total":1,"success":true}"#,
            ),
            "users.listByStatus lists 1 users without simReader2345678A",
        ),
        (
            "teams.members",
            Action::answer(
                403,
                "application/json",
                r#"{"success":false,"error":"unauthorized"}"#,
            ),
            "teams.members answered 403: unauthorized",
        ),
        (
            "roles.list",
            Action::answer(200, "text/html", "<html>login</html>"),
            "instead of JSON",
        ),
        (
            "users.listByStatus",
            Action::answer(302, "text/html", ""),
            "users.listByStatus answered 302",
        ),
        (
            "teams.listAll",
            Action::answer(
                200,
                "application/json",
                r#"{"teams":[],"total":3,"success":true}"#,
            ),
            "teams.listAll changed while it was read",
        ),
        (
            "me",
            Action::answer(
                200,
                "application/json",
                r#"{"_id":"somebody","success":true}"#,
            ),
            "the token belongs to user somebody",
        ),
        (
            "users.listTeams",
            Action::answer(
                200,
                "application/json",
                r#"{"success":false,"error":"unexpected"}"#,
            ),
            "users.listTeams answered 200: unexpected",
        ),
    ] {
        let faults = vec![Fault::new(route, 1, action).times(1000)];
        let server = start(faults).await;
        let outcome = sync_as(&server, Account::Reader).await;
        let text = describe(&outcome.result.unwrap_err());
        assert!(text.contains(reason), "{route}: {text}");
        assert!(
            outcome.lines.is_none(),
            "{route}: a failed sync leaves no file"
        );
    }
}

#[tokio::test]
async fn hidden_roles_are_no_absence_of_roles() {
    let mut workspace = workspace();
    for user in &mut workspace.users {
        user.roles = None;
    }
    let server = Server::start(workspace, settings(Version(8, 6, 1)))
        .await
        .unwrap();
    let (row, _) = server.credentials(Account::Reader);
    let body = format!(r#"{{"users":[{{"_id":"{row}","active":true}}],"total":1,"success":true}}"#);
    let me = r#"{"_id":"simReader2345678A","roles":["bot","user"],"success":true}"#;
    server.inject(Fault::new(
        "me",
        1,
        Action::answer(200, "application/json", me),
    ));
    server.inject(Fault::new(
        "users.listByStatus",
        1,
        Action::answer(200, "application/json", body),
    ));
    let outcome = sync_as(&server, Account::Reader).await;
    assert!(
        matches!(outcome.result, Err(Error::RolesHidden { users: 1, .. })),
        "{:?}",
        outcome.result
    );
}

/// Stops after each request in turn: nothing is left, whatever was under way.
#[tokio::test]
async fn a_sync_that_is_stopped_leaves_nothing() {
    let mut stopped = 0;
    for calls in (0..).step_by(2) {
        let server = start(Vec::new()).await;
        let (transport, options) = connect(&server, Account::Reader);
        let asked = async {
            while server.log().len() <= calls {
                tokio::task::yield_now().await;
            }
            "the test".to_owned()
        };
        match run_until(transport, &options, asked).await.result {
            Ok(_) => break,
            Err(Error::Stopped { reason }) => assert_eq!(reason, "the test"),
            Err(error) => panic!("{}", describe(&error)),
        }
        stopped += 1;
    }
    assert!(stopped >= 5, "stopped only {stopped} times");
}

/// A caller who may not see a team gets an empty list of members, with success.
#[tokio::test]
async fn a_permission_taken_away_meanwhile_does_not_shorten_the_list() {
    let slow = Fault::new("teams.members", 2, Action::Delay(Duration::from_millis(50))).times(2);
    let faults = vec![slow];
    let server = start(faults).await;
    let revoke = async {
        while server.calls("teams.members") < 2 {
            tokio::task::yield_now().await;
        }
        server.update(|it| it.permissions.get_mut("view-all-teams").unwrap().clear());
    };
    let (outcome, ()) = tokio::join!(sync_as(&server, Account::Reader), revoke);
    assert!(
        matches!(outcome.result, Err(Error::Preflight { .. })),
        "{:?}",
        outcome.result
    );
    assert!(outcome.lines.is_none());
}

/// Rows of a page that was refused must come again with the next reading.
#[tokio::test]
async fn a_list_that_does_not_balance_is_read_again_from_the_start() {
    let server = start(Vec::new()).await;
    let first = server.with(|it| {
        it.users
            .iter()
            .take(3)
            .map(|user| user.id.to_string())
            .collect::<Vec<_>>()
    });
    let row = |id: &str| format!(r#"{{"_id":"{id}","active":true,"roles":["user"]}}"#);
    let [a, b, c] = [row(&first[0]), row(&first[1]), row(&first[2])];
    for (rows, total) in [(format!("{a},{b},{a}"), 3), (format!("{a},{b},{c}"), 2)] {
        let body = format!(r#"{{"users":[{rows}],"total":{total},"success":true}}"#);
        server.inject(Fault::new(
            "users.listByStatus",
            1,
            Action::answer(200, "application/json", body),
        ));
        let outcome = sync_as(&server, Account::Reader).await;
        check_truth(&server, &outcome);
        assert_eq!(outcome.result.unwrap().ledger.users.retries, 1);
    }
}
