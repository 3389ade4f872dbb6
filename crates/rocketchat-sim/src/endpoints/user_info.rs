//! `GET users.info` (`rocketchat-api.md` section 4A.3).

use serde_json::{Value, json};

use super::FULL_VIEW;
use crate::ask::Ask;
use crate::reply::{self, Answer, Refusal, put};
use crate::workspace::User;

pub(super) fn info(ask: &Ask<'_>) -> Answer {
    let caller = ask.caller()?;
    let privileged = ask.may(FULL_VIEW);
    let user =
        find(ask, privileged)?.ok_or_else(|| Refusal::Failure("User not found.".to_owned()))?;
    let oneself = user.id == caller.id;
    let mut body = always(ask, user);
    body["canViewAllInfo"] = (privileged || oneself).into();
    if privileged || oneself {
        add_full_view(&mut body, user);
    }
    if oneself {
        body["services"] = json!({
            "password": {"exists": true},
            "resume": {"loginTokens": [{"hashedToken": "simulated-hash", "type": "personalAccessToken"}]},
        });
    }
    let wants_rooms =
        ask.query.get("includeUserRooms") == Some("true") && ask.settings.version.at_least(7, 0);
    if wants_rooms && (oneself || ask.may("view-other-user-channels")) {
        body["rooms"] = rooms(ask, user);
    }
    Ok(reply::object(json!({"user": body})))
}

/// Finds the user by the one identifying parameter; `userId` also takes a username.
fn find<'a>(ask: &Ask<'a>, privileged: bool) -> Result<Option<&'a User>, Refusal> {
    let names = [
        "userId",
        "username",
        "importId",
        "email",
        "freeSwitchExtension",
    ];
    let mut given = names
        .iter()
        .filter_map(|name| ask.query.get(name).map(|value| (*name, value)));
    let (Some((name, value)), None) = (given.next(), given.next()) else {
        return Err(Refusal::Invalid("must match exactly one schema in oneOf"));
    };
    let users = || ask.state.workspace.users.iter();
    let by_username = || users().find(|user| user.username.as_deref() == Some(value));
    let has_email = |user: &&User| {
        user.emails
            .iter()
            .flatten()
            .any(|email| email.address == value)
    };
    Ok(match name {
        "userId" => ask.state.user(value).or_else(by_username),
        "username" => by_username(),
        "email" if privileged && ask.settings.version.at_least(8, 4) => users().find(has_email),
        _ => None,
    })
}

fn always(ask: &Ask<'_>, user: &User) -> Value {
    let mut body = json!({
        "_id": user.id,
        "status": user.presence,
        "utcOffset": 0,
        "active": user.active,
    });
    put(&mut body, "name", user.name.present());
    put(&mut body, "reason", user.reason.present());
    put(&mut body, "username", user.username.as_ref());
    put(&mut body, "type", user.kind.as_ref());
    put(&mut body, "avatarETag", user.avatar_etag.as_ref());
    if ask.settings.version.at_least(5, 1) {
        put(&mut body, "federated", user.federated.as_ref());
    }
    body
}

fn add_full_view(body: &mut Value, user: &User) {
    body["statusConnection"] = json!(user.presence);
    body["requirePasswordChange"] = false.into();
    put(body, "emails", user.emails.as_ref());
    put(body, "roles", user.roles.as_ref());
    put(body, "lastLogin", user.last_login.as_ref());
    put(body, "createdAt", user.created_at.as_ref());
}

/// Returns the user's subscriptions as far as this workspace knows them: the main rooms of the user's teams.
fn rooms(ask: &Ask<'_>, user: &User) -> Value {
    let mut teams: Vec<_> = ask.state.teams_of(&user.id).collect();
    teams.sort_by(|a, b| (a.private, &a.name).cmp(&(b.private, &b.name)));
    let room = |team: &crate::Team| {
        let kind = if team.private { "p" } else { "c" };
        let id = format!("{}{}", &team.id, &user.id);
        let mut row =
            json!({"_id": id, "rid": team.room_id, "name": team.name, "t": kind, "unread": 0});
        let roles = team
            .member(&user.id)
            .and_then(|member| member.roles.as_ref());
        put(&mut row, "roles", roles.filter(|roles| !roles.is_empty()));
        row
    };
    teams.into_iter().map(room).collect()
}
