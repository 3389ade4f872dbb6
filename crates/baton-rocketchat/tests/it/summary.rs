//! What a run says of itself: one line for people, the same for programs.

use rocketchat_sim::Account;
use serde_json::Value;

use crate::binary::{Binary, Run, server};

fn summary(binary: &Binary, name: &str) -> Value {
    let text = std::fs::read_to_string(binary.path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn sentence(run: &Run) -> Value {
    let mut logs = run.logs().into_iter();
    logs.find(|line| line["msg"].as_str().unwrap().starts_with("synced "))
        .unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_holds_the_counts_and_a_ledger_that_balances() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["--summary", "run.json"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(binary.files(), ["run.json", "sync.c1z"]);
    let it = summary(&binary, "run.json");
    let (reader, newest) = binary.newest("sync.c1z");
    let stats = reader.count(&newest.sync_id).unwrap();
    assert_eq!(
        [&it["status"], &it["sync_id"], &it["file"]],
        ["complete", newest.sync_id.as_str(), "sync.c1z"]
    );
    assert_eq!(it["server_version"], "8.6.1");
    for (value, counts, kind) in [
        (
            &it["users"]["total"],
            &stats.resources_by_resource_type,
            "user",
        ),
        (&it["roles"], &stats.resources_by_resource_type, "role"),
        (&it["teams"], &stats.resources_by_resource_type, "team"),
        (
            &it["grants"]["roles"],
            &stats.grants_by_resource_type,
            "role",
        ),
        (
            &it["grants"]["teams"],
            &stats.grants_by_resource_type,
            "team",
        ),
    ] {
        assert_eq!(number(value), counts[kind], "{kind}");
    }
    let grants = &it["grants"];
    assert_eq!(
        number(&grants["total"]),
        number(&grants["roles"]) + number(&grants["teams"])
    );
    assert_eq!(number(&it["requests"]), server.log().len() as u64);
    for listing in it["ledger"]["listings"].as_array().unwrap() {
        assert_eq!(listing["unique"], listing["announced_last"], "{listing}");
    }
    let teams = it["ledger"]["teams"].as_array().unwrap();
    assert_eq!(teams.len(), 4);
    for team in teams {
        let parts = ["active", "dormant", "gone", "orphaned"];
        let sum: u64 = parts.iter().map(|part| number(&team[part])).sum();
        assert_eq!(number(&team["counted"]), sum, "{team}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_the_same_but_for_the_teams() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary
        .run(&["--summary", "run.json", "--log-level", "debug"])
        .await;
    let line = sentence(&run);
    let keys: Vec<_> = line.as_object().unwrap().keys().collect();
    let expected = ["caller", "file", "level", "msg", "summary", "sync.id", "ts"];
    assert_eq!(keys, expected);
    assert_eq!(line["sync.id"], line["summary"]["sync_id"]);
    let mut full = summary(&binary, "run.json");
    full["ledger"].as_object_mut().unwrap().remove("teams");
    assert_eq!(line["summary"], full);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_one_sentence() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary
        .run(&["--log-format", "console", "--summary", "run.json"])
        .await;
    let it = summary(&binary, "run.json");
    let sentence = format!(
        "synced 40 users ({} disabled, {} service, {} federated), {} roles, 4 teams, {} grants in 0.",
        it["users"]["disabled"],
        it["users"]["service"],
        it["users"]["federated"],
        it["roles"],
        it["grants"]["total"]
    );
    let line = run.stderr.lines().find(|it| it.contains(&sentence));
    let line = line.unwrap_or_else(|| panic!("{sentence}: {}", run.stderr));
    assert!(!line.contains("summary"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_replaces_the_summary_of_an_earlier_one() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader).with("BATON_SUMMARY", "run.json");
    assert_eq!(binary.run(&[]).await.code, Some(0));
    assert_eq!(summary(&binary, "run.json")["status"], "complete");
    for (name, value, code) in [
        ("BATON_ROCKETCHAT_AUTH_TOKEN", "wrong", 16),
        ("BATON_FILE", "cut.c1z", 2),
        ("BATON_ROCKETCHAT_USER_ID", "", 2),
        ("BATON_MAX_SHRINK", "lots", 2),
    ] {
        let binary = Binary::for_account(&server, Account::Reader)
            .with("BATON_SUMMARY", "run.json")
            .with(name, value);
        std::fs::write(binary.path("run.json"), r#"{"status":"complete"}"#).unwrap();
        std::fs::write(binary.path("cut.c1z"), b"C1ZF\0\x28\xb5\x2f\xfd").unwrap();
        let run = binary.run(&[]).await;
        assert_eq!(run.code, Some(code), "{name}: {}", run.stderr);
        let it = summary(&binary, "run.json");
        assert_eq!(it["status"], "failed");
        assert_eq!(it["exit_code"], code);
        let mut said = format!("error: {}", it["error"].as_str().unwrap());
        for cause in it["causes"].as_array().unwrap() {
            said = format!("{said}\n  caused by: {}", cause.as_str().unwrap());
        }
        if let Some(hint) = it["hint"].as_str() {
            said = format!("{said}\n\nhint: {hint}");
        }
        assert_eq!(said, run.error());
        assert_eq!(binary.files(), ["cut.c1z", "run.json"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_says_so() {
    let binary = Binary::new();
    let arguments = [
        "demo",
        "--users",
        "50",
        "--rate-limit",
        "2/60",
        "--summary",
        "run.json",
    ];
    let run = binary.run_and_signal(&arguments, "TERM").await;
    assert_eq!(run.code, Some(143), "{}", run.stderr);
    let it = summary(&binary, "run.json");
    assert_eq!(it["exit_code"], 143);
    assert!(it["error"].as_str().unwrap().contains("SIGTERM"), "{it}");
    assert_eq!(binary.files(), ["run.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_written_is_refused_before_any_request() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    std::fs::write(binary.path("out.c1z"), "").unwrap();
    for (place, reason) in [
        (".", "it is a directory"),
        ("missing/run.json", "No such file or directory"),
        ("out.c1z/run.json", "Not a directory"),
        ("/dev/null", "it is not a regular file"),
        ("out.c1z", "something else is written there, or read"),
        ("../run/../out.c1z", "No such file or directory"),
    ] {
        let run = binary.run(&["-f", "./out.c1z", "--summary", place]).await;
        assert_eq!(run.code, Some(2), "{place}: {}", run.stderr);
        assert!(run.error().contains(reason), "{place}: {}", run.error());
        assert!(run.error().contains("hint:"));
    }
    assert_eq!(server.log().len(), 0);
    assert_eq!(std::fs::read(binary.path("out.c1z")).unwrap(), b"");
    assert_eq!(binary.files(), ["out.c1z"]);
}
