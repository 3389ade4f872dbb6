//! `GET teams.listAll`, `teams.members` and `users.listTeams` (`rocketchat-api.md` sections 4A.7 to 4A.11).

use serde::Serialize;
use serde_json::json;

use super::listing;
use crate::Moment;
use crate::ask::Ask;
use crate::reply::{self, Answer, Refusal};
use crate::workspace::{Creator, Id, Member, Presence, Team, Text, User};

const ALL_TEAMS: &str = "view-all-teams";

/// A team document, with what an endpoint computes beside it.
#[derive(Debug, Serialize)]
struct TeamRow<'a> {
    #[serde(rename = "_id")]
    id: &'a Id,
    name: &'a str,
    #[serde(rename = "type")]
    kind: u8,
    #[serde(rename = "createdAt")]
    created_at: Moment,
    #[serde(rename = "createdBy")]
    created_by: &'a Creator,
    #[serde(rename = "_updatedAt")]
    updated_at: Moment,
    #[serde(rename = "roomId")]
    room_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rooms: Option<u32>,
    #[serde(rename = "numberOfUsers", skip_serializing_if = "Option::is_none")]
    number_of_users: Option<usize>,
    #[serde(rename = "isOwner", skip_serializing_if = "Option::is_none")]
    is_owner: Option<bool>,
}

#[derive(Debug, Serialize)]
struct MemberRow<'a> {
    user: MemberUser<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<&'a [Id]>,
    #[serde(rename = "createdBy")]
    created_by: &'a Creator,
    #[serde(rename = "createdAt")]
    created_at: Moment,
}

#[derive(Debug, Serialize)]
struct MemberUser<'a> {
    #[serde(rename = "_id")]
    id: &'a Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a Text>,
    status: Presence,
}

impl<'a> TeamRow<'a> {
    fn document(team: &'a Team) -> Self {
        Self {
            id: &team.id,
            name: &team.name,
            kind: team.private.into(),
            created_at: team.created_at,
            created_by: &team.created_by,
            updated_at: team.updated_at,
            room_id: &team.room_id,
            rooms: None,
            number_of_users: None,
            is_owner: None,
        }
    }

    /// Adds the counts; every membership row counts, also those of deactivated and deleted users.
    fn counted(team: &'a Team) -> Self {
        let number_of_users = Some(team.members.len());
        Self {
            rooms: Some(team.rooms),
            number_of_users,
            ..Self::document(team)
        }
    }
}

pub(super) fn list_all(ask: &Ask<'_>) -> Answer {
    ask.require(ALL_TEAMS, Refusal::Forbidden)?;
    let teams = &ask.state.workspace.teams;
    Ok(listing::reply(
        "teams",
        ask.page()?,
        teams.len(),
        teams.iter().map(TeamRow::counted),
    ))
}

pub(super) fn members<'a>(ask: &Ask<'a>) -> Answer {
    let team = find(ask)?.ok_or_else(|| Refusal::Failure("team-does-not-exist".to_owned()))?;
    let page = ask.page()?;
    let presences = ask.query.list("status", ask.settings.version)?;
    let shows_inactive = !ask.settings.version.at_least(5, 0);
    let takes = |user: &User| {
        (user.active || shows_inactive)
            && (presences.is_empty() || presences.contains(&user.presence.as_str()))
            && holds(user.username.as_deref(), ask.query.get("username"))
            && holds(user.name.as_str(), ask.query.get("name"))
    };
    let found = |member: &'a Member| Some((member, ask.state.user(&member.user_id)?));
    let seen = if may_see(ask, team) {
        team.members.as_slice()
    } else {
        &[]
    };
    let members: Vec<_> = seen
        .iter()
        .filter_map(found)
        .filter(|(_, user)| takes(user))
        .collect();
    let rows = members
        .iter()
        .map(|(member, user)| member_row(team, member, user));
    Ok(listing::reply("members", page, members.len(), rows))
}

pub(super) fn of_user(ask: &Ask<'_>) -> Answer {
    let user_id = ask.query.get("userId");
    let user_id = user_id.ok_or(Refusal::Invalid("must have required property 'userId'"))?;
    let row = |team| TeamRow {
        is_owner: Some(is_owner(team, user_id)),
        ..TeamRow::document(team)
    };
    let shown = |team: &&Team| !team.private || may_see(ask, team);
    let teams: Vec<_> = ask.state.teams_of(user_id).filter(shown).map(row).collect();
    Ok(reply::object(json!({"teams": teams})))
}

fn is_owner(team: &Team, user_id: &str) -> bool {
    team.member(user_id)
        .is_some_and(|member| member.has_role("owner"))
}

/// Returns the team that exactly one of `teamId` and `teamName` names.
fn find<'a>(ask: &Ask<'a>) -> Result<Option<&'a Team>, Refusal> {
    let workspace = &ask.state.workspace;
    match (ask.query.get("teamId"), ask.query.get("teamName")) {
        (Some(id), None) => Ok(ask.state.team(id)),
        (None, Some(name)) => Ok(workspace.teams.iter().find(|team| team.name == name)),
        _ if ask.typed => Err(Refusal::Invalid("must match exactly one schema in oneOf")),
        _ => {
            let text = "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation";
            Err(Refusal::Failure(text.to_owned()))
        }
    }
}

/// Tells whether the caller may see the inside of a team: as a member, or by permission.
fn may_see(ask: &Ask<'_>, team: &Team) -> bool {
    ask.may(ALL_TEAMS)
        || ask
            .caller
            .is_some_and(|caller| team.member(&caller.id).is_some())
}

fn holds(text: Option<&str>, wanted: Option<&str>) -> bool {
    let contains = |wanted: &str| {
        text.is_some_and(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
    };
    wanted.is_none_or(contains)
}

fn member_row<'a>(team: &'a Team, member: &'a Member, user: &'a User) -> MemberRow<'a> {
    MemberRow {
        user: MemberUser {
            id: &user.id,
            username: user.username.as_deref(),
            name: user.name.present(),
            status: user.presence,
        },
        roles: member.roles.as_deref(),
        created_by: &team.created_by,
        created_at: member.created_at,
    }
}
