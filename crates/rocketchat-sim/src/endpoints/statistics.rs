//! `GET statistics` (`rocketchat-api.md` section 4A.13), counted afresh instead of taken from the last night.

use serde_json::json;

use crate::ask::Ask;
use crate::reply::{self, Answer, Refusal};
use crate::workspace::{Presence, User};

pub(super) fn statistics(ask: &Ask<'_>) -> Answer {
    ask.require(
        "view-statistics",
        Refusal::Failure("error-not-allowed".to_owned()),
    )?;
    let workspace = &ask.state.workspace;
    let count = |of: &dyn Fn(&User) -> bool| workspace.users.iter().filter(|user| of(user)).count();
    let present = |presence: Presence| count(&|user| user.presence == presence);
    let connected = count(&|user| user.presence != Presence::Offline);
    let rooms: u32 = workspace.teams.iter().map(|team| team.rooms).sum();
    Ok(reply::object(json!({
        "_id": "simStatistics2345",
        "version": ask.settings.version.to_string(),
        "uniqueId": "simulatedUniqueIdent",
        "wizard": {"organizationName": "Simulated workspace"},
        "totalUsers": workspace.users.len(),
        "activeUsers": count(&|user| user.active),
        "activeGuests": count(&|user| user.active && user.has_role("guest")),
        "nonActiveUsers": count(&|user| !user.active),
        "appUsers": count(&|user| user.kind.as_deref() == Some("app")),
        "onlineUsers": present(Presence::Online),
        "awayUsers": present(Presence::Away),
        "busyUsers": present(Presence::Busy),
        "totalConnectedUsers": connected,
        "offlineUsers": present(Presence::Offline),
        "totalRooms": workspace.teams.len(),
        "totalCustomRoles": workspace.roles.iter().filter(|role| !role.protected).count(),
        "teams": {
            "totalTeams": workspace.teams.len(),
            "totalRoomsInsideTeams": rooms,
            "totalDefaultRoomsInsideTeams": 0,
        },
        "createdAt": ask.now,
        "_updatedAt": ask.now,
    })))
}
