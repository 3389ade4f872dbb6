//! What a validation reports.

use std::fmt;
use std::time::Duration;

use rocketchat_http::Stats;
use serde::Serialize;

use super::{Paging, Plan};
use crate::Error;

/// What was found out about a workspace and an account.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Validation {
    /// The checks in the order they were made.
    pub checks: Vec<Check>,
    /// The server's version, if it tells.
    pub server_version: Option<String>,
    /// How many calls the account may make.
    pub rate_limit: Option<RateLimit>,
    /// How the server cuts lists.
    pub paging: Option<Paging>,
    /// What a sync will ask for, and how long that will take.
    pub plan: Option<Plan>,
    /// Why a sync would fail, if it would.
    #[serde(skip)]
    pub error: Option<Error>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it is in order.
    pub status: Status,
    /// What was found.
    pub result: String,
    /// What to do, if anything.
    pub advice: Option<String>,
}

/// Whether something is in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// It is.
    Passed,
    /// A sync works, but not as well as it could.
    Warning,
    /// A sync would fail.
    Failed,
    /// Not looked at, because something before it failed.
    Skipped,
}

/// How many calls the account may make to each endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RateLimit {
    /// Whether there is a limit for this account.
    pub applies: bool,
    /// Calls per window.
    pub calls: Option<u64>,
    /// The length of a window, as far as the answers told.
    pub window_seconds: Option<u64>,
}

impl RateLimit {
    /// Reads from the answers so far how many calls are allowed.
    pub(super) fn of(stats: &Stats) -> Self {
        let routes = || stats.routes.values();
        Self {
            applies: routes().any(|route| route.limited == Some(true)),
            calls: routes().filter_map(|route| route.limit).min(),
            window_seconds: routes().filter_map(|route| route.window).max().map(rounded),
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.applies, self.calls, self.window_seconds) {
            (false, ..) => f.write_str("does not apply to this account"),
            (true, Some(calls), Some(60)) => write!(f, "{calls} calls a minute to each endpoint"),
            (true, Some(calls), Some(window)) => {
                write!(f, "{calls} calls in {window} s to each endpoint")
            }
            _ => f.write_str("applies to this account"),
        }
    }
}

/// Rounds what clocks of whole seconds tell to what an administrator may have set.
fn rounded(window: Duration) -> u64 {
    let seconds = (window + Duration::from_millis(500)).as_secs();
    if seconds < 10 {
        seconds
    } else {
        (seconds + 2) / 5 * 5
    }
}
