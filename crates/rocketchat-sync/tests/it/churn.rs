//! A workspace that changes while it is read: what comes out was there at one moment, or nothing comes out.
//!
//! There is no snapshot across lists, so the moment is one per list: one for the users, one for the teams, one for the
//! members of each team. At most one change happens between two requests, and nobody is deactivated and activated again
//! within one sync; what such pairs can hide is stated where it is decided (`SortedPager`, `Search`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use rocketchat_sim::{
    Account, Clock, Member, Paging, Server, Settings, Shape, Team, User, Version, Workspace,
};
use rocketchat_sync::Error;

use crate::server::{ids, settings, sync_as};
use crate::support::{Outcome, describe};

/// One change. The numbers choose among what there is.
#[derive(Debug, Clone, Copy)]
enum Change {
    AddUser(u16),
    DeleteUser(usize),
    Deactivate(usize),
    Join(usize, usize),
    Leave(usize, usize),
    AddTeam(u16),
    DeleteTeam(usize),
    Assign(usize),
}

/// What there was at one moment.
#[derive(Debug, Clone, Default)]
struct Moment {
    users: BTreeSet<String>,
    /// The members of each team, whether or not their accounts exist.
    teams: BTreeMap<String, BTreeSet<String>>,
    /// The roles of each user.
    roles: BTreeMap<String, BTreeSet<String>>,
}

impl Moment {
    fn of(workspace: &Workspace) -> Self {
        let roles = |user: &User| {
            user.roles
                .iter()
                .flatten()
                .map(ToString::to_string)
                .collect()
        };
        let members = |team: &Team| {
            team.members
                .iter()
                .map(|it| it.user_id.to_string())
                .collect()
        };
        Self {
            users: workspace
                .users
                .iter()
                .map(|user| user.id.to_string())
                .collect(),
            teams: workspace
                .teams
                .iter()
                .map(|team| (team.id.to_string(), members(team)))
                .collect(),
            roles: workspace
                .users
                .iter()
                .map(|user| (user.id.to_string(), roles(user)))
                .collect(),
        }
    }

    /// What a sync wrote.
    fn synced(outcome: &Outcome) -> Self {
        let mut moment = Self::default();
        for id in ids(outcome) {
            let parts: Vec<_> = id.splitn(5, ':').collect();
            match parts.as_slice() {
                ["user", user] => drop(moment.users.insert((*user).to_owned())),
                ["team", team] => drop(moment.teams.entry((*team).to_owned()).or_default()),
                ["role", role, "assigned", "user", user] => {
                    let roles = moment.roles.entry((*user).to_owned()).or_default();
                    roles.insert((*role).to_owned());
                }
                ["team", team, "member", "user", user] => {
                    moment
                        .teams
                        .entry((*team).to_owned())
                        .or_default()
                        .insert((*user).to_owned());
                }
                _ => {}
            }
        }
        moment
    }
}

impl Change {
    fn apply(self, it: &mut Workspace, clock: Clock) {
        let chosen = |place: usize| move |len: usize| (len > 0).then(|| place % len);
        match self {
            Self::AddUser(number) => {
                let id = format!("new{number:05}");
                if it.user(&id).is_none() {
                    let user = User::person(&id, &id, "New");
                    it.users.push(User {
                        created_at: Some(clock.now()),
                        ..user
                    });
                }
            }
            Self::DeleteUser(place) => {
                let accounts: BTreeSet<_> = it.accounts.values().cloned().collect();
                let others: Vec<_> = it
                    .users
                    .iter()
                    .map(|user| user.id.clone())
                    .filter(|id| !accounts.contains(id) && !id.starts_with("new"))
                    .collect();
                if let Some(place) = chosen(place)(others.len()) {
                    it.remove_user(&others[place]);
                }
            }
            Self::Deactivate(place) => {
                let accounts: BTreeSet<_> = it.accounts.values().cloned().collect();
                let others: Vec<_> = it
                    .users
                    .iter()
                    .filter(|user| user.active && !accounts.contains(&user.id))
                    .map(|user| user.id.clone())
                    .collect();
                if let Some(place) = chosen(place)(others.len()) {
                    it.user_mut(&others[place]).unwrap().active = false;
                }
            }
            Self::Join(team, place) => {
                let active: Vec<_> = it
                    .users
                    .iter()
                    .filter(|user| user.active)
                    .map(|user| user.id.clone())
                    .collect();
                let (Some(team), Some(place)) =
                    (chosen(team)(it.teams.len()), chosen(place)(active.len()))
                else {
                    return;
                };
                if it.teams[team].member(&active[place]).is_none() {
                    let member = Member {
                        created_at: clock.now(),
                        ..Member::plain(&active[place])
                    };
                    it.teams[team].members.push(member);
                }
            }
            Self::Leave(team, place) => {
                let Some(team) = chosen(team)(it.teams.len()) else {
                    return;
                };
                let active: Vec<_> = it.teams[team]
                    .members
                    .iter()
                    .map(|member| member.user_id.clone())
                    .filter(|id| it.user(id).is_some_and(|user| user.active))
                    .collect();
                if let Some(place) = chosen(place)(active.len()) {
                    it.teams[team]
                        .members
                        .retain(|member| member.user_id != active[place]);
                }
            }
            Self::AddTeam(number) => {
                let id = format!("64b7a1c2d3e4f5012345{:04}", number % 10_000);
                if it.team(&id).is_none() {
                    it.teams.push(Team::public(&id, &id));
                }
            }
            Self::Assign(place) => {
                let place = place % it.users.len();
                let roles = it.users[place].roles.get_or_insert_default();
                if !roles.contains(&"auditor".into()) {
                    roles.push("auditor".into());
                }
            }
            Self::DeleteTeam(place) => {
                if let Some(place) = chosen(place)(it.teams.len()) {
                    it.teams.remove(place);
                }
            }
        }
    }
}

