//! Teams and their active members.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rocketchat_api::{Kind, Member, Team, TeamsListAll, TeamsMembers};

use super::listing::{Whole, read_whole};
use crate::api::Api;
use crate::{Error, Options};

/// All teams with their active members, sorted by id.
#[derive(Default)]
pub(crate) struct Teams {
    pub(crate) existing: Vec<TeamMembers>,
    /// Teams deleted between the listing and the question for their members.
    pub(crate) gone: u64,
    pub(crate) restarts: u64,
}

/// A team and its members, sorted by user id.
pub(crate) struct TeamMembers {
    pub(crate) team: Team,
    pub(crate) members: Vec<Member>,
}

impl TeamMembers {
    /// Returns how many membership rows the server counts beyond those known.
    ///
    /// `None` when the server does not count.
    pub(crate) fn unexplained(&self, dormant: u64) -> Option<u64> {
        let known = (self.members.len() as u64).saturating_add(dormant);
        let counted = self.team.number_of_users?;
        Some(counted.saturating_sub(known))
    }
}

/// Reads all teams, then the members of each that has any.
pub(crate) async fn read_teams(api: Api<'_>, options: &Options) -> Result<Teams, Error> {
    let Whole {
        rows: mut teams,
        restarts,
    } = read_whole(api, TeamsListAll).await?;
    teams.sort_by(|a, b| a.id.cmp(&b.id));
    let members = stream::iter(teams)
        .map(|team| read_members(api, team))
        .buffered(options.member_workers.max(1));
    let mut result = Teams {
        restarts,
        ..Teams::default()
    };
    let mut members = std::pin::pin!(members);
    while let Some(answer) = members.try_next().await? {
        match answer {
            Some((team, restarts)) => {
                result.restarts += restarts;
                result.existing.push(team);
            }
            None => result.gone += 1,
        }
    }
    Ok(result)
}

/// Reads the members of a team; `None` when the team is gone. Only a team that counts no rows at all needs no request.
async fn read_members(api: Api<'_>, team: Team) -> Result<Option<(TeamMembers, u64)>, Error> {
    if team.number_of_users == Some(0) {
        return Ok(Some((
            TeamMembers {
                team,
                members: Vec::new(),
            },
            0,
        )));
    }
    let team_id = team.id.clone();
    match read_whole(api, |page| TeamsMembers {
        team_id: team_id.clone(),
        page,
    })
    .await
    {
        Ok(Whole {
            rows: mut members,
            restarts,
        }) => {
            members.sort_by(|a, b| a.user.id.cmp(&b.user.id));
            Ok(Some((TeamMembers { team, members }, restarts)))
        }
        Err(Error::Api(error)) if error.kind() == Kind::NoSuchTeam => {
            tracing::warn!(team.id = %team.id, "a team was deleted while the sync was under way");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
