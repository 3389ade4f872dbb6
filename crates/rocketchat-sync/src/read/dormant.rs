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

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use rocketchat_api::{Kind, Team, TeamId, UserId, UsersListTeams};
use tokio::sync::Notify;

use super::Roster;
use crate::api::Api;
use crate::work::{Key, UserTeam};
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
pub(crate) struct Search {
    wanted: bool,
    state: Mutex<State>,
    /// A team came, or the last of them did.
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The rows that each team counts, as all teams were listed.
    counted: HashMap<TeamId, Option<u64>>,
    /// Teams that count as many rows as in the interrupted syncs that this one continues.
    steady: HashSet<TeamId>,
    teams: HashMap<TeamId, Open>,
    /// Whether all teams are known.
    all_known: bool,
    /// Teams that may have members not found yet.
    open_teams: usize,
    /// Who is in which team, whether that team is known yet or not, and whether or not it lists them itself.
    found: Found,
    /// Users whose teams an interrupted sync asked for.
    recalled: Vec<UserId>,
}

/// What is open of the membership rows of a team.
struct Open {
    /// Those still to be explained; `None` where the server does not count them.
    open: Option<u64>,
    /// Members already known: servers up to 4.x list deactivated ones too.
    known: HashSet<UserId>,
}

impl Search {
    /// Prepares a search; one that is not `wanted` finds nothing.
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Tells the search which teams there are.
    pub(crate) fn begin(&self, api: Api<'_>, teams: &[Team]) {
        if !self.wanted {
            return;
        }
        let counted: HashMap<_, _> = teams
            .iter()
            .map(|it| (it.id.clone(), it.number_of_users))
            .collect();
        let before: Option<HashMap<TeamId, Option<u64>>> = api.work.recall(&Key::Counts, |_| true);
        let is_steady = |it: &(&TeamId, &Option<u64>)| {
            let before = before.as_ref().and_then(|before| before.get(it.0));
            it.1.is_some() && before == Some(it.1)
        };
        let steady: HashSet<_> = counted
            .iter()
            .filter(is_steady)
            .map(|it| it.0.clone())
            .collect();
        // A team that changed once is taken for changed by every later run: answers of any run may be recalled.
        let remembered = counted.iter().map(|(team_id, rows)| {
            let known = before.is_none() || steady.contains(team_id);
            (team_id.clone(), rows.filter(|_| known))
        });
        let remembered: HashMap<_, _> = remembered.collect();
        api.work.keep(&Key::Counts, &remembered);
        let mut state = self.state();
        state.counted = counted;
        state.steady = steady;
    }

    /// Tells the search of a team whose members were read, perhaps again.
    pub(crate) fn add(&self, team: &Roster) {
        if self.wanted {
            self.state().remove(&team.team.id);
            self.state().add(team);
            self.changed.notify_waiters();
        }
    }

    /// Tells the search that a team is gone.
    pub(crate) fn remove(&self, team_id: &TeamId) {
        self.state().remove(team_id);
    }

    /// Tells the search that it knows all teams.
    pub(crate) fn end_of_teams(&self) {
        self.state().all_known = true;
        self.changed.notify_waiters();
    }