/// A server, the changes stated, and what there was before and after each.
async fn serve(
    version: Version,
    upper: i64,
    changes: &[(usize, Change)],
) -> (Server, Arc<Mutex<Vec<Moment>>>) {
    let workspace = Workspace::generate(&Shape {
        users: 40,
        teams: 5,
        members: 9,
        seed: 3,
    });
    let moments = Arc::new(Mutex::new(vec![Moment::of(&workspace)]));
    let paging = Paging {
        upper,
        default: upper,
        allow_infinite: false,
    };
    let server = Server::start(
        workspace,
        Settings {
            paging,
            ..settings(version)
        },
    )
    .await
    .unwrap();
    let clock = server.clock();
    for (nth, change) in changes {
        let (change, moments) = (*change, Arc::clone(&moments));
        server.before("*", *nth, move |it| {
            change.apply(it, clock);
            moments.lock().unwrap().push(Moment::of(it));
        });
    }
    (server, moments)
}

/// Checks an outcome against what there was. Returns whether there is a result.
#[track_caller]
fn check(outcome: &Outcome, moments: &[Moment], what: &str) -> bool {
    match &outcome.result {
        Ok(_) => {}
        Err(Error::Unstable { .. }) => {
            assert!(outcome.lines.is_none(), "a failed sync leaves no file");
            return false;
        }
        Err(error) => panic!("{what}: {}", describe(error)),
    }
    let synced = Moment::synced(outcome);
    let report = outcome.result.as_ref().unwrap();
    // Members made meanwhile come on top of the list of users.
    let is_list = |moment: &&Moment| {
        let late: Vec<_> = synced.users.difference(&moment.users).collect();
        moment.users.is_subset(&synced.users)
            && late.len() as u64 <= report.late_users
            && late
                .iter()
                .all(|user| moments.iter().any(|it| it.users.contains(*user)))
    };
    assert!(
        moments.iter().any(|moment| is_list(&moment)),
        "{what}: users"
    );
    // Teams deleted between the list and the question for their members are left out.
    let is_list = |moment: &&Moment| {
        let kept = synced
            .teams
            .keys()
            .all(|team| moment.teams.contains_key(team));
        kept && (moment.teams.len() - synced.teams.len()) as u64 == report.gone_teams
    };
    assert!(
        moments.iter().any(|moment| is_list(&moment)),
        "{what}: teams"
    );
    let all = |it: &Moment| it.users.clone();
    let throughout = moments.iter().map(all).reduce(|a, b| &a & &b).unwrap();
    for user in &throughout {
        let roles = synced.roles.get(user).cloned().unwrap_or_default();
        let held = |moment: &Moment| moment.roles.get(user) == Some(&roles);
        assert!(
            moments.iter().any(held),
            "{what}: {user} never held {roles:?}"
        );
    }
    for (team, members) in &synced.teams {
        let of = |moment: &Moment| moment.teams.get(team).map(|members| members & &throughout);
        let members = members & &throughout;
        assert!(
            moments
                .iter()
                .any(|moment| of(moment).is_some_and(|it| it == members)),
            "{what}: the members of {team} were never {members:?}"
        );
    }
    true
}

fn changes() -> impl Strategy<Value = Change> {
    let any_place = || 0usize..1000;
    prop_oneof![
        any::<u16>().prop_map(Change::AddUser),
        any_place().prop_map(Change::DeleteUser),
        any_place().prop_map(Change::Deactivate),
        (any_place(), any_place()).prop_map(|(team, user)| Change::Join(team, user)),
        (any_place(), any_place()).prop_map(|(team, user)| Change::Leave(team, user)),
        any::<u16>().prop_map(Change::AddTeam),
        any_place().prop_map(Change::DeleteTeam),
        any_place().prop_map(Change::Assign),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn what_comes_out_was_there_at_one_moment(
        old: bool,
        upper in prop_oneof![2i64..12, Just(1000)],
        changes in proptest::collection::btree_map(4usize..80, changes(), 0..8),
    ) {
        let changes: Vec<_> = changes.into_iter().collect();
        let version = if old { Version(6, 4, 8) } else { Version(8, 6, 1) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (server, moments) = serve(version, upper, &changes).await;
            let outcome = sync_as(&server, Account::Reader).await;
            check(&outcome, &moments.lock().unwrap(), &format!("{changes:?}"));
        });
    }
}

const KINDS: [Change; 8] = [
    Change::AddUser(7),
    Change::DeleteUser(11),
    Change::Deactivate(17),
    Change::Join(2, 29),
    Change::Leave(1, 2),
    Change::AddTeam(9),
    Change::DeleteTeam(3),
    Change::Assign(23),
];

async fn survives(changes: &[(usize, Change)]) -> bool {
    let (server, moments) = serve(Version(8, 6, 1), 7, changes).await;
    let outcome = sync_as(&server, Account::Reader).await;
    check(&outcome, &moments.lock().unwrap(), &format!("{changes:?}"))
}

/// Each kind of change at every moment of a sync in pages.
#[tokio::test]
async fn a_single_change_is_survived() {
    for change in KINDS {
        for nth in (4..40).step_by(2) {
            assert!(survives(&[(nth, change)]).await, "{change:?} at {nth}");
        }
    }
}

/// Two changes at a time. Lists that did not balance are read again, and come to rest.
#[tokio::test]
async fn a_pair_of_changes_is_survived() {
    for first in KINDS {
        for second in KINDS {
            for (a, b) in [(6, 9), (7, 16), (12, 14), (9, 25)] {
                let changes = [(a, first), (b, second)];
                assert!(survives(&changes).await, "{changes:?}");
            }
        }
    }
}
