//! What a finished sync says about itself.

use std::time::Duration;

use baton_model::{ResourceId, Summary, Timestamp};
use serde::{Serialize, Serializer};

use crate::Ledger;

/// Counts that an administrator or auditor asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The records written, by resource type.
    pub summary: Summary,
    /// The server's version, if it tells.
    pub server_version: Option<String>,
    /// Users that are not active.
    pub disabled_users: u64,
    /// Users labelled service accounts.
    pub service_users: u64,
    /// Users of other Matrix servers.
    pub federated_users: u64,
    /// Roles that users hold and no role has: ids without a role behind them.
    pub unknown_roles: u64,
    /// Members created after the users were read, and looked up one by one.
    pub late_users: u64,
    /// Members dropped because their account is gone.
    pub gone_members: u64,
    /// Team memberships of deactivated users, found through the users; or merely counted, with
    /// [`DormantMemberships::Count`](crate::DormantMemberships::Count).
    pub dormant_members: u64,
    /// Membership rows whose user was deleted; the server never cleans them up.
    pub orphaned_members: u64,
    /// Teams deleted while the sync was under way.
    pub gone_teams: u64,
    /// Resources that were asked for and do not exist, with [`Scope::Resources`](crate::Scope::Resources).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<ResourceId>,
    /// What was used of an interrupted sync that this one continued.
    pub continued: Option<Continuation>,
    /// What was announced and received, list by list.
    pub ledger: Ledger,
    /// Requests sent, repeats included.
    pub requests: u64,
    /// Time during which at least one request waited for a rate limit; in JSON, seconds.
    #[serde(rename = "waited_seconds", serialize_with = "seconds")]
    pub waited: Duration,
}

/// Answers that an interrupted sync kept and this one used: they were not asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Continuation {
    /// How many pages of users, teams with their members, and deactivated users with their teams there were.
    pub pieces: u64,
    /// When the oldest of them was read.
    pub oldest: Timestamp,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
