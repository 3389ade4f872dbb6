//! An interrupted sync is continued: what it read is not asked for again, and the result is the truth all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use baton_model::{Record, Summary, Timestamp};
use baton_sinks::{Journal, Ndjson, Piece, Sink};
use rocketchat_http::Client;
use rocketchat_sim::{
    Account, Action, Clock, Fault, Limiter, Member, Paging, Server, Shape, User, Version, Workspace,
};
use rocketchat_sync::{DormantMemberships, Error, sync};

use crate::server::{check_truth, connect, settings};
use crate::support::{Outcome, describe, policy, read_lines};

/// Keeps pieces in memory, from one run to the next.
#[derive(Default)]
pub(crate) struct Kept(Mutex<BTreeMap<String, String>>);

/// One run's view of what is kept.
struct Run {
    kept: Arc<Kept>,
    earlier: Mutex<BTreeMap<String, String>>,
}

struct Keeping {
    output: Ndjson,
    run: Arc<Run>,
}

const KEPT_AT: i64 = 1_780_000_000;

impl Kept {
    fn run(self: &Arc<Self>) -> Arc<Run> {
        Arc::new(Run {
            earlier: Mutex::new(self.0.lock().unwrap().clone()),
            kept: Arc::clone(self),
        })
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

impl Journal for Run {
    fn recall(&self, key: &str) -> Option<Piece> {
        let value = self.earlier.lock().unwrap().remove(key)?;
        let kept_at = Timestamp::new(KEPT_AT, 0).unwrap();
        Some(Piece { value, kept_at })
    }

    fn keep(&self, key: &str, value: &str) {
        let mut kept = self.kept.0.lock().unwrap();
        kept.insert(key.to_owned(), value.to_owned());
    }

    fn holds_work(&self) -> bool {
        !self.kept.0.lock().unwrap().is_empty()
    }
}

impl Sink for Keeping {
    fn write(&mut self, record: &Record) -> Result<(), baton_sinks::Error> {
        self.output.write(record)
    }

    fn restart(&mut self) -> Result<(), baton_sinks::Error> {
        self.output.restart()
    }

    fn finish(self: Box<Self>, summary: &Summary) -> Result<(), baton_sinks::Error> {
        Box::new(self.output).finish(summary)
    }

    fn abort(self: Box<Self>) {
        self.run.kept.0.lock().unwrap().clear();
        Box::new(self.output).abort();
    }

    fn suspend(self: Box<Self>) {
        Box::new(self.output).abort();
    }

    fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.run) as _
    }
}

/// How lists come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lists {
    Whole,
    /// Nine rows at a time, and requests are limited.
    Pages,
}

pub(crate) async fn start(lists: Lists) -> Server {
    let workspace = Workspace::generate(&Shape {
        users: 90,
        teams: 30,
        members: 9,
        seed: 11,
    });
    let mut settings = settings(Version(8, 6, 1));
    if matches!(lists, Lists::Pages) {
        settings.paging = Paging {
            upper: 9,
            default: 9,
            allow_infinite: false,
        };
        settings.limiter = Some(Limiter {
            calls: 10_000,
            ..Limiter::default()
        });
    }
    Server::start(workspace, settings).await.unwrap()
}

pub(crate) async fn sync_with(server: &Server, lists: Lists, kept: &Arc<Kept>) -> Outcome {
    sync_resolving(server, lists, kept, DormantMemberships::Resolve).await
}

pub(crate) async fn sync_resolving(
    server: &Server,
    lists: Lists,
    kept: &Arc<Kept>,
    dormant_memberships: DormantMemberships,
) -> Outcome {
    let account = match lists {
        Lists::Whole => Account::Reader,
        Lists::Pages => Account::LimitedReader,
    };
    let (transport, mut options) = connect(server, account);
    options.dormant_memberships = dormant_memberships;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sync.ndjson");
    let sink = Keeping {
        output: Ndjson::create(&path).unwrap(),
        run: kept.run(),
    };
    let client = Client::new(transport, policy(), rocketchat_sync::verdict);
    let result = sync(&client, &options, Box::new(sink)).await;
    outcome(result, &path)
}

