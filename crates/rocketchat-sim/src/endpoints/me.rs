//! `GET me` (`rocketchat-api.md` section 1.5): the flat object of the caller, without `type` and `createdAt`.

use serde_json::json;

use crate::ask::Ask;
use crate::reply::{self, Answer, put};

pub(super) fn me(ask: &Ask<'_>) -> Answer {
    let user = ask.caller()?;
    let mut body = json!({
        "_id": user.id,
        "status": user.presence,
        "statusConnection": user.presence,
        "statusDefault": "online",
        "utcOffset": 0,
        "language": "en",
        "active": user.active,
        "settings": {
            "profile": {},
            "preferences": {
                "enableAutoAway": true,
                "idleTimeLimit": 300,
                "desktopNotifications": "all",
                "language": "en",
            },
        },
        "_updatedAt": user.last_login.or(user.created_at).unwrap_or(ask.now),
        "isOAuthUser": false,
        "services": {"password": {"exists": true}},
    });
    let avatar = |username| format!("{}/avatar/{username}", ask.base_url);
    let mut emails = user.emails.iter().flatten();
    let verified = emails.find(|email| email.verified == Some(true));
    put(&mut body, "name", user.name.present());
    put(&mut body, "roles", user.roles.as_ref());
    put(&mut body, "username", user.username.as_ref());
    put(
        &mut body,
        "avatarUrl",
        user.username.as_ref().map(avatar).as_ref(),
    );
    put(&mut body, "emails", user.emails.as_ref());
    put(&mut body, "email", verified.map(|email| &email.address));
    Ok(reply::object(body))
}
