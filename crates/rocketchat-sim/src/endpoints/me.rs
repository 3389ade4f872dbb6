//! `GET me` (`rocketchat-api.md` section 1.5): the flat object of the caller, without `type` and `createdAt`.

use serde_json::json;

use crate::ask::Ask;
use crate::reply::{self, Answer};

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
    if let Some(name) = user.name.present() {
        body["name"] = json!(name);
    }
    if let Some(roles) = &user.roles {
        body["roles"] = json!(roles);
    }
    if let Some(username) = &user.username {
        body["username"] = json!(username);
        body["avatarUrl"] = format!("{}/avatar/{username}", ask.base_url).into();
    }
    if let Some(emails) = &user.emails {
        body["emails"] = json!(emails);
        if let Some(verified) = emails.iter().find(|email| email.verified == Some(true)) {
            body["email"] = json!(verified.address);
        }
    }
    Ok(reply::object(body))
}
