//! How fast a stage can go on under its rate limit, and when it will be over.

use std::time::Duration;

use rocketchat_http::Client;
use rocketchat_sync::Stage;

use super::Standing;

/// What is known of the requests of one stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Pace {
    /// Calls so far to the endpoint that is asked most.
    pub(super) calls: u64,
    /// Its limit; none where there is no limit, or none is known.
    pub(super) limit: Option<Limit>,
    /// What the stage waits for longest.
    pub(super) wait: Option<Wait>,
}

/// The budget of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// Calls in a window.
    pub(super) calls: u64,
    /// Calls left in the current one.
    pub(super) remaining: u64,
    pub(super) window: Duration,
}

/// An endpoint whose budget is spent, and the time until there is a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) endpoint: &'static str,
    pub(super) left: Duration,
}

impl Pace {
    /// Finds out how a stage fares.
    pub(super) fn of(stage: Stage, client: &Client) -> Self {
        let endpoint_of = |route: &str| {
            let name = route.rsplit('/').next();
            let mut endpoints = stage.endpoints().iter().copied();
            endpoints.find(|endpoint| Some(*endpoint) == name)
        };
        let waits = client.waiting();
        let wait = waits.iter().rev().find_map(|wait| {
            Some(Wait {
                endpoint: endpoint_of(&wait.route)?,
                left: wait.left,
            })
        });
        let routes = client.stats().routes;
        let busiest = routes
            .iter()
            .filter(|(route, _)| endpoint_of(route).is_some())
            .map(|(_, stats)| stats)
            .max_by_key(|stats| stats.requests);
        Self {
            calls: busiest.map_or(0, |stats| stats.requests),
            limit: busiest.and_then(|stats| {
                Some(Limit {
                    calls: stats.limit?.max(1),
                    remaining: stats.remaining?,
                    window: stats.window?,
                })
            }),
            wait,
        }
    }

    /// Returns what the stage does in a second: as much as so far, but no more than its limit lets through, which the
    /// calls of the first window did not feel.
    pub(super) fn per_second(&self, standing: &Standing) -> Option<f64> {
        let done = as_f64(standing.done);
        let so_far = done / standing.time.as_secs_f64();
        if standing.done == 0 || !so_far.is_finite() {
            return None;
        }
        Some(self.limit.map_or(so_far, |limit| {
            let calls = as_f64(limit.calls) / limit.window.as_secs_f64();
            so_far.min(calls * done / as_f64(self.calls.max(1)))
        }))
    }

    /// Returns the time until the stage is over, if that can be said. Under a limit that is the time of the windows that
    /// the calls left will fill; a thing takes as many calls as those before it.
    pub(super) fn left(&self, standing: &Standing) -> Option<Duration> {
        let things = standing.total?.checked_sub(standing.done)?;
        if things == 0 || standing.done == 0 {
            return None;
        }
        let Some(limit) = self.limit else {
            let seconds = as_f64(things) / self.per_second(standing)?;
            return Duration::try_from_secs_f64(seconds).ok();
        };
        let calls = u128::from(things) * u128::from(self.calls);
        let calls = calls.div_ceil(u128::from(standing.done));
        let beyond = calls.saturating_sub(u128::from(limit.remaining));
        let windows = u32::try_from(beyond.div_ceil(u128::from(limit.calls))).ok()?;
        let after_the_next = windows.checked_sub(1)?;
        let next = self.wait.as_ref().map_or(limit.window, |wait| wait.left);
        limit.window.checked_mul(after_the_next)?.checked_add(next)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nobody sees the difference in an estimate"
)]
fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(done: u64, total: Option<u64>, seconds: u64) -> Standing {
        Standing {
            stage: Stage::Teams,
            done,
            total,
            time: Duration::from_secs(seconds),
            is_over: false,
        }
    }

    fn pace(calls: u64, remaining: u64, wait: Option<u64>) -> Pace {
        Pace {
            calls,
            limit: Some(Limit {
                calls: 10,
                remaining,
                window: Duration::from_mins(1),
            }),
            wait: wait.map(|seconds| Wait {
                endpoint: "teams.members",
                left: Duration::from_secs(seconds),
            }),
        }
    }

    #[track_caller]
    fn check(pace: &Pace, standing: &Standing, seconds: Option<u64>) {
        assert_eq!(pace.left(standing), seconds.map(Duration::from_secs));
    }

    #[test]
    fn a_limited_stage_takes_a_window_for_each_full_budget() {
        let at = |done| standing(done, Some(45), 23);
        check(&pace(10, 0, Some(37)), &at(10), Some(37 + 3 * 60));
        check(&pace(35, 0, Some(37)), &at(35), Some(37));
        check(&pace(12, 8, None), &at(12), Some(3 * 60));
        check(&pace(40, 5, None), &at(40), None);
    }

    #[test]
    fn teams_that_take_several_calls_take_longer() {
        let half = standing(10, Some(20), 60);
        check(&pace(20, 0, Some(30)), &half, Some(30 + 60));
    }

    #[test]
    fn nothing_is_guessed_without_a_total_or_a_beginning() {
        check(&pace(1, 9, None), &standing(5, None, 1), None);
        check(&pace(1, 9, None), &standing(0, Some(10), 1), None);
        check(&pace(9, 1, None), &standing(10, Some(9), 1), None);
    }

    #[test]
    fn without_a_limit_it_goes_on_as_before() {
        let free = Pace {
            calls: 3,
            ..Pace::default()
        };
        check(&free, &standing(300, Some(1000), 3), Some(7));
        check(&free, &standing(u64::MAX - 1, Some(u64::MAX), 0), None);
    }

    #[test]
    fn the_first_burst_is_no_rate() {
        let early = standing(10, Some(45), 1);
        for (pace, per_minute) in [
            (pace(10, 0, None), 10.0),
            (pace(20, 0, None), 5.0),
            (Pace::default(), 600.0),
        ] {
            let told = pace.per_second(&early).unwrap() * 60.0;
            assert!((told - per_minute).abs() < 0.1, "{told}");
        }
    }
}
