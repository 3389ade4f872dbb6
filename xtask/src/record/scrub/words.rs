//! Texts that are the same in every workspace, and so say nothing about one.

/// The built-in bot, which every workspace has: its id and username, and its name.
pub(super) const CAT: &str = "rocket.cat";
pub(super) const CAT_NAME: &str = "Rocket.Cat";

/// Ids of the built-in roles, which are their names too (`rocketchat-api.md` section 5.3).
pub(super) const ROLES: &[&str] = &[
    "admin",
    "anonymous",
    "app",
    "auditor",
    "auditor-log",
    "bot",
    "federated-external",
    "guest",
    "leader",
    "livechat-agent",
    "livechat-manager",
    "livechat-monitor",
    "moderator",
    "owner",
    "user",
];

/// Descriptions that the built-in roles start with. An administrator may write others, and those are not kept.
pub(super) const ROLE_DESCRIPTIONS: &[&str] = &[
    "Admin",
    "Leader",
    "Livechat Agent",
    "Livechat Manager",
    "Moderator",
    "Owner",
];

/// Where a role applies.
pub(super) const SCOPES: &[&str] = &["Subscriptions", "Users"];

/// Types of accounts; the empty one and the last two are legacy (`rocketchat-api.md` section 5.1).
pub(super) const USER_TYPES: &[&str] = &["app", "bot", "user", "", "unknown", "visitor"];

/// States of presence.
pub(super) const PRESENCE: &[&str] = &["away", "busy", "disabled", "offline", "online"];

/// Permissions that decide what a caller may read or do through the API (`rocketchat-api.md` section 1.6).
pub(super) const PERMISSIONS: &[&str] = &[
    "access-permissions",
    "add-team-member",
    "api-bypass-rate-limit",
    "assign-admin-role",
    "assign-roles",
    "create-personal-access-tokens",
    "create-user",
    "delete-user",
    "edit-other-user-active-status",
    "edit-other-user-info",
    "edit-team-member",
    "logout-other-user",
    "manage-moderation-actions",
    "view-all-team-channels",
    "view-all-teams",
    "view-d-room",
    "view-full-other-user-info",
    "view-members-list-all-rooms",
    "view-other-user-channels",
    "view-outside-room",
    "view-privileged-setting",
    "view-room-administration",
    "view-statistics",
];

/// Codes of errors that a reading call may answer with (`rocketchat-api.md` sections 1.4, 4A and 6).
pub(super) const CODES: &[&str] = &[
    "error-action-not-allowed",
    "error-invalid-params",
    "error-invalid-roleId",
    "error-invalid-sort",
    "error-invalid-user",
    "error-not-allowed",
    "error-not-authorized",
    "error-param-not-provided",
    "error-role-not-found",
    "error-roomId-param-invalid",
    "error-too-many-requests",
    "error-unauthorized",
    "error-user-not-found",
    "forbidden",
    "invalid-params",
    "invalid-user",
    "team-does-not-exist",
    "totp-invalid",
    "totp-max-attempts",
    "totp-required",
    "totp-user-not-found",
    "unauthorized",
    "user-not-on-private-team",
];

/// Sentences of the server, `#` in the place of each number (`rocketchat-api.md` sections 1.3, 2.5 and 6).
pub(super) const PHRASES: &[&str] = &[
    "API endpoint does not exist",
    "BSONObj size: # (#x#) is invalid. Size must be between # and #(#MB)",
    "Error, too many requests. Please slow down. You must wait # seconds before trying again.",
    "Error, too many requests. Please slow down. You must wait # seconds before trying this endpoint again.",
    "Internal error occured",
    "Internal server error",
    "Invalid query parameters",
    "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation",
    "Not allowed",
    "Resource not found",
    "Role not found",
    "Room not found",
    "Service Unavailable",
    "TOTP Invalid",
    "TOTP Required",
    "Team not found",
    "User does not have the permissions required for this action",
    "User not found.",
    "You must be logged in to do this.",
    "must NOT have additional properties",
];
