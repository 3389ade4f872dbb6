//! How long to wait (`baton-runtime.md` sections 4.5 and 4.9).

use std::time::Duration;

/// Reads the time until C1 wants to be asked again: what it says, at most five minutes.
pub(crate) fn next_poll(said: Option<prost_types::Duration>) -> Duration {
    duration(said).min(Duration::from_mins(5))
}

/// Reads the time until the next heartbeat: half a minute if nothing is said, otherwise a second to five minutes.
pub(crate) fn next_heartbeat(said: Option<prost_types::Duration>) -> Duration {
    match duration(said) {
        Duration::ZERO => Duration::from_secs(30),
        said => said.clamp(Duration::from_secs(1), Duration::from_mins(5)),
    }
}

/// Returns the wait after so many failures to get a task in a row: 1, 4, 9 … seconds, at most a minute.
pub(crate) fn after_failures(failures: u32) -> Duration {
    Duration::from_secs(u64::from(failures).saturating_pow(2).min(60))
}

/// Returns the wait after so many failures to say hello in a row: 1, 2, 4 … seconds, at most five minutes.
pub(crate) fn after_refusals(refusals: u32) -> Duration {
    let seconds = 2_u64.saturating_pow(refusals.saturating_sub(1));
    Duration::from_secs(seconds.min(300))
}

/// Counts nothing and a time in the past as none.
fn duration(said: Option<prost_types::Duration>) -> Duration {
    said.and_then(|it| Duration::try_from(it).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(seconds: i64, nanos: i32) -> prost_types::Duration {
        prost_types::Duration { seconds, nanos }
    }

    #[test]
    fn polls_are_clamped() {
        assert_eq!(next_poll(None), Duration::ZERO);
        assert_eq!(
            next_poll(Some(said(0, 300_000_000))),
            Duration::from_millis(300)
        );
        assert_eq!(next_poll(Some(said(-5, 0))), Duration::ZERO);
        assert_eq!(next_poll(Some(said(301, 0))), Duration::from_mins(5));
        assert_eq!(next_poll(Some(said(i64::MAX, 0))), Duration::from_mins(5));
    }

    #[test]
    fn heartbeats_are_clamped() {
        assert_eq!(next_heartbeat(None), Duration::from_secs(30));
        assert_eq!(next_heartbeat(Some(said(0, 0))), Duration::from_secs(30));
        assert_eq!(next_heartbeat(Some(said(-1, 0))), Duration::from_secs(30));
        assert_eq!(next_heartbeat(Some(said(0, 1))), Duration::from_secs(1));
        assert_eq!(next_heartbeat(Some(said(9999, 0))), Duration::from_mins(5));
    }

    #[test]
    fn waits_grow_up_to_their_caps() {
        let seconds = |wait: fn(u32) -> Duration, times: &[u32]| -> Vec<_> {
            times.iter().map(|n| wait(*n).as_secs()).collect()
        };
        assert_eq!(
            seconds(after_failures, &[1, 2, 3, 7, 8, u32::MAX]),
            [1, 4, 9, 49, 60, 60]
        );
        assert_eq!(
            seconds(after_refusals, &[1, 2, 3, 9, 10, u32::MAX]),
            [1, 2, 4, 256, 300, 300]
        );
    }
}
