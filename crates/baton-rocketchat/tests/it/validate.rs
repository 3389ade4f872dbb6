//! `validate`, as a person reads it: one snapshot for each account and server.

use std::collections::BTreeMap;

use rocketchat_sim::{Account, Action, Fault, Server, Settings, Shape, Version, Workspace};

use crate::binary::{Binary, Run, start};
use crate::snapshot;

/// The rate limiter is on, as installed.
async fn server() -> Server {
    start(Settings::default()).await
}

async fn release(version: Version) -> Server {
    start(Settings {
        version,
        ..Settings::default()
    })
    .await
}

/// Compares all that a run said with the snapshot, and sees that it left no file.
async fn check(name: &str, binary: &Binary, arguments: &[&str]) -> Run {
    let run = binary.run(arguments).await;
    let text = format!(
        "exit code {}\n\n{}\n--- stderr\n{}",
        run.code.unwrap(),
        run.stdout,
        run.error()
    );
    let filters = [
        (r"127\.0\.0\.1:\d{2,}", "127.0.0.1:[port]"),
        // How long a request takes is this machine's affair.
        (r#"("seconds(_at_most)?"): \d+"#, "$1: \"[seconds]\""),
    ];
    snapshot::check(&format!("validate-{name}"), &text, &filters);
    assert!(binary.files().is_empty(), "{:?}", binary.files());
    assert!(!run.stdout.contains("simulated-token") && !run.stderr.contains("simulated-token"));
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_admin() {
    let server = server().await;
    check(
        "admin",
        &Binary::for_account(&server, Account::Admin),
        &["validate"],
    )
    .await;
    let mut calls = BTreeMap::<_, usize>::new();
    for call in server.log() {
        *calls.entry(call.route).or_default() += 1;
    }
    let expected = [
        ("info", 1),
        ("me", 1),
        ("permissions.listAll", 1),
        ("roles.list", 1),
        ("teams.listAll", 1),
        ("users.listByStatus", 4),
    ];
    let calls: Vec<_> = calls
        .iter()
        .map(|(route, n)| (route.as_str(), *n))
        .collect();
    assert_eq!(calls, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recommended_account() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    check("bot", &binary, &["validate"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_rate_limit_applies_to() {
    let workspace = Workspace::generate(&Shape {
        users: 250,
        teams: 45,
        members: 8,
        seed: 3,
    });
    let server = Server::start(workspace, Settings::default()).await.unwrap();
    let binary = Binary::for_account(&server, Account::LimitedReader);
    check("limited", &binary, &["validate"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_person() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Plain);
    let run = check("plain", &binary, &["validate"]).await;
    assert_eq!(run.code, Some(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_user_id() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_USER_ID", "someoneElse23456");
    let run = check("wrong-user-id", &binary, &["validate"]).await;
    assert_eq!(run.code, Some(16));
}

/// As behind a proxy that signs in by itself.
#[tokio::test(flavor = "multi_thread")]
async fn another_user_with_a_permission_missing_too() {
    let server = server().await;
    let body = r#"{"_id":"someoneElse23456","username":"someone.else","active":true,"roles":["user"],"success":true}"#;
    let answer = Action::answer(200, "application/json", body);
    server.inject(Fault::new("me", 1, answer).times(9));
    let binary = Binary::for_account(&server, Account::Plain);
    let run = check("wrong-account", &binary, &["validate"]).await;
    assert_eq!(run.code, Some(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_AUTH_TOKEN", "canary-token");
    let run = check("wrong-token", &binary, &["validate"]).await;
    assert_eq!(run.code, Some(16));
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_BASE_URL", "http://127.0.0.1:1");
    let run = check("nobody-listens", &binary, &["validate"]).await;
    assert_eq!(run.code, Some(14));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page() {
    let server = server().await;
    let page = "<!DOCTYPE html><title>Welcome to nginx!</title>";
    let answer = Action::answer(200, "text/html", page);
    server.inject(Fault::new("*", 1, answer).times(9));
    let binary = Binary::for_account(&server, Account::Reader);
    let run = check("web-page", &binary, &["validate"]).await;
    assert_eq!(run.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_path() {
    let server = start(Settings {
        sub_path: Some("/chat".to_owned()),
        ..Settings::default()
    })
    .await;
    let url = server.base_url().replace("/chat", "/talk");
    let binary =
        Binary::for_account(&server, Account::Reader).with("BATON_ROCKETCHAT_BASE_URL", &url);
    let run = check("another-path", &binary, &["validate"]).await;
    assert_ne!(run.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_no_more_time_than_it_is_given() {
    let body = r#"{"success":false,"error":"Error, too many requests [error-too-many-requests]"}"#;
    let refused = Action::answer(429, "application/json", body);
    let server = start(Settings {
        faults: vec![Fault::new("me", 1, refused).times(usize::MAX)],
        ..Settings::default()
    })
    .await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = check(
        "out-of-time",
        &binary,
        &["validate", "--max-duration", "1s"],
    )
    .await;
    assert_eq!(run.code, Some(4));
    let arguments = [
        "validate",
        "--max-duration",
        "1s",
        "--output-format",
        "json",
    ];
    let run = binary.run(&arguments).await;
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&document["ok"], &document["exit_code"]),
        (&false.into(), &4.into())
    );
}

/// The names of the roles are a help, the roles themselves are synced.
#[tokio::test(flavor = "multi_thread")]
async fn roles_that_cannot_be_read_are_told() {
    let broken = Action::answer(400, "application/json", r#"{"success":false,"error":"no"}"#);
    let server = start(Settings {
        faults: vec![Fault::new("roles.list", 1, broken).times(usize::MAX)],
        ..Settings::default()
    })
    .await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["validate"]).await;
    assert_ne!(run.code, Some(0));
    assert!(
        run.error().contains("roles.list answered 400"),
        "{}",
        run.error()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn old_and_new_servers() {
    for (name, version) in [("6.4", Version(6, 4, 8)), ("8.8", Version(8, 8, 0))] {
        let server = release(version).await;
        let binary = Binary::for_account(&server, Account::Reader);
        let run = check(name, &binary, &["validate"]).await;
        assert_eq!(run.code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_json() {
    let server = server().await;
    for (name, account) in [
        ("json", Account::LimitedReader),
        ("json-failed", Account::Plain),
    ] {
        let binary = Binary::for_account(&server, account);
        let arguments = ["validate", "--output-format", "json"];
        let run = check(name, &binary, &arguments).await;
        let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(document["ok"], run.code == Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_a_sync_are_taken_before_and_after_the_word() {
    let server = server().await;
    let url = server.base_url();
    let binary = || {
        Binary::for_account(&server, Account::Reader)
            .with("BATON_ROCKETCHAT_BASE_URL", "http://127.0.0.1:1")
    };
    let flag = ["--rocketchat-base-url", url.as_str()];
    let wrong = ["--rocketchat-base-url", "http://127.0.0.1:2"];
    let word = ["validate"];
    for arguments in [
        [&flag[..], &["-f", "x.c1z"], &word].concat(),
        [&word[..], &flag, &["-f", "x.c1z"]].concat(),
        [&wrong[..], &word, &flag].concat(),
    ] {
        let binary = binary();
        let run = binary.run(&arguments).await;
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.contains(&url) && binary.files().is_empty());
    }
}
