//! Rows 13 to 24: syncs, and servers that refuse them.

use std::time::{Duration, Instant};

use rocketchat_sim::{Account, Action, Fault, Limiter, Settings};
use serde_json::Value;

use super::{TASK, check, line, messages};
use crate::binary::{Binary, server, start};

pub(super) async fn a_sync() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), ""),
        "{}",
        run.stderr
    );
    let said = messages(&run);
    let mut said = said.iter();
    for step in [
        "Syncing resource types...",
        "Synced resource types",
        "Syncing resources...",
        "syncing in parallel",
        "Synced resources",
        "Syncing static entitlements...",
        "Syncing entitlements...",
        "Synced entitlements",
        "Syncing grants...",
        "Synced grants",
        "Sync complete.",
        "c1z: saved",
    ] {
        assert!(
            said.any(|it| it == step),
            "{step} is not in its place: {}",
            run.stderr
        );
    }
    assert_eq!(said.next(), None, "the file is saved at the end");
    let logs = run.logs();
    for it in &logs {
        assert_eq!(it["level"].as_str().unwrap().to_lowercase(), it["level"]);
        assert!(it["ts"].as_f64().unwrap() > 1.7e9, "{it}");
        let (file, number) = it["caller"].as_str().unwrap().split_once(".rs:").unwrap();
        assert!(file.contains('/') && number.parse::<u32>().is_ok(), "{it}");
    }
    assert_eq!(line(&logs, "Synced resource types")["count"], 3);
    assert_eq!(line(&logs, "syncing in parallel")["workers"], 4);
    let users = |it: &&Value| it["msg"] == "Synced resources" && it["resource_type_id"] == "user";
    assert_eq!(logs.iter().find(users).unwrap()["count"], 40);
    assert_eq!(binary.finished_syncs().len(), 1);
}

pub(super) async fn lines_for_people() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["--log-format", "console"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    for line in run.stderr.lines() {
        let columns: Vec<_> = line.split('\t').collect();
        let ([time, level, caller, _] | [time, level, caller, _, _]) = columns.as_slice() else {
            panic!("{line}");
        };
        assert_eq!(
            (time.len(), &time[10..11], &time[23..]),
            (24, "T", "Z"),
            "{line}"
        );
        assert!(
            ["INFO", "WARN"].contains(level) && caller.contains(".rs:"),
            "{line}"
        );
        if let Some(fields) = columns.get(4) {
            assert!(
                serde_json::from_str::<Value>(fields).unwrap().is_object(),
                "{line}"
            );
        }
    }
}

pub(super) async fn a_log_file() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["--log-path", "l.log"]).await;
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "")
    );
    let log = std::fs::read_to_string(binary.path("l.log")).unwrap();
    assert!(log.lines().last().unwrap().contains("c1z: saved"), "{log}");
    let run = binary
        .run(&["--log-path", "l.log,stdout", "--log-path", "stderr"])
        .await;
    assert!(
        run.stdout == run.stderr && run.stdout.contains("c1z: saved"),
        "{}",
        run.stdout
    );
    let longer = std::fs::read_to_string(binary.path("l.log")).unwrap();
    assert_eq!(longer, format!("{log}{}", run.stdout));
    let words = "cannot open the log file missing/l.log: No such file or directory (os error 2)";
    check(&binary, &["--log-path", "missing/l.log"], 2, words).await;
}

