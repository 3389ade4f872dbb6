//! A process that dies loses the requests in flight at most, and never damages the file.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use rocketchat_sim::{Account, Action, Fault, Limiter, Server, Settings, Shape, Workspace};

use crate::binary::Binary;

const KILLS: u32 = 50;

/// Teams whose members may be in flight at once.
const MEMBER_WORKERS: usize = 2;

/// A workspace without rows of deleted users, which would be looked at again and again, and without teams of deactivated
/// users alone: their lists are empty, and an empty list is never kept.
fn workspace(users: usize, teams: usize) -> Workspace {
    let mut workspace = Workspace::generate(&Shape {
        users,
        teams,
        members: 8,
        seed: 4,
    });
    let active: HashMap<_, _> = workspace
        .users
        .iter()
        .map(|user| (user.id.clone(), user.active))
        .collect();
    for team in &mut workspace.teams {
        team.members
            .retain(|member| active.contains_key(&member.user_id));
        if !team.members.iter().any(|member| active[&member.user_id]) {
            team.members.clear();
        }
    }
    workspace
}

/// How often the members of each team were asked for, from a place in the log on.
fn asked(server: &Server, from: usize) -> BTreeMap<Option<String>, usize> {
    let mut asked = BTreeMap::new();
    let calls = server.log().into_iter().skip(from);
    for call in calls.filter(|it| it.route == "teams.members") {
        *asked.entry(call.query).or_default() += 1;
    }
    asked
}

/// What one sync asked for, however often it was killed: no more than one that was left alone, and what was in flight.
#[track_caller]
fn assert_not_twice(
    asked: &BTreeMap<Option<String>, usize>,
    alone: &BTreeMap<Option<String>, usize>,
    killed: usize,
) {
    for (team, times) in asked {
        assert!(
            *times <= alone[team] + killed,
            "{team:?}: {times}, killed {killed} times"
        );
    }
    let (all, most): (usize, usize) = (asked.values().sum(), alone.values().sum());
    assert!(
        all <= most + MEMBER_WORKERS * killed,
        "{all} for {most}, killed {killed} times"
    );
}

/// The identifier of the newest finished sync.
fn newest(binary: &Binary) -> Option<String> {
    binary.finished_syncs().pop().map(|it| it.0)
}

/// Kills the process at moments from start to end of a sync, sometimes twice, and runs each sync to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_at_any_moment_is_continued() {
    // Slow enough that there is always something in flight.
    let slow = Fault::new("*", 1, Action::Delay(Duration::from_millis(4))).times(usize::MAX);
    let settings = Settings {
        limiter: None,
        faults: vec![slow],
        ..Settings::default()
    };
    let server = Server::start(workspace(120, 30), settings).await.unwrap();
    let binary = Binary::for_account(&server, Account::Reader);
    let temp_dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let whole = started.elapsed();
    let alone = asked(&server, 0);
    let (mut kills, mut continued) = (0, 0);
    while kills < KILLS {
        let mut finished = newest(&binary);
        let (mut from, mut killed) = (server.log().len(), 0);
        // Every third one twice.
        for _ in 0..=u32::from(kills % 3 == 2) {
            let after = whole * (kills * 37 % KILLS) / KILLS;
            let run = binary.run_and_kill(after, temp_dir.path()).await;
            assert!(matches!(run.code, None | Some(0)), "{}", run.stderr);
            killed += 1;
            kills += 1;
            // Whatever happened, the file is whole, and its finished syncs are the truth.
            check(&binary, &server);
            assert_not_twice(&asked(&server, from), &alone, killed);
            let now = newest(&binary);
            if now != finished {
                // It was killed after its end, or not at all: what follows is another sync.
                (finished, from, killed) = (now, server.log().len(), 0);
            }
        }
        let run = binary.run(&[]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        check(&binary, &server);
        assert_not_twice(&asked(&server, from), &alone, killed);
        continued += u32::from(run.stderr.contains("resumed previous sync"));
        assert_eq!(binary.files(), ["sync.c1z"]);
    }
    assert!(continued > KILLS / 5, "{continued} continued");
}

/// The newest finished sync of the file holds what the workspace holds.
fn check(binary: &Binary, server: &Server) {
    let (reader, newest) = binary.newest("sync.c1z");
    let stats = reader.count(&newest.sync_id).unwrap();
    let (users, teams, memberships) = server.with(|it| {
        (
            it.users.len() as u64,
            it.teams.len() as u64,
            it.memberships().count() as u64,
        )
    });
    let found = |counts: &BTreeMap<String, u64>, kind: &str| counts[kind];
    assert_eq!(found(&stats.resources_by_resource_type, "user"), users);
    assert_eq!(found(&stats.resources_by_resource_type, "team"), teams);
    assert_eq!(found(&stats.grants_by_resource_type, "team"), memberships);
}

/// What was read before a signal is not asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_keeps_what_was_read() {
    for (signal, code) in [("INT", 0), ("TERM", 143)] {
        let settings = Settings {
            limiter: Some(Limiter {
                calls: 6,
                window: Duration::from_secs(2),
            }),
            ..Settings::default()
        };
        let server = Server::start(workspace(40, 14), settings).await.unwrap();
        let binary = Binary::for_account(&server, Account::LimitedReader);
        let run = binary.run_and_signal(&[], signal).await;
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(
            run.error()
                .starts_with(&format!("error: stopped by SIG{signal}")),
            "{}",
            run.error()
        );
        assert!(
            run.error().contains("hint: what was read is kept"),
            "{}",
            run.error()
        );
        assert_eq!(binary.files(), ["sync.c1z"]);
        let asked = server.calls("teams.members");
        assert!(asked >= 4, "{asked}");
        let run = binary.run(&[]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stderr.contains("resumed previous sync"));
        let logs = run.logs();
        let line = logs.iter().find(|it| !it["summary"].is_null()).unwrap();
        assert!(
            line["summary"]["continued"]["pieces"].as_u64() >= Some(4),
            "{line}"
        );
        let teams = server.with(|it| it.teams.iter().filter(|it| !it.members.is_empty()).count());
        assert!(server.calls("teams.members") <= teams + MEMBER_WORKERS);
        check(&binary, &server);
    }
}
