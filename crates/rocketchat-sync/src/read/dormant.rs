//! Memberships of deactivated users.
//!
//! Since 5.0 `teams.members` leaves deactivated users out, but their memberships are still there and come back with the
//! account (`rocketchat-api.md` section 4A.10). They are found from the other end: the teams of each deactivated user,
//! asked for only while some team counts more rows than are known.
//!
//! Both routes have a budget of their own, so the search goes on beside the reading of the teams. It never asks for more
//! users than it would afterwards: a team with unexplained rows keeps it going then, too.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rocketchat_api::{Kind, Team, TeamId, UserId, UsersListTeams};
use tokio::sync::Notify;

use super::TeamMembers;
use crate::api::Api;
use crate::{Error, Options, Stage};

/// A deactivated member.
pub(crate) struct Dormant {
    pub(crate) user_id: UserId,
    pub(crate) is_owner: bool,
}

/// What came of the search.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) by_team: HashMap<TeamId, Vec<Dormant>>,
    /// Users whose teams were asked for.
    pub(crate) asked: u64,
}

/// A search that learns of the teams while it goes on.
#[derive(Default)]
pub(crate) struct Search {
    state: Mutex<State>,
    /// A team came, or the last of them did.
    changed: Notify,
}

#[derive(Default)]
struct State {
    teams: HashMap<TeamId, Rows>,
    /// Whether all teams are known.
    all_known: bool,
    /// Teams that may have members not found yet.
    open_teams: usize,
    /// Who is in which team, whether that team is known yet or not.
    found: Found,
}

/// The membership rows of a team.
struct Rows {
    /// Those still to be explained; `None` where the server does not count them.
    open: Option<u64>,
    /// Members already known: servers up to 4.x list deactivated ones too.
    known: HashSet<UserId>,
}

impl Search {
    /// Tells the search of a team whose members were read.
    pub(crate) fn add(&self, team: &TeamMembers) {
        self.state().add(team);
        self.changed.notify_waiters();
    }

    /// Tells the search that it knows all teams.
    pub(crate) fn end_of_teams(&self) {
        self.state().all_known = true;
        self.changed.notify_waiters();
    }

    /// Tells whether some team has rows that nothing explains.
    pub(crate) fn has_open_teams(&self) -> bool {
        self.state().open_teams > 0
    }

    /// Asks for the teams of `users`, as long as there is anything to find. Ends when all teams are known and explained, or
    /// all users were asked for.
    pub(crate) async fn ask(
        &self,
        api: Api<'_>,
        options: &Options,
        users: &[UserId],
    ) -> Result<(), Error> {
        let before = self.state().found.asked;
        let total = Some(before + users.len() as u64);
        let mut answers = std::pin::pin!(
            stream::iter(users)
                .map(async |user_id| {
                    if !self.is_worth_asking().await {
                        return Ok::<_, Error>(None);
                    }
                    Ok(Some((user_id, teams_of(api, user_id).await?)))
                })
                .buffered(options.workers.max(1))
        );
        while let Some(Some((user_id, teams))) = answers.try_next().await? {
            let asked = self.state().note(user_id, teams);
            if asked == 1 {
                api.progress.begin(Stage::DormantMemberships);
            }
            api.progress.count(Stage::DormantMemberships, asked, total);
        }
        Ok(())
    }

    /// Waits until there is something to find, and tells whether there is, now that all teams are known.
    async fn is_worth_asking(&self) -> bool {
        loop {
            let changed = self.changed.notified();
            {
                let state = self.state();
                if state.open_teams > 0 || state.all_known {
                    return state.open_teams > 0;
                }
            }
            changed.await;
        }
    }

    /// Ends the search.
    pub(crate) fn finish(self, api: Api<'_>) -> Found {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut found = state.found;
        found
            .by_team
            .retain(|team_id, _| state.teams.contains_key(team_id));
        if found.asked > 0 {
            api.progress.end(Stage::DormantMemberships);
            tracing::info!(users = found.asked, "looked up teams of deactivated users");
        }
        found
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, it: &TeamMembers) {
        let rows = it.possibly_dormant();
        if rows == Some(0) {
            return;
        }
        let known: HashSet<_> = it.members.iter().map(|it| it.user.id.clone()).collect();
        let mut found = 0;
        if let Some(dormant) = self.found.by_team.get_mut(&it.team.id) {
            dormant.retain(|it| !known.contains(&it.user_id));
            found = dormant.len() as u64;
        }
        let open = rows.map(|rows| rows.saturating_sub(found));
        if open != Some(0) {
            self.open_teams += 1;
        }
        self.teams.insert(it.team.id.clone(), Rows { open, known });
    }

    /// Notes the teams of a user, and returns how many users were asked for.
    fn note(&mut self, user_id: &UserId, teams: Vec<Team>) -> u64 {
        for team in teams {
            if let Some(rows) = self.teams.get_mut(&team.id) {
                if rows.known.contains(user_id) {
                    continue;
                }
                if rows.open == Some(1) {
                    self.open_teams -= 1;
                }
                rows.open = rows.open.map(|open| open.saturating_sub(1));
            } else if self.all_known {
                continue;
            }
            let dormant = Dormant {
                user_id: user_id.clone(),
                is_owner: team.is_owner.unwrap_or_default(),
            };
            self.found.by_team.entry(team.id).or_default().push(dormant);
        }
        self.found.asked += 1;
        self.found.asked
    }
}

/// Asks for the teams of a user; somebody who was deleted meanwhile has none.
async fn teams_of(api: Api<'_>, user_id: &UserId) -> Result<Vec<Team>, Error> {
    let user_id = user_id.clone();
    match api.ask(&UsersListTeams { user_id }).await {
        Err(Error::Api(error)) if error.kind() == Kind::NoSuchUser => Ok(Vec::new()),
        other => other,
    }
}