pub(super) async fn refusals_at_the_start() {
    for (status, body, code, name) in [
        (
            401,
            r#"{"status":"error","message":"You must be logged in"}"#,
            16,
            "Unauthenticated",
        ),
        (
            403,
            r#"{"success":false,"error":"unauthorized"}"#,
            7,
            "PermissionDenied",
        ),
        (404, r#"{"success":false,"error":"no"}"#, 5, "NotFound"),
        (
            400,
            r#"{"success":false,"errorType":"invalid-params","error":"no"}"#,
            3,
            "InvalidArgument",
        ),
    ] {
        let server = server().await;
        let answer = Action::answer(status, "application/json", body);
        server.inject(Fault::new("me", 1, answer).times(100));
        let run = Binary::for_account(&server, Account::Reader).run(&[]).await;
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert_eq!(server.calls("me"), 1);
        let shape = format!(
            "{TASK}{name} desc = validate failed: rpc error: code = {name} desc = me answered {status}"
        );
        let last = run.stderr.lines().last().unwrap();
        assert!(last.starts_with(&shape), "{last}");
    }
}

/// Six requests too, but at times of our own; this checks the first pauses and gives up.
pub(super) async fn trouble_at_the_start() {
    let server = server().await;
    let answer = Action::answer(503, "text/plain", "busy");
    server.inject(Fault::new("me", 1, answer).times(100));
    let run = Binary::for_account(&server, Account::Reader)
        .run(&["validate"])
        .await;
    assert_eq!(run.code, Some(14), "{}", run.stderr);
    assert_eq!(
        server.calls("me"),
        3,
        "validate is less patient than a sync"
    );
}

/// Waits for as long as the server says, however often.
pub(super) async fn a_rate_limit_at_the_start() {
    let server = server().await;
    let body = r#"{"success":false,"error":"Error, too many requests. Please slow down.","errorType":"error-too-many-requests"}"#;
    let in_a_moment = std::time::SystemTime::now() + Duration::from_millis(300);
    let reset = in_a_moment
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-ratelimit-reset", reset.to_string()),
    ];
    let answer = Action::Answer {
        status: 429,
        headers: headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        body: body.into(),
    };
    server.inject(Fault::new("me", 1, answer));
    let run = Binary::for_account(&server, Account::Reader)
        .run(&["validate"])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(server.calls("me"), 2);
}

pub(super) async fn a_rate_limit_in_the_middle() {
    let window = Duration::from_secs(2);
    let limiter = Some(Limiter { calls: 3, window });
    let server = start(Settings {
        limiter,
        ..Settings::default()
    })
    .await;
    let started = Instant::now();
    let run = Binary::for_account(&server, Account::LimitedReader)
        .run(&[])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(started.elapsed() >= window && started.elapsed() < Duration::from_mins(1));
    assert_eq!(server.calls("teams.members"), 4, "no call is made in vain");
}

pub(super) async fn trouble_in_the_middle() {
    let server = server().await;
    let answer = Action::answer(500, "text/plain", "oops");
    server.inject(Fault::new("roles.list", 1, answer).times(2));
    let run = Binary::for_account(&server, Account::Reader).run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(server.calls("roles.list"), 3);
}

pub(super) async fn a_host_that_does_not_exist() {
    let binary =
        Binary::unreachable().with("BATON_ROCKETCHAT_BASE_URL", "http://no-such-host.invalid");
    let run = binary.run(&["validate"]).await;
    // Name servers that cannot be asked are trouble that may pass, after which the code is the same.
    assert_eq!(run.code, Some(3), "{}", run.stderr);
}

pub(super) async fn a_refusal_in_the_middle() {
    let server = server().await;
    let answer = Action::answer(
        403,
        "application/json",
        r#"{"success":false,"error":"unauthorized"}"#,
    );
    server.inject(Fault::new("teams.members", 3, answer));
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(7), "{}", run.stderr);
    let shape =
        format!("{TASK}PermissionDenied desc = sync-grants-for-resource: error listing grants: ");
    assert!(run.last_words().starts_with(&shape), "{}", run.last_words());
    assert_eq!(binary.files(), ["sync.c1z"]);
    assert!(binary.finished_syncs().is_empty());
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    line(&run.logs(), "resumed previous sync");
}

pub(super) async fn a_list_that_is_not_there() {
    let server = server().await;
    let answer = Action::answer(404, "application/json", r#"{"success":false,"error":"no"}"#);
    server.inject(Fault::new("teams.listAll", 1, answer).times(100));
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(5), "{}", run.stderr);
    let shape = format!("{TASK}NotFound desc = error: listing resources failed: ");
    assert!(run.last_words().starts_with(&shape), "{}", run.last_words());
}

pub(super) async fn a_type_that_does_not_exist() {
    let words = format!("{TASK}Unknown desc = invalid resource type 'nope' in filter");
    check(
        &Binary::unreachable(),
        &["--sync-resource-types", "nope"],
        2,
        &words,
    )
    .await;
}
