//! Which interrupted sync is continued, and what is said about it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use baton_model::{Clock, FixedClock, Timestamp};
use baton_sinks::{C1z, Resume, Sink as _};
use rocketchat_http::BaseUrl;
use rocketchat_sim::{Account, Server};

use crate::binary::{Binary, Run, server};

/// Puts an interrupted sync into the file, as a run with the account would, and returns its identifier.
fn interrupt(binary: &Binary, server: &Server, account: Account) -> String {
    let url: BaseUrl = server.base_url().parse().unwrap();
    let resume = Resume {
        connector: "rocketchat",
        subject: format!("{url} as {}", server.credentials(account).0),
        allowed: true,
    };
    let sink = C1z::open(
        &binary.path("sync.c1z"),
        baton_c1z::Options::default(),
        half_a_minute_past_a_minute_ago(),
        Some(&resume),
    )
    .unwrap();
    let id = sink.sync_id().to_string();
    for key in ["test/a", "test/b"] {
        sink.journal().keep(key, "nobody asks for this");
    }
    Box::new(sink).suspend();
    id
}

fn half_a_minute_past_a_minute_ago() -> Arc<dyn Clock> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let then = i64::try_from(now.as_secs()).unwrap() - 92;
    Arc::new(FixedClock(Timestamp::new(then, 0).unwrap()))
}

/// The syncs of the file, and whether each is finished.
fn syncs(binary: &Binary) -> Vec<(String, bool)> {
    let syncs = binary.open("sync.c1z").syncs().unwrap().into_iter();
    syncs
        .map(|it| (it.sync_id, it.ended_at.is_some()))
        .collect()
}

async fn run(account: Account, variable: &str, flags: &[&str]) -> (String, Run, Binary) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader).with("BATON_NO_RESUME", variable);
    let id = interrupt(&binary, &server, account);
    assert_eq!(syncs(&binary), [(id.clone(), false)]);
    let run = binary.run(flags).await;
    (id, run, binary)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sync_of_the_same_account_is_continued() {
    for variable in ["", "false"] {
        let (id, run, binary) = run(Account::Reader, variable, &[]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let logs = run.logs();
        let line = logs.iter().find(|it| it["msg"] == "resumed previous sync");
        let line = line.unwrap_or_else(|| panic!("{}", run.stderr));
        assert_eq!(line["resume.pieces"], 2);
        let age = line["resume.age_seconds"].as_u64().unwrap();
        assert!((92..100).contains(&age), "{line}");
        assert_eq!(syncs(&binary), [(id, true)]);
        assert_eq!(binary.files(), ["sync.c1z"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_sync_is_continued_and_none_when_it_is_not_wanted() {
    for (account, variable, flags) in [
        (Account::LimitedReader, "", &[][..]),
        (Account::Reader, "", &["--no-resume"]),
        (Account::Reader, "true", &[]),
    ] {
        let (id, run, binary) = run(account, variable, flags).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(!run.stderr.contains("resumed"), "{}", run.stderr);
        let syncs = syncs(&binary);
        assert!(syncs.len() == 1 && syncs[0].0 != id && syncs[0].1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_takes_nothing_from_the_file() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    interrupt(&binary, &server, Account::Reader);
    let before = std::fs::read(binary.path("sync.c1z")).unwrap();
    let binary = binary.with("BATON_ROCKETCHAT_BASE_URL", "http://127.0.0.1:1");
    let run = binary.run(&["--max-duration", "1s"]).await;
    assert_ne!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(std::fs::read(binary.path("sync.c1z")).unwrap(), before);
    assert_eq!(binary.files(), ["sync.c1z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_of_one_file_are_refused() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let clock = half_a_minute_past_a_minute_ago();
    let path = binary.path("sync.c1z");
    let sink = C1z::open(&path, baton_c1z::Options::default(), clock, None).unwrap();
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let me = std::process::id().to_string();
    insta::assert_snapshot!(run.error().replace(&me, "[pid]"), @r"
    error: another process is writing sync.c1z (process [pid])

    hint: wait until it is done, or choose another file
    ");
    assert!(server.log().is_empty(), "no request is made");
    drop(sink);
    assert_eq!(binary.run(&[]).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_leaves_no_work_says_so() {
    let binary = Binary::new();
    let arguments = ["demo", "--users", "50", "--rate-limit", "2/60"];
    let run = binary.run_and_signal(&arguments, "TERM").await;
    let words = "hint: nothing of it is kept, and the next sync starts over";
    assert!(run.error().contains(words), "{}", run.error());
    assert!(binary.files().is_empty());
}
