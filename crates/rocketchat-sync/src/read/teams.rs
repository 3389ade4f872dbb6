//! Teams and their active members.

use std::collections::HashMap;

use baton_model::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rocketchat_api::{Endpoint as _, Kind, Member, Page, Team, TeamId, TeamsListAll, TeamsMembers};

use super::Search;
use super::listing::{Whole, read_whole};
use crate::api::Api;
use crate::work::{Key, TeamPiece};
use crate::{DormantMemberships, Error, Listing, Options, Stage, mapping};

/// How far the clocks of those who stamp answers and memberships may be apart.
const CLOCK_SLACK_SECONDS: i64 = 60;

/// All teams with their active members, sorted by id.
#[derive(Default)]
pub(crate) struct Teams {
    pub(crate) existing: Vec<Roster>,
    /// Teams deleted since they were listed.
    pub(crate) gone: Vec<TeamId>,
    pub(crate) listing: Listing,
    /// When the rows of the teams were counted.
    counted_at: Option<Timestamp>,
}

/// A team and its members, sorted by user id.
pub(crate) struct Roster {
    pub(crate) team: Team,
    pub(crate) members: Vec<Member>,
    /// How the members were listed; none for a team without rows, which is not asked.
    pub(crate) listing: Option<Listing>,
    /// Members who may have joined after the team's rows were counted; everybody, where nobody tells the time.
    maybe_joined_since: u64,
    /// Members who did join after that.
    joined_since: u64,
    /// Whether the members are those that an interrupted sync read.
    recalled: bool,
}

impl Teams {
    /// Asks for the members of those teams that an interrupted sync read and that have rows which nothing explains.
    ///
    /// # Errors
    /// The members of a team cannot be read.
    pub(crate) async fn read_again(&mut self, api: Api<'_>, search: &Search) -> Result<(), Error> {
        for it in std::mem::take(&mut self.existing) {
            if !it.recalled || !search.is_open(&it.team.id) {
                self.existing.push(it);
                continue;
            }
            match read_members(api, it.team, self.counted_at, None).await? {
                Ok(team) => {
                    search.add(&team);
                    self.existing.push(team);
                }
                Err(team_id) => {
                    search.remove(&team_id);
                    self.gone.push(team_id);
                }
            }
        }
        Ok(())
    }

    /// Lists the teams once more, and settles what became of them since the first time.
    ///
    /// Teams that `teams.members` did not know must be gone from the list too, and the other way round. Those that are
    /// `open` take the new number of rows if it is lower: rows that went away need no explanation.
    ///
    /// # Errors
    /// [`Error::TeamDisputed`], and whatever keeps the list from being read.
    pub(crate) async fn look_again(
        &mut self,
        api: Api<'_>,
        open: impl Fn(&Roster) -> bool,
    ) -> Result<(), Error> {
        let now = read_whole(api, TeamsListAll).await?.rows;
        let now: HashMap<_, _> = now
            .into_iter()
            .map(|team| (team.id, team.number_of_users))
            .collect();
        if let Some(team_id) = self.gone.iter().find(|id| now.contains_key(id)) {
            let team_id = team_id.clone();
            return Err(Error::TeamDisputed { team_id });
        }
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.existing)
            .into_iter()
            .partition(|it| now.contains_key(&it.team.id));
        self.existing = kept;
        for it in gone {
            let team_id = it.team.id;
            if count_members(api, &team_id).await?.is_some() {
                return Err(Error::TeamDisputed { team_id });
            }
            self.gone.push(team_id);
        }
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

/// Returns how many members a team has now; `None` when there is no such team.
pub(crate) async fn count_members(api: Api<'_>, team_id: &TeamId) -> Result<Option<u64>, Error> {
    let whole = TeamsMembers {
        team_id: team_id.clone(),
        page: Page::ALL,
    };
    match api.ask(&whole).await {
        Err(Error::Api(error)) if error.kind() == Kind::NoSuchTeam => Ok(None),
        other => Ok(Some(other?.total)),
    }
}

impl Roster {
    /// Makes a team whose members are not asked for.
    fn unread(team: Team) -> Self {
        Self {
            team,
            members: Vec::new(),
            listing: None,
            maybe_joined_since: 0,
            joined_since: 0,
            recalled: false,
        }
    }

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
        self.counted_beyond(self.maybe_joined_since)
    }

    /// Returns how many rows are of nobody listed, as far as the times of joining tell.
    pub(crate) fn not_listed(&self) -> Option<u64> {
        self.counted_beyond(self.joined_since)
    }

    fn counted_beyond(&self, joined_since: u64) -> Option<u64> {
        let there_by_then = (self.members.len() as u64).saturating_sub(joined_since);
        Some(self.team.number_of_users?.saturating_sub(there_by_then))
    }
}

