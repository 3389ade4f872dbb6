//! How far a sync is, on a terminal and off it.

use std::time::Duration;

use baton_model::Timestamp;
use rocketchat_sim::{Account, Limiter, Server, Settings};

use crate::binary::{Binary, start};
use crate::terminal;

/// Starts a workspace with four teams, of which the limiter lets three be asked for in a window.
async fn limited_server() -> Server {
    let limiter = Some(Limiter {
        calls: 3,
        window: Duration::from_secs(2),
    });
    start(Settings {
        limiter,
        ..Settings::default()
    })
    .await
}

/// Tells whether a text has lines drawn over.
fn is_drawn(raw: &str) -> bool {
    raw.contains("\x1b[2K")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_live_lines_and_keeps_the_log() {
    let server = limited_server().await;
    let binary = Binary::for_account(&server, Account::LimitedReader).with("TERM", "xterm");
    let shown = terminal::run(binary.command(&[]), 200).await;
    assert_eq!(shown.code, Some(0), "{}", shown.raw);
    for text in [
        "preflight   done in ",
        "users       40 in ",
        "teams       [=======>  ] 3/4  ETA ",
        "s  waiting for teams.members, ",
        "writing     ",
    ] {
        assert!(shown.raw.contains(text), "{text}: {}", shown.raw);
    }
    let expected = [
        "read teams",
        "Synced resources",
        "Synced resources",
        "Synced resources",
        "Syncing static entitlements...",
        "Syncing entitlements...",
        "Synced entitlements",
        "Synced entitlements",
        "Syncing grants...",
        "Synced grants",
        "Synced grants",
        "synced 40 users",
        "Sync complete.",
        "c1z: saved",
    ];
    let last = shown.lines.len() - expected.len();
    for (line, words) in shown.lines[last..].iter().zip(expected) {
        let mut columns = line.split_whitespace();
        let (time, level) = (columns.next().unwrap(), columns.next().unwrap());
        assert!(time.ends_with('Z') && level == "INFO", "{line}");
        assert!(line.contains(words), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_lines_are_cut_to_a_narrow_terminal() {
    let server = limited_server().await;
    let binary = Binary::for_account(&server, Account::LimitedReader).with("TERM", "xterm");
    let arguments = ["--log-level", "warn"];
    let shown = terminal::run(binary.command(&arguments), 40).await;
    assert!(is_drawn(&shown.raw), "{}", shown.raw);
    assert!(shown.raw.contains("3/4  ETA "), "{}", shown.raw);
    assert!(!shown.raw.contains("teams.members"), "{}", shown.raw);
    assert_eq!(shown.lines.join("").trim(), "", "nothing is left of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_drawn_over_where_that_is_not_wanted() {
    let runs = [
        ("dumb", &[][..]),
        ("", &[]),
        ("xterm", &["--log-format", "json"]),
        ("xterm", &["--log-level", "debug"]),
    ]
    .map(|(kind, arguments)| {
        tokio::spawn(async move {
            let server = limited_server().await;
            let binary = Binary::for_account(&server, Account::LimitedReader).with("TERM", kind);
            terminal::run(binary.command(arguments), 200).await
        })
    });
    for run in runs {
        let shown = run.await.unwrap();
        assert_eq!(shown.code, Some(0), "{}", shown.raw);
        assert!(!is_drawn(&shown.raw), "{}", shown.raw);
        let waits = "waiting for the rate limit of teams.members";
        assert!(shown.raw.contains(waits), "{}", shown.raw);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_color_means_none() {
    let server = limited_server().await;
    let binary = Binary::for_account(&server, Account::LimitedReader)
        .with("TERM", "xterm")
        .with("NO_COLOR", "1");
    let shown = terminal::run(binary.command(&[]), 100).await;
    assert!(is_drawn(&shown.raw));
    let sequences = shown.raw.split("\x1b[").skip(1);
    let ends = sequences.filter_map(|it| it.chars().find(char::is_ascii_alphabetic));
    assert_eq!(ends.filter(|it| *it == 'm').count(), 0, "{}", shown.raw);
}

#[tokio::test(flavor = "multi_thread")]
async fn off_a_terminal_the_log_says_what_is_waited_for() {
    let server = limited_server().await;
    let binary = Binary::for_account(&server, Account::LimitedReader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!is_drawn(&run.stderr), "{}", run.stderr);
    let logs = run.logs();
    let waits: Vec<_> = logs
        .iter()
        .filter(|line| line["msg"] == "waiting for the rate limit of teams.members")
        .collect();
    assert_eq!(waits.len(), 1, "one a minute: {}", run.stderr);
    let wait = waits[0];
    assert_eq!((&wait["done"], &wait["total"]), (&3.into(), &4.into()));
    assert!(
        matches!(wait["wait.seconds"].as_u64(), Some(1..=3)),
        "{wait}"
    );
    let until: Timestamp = Timestamp::parse(wait["wait.until"].as_str().unwrap()).unwrap();
    assert!(
        Duration::from_secs_f64(wait["ts"].as_f64().unwrap()).as_secs()
            < u64::try_from(until.seconds()).unwrap(),
        "{wait}"
    );
}