fn outcome(result: Result<rocketchat_sync::Report, Error>, path: &Path) -> Outcome {
    Outcome {
        result,
        lines: read_lines(path),
    }
}

/// Makes the server refuse the token at the `nth` call of a route from now on.
pub(crate) fn log_out(server: &Server, route: &str, nth: usize) {
    let logged_out = Action::answer(
        401,
        "application/json",
        r#"{"success":false,"error":"You must be logged in to do this."}"#,
    );
    server.inject(Fault::new(route, nth, logged_out));
}

/// Syncs until the token is refused at the `nth` request from now on, which is an interruption. Returns the outcome of a sync
/// that needs fewer requests.
async fn interrupt(server: &Server, lists: Lists, kept: &Arc<Kept>, nth: usize) -> Option<Outcome> {
    log_out(server, "*", nth);
    let outcome = sync_with(server, lists, kept).await;
    let Err(error) = &outcome.result else {
        return Some(outcome);
    };
    let expected = matches!(error, Error::Api(_) | Error::Preflight { .. });
    assert!(expected, "{}", describe(error));
    assert!(outcome.lines.is_none());
    None
}

#[tokio::test]
async fn nothing_is_asked_for_twice() {
    for (lists, nth, users) in [(Lists::Whole, 24, 1), (Lists::Pages, 45, 12)] {
        let reference = start(lists).await;
        check_truth(
            &reference,
            &sync_with(&reference, lists, &Arc::default()).await,
        );
        let expensive =
            |server: &Server| server.calls("teams.members") + server.calls("users.listTeams");
        let server = start(lists).await;
        let kept = Arc::default();
        let mut runs = 1;
        let outcome = loop {
            if let Some(outcome) = interrupt(&server, lists, &kept, nth).await {
                break outcome;
            }
            runs += 1;
            assert!(runs < 40, "{lists:?} gets nowhere");
        };
        assert!(runs > 2, "{lists:?}");
        check_truth(&server, &outcome);
        let continued = outcome.result.as_ref().unwrap().continued.unwrap();
        // The counts of the teams are kept as well.
        assert_eq!(continued.pieces + 1, kept.keys().len() as u64);
        assert_eq!(continued.oldest.seconds(), KEPT_AT);
        // Of what was cut off in flight, two teams and four users at a time, nothing came back.
        let (asked, needed) = (expensive(&server), expensive(&reference));
        assert!(
            asked <= needed + 6 * runs,
            "{lists:?}: {asked} for {needed} in {runs} runs"
        );
        assert!(
            server.calls("users.listByStatus") <= users + 4 * runs,
            "{lists:?}"
        );
    }
}

type Change = fn(&mut Workspace, Clock);

/// What can change between an interruption and the run that continues.
const CHANGES: [(&str, Change); 12] = [
    ("nothing", |_, _| {}),
    ("a user is added", |it, clock| {
        it.users.push(newcomer(clock));
    }),
    ("a member is deleted", |it, _| {
        let id = active_member(it);
        it.remove_user(&id);
    }),
    ("a user is exchanged for another", |it, clock| {
        let id = active_member(it);
        it.remove_user(&id);
        it.users.push(newcomer(clock));
    }),
    ("a member is deactivated", |it, _| {
        let id = active_member(it);
        it.user_mut(&id).unwrap().active = false;
    }),
    ("a member is activated", |it, _| {
        let id = dormant_member(it);
        it.user_mut(&id).unwrap().active = true;
    }),
    ("a deactivated member leaves a team", |it, _| {
        let id = dormant_member(it);
        let mut teams = it.teams.iter_mut();
        let team = teams.find(|team| team.member(&id).is_some()).unwrap();
        team.members.retain(|member| *member.user_id != *id);
    }),
    ("a deactivated user joins a team", |it, _| {
        let id = dormant_member(it);
        let mut teams = it.teams.iter_mut();
        let team = teams.find(|team| team.member(&id).is_none()).unwrap();
        team.members.push(Member::plain(&id));
    }),
    ("a member leaves", |it, _| {
        let id = active_member(it);
        let mut teams = it.teams.iter_mut();
        let team = teams.find(|team| team.member(&id).is_some()).unwrap();
        team.members.retain(|member| *member.user_id != *id);
    }),
    ("a user joins", |it, _| {
        let id = active_member(it);
        let mut teams = it.teams.iter_mut();
        let team = teams.find(|team| team.member(&id).is_none()).unwrap();
        team.members.push(Member::plain(&id));
    }),
    ("a team is deleted", |it, _| {
        it.teams.remove(3);
    }),
    ("a user gets a role", |it, _| {
        let roles = it.users[30].roles.get_or_insert_default();
        roles.push("moderator".into());
    }),
];

