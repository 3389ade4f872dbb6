//! The allow-list: of which endpoint which keys may stay, and how.
//!
//! What is not named here does not reach the disk. That goes for a user's `reason`, `bio`, `customFields` and the like,
//! and in `me` for `settings` and `services`, which hold preferences and the ways to sign in (`rocketchat-api.md`
//! sections 1.5 and 4A).

use super::forms::{code, date, phrase, version};
use super::identities::Kind;
use super::rule::Columns;
use super::rule::Rule::{
    self, Count, Flag, Form, Identity, List, ListWith, Object, Reworded, Word,
};
use super::words::{PERMISSIONS, PRESENCE, SCOPES, USER_TYPES};

/// An endpoint that a sync calls.
#[derive(Debug)]
pub(super) struct Endpoint {
    path: &'static str,
    /// What may stay of a body that says `"success": true`.
    pub(super) body: Rule,
}

/// What may stay of every other body.
pub(super) static REFUSAL: Rule = Object(&[&[
    ("success", Flag),
    ("status", Word(&["error"])),
    ("message", Reworded(phrase)),
    ("error", Reworded(phrase)),
    ("errorType", Reworded(code)),
]]);

/// Returns the endpoint at `path`, if a sync calls it.
pub(super) fn find(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path)
}

#[cfg(test)]
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().map(|endpoint| endpoint.path)
}

static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/api/info",
        body: Object(&[DONE, VERSION, &[("info", Object(&[VERSION]))]]),
    },
    Endpoint {
        path: "/api/v1/me",
        body: Object(&[DONE, USER]),
    },
    Endpoint {
        path: "/api/v1/permissions.listAll",
        body: Object(&[
            DONE,
            &[("update", PERMISSION_ROWS), ("remove", PERMISSION_ROWS)],
        ]),
    },
    Endpoint {
        path: "/api/v1/roles.list",
        body: Object(&[DONE, &[("roles", List(&Object(&[ROLE])))]]),
    },
    Endpoint {
        path: "/api/v1/users.listByStatus",
        body: Object(&[DONE, PAGE, USERS]),
    },
    Endpoint {
        path: "/api/v1/users.list",
        body: Object(&[DONE, PAGE, USERS]),
    },
    Endpoint {
        path: "/api/v1/users.info",
        body: Object(&[DONE, &[("user", Object(&[USER]))]]),
    },
    Endpoint {
        path: "/api/v1/users.listTeams",
        body: Object(&[DONE, TEAMS]),
    },
    Endpoint {
        path: "/api/v1/teams.listAll",
        body: Object(&[DONE, PAGE, TEAMS]),
    },
    Endpoint {
        path: "/api/v1/teams.members",
        body: Object(&[DONE, PAGE, &[("members", List(&Object(&[MEMBER])))]]),
    },
    Endpoint {
        path: "/api/v1/statistics",
        body: Object(&[DONE, &[("teams", Object(&[&[("totalTeams", Count)]]))]]),
    },
];

const DONE: Columns = &[("success", Flag)];

const PAGE: Columns = &[("count", Count), ("offset", Count), ("total", Count)];

const VERSION: Columns = &[("version", Form(version))];

const USERS: Columns = &[("users", List(&Object(&[USER])))];

const USER: Columns = &[
    ("_id", Identity(Kind::UserId)),
    ("username", Identity(Kind::Username)),
    ("name", Identity(Kind::PersonName)),
    (
        "emails",
        List(&Object(&[&[
            ("address", Identity(Kind::Email)),
            ("verified", Flag),
        ]])),
    ),
    ("email", Identity(Kind::Email)),
    ("roles", ROLE_IDS),
    ("type", Word(USER_TYPES)),
    ("active", Flag),
    ("federated", Flag),
    ("status", Word(PRESENCE)),
    ("statusConnection", Word(PRESENCE)),
    ("lastLogin", Form(date)),
    ("createdAt", Form(date)),
    ("_updatedAt", Form(date)),
    ("canViewAllInfo", Flag),
];

const ROLE_IDS: Rule = List(&Identity(Kind::RoleId));

const ROLE: Columns = &[
    ("_id", Identity(Kind::RoleId)),
    ("name", Identity(Kind::RoleName)),
    ("description", Identity(Kind::RoleDescription)),
    ("scope", Word(SCOPES)),
    ("protected", Flag),
    ("mandatory2fa", Flag),
];

const TEAMS: Columns = &[("teams", List(&Object(&[TEAM])))];

const TEAM: Columns = &[
    ("_id", Identity(Kind::TeamId)),
    ("name", Identity(Kind::TeamName)),
    ("type", Count),
    ("roomId", Identity(Kind::RoomId)),
    ("createdBy", CREATOR),
    ("createdAt", Form(date)),
    ("_updatedAt", Form(date)),
    ("rooms", Count),
    ("numberOfUsers", Count),
    ("isOwner", Flag),
];

const CREATOR: Rule = Object(&[&[
    ("_id", Identity(Kind::UserId)),
    ("username", Identity(Kind::Username)),
]]);

const MEMBER: Columns = &[
    ("user", Object(&[USER])),
    ("roles", ROLE_IDS),
    ("createdBy", CREATOR),
    ("createdAt", Form(date)),
];

/// One row stands for each setting too, named after it; neither those nor permissions that apps may add are kept.
const PERMISSION_ROWS: Rule = ListWith(
    "_id",
    &Object(&[&[
        ("_id", Word(PERMISSIONS)),
        ("roles", ROLE_IDS),
        ("_updatedAt", Form(date)),
    ]]),
);
