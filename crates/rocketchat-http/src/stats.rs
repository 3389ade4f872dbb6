//! What a client did, counted, and what it waits for.

use std::collections::BTreeMap;
use std::time::Duration;

/// What a client did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Attempts made, repeated ones included.
    pub requests: u64,
    /// Attempts that repeated a failed one or one answered with trouble that may pass.
    pub retries: u64,
    /// Answers that said "too many requests".
    pub refusals: u64,
    /// Time during which at least one request waited for a rate-limit window.
    pub waited: Duration,
    /// What is known of each route, by method and path.
    pub routes: BTreeMap<String, RouteStats>,
}

/// What is known of one route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteStats {
    /// Attempts made.
    pub requests: u64,
    /// Whether the server limits this route for this caller; `None` until it is known. `Some(false)` is how an
    /// account with `api-bypass-rate-limit` shows (`rocketchat-api.md` section 2.4).
    pub limited: Option<bool>,
    /// The calls per window, as last told.
    pub limit: Option<u64>,
    /// The calls left in the current window, as far as known.
    pub remaining: Option<u64>,
    /// The longest time to the end of a window that an answer told, which is the window's length if ours was the first
    /// call in it.
    pub window: Option<Duration>,
}

/// A rate-limit window whose end requests wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// The route, by method and path, as in [`Stats::routes`].
    pub route: String,
    /// The time until its requests go on, as far as the server told. Zero for a moment, while they start.
    pub left: Duration,
}
