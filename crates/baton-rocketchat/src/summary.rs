//! The outcome of a run for programs: in the last log line, and in the file of `--summary`.

mod file;

use rocketchat_sync::mapping::{ROLE, TEAM, USER};
use rocketchat_sync::{Continuation, DormantMemberships, Listing, TeamBalance};
use serde::Serialize;

use crate::failure::Failure;
use crate::oneshot::Synced;
use crate::words::rounded_seconds;

pub(crate) use file::SummaryFile;

/// What a sync holds and how it went.
#[derive(Serialize)]
struct Complete<'a> {
    status: &'static str,
    sync_id: String,
    file: String,
    server_version: Option<&'a str>,
    users: Users,
    roles: u64,
    teams: u64,
    grants: Grants,
    unknown_roles: u64,
    late_users: u64,
    gone_members: u64,
    gone_teams: u64,
    /// What `dormant_members` means: grants in the file, or a number only.
    dormant_memberships: &'static str,
    dormant_members: u64,
    orphaned_members: u64,
    requests: u64,
    duration_seconds: f64,
    waited_seconds: f64,
    continued: Option<Continuation>,
    ledger: Ledger<'a>,
}

#[derive(Serialize)]
struct Users {
    total: u64,
    disabled: u64,
    service: u64,
    federated: u64,
}

#[derive(Serialize)]
struct Grants {
    total: u64,
    roles: u64,
    teams: u64,
}

/// The completeness ledger; team by team only where there is room for it.
#[derive(Serialize)]
struct Ledger<'a> {
    roles: u64,
    listings: Vec<Listing>,
    deactivated_users_asked: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    teams: Option<&'a [TeamBalance]>,
}

/// Why there is no sync.
#[derive(Serialize)]
struct Failed<'a> {
    status: &'static str,
    error: String,
    causes: Vec<String>,
    hint: Option<&'a str>,
    exit_code: u8,
}

/// Returns the summary in one line, without the memberships team by team.
pub(crate) fn line(synced: &Synced) -> String {
    to_json(&Complete::of(synced, false), serde_json::to_string)
}

/// Returns the summary in full.
fn page(outcome: &Result<Synced, Failure>) -> String {
    let mut text = match outcome {
        Ok(synced) => to_json(&Complete::of(synced, true), serde_json::to_string_pretty),
        Err(failure) => to_json(&Failed::of(failure), serde_json::to_string_pretty),
    };
    text.push('\n');
    text
}

/// Numbers, texts and names of fields are all there is, and those cannot fail.
fn to_json<T>(value: &T, write: impl Fn(&T) -> serde_json::Result<String>) -> String {
    write(value).unwrap_or_default()
}

impl<'a> Complete<'a> {
    fn of(synced: &'a Synced, in_full: bool) -> Self {
        let Synced { report, .. } = synced;
        Self {
            status: "complete",
            sync_id: synced.sync_id.to_string(),
            file: synced.file.display().to_string(),
            server_version: report.server_version.as_deref(),
            users: Users {
                total: synced.resources(USER),
                disabled: report.disabled_users,
                service: report.service_users,
                federated: report.federated_users,
            },
            roles: synced.resources(ROLE),
            teams: synced.resources(TEAM),
            grants: Grants {
                total: synced.all_grants(),
                roles: synced.grants(ROLE),
                teams: synced.grants(TEAM),
            },
            unknown_roles: report.unknown_roles,
            late_users: report.late_users,
            gone_members: report.gone_members,
            gone_teams: report.gone_teams,
            dormant_memberships: match synced.options.dormant_memberships {
                DormantMemberships::Resolve => "resolve",
                DormantMemberships::Count => "count",
            },
            dormant_members: report.dormant_members,
            orphaned_members: report.orphaned_members,
            requests: report.requests,
            duration_seconds: rounded_seconds(synced.took),
            waited_seconds: rounded_seconds(report.waited),
            continued: report.continued,
            ledger: Ledger {
                roles: report.ledger.roles,
                listings: report.ledger.by_endpoint(),
                deactivated_users_asked: report.ledger.deactivated_users_asked,
                teams: in_full.then_some(&report.ledger.members),
            },
        }
    }
}

impl<'a> Failed<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self {
            status: "failed",
            error: failure.error(),
            causes: failure.causes(),
            hint: failure.hint(),
            exit_code: failure.exit_code(),
        }
    }
}
