//! The documented example workspace, rebuilt from its bodies in `bodies/`, which are written by hand.

use rocketchat_sim::{
    Account, Creator, Email, Id, Member, Moment, Presence, Role, Scope, Team, Text, User, Workspace,
};
use serde_json::{Map, Value};

/// Reads one of the bodies.
#[track_caller]
pub(crate) fn body(name: &str) -> Value {
    let path = format!("{}/tests/it/bodies/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the keys of an object, sorted.
#[track_caller]
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

pub(crate) fn workspace() -> Workspace {
    let rows = |name: &str, key: &str| body(name)[key].as_array().unwrap().clone();
    let mut workspace = Workspace {
        users: rows("users-list-by-status", "users")
            .iter()
            .map(user)
            .collect(),
        roles: rows("roles-list", "roles").iter().map(role).collect(),
        teams: rows("teams-list-all", "teams").iter().map(team).collect(),
        ..Workspace::default()
    };
    for row in rows("permissions-list-all", "update") {
        if row.get("roles").is_some() && row.get("level").is_none() {
            workspace
                .permissions
                .insert(text(&row, "_id").to_owned(), ids(&row["roles"]));
        }
    }
    workspace.accounts = [
        (Account::Reader, "jL3vKd8XqGp6RtNwF".into()),
        (Account::Admin, "Kq7TzWm3PfRbX9dLc".into()),
        (Account::Guest, "qV9dZm6GwPx4BfKtR".into()),
        (Account::Plain, "e5XcBq9mWsFj3LvPu".into()),
    ]
    .into();
    workspace
}

fn user(row: &Value) -> User {
    let known = [
        "_id",
        "name",
        "username",
        "emails",
        "roles",
        "status",
        "active",
        "avatarETag",
        "lastLogin",
        "type",
        "reason",
        "federated",
    ];
    let extra: Map<String, Value> = row.as_object().unwrap().clone();
    let string = |key: &str| row[key].as_str().map(str::to_owned);
    User {
        id: text(row, "_id").into(),
        username: string("username"),
        name: field(row, "name"),
        emails: row["emails"]
            .as_array()
            .map(|emails| emails.iter().map(email).collect()),
        roles: row.get("roles").map(ids),
        kind: row["type"].as_str().map(Into::into),
        active: row["active"].as_bool().unwrap(),
        presence: presence(&row["status"]),
        last_login: row["lastLogin"].as_str().and_then(Moment::parse),
        created_at: Some(Moment(1_600_000_000_000)),
        federated: row["federated"].as_bool(),
        reason: field(row, "reason"),
        avatar_etag: string("avatarETag"),
        extra: extra
            .into_iter()
            .filter(|(key, _)| !known.contains(&key.as_str()))
            .collect(),
    }
}

fn email(row: &Value) -> Email {
    Email {
        address: text(row, "address").to_owned(),
        verified: row["verified"].as_bool(),
    }
}

fn role(row: &Value) -> Role {
    let string = |key: &str| row[key].as_str().map(str::to_owned);
    Role {
        id: text(row, "_id").into(),
        name: string("name"),
        scope: if row["scope"] == "Users" {
            Scope::Users
        } else {
            Scope::Subscriptions
        },
        description: string("description"),
        protected: row["protected"].as_bool().unwrap(),
        mandatory2fa: row["mandatory2fa"].as_bool(),
    }
}

fn team(row: &Value) -> Team {
    let members: &[Value] = &match text(row, "name") {
        "facilities" => members_of("teams-members-facilities"),
        "blue-heron" => members_of("teams-members-blue-heron"),
        "équipe-façade" => members_of("teams-members-facade"),
        _ => Vec::new(),
    };
    let mut members: Vec<Member> = members.iter().map(member).collect();
    match text(row, "name") {
        "facilities" => members.extend([
            Member::plain("fTq2NwRz7KyHb4XcM"),
            Member::plain("zD3kHs9LxUe4JpQwR"),
        ]),
        "empty-shell" => {
            members.push(Member {
                roles: Some(vec!["owner".into()]),
                ..Member::plain("fTq2NwRz7KyHb4XcM")
            });
        }
        _ => {}
    }
    Team {
        id: text(row, "_id").into(),
        name: text(row, "name").to_owned(),
        private: row["type"] == 1,
        room_id: text(row, "roomId").to_owned(),
        created_by: Creator {
            id: text(&row["createdBy"], "_id").into(),
            username: text(&row["createdBy"], "username").to_owned(),
        },
        created_at: moment(&row["createdAt"]),
        updated_at: moment(&row["_updatedAt"]),
        rooms: u32::try_from(row["rooms"].as_u64().unwrap()).unwrap(),
        members,
    }
}

fn members_of(name: &str) -> Vec<Value> {
    body(name)["members"].as_array().unwrap().clone()
}

fn member(row: &Value) -> Member {
    Member {
        user_id: text(&row["user"], "_id").into(),
        roles: row.get("roles").map(ids),
        created_at: moment(&row["createdAt"]),
    }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

fn moment(value: &Value) -> Moment {
    Moment::parse(value.as_str().unwrap()).unwrap()
}

fn ids(value: &Value) -> Vec<Id> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().into())
        .collect()
}

fn field(row: &Value, key: &str) -> Text {
    match row.get(key) {
        None => Text::Absent,
        Some(value) => value.as_str().map_or(Text::Null, Text::from),
    }
}

fn presence(value: &Value) -> Presence {
    let all = [
        Presence::Online,
        Presence::Away,
        Presence::Busy,
        Presence::Offline,
    ];
    all.into_iter()
        .find(|presence| value == presence.as_str())
        .unwrap()
}