fn newcomer(clock: Clock) -> User {
    User {
        created_at: Some(clock.now()),
        ..User::person("newcomer", "newcomer", "Newcomer")
    }
}

/// Returns somebody in a team whose account is no part of the test.
fn member(it: &Workspace, active: bool) -> String {
    let accounts: BTreeSet<_> = it.accounts.values().cloned().collect();
    let members = it.teams.iter().flat_map(|team| &team.members);
    let ids = members.map(|member| member.user_id.to_string());
    let fits = |id: &String| {
        !accounts.contains(id.as_str()) && it.user(id).is_some_and(|user| user.active == active)
    };
    ids.into_iter().find(fits).unwrap()
}

pub(crate) fn active_member(it: &Workspace) -> String {
    member(it, true)
}

fn dormant_member(it: &Workspace) -> String {
    member(it, false)
}

#[tokio::test]
async fn what_changed_meanwhile_is_read_again() {
    for (name, change) in CHANGES {
        for lists in [Lists::Whole, Lists::Pages] {
            // Pages of users show roles and states as they were read, like those of a sync that takes long.
            let ages = matches!(name, "a user gets a role");
            if ages && matches!(lists, Lists::Pages) {
                continue;
            }
            for nth in [6, 10, 20, 35, 50, 60, 70] {
                let server = start(lists).await;
                let kept = Arc::default();
                if interrupt(&server, lists, &kept, nth).await.is_some() {
                    continue;
                }
                let clock = server.clock();
                server.update(|it| change(it, clock));
                let outcome = sync_with(&server, lists, &kept).await;
                eprintln!("{name}, {lists:?}, interrupted at {nth}");
                check_truth(&server, &outcome);
            }
        }
    }
}

/// A server that contradicts itself casts doubt on what was read before.
#[tokio::test]
async fn doubtful_work_is_not_kept() {
    let server = start(Lists::Whole).await;
    let kept = Arc::default();
    let gone = Action::answer(
        400,
        "application/json",
        r#"{"success":false,"error":"team-does-not-exist"}"#,
    );
    server.inject(Fault::new("teams.members", 4, gone));
    let outcome = sync_with(&server, Lists::Whole, &kept).await;
    let error = outcome.result.unwrap_err();
    assert!(
        matches!(error, Error::TeamDisputed { .. }),
        "{}",
        describe(&error)
    );
    assert_eq!(kept.keys(), Vec::<String>::new());
}

/// Somebody who may see nothing of a team gets an empty list of its members: that is no work to keep.
#[tokio::test]
async fn an_empty_team_is_not_kept() {
    let server = start(Lists::Whole).await;
    let kept = Arc::default();
    server.before("teams.members", 3, |it| {
        it.permissions
            .insert("view-all-teams".to_owned(), Vec::new());
    });
    let outcome = sync_with(&server, Lists::Whole, &kept).await;
    assert!(outcome.result.is_err());
    let kept = kept.0.lock().unwrap();
    let mut teams = kept
        .iter()
        .filter(|(key, _)| key.contains("/teams.members/"));
    assert!(
        teams.all(|(_, piece)| !piece.contains(r#""members":[]"#)),
        "{kept:?}"
    );
    assert!(!kept.is_empty());
}