    /// Tells whether the team has rows that nothing explains.
    pub(crate) fn is_open(&self, team_id: &TeamId) -> bool {
        self.state().teams.get(team_id).is_some_and(Open::is_open)
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
            stream::iter(users.iter().cloned())
                .map(|user_id| self.ask_one(api, user_id).boxed())
                .buffered(options.workers.max(1))
        );
        while let Some(Some((user_id, teams))) = answers.try_next().await? {
            let asked = self.state().note(&user_id, &teams);
            if asked == 1 {
                api.progress.begin(Stage::DormantMemberships);
            }
            api.progress.count(Stage::DormantMemberships, asked, total);
        }
        Ok(())
    }

    /// Asks for the teams of a user; nothing once there is nothing to find.
    async fn ask_one(
        &self,
        api: Api<'_>,
        user_id: UserId,
    ) -> Result<Option<(UserId, Vec<UserTeam>)>, Error> {
        if !self.is_worth_asking().await {
            return Ok(None);
        }
        let teams = self.teams_of(api, &user_id).await?;
        Ok(Some((user_id, teams)))
    }

    /// The same for a user that an interrupted sync asked for.
    async fn ask_one_again(
        &self,
        api: Api<'_>,
        user_id: UserId,
    ) -> Result<Option<(UserId, Vec<UserTeam>)>, Error> {
        if !self.has_new_rows() {
            return Ok(None);
        }
        let teams = self.ask_teams(api, &user_id).await?;
        Ok(Some((user_id, teams)))
    }

    /// Asks anew for the teams of users that an interrupted sync asked for, as long as there is anything to find. Teams that
    /// count as many rows as then have no member whom that sync could not find.
    pub(crate) async fn ask_again(&self, api: Api<'_>, options: &Options) -> Result<(), Error> {
        let recalled = std::mem::take(&mut self.state().recalled);
        let mut answers = std::pin::pin!(
            stream::iter(recalled)
                .map(|user_id| self.ask_one_again(api, user_id).boxed())
                .buffered(options.workers.max(1))
        );
        while let Some(Some((user_id, teams))) = answers.try_next().await? {
            self.state().correct(&user_id, &teams);
        }
        Ok(())
    }

    /// Tells whether rows are unexplained that may be newer than an interrupted sync.
    fn has_new_rows(&self) -> bool {
        let state = self.state();
        let is_new =
            |(team_id, rows): (&TeamId, &Open)| rows.is_open() && !state.steady.contains(team_id);
        state.teams.iter().any(is_new)
    }

    /// Returns the teams of a user, as an interrupted sync was told if they count as many rows as then.
    async fn teams_of(&self, api: Api<'_>, user_id: &UserId) -> Result<Vec<UserTeam>, Error> {
        let key = Key::UserTeams(user_id);
        let recalled = api.work.recall(&key, |teams: &Vec<UserTeam>| {
            let state = self.state();
            teams.iter().all(|it| state.counts(it))
        });
        if let Some(teams) = recalled {
            self.state().recalled.push(user_id.clone());
            return Ok(teams);
        }
        self.ask_teams(api, user_id).await
    }

    /// Asks for the teams of a user, and keeps them; somebody who was deleted meanwhile has none.
    async fn ask_teams(&self, api: Api<'_>, user_id: &UserId) -> Result<Vec<UserTeam>, Error> {
        let question = UsersListTeams {
            user_id: user_id.clone(),
        };
        let teams = match api.ask(&question).await {
            Err(Error::Api(error)) if error.kind() == Kind::NoSuchUser => Vec::new(),
            other => other?,
        };
        let counted = |team_id: &TeamId| self.state().counted.get(team_id).copied().flatten();
        let teams = teams.into_iter().map(|team| UserTeam {
            counted: counted(&team.id),
            is_owner: team.is_owner.unwrap_or_default(),
            team_id: team.id,
        });
        let teams = teams.collect();
        api.work.keep(&Key::UserTeams(user_id), &teams);
        Ok(teams)
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
        found.by_team.retain(|team_id, dormant| {
            let Some(rows) = state.teams.get(team_id) else {
                return false;
            };
            dormant.retain(|it| !rows.known.contains(&it.user_id));
            true
        });
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
    fn add(&mut self, it: &Roster) {
        let rows = it.possibly_dormant();
        if rows == Some(0) {
            return;
        }
        let known: HashSet<_> = it.members.iter().map(|it| it.user.id.clone()).collect();
        let found = self.found.by_team.get(&it.team.id).into_iter().flatten();
        let found = found.filter(|it| !known.contains(&it.user_id)).count() as u64;
        let open = rows.map(|rows| rows.saturating_sub(found));
        let rows = Open { open, known };
        self.open_teams += usize::from(rows.is_open());
        self.teams.insert(it.team.id.clone(), rows);
    }

    /// Tells whether a team counts the same rows as when it was noted.
    fn counts(&self, it: &UserTeam) -> bool {
        it.counted.is_some() && self.counted.get(&it.team_id) == Some(&it.counted)
    }

    /// Forgets the rows of a team, but not who was found to be in it.
    fn remove(&mut self, team_id: &TeamId) {
        if self.teams.remove(team_id).is_some_and(|it| it.is_open()) {
            self.open_teams -= 1;
        }
    }

    /// Notes the teams of a user who was noted with others before.
    fn correct(&mut self, user_id: &UserId, teams: &[UserTeam]) {
        for (team_id, dormant) in &mut self.found.by_team {
            let Some(place) = dormant.iter().position(|it| it.user_id == *user_id) else {
                continue;
            };
            dormant.remove(place);
            if let Some(rows) = self.teams.get_mut(team_id)
                && !rows.known.contains(user_id)
            {
                self.open_teams += usize::from(rows.open == Some(0));
                rows.open = rows.open.map(|open| open + 1);
            }
        }
        self.found.asked -= 1;
        self.note(user_id, teams);
    }

    /// Notes the teams of a user, and returns how many users were asked for.
    fn note(&mut self, user_id: &UserId, teams: &[UserTeam]) -> u64 {
        for it in teams {
            if let Some(rows) = self.teams.get_mut(&it.team_id) {
                if !rows.known.contains(user_id) {
                    self.open_teams -= usize::from(rows.open == Some(1));
                    rows.open = rows.open.map(|open| open.saturating_sub(1));
                }
            } else if self.all_known {
                continue;
            }
            let dormant = Dormant {
                user_id: user_id.clone(),
                is_owner: it.is_owner,
            };
            let in_team = self.found.by_team.entry(it.team_id.clone());
            in_team.or_default().push(dormant);
        }
        self.found.asked += 1;
        self.found.asked
    }
}

impl Open {
    fn is_open(&self) -> bool {
        self.open != Some(0)
    }
}
