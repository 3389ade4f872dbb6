//! The rate limiter: fixed windows, one per route, shared by all callers (`rocketchat-api.md` section 2.2).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::moment::millis;
use crate::{Moment, settings};

/// The windows of all routes.
#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<HashMap<&'static str, Window>>);

#[derive(Debug)]
struct Window {
    ends: Moment,
    calls: HashMap<String, u32>,
}

/// What the limiter says about one call; the source of the three `X-RateLimit-*` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether the call may go on.
    pub(crate) allowed: bool,
    /// Calls that a window takes.
    pub(crate) limit: u32,
    /// Calls left in this window.
    pub(crate) remaining: u32,
    /// The end of this window.
    pub(crate) reset: Moment,
}

impl Limiter {
    /// Counts a call of `route` from `address`.
    ///
    /// A window begins with the first call after the last one ended. Refused calls are counted, but never prolong it.
    pub(crate) fn count(
        &self,
        limits: settings::Limiter,
        route: &'static str,
        address: &str,
        now: Moment,
    ) -> Verdict {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Window {
            ends: now.after(limits.window),
            calls: HashMap::new(),
        };
        let window = windows.entry(route).or_insert_with(fresh);
        if now >= window.ends {
            *window = fresh();
        }
        let calls = window.calls.entry(address.to_owned()).or_default();
        *calls = calls.saturating_add(1);
        Verdict {
            allowed: *calls <= limits.calls,
            limit: limits.calls,
            remaining: limits.calls.saturating_sub(*calls),
            reset: window.ends,
        }
    }
}

impl Verdict {
    /// Returns the seconds that a refused caller is told to wait, rounded up.
    pub(crate) fn wait_seconds(&self, now: Moment) -> i64 {
        let second = millis(std::time::Duration::from_secs(1));
        (self.reset.0 - now.0).max(0).saturating_add(second - 1) / second
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: settings::Limiter = settings::Limiter {
        calls: 2,
        window: Duration::from_mins(1),
    };

    #[test]
    fn refuses_the_call_after_the_last_and_opens_a_new_window_on_time() {
        let limiter = Limiter::default();
        let count = |at| limiter.count(LIMITS, "me", "127.0.0.1", Moment(at));
        let first = count(1_000);
        assert_eq!(
            first,
            Verdict {
                allowed: true,
                limit: 2,
                remaining: 1,
                reset: Moment(61_000)
            }
        );
        assert_eq!(count(30_000).remaining, 0);
        let refused = count(34_880);
        assert!(!refused.allowed);
        assert_eq!(refused.reset, Moment(61_000));
        assert_eq!(refused.wait_seconds(Moment(34_880)), 27);
        assert!(!count(60_999).allowed);
        assert_eq!(
            count(61_000),
            Verdict {
                allowed: true,
                limit: 2,
                remaining: 1,
                reset: Moment(121_000)
            }
        );
    }

    #[test]
    fn counts_routes_and_addresses_apart_but_shares_the_window() {
        let limiter = Limiter::default();
        assert_eq!(
            limiter
                .count(LIMITS, "me", "127.0.0.1", Moment(0))
                .remaining,
            1
        );
        assert_eq!(
            limiter
                .count(LIMITS, "roles.list", "127.0.0.1", Moment(5))
                .reset,
            Moment(60_005)
        );
        let other = limiter.count(LIMITS, "me", "192.0.2.1", Moment(40_000));
        assert_eq!((other.remaining, other.reset), (1, Moment(60_000)));
    }
}
