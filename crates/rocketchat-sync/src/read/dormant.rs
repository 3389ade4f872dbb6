//! Memberships of deactivated users.
//!
//! Since 5.0 `teams.members` leaves deactivated users out, but their memberships are still there and come back with the
//! account (`rocketchat-api.md` section 4A.10). They are found from the other end: the teams of each deactivated user,
//! asked for only while some team counts more rows than are known.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rocketchat_api::{Kind, Team, TeamId, UserId, UsersListTeams};

use super::{TeamMembers, UserReader};
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
    pub(crate) by_team: BTreeMap<TeamId, Vec<Dormant>>,
    /// Users whose teams were asked for.
    pub(crate) asked: u64,
}

/// Finds the deactivated members of the teams that have unexplained rows.
///
/// Where the users that were `deactivated` when they were listed do not explain all rows, those are asked for too that
/// were deactivated between then and the question for the members, which left them out.
pub(crate) async fn find_dormant(
    api: Api<'_>,
    options: &Options,
    teams: &[TeamMembers],
    users: &mut UserReader<'_>,
    deactivated: &[UserId],
) -> Result<Found, Error> {
    let mut search = Search::new(teams);
    if search.open_teams == 0 {
        return Ok(search.found);
    }
    api.progress.begin(Stage::DormantMemberships);
    search.ask(api, options, deactivated).await?;
    if search.open_teams > 0 {
        let before: HashSet<_> = deactivated.iter().collect();
        let mut since = users.deactivated().await?;
        since.retain(|user_id| !before.contains(user_id));
        search.ask(api, options, &since).await?;
    }
    api.progress.end(Stage::DormantMemberships);
    tracing::info!(
        users = search.found.asked,
        "looked up teams of deactivated users"
    );
    Ok(search.found)
}

/// Asks for the teams of a user; somebody who was deleted meanwhile has none.
async fn teams_of(api: Api<'_>, user_id: &UserId) -> Result<Vec<Team>, Error> {
    let user_id = user_id.clone();
    match api.ask(&UsersListTeams { user_id }).await {
        Err(Error::Api(error)) if error.kind() == Kind::NoSuchUser => Ok(Vec::new()),
        other => other,
    }
}

struct Search<'a> {
    /// The rows still to be explained, per team that has any; `None` where the server does not count them.
    open: BTreeMap<&'a TeamId, Option<u64>>,
    /// Teams that may have members not found yet.
    open_teams: usize,
    /// Members already known: servers up to 4.x list deactivated ones too.
    known: HashSet<(&'a TeamId, &'a UserId)>,
    found: Found,
}

impl<'a> Search<'a> {
    fn new(teams: &'a [TeamMembers]) -> Self {
        let open: BTreeMap<_, _> = teams
            .iter()
            .map(|it| (&it.team.id, it.possibly_dormant()))
            .filter(|(_, rows)| *rows != Some(0))
            .collect();
        let looked_at = teams.iter().filter(|it| open.contains_key(&it.team.id));
        let members = |it: &'a TeamMembers| {
            it.members
                .iter()
                .map(|member| (&it.team.id, &member.user.id))
        };
        let known = looked_at.flat_map(members).collect();
        Self {
            open_teams: open.len(),
            open,
            known,
            found: Found::default(),
        }
    }

    /// Asks for the teams of `users`, as long as there is anything to find.
    async fn ask(
        &mut self,
        api: Api<'_>,
        options: &Options,
        users: &[UserId],
    ) -> Result<(), Error> {
        let mut answers = std::pin::pin!(
            stream::iter(users)
                .map(async |user_id| Ok::<_, Error>((user_id, teams_of(api, user_id).await?)))
                .buffered(options.workers.max(1))
        );
        let total = Some(self.found.asked + users.len() as u64);
        let tell = |asked| {
            api.progress.count(Stage::DormantMemberships, asked, total);
        };
        tell(self.found.asked);
        while self.open_teams > 0 {
            let Some((user_id, teams)) = answers.try_next().await? else {
                break;
            };
            self.found.asked += 1;
            tell(self.found.asked);
            for team in teams {
                self.note(&team.id, user_id, team.is_owner.unwrap_or_default());
            }
        }
        Ok(())
    }

    fn note(&mut self, team_id: &TeamId, user_id: &UserId, is_owner: bool) {
        let Some(open) = self.open.get_mut(team_id) else {
            return;
        };
        if self.known.contains(&(team_id, user_id)) {
            return;
        }
        if *open == Some(1) {
            self.open_teams -= 1;
        }
        *open = open.map(|rows| rows.saturating_sub(1));
        let dormant = Dormant {
            user_id: user_id.clone(),
            is_owner,
        };
        self.found
            .by_team
            .entry(team_id.clone())
            .or_default()
            .push(dormant);
    }
}
