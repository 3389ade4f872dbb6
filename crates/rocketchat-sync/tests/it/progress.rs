//! What a sync tells about itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rocketchat_sim::{Account, Paging, Server, Settings, Version};
use rocketchat_sync::Stage::{DormantMemberships, Preflight, Teams, Users, Writing};
use rocketchat_sync::{Error, Progress, Report, Stage};

use crate::server::{check_truth, connect, settings, workspace};
use crate::support::run_with_progress;

/// Keeps all that it is told.
#[derive(Default)]
struct Diary(Mutex<Vec<Entry>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Begin(Stage),
    Count(Stage, u64, Option<u64>),
    End(Stage),
}

impl Progress for Diary {
    fn begin(&self, stage: Stage) {
        self.0.lock().unwrap().push(Entry::Begin(stage));
    }

    fn count(&self, stage: Stage, done: u64, total: Option<u64>) {
        self.0
            .lock()
            .unwrap()
            .push(Entry::Count(stage, done, total));
    }

    fn end(&self, stage: Stage) {
        self.0.lock().unwrap().push(Entry::End(stage));
    }
}

/// Syncs all of the workspace in pages and returns the report with all that was told.
async fn sync(server: &Server) -> (Result<Report, Error>, Vec<Entry>) {
    let diary = Arc::new(Diary::default());
    let (transport, options) = connect(server, Account::Reader);
    let outcome =
        run_with_progress(transport, &options, std::future::pending(), diary.as_ref()).await;
    if outcome.result.is_ok() {
        check_truth(server, &outcome);
    }
    let told = std::mem::take(&mut *diary.0.lock().unwrap());
    (outcome.result, told)
}

async fn server_with_pages() -> Server {
    let paging = Paging {
        allow_infinite: false,
        ..Paging::default()
    };
    let settings = Settings {
        paging,
        ..settings(Version(8, 6, 1))
    };
    Server::start(workspace(), settings).await.unwrap()
}

fn counts(told: &[Entry], of: Stage) -> Vec<(u64, Option<u64>)> {
    let counts = told.iter().filter_map(|entry| match *entry {
        Entry::Count(stage, done, total) if stage == of => Some((done, total)),
        _ => None,
    });
    counts.collect()
}

#[tokio::test]
async fn every_stage_begins_and_ends_once_and_counts_in_between() {
    let server = server_with_pages().await;
    let (result, told) = sync(&server).await;
    assert!(result.is_ok());
    let mut open: BTreeMap<Stage, bool> = BTreeMap::new();
    for entry in &told {
        match entry {
            Entry::Begin(stage) => assert_eq!(open.insert(*stage, true), None, "{stage:?}"),
            Entry::Count(stage, ..) => assert_eq!(open.get(stage), Some(&true), "{stage:?}"),
            Entry::End(stage) => assert_eq!(open.insert(*stage, false), Some(true), "{stage:?}"),
        }
    }
    let ended = [Preflight, Users, Teams, DormantMemberships, Writing].map(|stage| (stage, false));
    assert_eq!(open, ended.into());
    assert_eq!(told[..2], [Entry::Begin(Preflight), Entry::End(Preflight)]);
    assert_eq!(told.last(), Some(&Entry::End(Writing)));
    let at = |entry| told.iter().position(|it| *it == entry).unwrap();
    assert!(
        at(Entry::Begin(Teams)) < at(Entry::End(Users)),
        "side by side"
    );
}

#[tokio::test]
async fn counts_rise_to_what_the_server_announced() {
    let server = server_with_pages().await;
    let (result, told) = sync(&server).await;
    let report = result.unwrap();
    let peopled = server.with(|workspace| {
        let teams = workspace.teams.iter();
        teams.filter(|team| !team.members.is_empty()).count() as u64
    });
    let asked = report.ledger.deactivated_users_asked;
    for (stage, last) in [(Users, 300), (Teams, peopled), (DormantMemberships, asked)] {
        let counts = counts(&told, stage);
        assert!(counts.len() > 2, "{stage:?}: {counts:?}");
        assert!(counts.is_sorted_by_key(|(done, _)| *done), "{stage:?}");
        let total = counts[0].1;
        assert!(total >= Some(last), "{stage:?}: {counts:?}");
        assert_eq!(counts.last(), Some(&(last, total)), "{stage:?}");
    }
    assert_eq!(counts(&told, Users)[0], (50, Some(300)));
    assert_eq!(counts(&told, Teams)[0], (0, Some(peopled)));
}

#[tokio::test]
async fn records_are_counted_as_they_are_handed_over() {
    let server = server_with_pages().await;
    let (result, told) = sync(&server).await;
    let summary = result.unwrap().summary;
    let groups = [&summary.resources, &summary.entitlements, &summary.grants];
    let all: u64 = groups.iter().flat_map(|counts| counts.values()).sum();
    let counts = counts(&told, Writing);
    assert_eq!(counts[0], (3, None), "the resource types");
    assert!(counts.is_sorted());
    assert_eq!(counts.last(), Some(&(all + 3, Some(all + 3))));
}

#[tokio::test]
async fn a_sync_that_fails_leaves_stages_open() {
    let server = server_with_pages().await;
    server.update(|workspace| workspace.roles.clear());
    let (result, told) = sync(&server).await;
    assert!(result.is_err());
    assert!(told.contains(&Entry::Begin(Users)));
    assert!(!told.contains(&Entry::End(Users)));
    assert!(!told.contains(&Entry::End(Writing)));
}
