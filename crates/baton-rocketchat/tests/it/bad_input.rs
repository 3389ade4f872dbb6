//! Bad input gets one clear error with a hint, the documented exit code, and loses nothing.

use std::process::Command;

use rocketchat_sim::{Account, Action, Fault, Settings};

use crate::binary::{Binary, server, server_with};

#[tokio::test(flavor = "multi_thread")]
async fn missing_settings_are_named_all_at_once() {
    let run = Binary::new()
        .with("BATON_ROCKETCHAT_USER_ID", "")
        .run(&[])
        .await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!(run.error(), @r#"
    error: required flag(s) "rocketchat-auth-token", "rocketchat-base-url", "rocketchat-user-id" not set

    hint: set the flags or the variables BATON_ROCKETCHAT_BASE_URL, BATON_ROCKETCHAT_USER_ID and BATON_ROCKETCHAT_AUTH_TOKEN; `baton-rocketchat demo` needs none of them
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused() {
    let server = server().await;
    for url in [
        "chat.example.com",
        "ftp://chat.example.com",
        "https://",
        "https://user:password@chat.example.com",
    ] {
        let binary =
            Binary::for_account(&server, Account::Reader).with("BATON_ROCKETCHAT_BASE_URL", url);
        let run = binary.run(&[]).await;
        assert_eq!(run.code, Some(2), "{url}: {}", run.stderr);
        assert!(
            run.error().contains("base URL") && run.error().contains("hint:"),
            "{}",
            run.error()
        );
        assert!(!run.error().contains("password@"));
        assert!(binary.files().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_unauthenticated() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_AUTH_TOKEN", "canary-token");
    let run = binary.run(&["--log-level", "debug"]).await;
    assert_eq!(run.code, Some(16));
    insta::assert_snapshot!(run.error(), @r#"
    error: me answered 401: You must be logged in to do this.

    hint: check the user id and the personal access token; both must belong to the same active account
    "#);
    assert!(!run.stderr.contains("canary-token") && binary.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_permission_is_denied() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Plain);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(7));
    insta::assert_snapshot!(run.error(), @r#"
    error: the account cannot be used: permission view-all-teams is missing: teams and their members would be missing (roles of the account: user)

    hint: in the administration, open Workspace > Users and give the account the role Directory Reader, which has view-all-teams
    "#);
    assert!(binary.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_instead_of_json_is_no_workspace() {
    let page = Action::answer(
        200,
        "text/html",
        "<!DOCTYPE html><title>Welcome to nginx!</title>",
    );
    let faults = vec![Fault::new("info", 1, page).times(100)];
    let server = server_with(Settings {
        faults,
        ..Settings::default()
    })
    .await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(2));
    insta::assert_snapshot!(run.error(), @r#"
    error: info answered 200 with text/html instead of JSON: <!DOCTYPE html><title>Welcome to nginx!</title>

    hint: check the base URL: it has to be the address of the workspace itself, with its sub-path if it has one
    "#);
    assert!(binary.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_unavailable() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_BASE_URL", "http://127.0.0.1:1");
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(14));
    insta::assert_snapshot!(run.error(), @r#"
    error: cannot reach the workspace at http://127.0.0.1:1
      caused by: GET /api/info: the connection was refused
      caused by: client error (Connect)
      caused by: tcp connect error
      caused by: Connection refused (os error 111)

    hint: check host and port of the base URL, and that the server is running
    "#);
    assert!(binary.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_replaced_is_refused_before_any_request() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    std::fs::write(binary.path("notes.txt"), "not a c1z file").unwrap();
    std::fs::write(binary.path("pebble.c1z"), b"C1Z3\0\0\0\0\0").unwrap();
    std::fs::write(binary.path("cut.c1z"), b"C1ZF\0\x28\xb5\x2f\xfd").unwrap();
    for file in [
        "notes.txt",
        "pebble.c1z",
        "cut.c1z",
        "missing/sync.c1z",
        ".",
    ] {
        let before = std::fs::read(binary.path(file)).ok();
        let run = binary.run(&["-f", file]).await;
        assert_eq!(run.code, Some(2), "{file}: {}", run.stderr);
        assert!(run.error().starts_with("error: "), "{}", run.error());
        assert_eq!(
            std::fs::read(binary.path(file)).ok(),
            before,
            "{file} is untouched"
        );
    }
    assert_eq!(server.log().len(), 0, "no request was sent");
    assert_eq!(binary.files(), ["cut.c1z", "notes.txt", "pebble.c1z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_leaves_earlier_ones_as_they_were() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let before = binary.finished_syncs();
    let refusal = Action::answer(
        403,
        "application/json",
        r#"{"success":false,"error":"unauthorized"}"#,
    );
    server.inject(Fault::new("teams.members", 2, refusal).times(100));
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(7), "{}", run.stderr);
    assert_eq!(binary.finished_syncs(), before);
    assert_eq!(binary.files(), ["sync.c1z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_fails_nothing() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let both = ["--log-path", "stdout,stderr,sync.log"];
    for (arguments, code) in [(&[][..], 0), (&both, 0), (&["--nope"], 2)] {
        let mut command = binary.command(arguments);
        let run = move || {
            for stream in [Command::stdout, Command::stderr] {
                // Nobody is at the other end.
                stream(&mut command, std::io::pipe().unwrap().1);
            }
            command.status().unwrap()
        };
        let status = tokio::task::spawn_blocking(run).await.unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
    assert_eq!(binary.finished_syncs().len(), 2);
    let log = std::fs::read_to_string(binary.path("sync.log")).unwrap();
    assert!(log.contains("c1z: saved"), "{log}");
}

#[cfg(not(feature = "otel"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_build_without_opentelemetry_says_so() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary
        .run(&["--otel-collector-endpoint", "localhost:4317"])
        .await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.error().contains("not supported by this build"),
        "{}",
        run.error()
    );
    assert_eq!(binary.files(), Vec::<String>::new());
}