/// Reads all teams of the scope, then the members of each that has any, and tells the search of each as it comes.
pub(crate) async fn read_teams(
    api: Api<'_>,
    options: &Options,
    search: &Search,
) -> Result<Teams, Error> {
    let scope = &options.scope;
    if !scope.has_any(mapping::TEAM) {
        search.end_of_teams();
        return Ok(Teams::default());
    }
    api.progress.begin(Stage::Teams);
    let Whole {
        rows: mut teams,
        listing,
        begun,
    } = read_whole(api, TeamsListAll).await?;
    teams.retain(|team| scope.has(&mapping::team::id(&team.id)));
    teams.sort_by(|a, b| a.id.cmp(&b.id));
    if !scope.has_grants() {
        let alone = teams.into_iter().map(Roster::unread);
        api.progress.end(Stage::Teams);
        search.end_of_teams();
        return Ok(Teams {
            existing: alone.collect(),
            listing,
            ..Teams::default()
        });
    }
    search.begin(api, &teams);
    let peopled = teams.iter().filter(|it| has_rows(it)).count() as u64;
    let mut asked = 0;
    let members = stream::iter(teams)
        .map(|team| read_members(api, team, begun, Some(options.dormant_memberships)))
        .buffered(options.member_workers.max(1));
    let mut result = Teams {
        listing,
        counted_at: begun,
        ..Teams::default()
    };
    let mut members = std::pin::pin!(members);
    api.progress.count(Stage::Teams, asked, Some(peopled));
    while let Some(answer) = members.try_next().await? {
        if answer.as_ref().map_or(true, |it| it.listing.is_some()) {
            asked += 1;
            api.progress.count(Stage::Teams, asked, Some(peopled));
        }
        match answer {
            Ok(team) => {
                search.add(&team);
                result.existing.push(team);
            }
            Err(team_id) => result.gone.push(team_id),
        }
    }
    search.end_of_teams();
    api.progress.end(Stage::Teams);
    Ok(result)
}

/// Only a team that counts no rows at all needs no request for its members.
pub(crate) fn has_rows(team: &Team) -> bool {
    team.number_of_users != Some(0)
}

/// Reads the members of a team that was counted at `counted_at`, or returns its id when it is gone. What an interrupted sync
/// read may be `recalled`, if it fits to what is done about those who are not listed.
async fn read_members(
    api: Api<'_>,
    team: Team,
    counted_at: Option<Timestamp>,
    recalled: Option<DormantMemberships>,
) -> Result<Result<Roster, TeamId>, Error> {
    if !has_rows(&team) {
        return Ok(Ok(Roster::unread(team)));
    }
    let key = Key::Members(&team.id);
    let recalled = recalled.and_then(|dormant_memberships| {
        api.work.recall(&key, |it: &TeamPiece| {
            let members = it.members.len() as u64;
            let explains = match dormant_memberships {
                // The search finds out who else there is.
                DormantMemberships::Resolve => members <= it.counted,
                DormantMemberships::Count => members == it.counted,
            };
            explains && Some(it.counted) == team.number_of_users
        })
    });
    let is_recalled = recalled.is_some();
    let (members, listing) = match recalled {
        Some(TeamPiece {
            members, listing, ..
        }) => (members, listing.of(TeamsMembers::NAME)),
        None => match ask_members(api, &team).await? {
            Some(answer) => answer,
            None => return Ok(Err(team.id)),
        },
    };
    let joined = |slack: i64, unknown: bool| {
        let late = |it: &&Member| joined_since(it, counted_at, slack).unwrap_or(unknown);
        members.iter().filter(late).count() as u64
    };
    Ok(Ok(Roster {
        maybe_joined_since: joined(CLOCK_SLACK_SECONDS, true),
        joined_since: joined(0, false),
        team,
        members,
        listing: Some(listing),
        recalled: is_recalled,
    }))
}

/// Asks for the members of a team, and keeps them; `None` when the team is gone.
async fn ask_members(api: Api<'_>, team: &Team) -> Result<Option<(Vec<Member>, Listing)>, Error> {
    let page = |page| TeamsMembers {
        team_id: team.id.clone(),
        page,
    };
    let Whole {
        rows: mut members,
        listing,
        ..
    } = match read_whole(api, page).await {
        Err(Error::Api(error)) if error.kind() == Kind::NoSuchTeam => {
            tracing::warn!(team.id = %team.id, "a team was deleted while the sync was under way");
            return Ok(None);
        }
        other => other?,
    };
    members.sort_by(|a, b| a.user.id.cmp(&b.user.id));
    let Some(counted) = team.number_of_users.filter(|_| !members.is_empty()) else {
        // Without a number nothing would show a change, and an empty list may be all that the account may see.
        return Ok(Some((members, listing)));
    };
    let piece = TeamPiece {
        counted,
        members,
        listing,
    };
    api.work.keep(&Key::Members(&team.id), &piece);
    Ok(Some((piece.members, piece.listing)))
}

/// Tells whether somebody joined less than `slack` seconds before the rows of the team were counted, or later; `None` where
/// nobody tells the time.
fn joined_since(member: &Member, counted_at: Option<Timestamp>, slack: i64) -> Option<bool> {
    let joined = Timestamp::parse(member.created_at.as_deref()?).ok()?;
    Some(joined.seconds() >= counted_at?.seconds() - slack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(joined: Option<&str>, counted_at: Option<&str>, expected: Option<bool>) {
        let member: Member = serde_json::from_value(serde_json::json!({
            "user": {"_id": "x"},
            "createdAt": joined,
        }))
        .unwrap();
        let counted_at = counted_at.map(|text| Timestamp::parse(text).unwrap());
        assert_eq!(joined_since(&member, counted_at, 60), expected);
    }

    #[test]
    fn the_time_of_joining_is_compared_with_some_slack() {
        let counted_at = Some("2026-06-01T12:00:00Z");
        check(Some("2026-06-01T11:58:00.000Z"), counted_at, Some(false));
        check(Some("2026-06-01T11:59:30.000Z"), counted_at, Some(true));
        check(Some("2026-06-01T12:00:01.000Z"), counted_at, Some(true));
        check(Some("yesterday"), counted_at, None);
        check(None, counted_at, None);
        check(Some("2026-06-01T11:00:00.000Z"), None, None);
    }
}
