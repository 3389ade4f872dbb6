//! `GET permissions.listAll` (`rocketchat-api.md` section 1.6): every permission, and a row for each setting.

use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::json;

use crate::Moment;
use crate::ask::Ask;
use crate::reply::{self, Answer, Refusal, write_json};

/// When the permissions were last changed: 2026-03-02.
const CHANGED: Moment = Moment(1_772_439_065_120);

/// Groups of settings; each setting of a group has a permission of its own.
const GROUPS: [(&str, &[&str], usize); 6] = [
    ("General", &["REST_API", "Notifications", "UTF8"], 60),
    (
        "Accounts",
        &["Registration", "Avatar", "Two_Factor_Authentication"],
        120,
    ),
    ("LDAP", &["Connection", "Sync", "Authentication"], 80),
    ("Message", &["Attachments", "Threads"], 60),
    ("Omnichannel", &["Routing", "Queue", "Analytics"], 90),
    ("Federation", &["Matrix"], 30),
];

/// The rows of the settings; they are the same in every simulated workspace, so they are written once.
static SETTING_ROWS: LazyLock<Bytes> = LazyLock::new(|| {
    let mut text = Vec::new();
    for (group, sections, settings) in GROUPS {
        for number in 0..settings {
            let section = sections[number % sections.len()];
            let setting = format!("{group}_{section}_Option_{number}");
            if !text.is_empty() {
                text.push(b',');
            }
            write_json(
                &mut text,
                &json!({
                    "_id": format!("change-setting-{setting}"),
                    "level": "settings",
                    "settingId": setting,
                    "group": group,
                    "section": section,
                    "sorter": number,
                    "groupPermissionId": format!("change-setting-{group}"),
                    "sectionPermissionId": format!("change-setting-{group}-{section}"),
                    "roles": [],
                    "_updatedAt": Moment(1_768_122_000_000),
                }),
            );
        }
    }
    text.into()
});

pub(super) fn list_all(ask: &Ask<'_>) -> Answer {
    let since = ask
        .query
        .get("updatedSince")
        .map(|text| Moment::parse(text).ok_or_else(invalid_date));
    if since.transpose()?.is_some_and(|since| since > CHANGED) {
        return Ok(reply::object(json!({"update": [], "remove": []})));
    }
    let mut own = Vec::new();
    for (id, roles) in &ask.state.workspace.permissions {
        own.push(b',');
        write_json(
            &mut own,
            &json!({"_id": id, "roles": roles, "_updatedAt": CHANGED}),
        );
    }
    let head = Bytes::from_static(b"{\"update\":[");
    let tail = Bytes::from_static(b"],\"remove\":[],\"success\":true}");
    Ok(reply::ok([head, SETTING_ROWS.clone(), own.into(), tail]))
}

/// Returns the refusal of a bad date, with the code that the server really uses.
fn invalid_date() -> Refusal {
    Refusal::Coded {
        code: "error-roomId-param-invalid",
        text: "The \"updatedSince\" query parameter must be a valid date.".to_owned(),
        details: None,
    }
}
