//! Teams and their active members.

use std::collections::HashMap;

use baton_model::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rocketchat_api::{Kind, Member, Team, TeamsListAll, TeamsMembers};

use super::listing::{Whole, read_whole};
use crate::api::Api;
use crate::{Error, Listing, Options};

/// How far the clocks of those who stamp answers and memberships may be apart.
const CLOCK_SLACK_SECONDS: i64 = 5;

/// All teams with their active members, sorted by id.
#[derive(Default)]
pub(crate) struct Teams {
    pub(crate) existing: Vec<TeamMembers>,
    /// Teams deleted between the listing and the question for their members.
    pub(crate) gone: u64,
    pub(crate) listing: Listing,
}

/// A team and its members, sorted by user id.
pub(crate) struct TeamMembers {
    pub(crate) team: Team,
    pub(crate) members: Vec<Member>,
    /// How the members were listed; none for a team without rows, which is not asked.
    pub(crate) listing: Option<Listing>,
    /// Members who may have joined after the team's rows were counted.
    joined_since: u64,
}

impl Teams {
    /// Lists the teams once more. Those that are `open` are left out if they are gone, and otherwise take the new number
    /// of rows if it is lower: rows that went away need no explanation.
    pub(crate) async fn recount(
        &mut self,
        api: Api<'_>,
        open: impl Fn(&TeamMembers) -> bool,
    ) -> Result<(), Error> {
        let now = read_whole(api, TeamsListAll).await?.rows;
        let now: HashMap<_, _> = now
            .into_iter()
            .map(|team| (team.id, team.number_of_users))
            .collect();
        let before = self.existing.len();
        self.existing
            .retain(|it| now.contains_key(&it.team.id) || !open(it));
        self.gone += (before - self.existing.len()) as u64;
        for it in self.existing.iter_mut().filter(|it| open(it)) {
            let rows = now.get(&it.team.id).copied().flatten();
            it.team.number_of_users = it
                .team
                .number_of_users
                .min(rows.or(it.team.number_of_users));
        }
        Ok(())
    }
}

impl TeamMembers {
    /// Returns how many membership rows the server counts beyond those known.
    ///
    /// `None` when the server does not count.
    pub(crate) fn unexplained(&self, dormant: u64) -> Option<u64> {
        let known = (self.members.len() as u64).saturating_add(dormant);
        Some(self.team.number_of_users?.saturating_sub(known))
    }

    /// Returns how many rows may be of deactivated users: those counted beyond the members who were there by then.
    /// Somebody who joined later must not stand in for a member who is not listed.
    pub(crate) fn possibly_dormant(&self) -> Option<u64> {
        let there_by_then = (self.members.len() as u64).saturating_sub(self.joined_since);
        Some(self.team.number_of_users?.saturating_sub(there_by_then))
    }
}

/// Reads all teams, then the members of each that has any.
pub(crate) async fn read_teams(api: Api<'_>, options: &Options) -> Result<Teams, Error> {
    let Whole {
        rows: mut teams,
        listing,
        begun,
    } = read_whole(api, TeamsListAll).await?;
    teams.sort_by(|a, b| a.id.cmp(&b.id));
    let members = stream::iter(teams)
        .map(|team| read_members(api, team, begun))
        .buffered(options.member_workers.max(1));
    let mut result = Teams {
        listing,
        ..Teams::default()
    };
    let mut members = std::pin::pin!(members);
    while let Some(answer) = members.try_next().await? {
        match answer {
            Some(team) => result.existing.push(team),
            None => result.gone += 1,
        }
    }
    Ok(result)
}

/// Reads the members of a team that was counted at `counted_at`; `None` when the team is gone. Only a team that counts no
/// rows at all needs no request.
async fn read_members(
    api: Api<'_>,
    team: Team,
    counted_at: Option<Timestamp>,
) -> Result<Option<TeamMembers>, Error> {
    if team.number_of_users == Some(0) {
        return Ok(Some(TeamMembers {
            team,
            members: Vec::new(),
            listing: None,
            joined_since: 0,
        }));
    }
    let team_id = team.id.clone();
    let page = |page| TeamsMembers {
        team_id: team_id.clone(),
        page,
    };
    match read_whole(api, page).await {
        Ok(whole) => {
            let mut members = whole.rows;
            members.sort_by(|a, b| a.user.id.cmp(&b.user.id));
            let late = |member: &&Member| joined_since(member, counted_at);
            Ok(Some(TeamMembers {
                joined_since: members.iter().filter(late).count() as u64,
                team,
                members,
                listing: Some(whole.listing),
            }))
        }
        Err(Error::Api(error)) if error.kind() == Kind::NoSuchTeam => {
            tracing::warn!(team.id = %team.id, "a team was deleted while the sync was under way");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn joined_since(member: &Member, counted_at: Option<Timestamp>) -> bool {
    let joined = member.created_at.as_deref().map(Timestamp::parse);
    match (joined, counted_at) {
        (Some(Ok(joined)), Some(counted_at)) => {
            joined.seconds() >= counted_at.seconds() - CLOCK_SLACK_SECONDS
        }
        _ => false,
    }
}
