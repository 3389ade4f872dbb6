//! `--max-duration`.

use std::time::{Duration, Instant};

use rocketchat_sim::{Account, Limiter, Server, Settings};

use crate::binary::{Binary, server, start};

/// Starts a workspace with four teams, the last of which has to wait for an hour.
pub(crate) async fn endless_server() -> Server {
    let limiter = Some(Limiter {
        calls: 3,
        window: Duration::from_hours(1),
    });
    start(Settings {
        limiter,
        ..Settings::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_takes_too_long_says_how_far_it_was() {
    let server = endless_server().await;
    let binary = Binary::for_account(&server, Account::LimitedReader);
    let started = Instant::now();
    let run = binary.run(&["--max-duration", "1s"]).await;
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!(started.elapsed() < Duration::from_mins(1));
    let words = "error: stopped by --max-duration 1.00s, with 40 of 40 users, 3 of 4 teams and 2 of 2 \
                 deactivated users read; the sync is not complete";
    assert!(run.error().contains(words), "{}", run.error());
    assert!(run.error().contains("hint: "), "{}", run.error());
    assert!(
        run.error().contains("run the same command again"),
        "{}",
        run.error()
    );
    assert_eq!(binary.files(), ["sync.c1z"]);
    assert!(binary.finished_syncs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_syncs_stay_as_they_were() {
    let free = server().await;
    let earlier = Binary::for_account(&free, Account::Reader);
    assert_eq!(earlier.run(&[]).await.code, Some(0));
    let before = std::fs::read(earlier.path("sync.c1z")).unwrap();
    let server = endless_server().await;
    let binary = Binary::for_account(&server, Account::LimitedReader)
        .with("BATON_MAX_DURATION", "500ms")
        .with("BATON_SUMMARY", "summary.json");
    std::fs::write(binary.path("sync.c1z"), &before).unwrap();
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert_eq!(binary.files(), ["summary.json", "sync.c1z"]);
    assert_eq!(binary.finished_syncs(), earlier.finished_syncs());
    let summary = std::fs::read(binary.path("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    assert_eq!(summary["exit_code"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_enough_changes_nothing() {
    let server = server().await;
    for limit in ["90m", "2h30m", "600s", "1.5h", "2562047788015215h"] {
        let binary = Binary::for_account(&server, Account::Reader);
        let run = binary.run(&["--max-duration", limit]).await;
        assert_eq!(run.code, Some(0), "{limit}: {}", run.stderr);
    }
}
