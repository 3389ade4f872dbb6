//! Pacing: which request may start when, so that the server never has to refuse one.
//!
//! [`Route`] decides and [`ServerClock`] tells when a window ends; both are pure. [`Pacer`] adds the waiting, on
//! tokio's clock. What is sent, and what an answer means, is the [client](crate::Client)'s business.

mod headers;
mod moment;
mod route;
mod server_clock;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::transport::RouteName;
use crate::{Policy, Response, RouteStats, Wait};

use self::headers::Notice;
use self::moment::{Trip, duration, micros};
use self::route::{Admission, Outcome, Pace, Route};
use self::server_clock::ServerClock;

/// The resolution of tokio's timers.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Reads how long an answer asks to be left alone.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    headers::retry_after(&response.headers).map(duration)
}

/// Holds requests back until their route has budget for them.
pub(crate) struct Pacer {
    state: Mutex<State>,
    pace: Pace,
    start: Instant,
}

#[derive(Default)]
struct State {
    clock: ServerClock,
    routes: HashMap<RouteName, Entry>,
    /// Requests that wait for a window, and since when there are any.
    waiting: u32,
    waiting_since: i64,
    waited: i64,
}

#[derive(Default)]
struct Entry {
    route: Route,
    requests: u64,
    /// Requests that wait for a window of this route, and its end as the last of them was told.
    waiting: u32,
    waiting_until: i64,
    /// Wakes those who wait whenever something about the route changes.
    changed: Arc<Notify>,
}

/// The leave to make one attempt. Dropping it without an answer, as a cancelled request does, gives the slot back.
pub(crate) struct Permit<'a> {
    pacer: &'a Pacer,
    name: RouteName,
    sent: i64,
    answered: bool,
}

/// Counts a request among those that wait for a window, until dropped.
struct Waiting<'a> {
    pacer: &'a Pacer,
    name: &'a RouteName,
}

impl Pacer {
    pub(crate) fn new(policy: &Policy) -> Self {
        // Without any wait, a spent budget would be asked about in a loop that never gives way.
        let wait = |wait: Duration| micros(wait.max(SHORTEST_WAIT));
        let pace = Pace {
            margin: micros(policy.margin),
            longest_wait: wait(policy.longest_wait),
            assumed_window: wait(policy.assumed_window),
        };
        Self {
            state: Mutex::default(),
            pace,
            start: Instant::now(),
        }
    }

    /// Waits until a request on the route may start.
    pub(crate) async fn admit(&self, name: &RouteName) -> Permit<'_> {
        let changed = Arc::clone(&self.lock().routes.entry(name.clone()).or_default().changed);
        loop {
            let mut change = pin!(changed.notified());
            // From here on a change is not missed, although it is not yet waited for.
            change.as_mut().enable();
            match self.ask(name) {
                Admission::Start => {
                    return Permit {
                        pacer: self,
                        name: name.clone(),
                        sent: self.now(),
                        answered: false,
                    };
                }
                Admission::AwaitAnswer { until: None } => change.await,
                Admission::AwaitAnswer { until: Some(until) } => {
                    let _ = tokio::time::timeout_at(self.instant(until), change).await;
                }
                Admission::AwaitReset { until, news } => {
                    if news {
                        let wait = duration(until - self.now()).as_millis();
                        tracing::debug!(http.route = %name, wait.ms = wait, "budget spent, waiting for the next window");
                    }
                    let _waiting = Waiting::new(self, name, until);
                    let _ = tokio::time::timeout_at(self.instant(until), change).await;
                }
            }
        }
    }

    /// Returns the time during which at least one request waited for a window.
    pub(crate) fn waited(&self) -> Duration {
        let now = self.now();
        let state = self.lock();
        let current = if state.waiting > 0 {
            now - state.waiting_since
        } else {
            0
        };
        duration(state.waited + current)
    }

    /// Returns the routes with requests that wait for a window, the one that goes on first at the front.
    pub(crate) fn waiting(&self) -> Vec<Wait> {
        let now = self.now();
        let state = self.lock();
        let waiting = state.routes.iter().filter(|(_, entry)| entry.waiting > 0);
        let mut waits: Vec<_> = waiting
            .map(|(name, entry)| Wait {
                route: name.to_string(),
                left: duration(entry.waiting_until - now),
            })
            .collect();
        waits.sort_by(|a, b| (a.left, &a.route).cmp(&(b.left, &b.route)));
        waits
    }

    /// Describes all routes asked for so far.
    pub(crate) fn routes(&self) -> impl Iterator<Item = (String, RouteStats)> {
        let describe = |(name, entry): (&RouteName, &Entry)| {
            let stats = RouteStats {
                requests: entry.requests,
                ..entry.route.standing()
            };
            (name.to_string(), stats)
        };
        self.lock()
            .routes
            .iter()
            .map(describe)
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn ask(&self, name: &RouteName) -> Admission {
        let now = self.now();
        let State { clock, routes, .. } = &mut *self.lock();
        let entry = routes.entry(name.clone()).or_default();
        let admission = entry.route.admit(now, clock, self.pace);
        entry.requests += u64::from(admission == Admission::Start);
        admission
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        micros(self.start.elapsed())
    }

    fn instant(&self, at: i64) -> Instant {
        self.start + duration(at)
    }
}

impl Permit<'_> {
    /// Takes an answer that settles nothing about budgets beyond its headers.
    pub(crate) fn answered(self, response: &Response) {
        let outcome = if response.status.is_success() {
            Outcome::Success
        } else {
            Outcome::Failure
        };
        self.settle(response, outcome);
    }

    /// Takes an answer that is not what was asked for, whatever its status.
    pub(crate) fn failed(self, response: &Response) {
        self.settle(response, Outcome::Failure);
    }

    /// Takes a refusal, with the wait that its text asks for. Returns the wait of the whole route.
    pub(crate) fn refused(self, response: &Response, told: Option<Duration>) -> Duration {
        let retry_after = headers::retry_after(&response.headers);
        duration(self.settle(
            response,
            Outcome::Refused {
                retry_after,
                told: told.map(micros),
            },
        ))
    }

    fn settle(mut self, response: &Response, outcome: Outcome) -> i64 {
        self.answered = true;
        let trip = Trip {
            sent: self.sent,
            received: self.pacer.now(),
        };
        let State { clock, routes, .. } = &mut *self.pacer.lock();
        if let Some(date) = headers::date(&response.headers) {
            clock.see_date(date, trip);
        }
        let notice = Notice::read(&response.headers);
        let pace = self.pacer.pace;
        routes.get_mut(&self.name).map_or(0, |entry| {
            entry.route.answer(trip, notice, outcome, clock, pace)
        })
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.pacer.lock();
        let Some(entry) = state.routes.get_mut(&self.name) else {
            return;
        };
        if !self.answered {
            entry.route.lose();
        }
        entry.route.release();
        entry.changed.notify_waiters();
    }
}

impl<'a> Waiting<'a> {
    fn new(pacer: &'a Pacer, name: &'a RouteName, until: i64) -> Self {
        let now = pacer.now();
        let mut state = pacer.lock();
        if state.waiting == 0 {
            state.waiting_since = now;
        }
        state.waiting += 1;
        if let Some(entry) = state.routes.get_mut(name) {
            entry.waiting += 1;
            entry.waiting_until = until;
        }
        Self { pacer, name }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let now = self.pacer.now();
        let mut state = self.pacer.lock();
        state.waiting = state.waiting.saturating_sub(1);
        if state.waiting == 0 {
            state.waited += now - state.waiting_since;
        }
        if let Some(entry) = state.routes.get_mut(self.name) {
            entry.waiting = entry.waiting.saturating_sub(1);
        }
    }
}
