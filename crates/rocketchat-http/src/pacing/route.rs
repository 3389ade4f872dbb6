//! The budget of one route, as a state machine that knows no timer.
//!
//! Rocket.Chat counts calls by client address and route in fixed windows (`rocketchat-api.md` section 2.2). Others at
//! the same address may use up the same budget, answers arrive out of order, and a cluster has one counter per server
//! process; so every answer is believed, the lower number wins within a window, and a refusal is never a failure.

use super::headers::{Notice, Reset};
use super::moment::{SECOND, Trip, duration};
use super::server_clock::ServerClock;
use crate::RouteStats;

/// Ends closer than this are the same window's: the server computes the end anew for each answer.
const SAME_END: i64 = SECOND / 2;

/// The constants of waiting, in microseconds; see [`Policy`](crate::Policy).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) margin: i64,
    pub(crate) longest_wait: i64,
    pub(crate) assumed_window: i64,
}

/// Whether a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It may, and counts as in flight from now on.
    Start,
    /// Not before one of those in flight is answered, or the instant comes.
    AwaitAnswer { until: Option<i64> },
    /// Not before the instant: the budget is spent. `news` for the first request that is told so in this window.
    AwaitReset { until: i64, news: bool },
}

/// What an answer says to the pacer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// The server did what was asked.
    Success,
    /// It did not, for reasons that have nothing to do with budgets.
    Failure,
    /// The budget is spent; with the waits that header and text ask for.
    Refused {
        retry_after: Option<i64>,
        told: Option<i64>,
    },
}

/// What is known of one route.
#[derive(Debug, Default)]
pub(crate) struct Route {
    in_flight: u64,
    budget: Budget,
    closed_until: Option<i64>,
    announced: bool,
    longest_window: Option<i64>,
}

#[derive(Debug, Default)]
enum Budget {
    #[default]
    Unknown,
    Unlimited,
    Window(Window),
}

#[derive(Debug, Clone, Copy)]
struct Window {
    limit: u64,
    remaining: u64,
    end: End,
    /// When this window was first seen; for one that is only assumed to have begun, when that was assumed.
    known_since: i64,
    /// When it was last seen.
    seen: i64,
    /// Set when `end` has passed and a full window is assumed that no answer has shown yet.
    assumed: bool,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Server(i64),
    Local(i64),
}

impl Route {
    /// Asks for a start at `now`. [`Admission::Start`] takes a slot, to be given back by [`Self::release`].
    pub(crate) fn admit(&mut self, now: i64, clock: &ServerClock, pace: Pace) -> Admission {
        if let Some(until) = self.closed_until.filter(|until| now < *until) {
            return self.await_reset(until);
        }
        self.closed_until = None;
        if let Budget::Window(window) = &mut self.budget
            && window.deadline(clock, pace) <= now
        {
            window.roll_over(now);
            self.announced = false;
        }
        let (free, until, spent) = match &self.budget {
            Budget::Unknown => (1, None, false),
            Budget::Unlimited => (u64::MAX, None, false),
            Budget::Window(window) => (
                window.remaining,
                Some(window.deadline(clock, pace)),
                window.remaining == 0,
            ),
        };
        match until {
            _ if self.in_flight < free => {
                self.in_flight += 1;
                Admission::Start
            }
            Some(until) if spent => self.await_reset(until),
            until => Admission::AwaitAnswer { until },
        }
    }

    fn await_reset(&mut self, until: i64) -> Admission {
        let news = !std::mem::replace(&mut self.announced, true);
        Admission::AwaitReset { until, news }
    }

    /// Takes an answer. Returns the wait that a refusal means, in microseconds.
    pub(crate) fn answer(
        &mut self,
        trip: Trip,
        notice: Notice,
        outcome: Outcome,
        clock: &mut ServerClock,
        pace: Pace,
    ) -> i64 {
        match notice {
            Notice::Budget {
                limit,
                remaining,
                reset,
            } => {
                let limit = limit.unwrap_or(remaining.saturating_add(1));
                let end = End::of(reset, trip, pace);
                if let (Some(Reset::At(end)), true) =
                    (reset, remaining.checked_add(1) == Some(limit))
                {
                    clock.see_opening(end, trip);
                }
                if let (Outcome::Refused { told, .. }, Some(Reset::At(end)), 0) =
                    (outcome, reset, remaining)
                {
                    clock.see_refusal(end, told, trip);
                }
                let shown = Window::shown(limit, remaining, end, trip);
                let left = shown.deadline(clock, pace) - pace.margin - trip.received;
                self.longest_window = self.longest_window.max(Some(left));
                self.learn(shown, trip);
            }
            Notice::Absent if matches!(outcome, Outcome::Success) => {
                self.budget = Budget::Unlimited;
            }
            Notice::Absent | Notice::Unreadable => self.lose(),
        }
        match outcome {
            Outcome::Refused { retry_after, told } => {
                self.close(trip, notice, retry_after, told, clock, pace)
            }
            Outcome::Success | Outcome::Failure => 0,
        }
    }

    /// Takes note that a request may have been counted although no answer tells.
    pub(crate) fn lose(&mut self) {
        if let Budget::Window(window) = &mut self.budget {
            window.remaining = window.remaining.saturating_sub(1);
        }
    }

    /// Gives back the slot of a request.
    pub(crate) fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Tells what is known of the budget.
    pub(crate) fn standing(&self) -> RouteStats {
        let (limited, window) = match &self.budget {
            Budget::Unknown => (None, None),
            Budget::Unlimited => (Some(false), None),
            Budget::Window(window) => (Some(true), Some(window)),
        };
        RouteStats {
            requests: 0,
            limited,
            limit: window.map(|it| it.limit),
            remaining: window.map(|it| it.remaining),
            window: window.and(self.longest_window).map(duration),
        }
    }

    fn learn(&mut self, shown: Window, trip: Trip) {
        let Budget::Window(known) = &mut self.budget else {
            self.budget = Budget::Window(shown);
            return;
        };
        let later = shown.end.minus(known.end);
        if !known.assumed && later.is_some_and(|by| by.abs() <= SAME_END) {
            known.remaining = known.remaining.min(shown.remaining);
            known.limit = shown.limit;
            known.seen = known.seen.max(trip.received);
            if later.is_some_and(|by| by < 0) {
                known.end = shown.end;
            }
        } else if later.is_some_and(|by| by > SAME_END) || trip.sent >= known.known_since {
            // A later window, or an answer to a request that left when this one was known already: the server's clock
            // was set, another process of a cluster answered, or the end was assumed too early.
            *known = shown;
            self.announced = false;
        }
    }

    fn close(
        &mut self,
        trip: Trip,
        notice: Notice,
        retry_after: Option<i64>,
        told: Option<i64>,
        clock: &ServerClock,
        pace: Pace,
    ) -> i64 {
        let asked = retry_after.or(told);
        let by_window = match notice {
            // With calls left, the refusal is not about this budget (`rocketchat-api.md` section 2.5, second kind).
            Notice::Budget {
                remaining: 0,
                limit,
                reset: reset @ Some(_),
            } => {
                let end = End::of(reset, trip, pace);
                let deadline =
                    Window::shown(limit.unwrap_or(1), 0, end, trip).deadline(clock, pace);
                // The text counts whole seconds, rounded up, and needs no clock: it is never too short.
                let by_text = told.map_or(i64::MAX, |told| trip.received.saturating_add(told));
                Some(deadline.min(by_text.saturating_add(pace.margin)))
            }
            _ => None,
        };
        let until = by_window.unwrap_or_else(|| {
            trip.received
                .saturating_add(asked.unwrap_or(pace.assumed_window))
        });
        // A wait that is over already would mean to knock without pause.
        let until = if until <= trip.received {
            trip.received + SECOND
        } else {
            until
        };
        let until = until.min(trip.received.saturating_add(pace.longest_wait));
        self.closed_until = Some(self.closed_until.map_or(until, |known| known.max(until)));
        until - trip.received
    }
}

impl Window {
    fn shown(limit: u64, remaining: u64, end: End, trip: Trip) -> Self {
        Self {
            limit,
            remaining,
            end,
            known_since: trip.received,
            seen: trip.received,
            assumed: false,
        }
    }

    /// Returns the local instant from which the next window may be counted on.
    fn deadline(&self, clock: &ServerClock, pace: Pace) -> i64 {
        let assumed = self.seen.saturating_add(pace.assumed_window);
        let end = match self.end {
            _ if self.assumed => assumed,
            End::Server(at) => clock.local_latest(at).unwrap_or(assumed),
            End::Local(at) => at,
        };
        end.saturating_add(pace.margin)
            .min(self.seen.saturating_add(pace.longest_wait))
    }

    fn roll_over(&mut self, now: i64) {
        // A limit of none would mean to wait for ever; one call at a time finds out whether it was lifted.
        self.remaining = self.limit.max(1);
        self.known_since = now;
        self.seen = now;
        self.assumed = true;
    }
}

impl End {
    fn of(reset: Option<Reset>, trip: Trip, pace: Pace) -> Self {
        match reset {
            Some(Reset::At(at)) => Self::Server(at),
            Some(Reset::InSecond(second)) => Self::Server(second + SECOND),
            Some(Reset::After(wait)) => Self::Local(trip.received.saturating_add(wait)),
            None => Self::Local(trip.received.saturating_add(pace.assumed_window)),
        }
    }

    fn minus(self, other: Self) -> Option<i64> {
        match (self, other) {
            (Self::Server(a), Self::Server(b)) | (Self::Local(a), Self::Local(b)) => Some(a - b),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        margin: 0,
        longest_wait: 600 * SECOND,
        assumed_window: 60 * SECOND,
    };
    /// What the server's clock shows at the local instant 0.
    const SERVER: i64 = 1_780_322_445 * SECOND;

    /// A route under test, and a clock that is known exactly.
    struct Setup {
        route: Route,
        clock: ServerClock,
    }

    impl Setup {
        fn new() -> Self {
            let mut clock = ServerClock::default();
            clock.see_date(
                SERVER,
                Trip {
                    sent: 0,
                    received: 0,
                },
            );
            Self {
                route: Route::default(),
                clock,
            }
        }

        fn admit(&mut self, now: i64) -> Admission {
            self.route.admit(now, &self.clock, PACE)
        }

        /// Starts as many as may start.
        fn start_all(&mut self, now: i64) -> usize {
            (0..1000)
                .take_while(|_| self.admit(now) == Admission::Start)
                .count()
        }

        fn answer(&mut self, sent: i64, received: i64, remaining: u64, end: i64) {
            self.hear(sent, received, budget(remaining, end), Outcome::Success);
        }

        fn hear(&mut self, sent: i64, received: i64, notice: Notice, outcome: Outcome) -> i64 {
            let wait = self.route.answer(
                Trip { sent, received },
                notice,
                outcome,
                &mut self.clock,
                PACE,
            );
            self.route.release();
            wait
        }
    }

    fn budget(remaining: u64, end: i64) -> Notice {
        Notice::Budget {
            limit: Some(10),
            remaining,
            reset: Some(Reset::At(SERVER + end)),
        }
    }

    fn refused(retry_after: Option<i64>, told: Option<i64>) -> Outcome {
        Outcome::Refused { retry_after, told }
    }

    #[test]
    fn the_first_request_goes_alone() {
        let mut it = Setup::new();
        assert_eq!(it.start_all(0), 1);
        assert_eq!(it.admit(0), Admission::AwaitAnswer { until: None });
        it.answer(0, 1, 9, 60 * SECOND);
        assert_eq!(it.start_all(2), 9);
        assert_eq!(
            it.admit(2),
            Admission::AwaitAnswer {
                until: Some(60 * SECOND)
            }
        );
    }

    #[test]
    fn a_success_without_headers_lifts_all_limits_and_others_do_not() {
        let mut it = Setup::new();
        it.start_all(0);
        it.hear(0, 1, Notice::Absent, Outcome::Failure);
        assert_eq!(it.start_all(1), 1);
        it.hear(1, 2, Notice::Unreadable, Outcome::Success);
        assert_eq!(it.start_all(2), 1);
        it.hear(2, 3, Notice::Absent, Outcome::Success);
        assert_eq!(it.start_all(3), 1000);
        it.answer(3, 4, 5, 60 * SECOND);
        assert_eq!(
            it.admit(4),
            Admission::AwaitAnswer {
                until: Some(60 * SECOND)
            }
        );
    }

    #[test]
    fn answers_out_of_order_never_give_budget_back() {
        let mut it = Setup::new();
        it.start_all(0);
        it.answer(0, 1, 9, 60_004_000);
        assert_eq!(it.start_all(1), 9);
        // The server took them in another order than the answers come in; its ends differ by a few milliseconds.
        for (remaining, end) in [
            (2, 60_003_000),
            (7, 60_001_000),
            (0, 60_000_000),
            (4, 60_002_000),
        ] {
            it.answer(1, 2, remaining, end);
        }
        assert_eq!(
            (
                it.route.standing().limited,
                it.route.standing().limit,
                it.route.standing().remaining
            ),
            (Some(true), Some(10), Some(0))
        );
        assert_eq!(
            it.admit(3),
            Admission::AwaitReset {
                until: 60 * SECOND,
                news: true
            }
        );
        assert_eq!(
            it.admit(3),
            Admission::AwaitReset {
                until: 60 * SECOND,
                news: false
            }
        );
    }

    #[test]
    fn calls_of_others_are_seen() {
        let mut it = Setup::new();
        it.start_all(0);
        it.answer(0, 1, 3, 60 * SECOND);
        assert_eq!(it.start_all(1), 3);
    }

    #[test]
    fn after_the_end_a_full_window_is_assumed_and_stragglers_do_not_undo_it() {
        let mut it = Setup::new();
        it.start_all(0);
        it.answer(0, 1, 2, 60 * SECOND);
        assert_eq!(it.start_all(1), 2);
        it.answer(1, 2, 0, 60 * SECOND);
        // One of the old window is still on its way and may come to be counted in the new one.
        assert_eq!(it.start_all(60 * SECOND), 9);
        it.answer(1, 61 * SECOND, 1, 60 * SECOND);
        assert_eq!(it.start_all(61 * SECOND), 1);
        it.answer(60 * SECOND, 62 * SECOND, 4, 120 * SECOND);
        assert_eq!(it.start_all(62 * SECOND), 0);
    }

    #[test]
    fn an_end_that_came_too_early_is_taken_back() {
        let mut it = Setup::new();
        it.start_all(0);
        it.answer(0, 1, 0, 10 * SECOND);
        assert_eq!(it.start_all(10 * SECOND), 10);
        let wait = it.hear(
            10 * SECOND,
            10 * SECOND,
            budget(0, 10 * SECOND),
            refused(None, None),
        );
        assert_eq!(wait, SECOND);
        assert_eq!(
            it.admit(10 * SECOND),
            Admission::AwaitReset {
                until: 11 * SECOND,
                news: true
            }
        );
        assert_eq!(it.start_all(11 * SECOND), 1);
    }

    #[test]
    fn a_server_clock_set_back_is_believed() {
        let mut it = Setup::new();
        it.start_all(0);
        it.answer(0, 1, 0, 300 * SECOND);
        assert_eq!(
            it.admit(2),
            Admission::AwaitReset {
                until: 300 * SECOND,
                news: true
            }
        );
        // Sent before the window was known: out of order. Sent after: news.
        it.answer(0, 3, 8, 20 * SECOND);
        assert_eq!(it.route.standing().remaining, Some(0));
        it.answer(4, 5, 7, 20 * SECOND);
        assert_eq!(it.route.standing().remaining, Some(7));
    }

    #[test]
    fn a_request_without_an_answer_counts() {
        let mut it = Setup::new();
        it.start_all(0);
        it.answer(0, 1, 5, 60 * SECOND);
        assert_eq!(it.start_all(1), 5);
        for _ in 0..5 {
            it.route.lose();
            it.route.release();
        }
        assert_eq!(
            it.admit(2),
            Admission::AwaitReset {
                until: 60 * SECOND,
                news: true
            }
        );
        // Nor does a whole window of lost requests close the route for good.
        assert_eq!(it.start_all(60 * SECOND), 10);
        for _ in 0..10 {
            it.route.lose();
            it.route.release();
        }
        assert_eq!(
            it.admit(61 * SECOND),
            Admission::AwaitReset {
                until: 120 * SECOND,
                news: true
            }
        );
        assert_eq!(it.start_all(120 * SECOND), 10);
    }

    #[test]
    fn a_refusal_waits_as_told() {
        let wait = |notice, outcome| {
            let mut it = Setup::new();
            it.start_all(0);
            it.hear(0, 0, notice, outcome)
        };
        let second = SECOND;
        // The budget's end first; the text is an upper bound of it.
        assert_eq!(
            wait(budget(0, 25_500_000), refused(None, Some(26 * second))),
            25_500_000
        );
        assert_eq!(
            wait(budget(0, 40 * second), refused(None, Some(26 * second))),
            26 * second
        );
        // With calls left it is another limiter's refusal, which only header and text know about.
        assert_eq!(
            wait(budget(7, 25 * second), refused(None, Some(50 * second))),
            50 * second
        );
        assert_eq!(
            wait(Notice::Absent, refused(Some(7 * second), Some(50 * second))),
            7 * second
        );
        assert_eq!(
            wait(Notice::Absent, refused(None, Some(50 * second))),
            50 * second
        );
        assert_eq!(wait(Notice::Absent, refused(None, None)), 60 * second);
        // Never without a pause, never longer than allowed.
        assert_eq!(wait(budget(0, -5 * second), refused(None, None)), second);
        assert_eq!(wait(Notice::Absent, refused(Some(0), None)), second);
        assert_eq!(
            wait(Notice::Absent, refused(Some(i64::MAX), None)),
            600 * second
        );
        assert_eq!(
            wait(budget(0, i64::MAX / 2), refused(None, None)),
            600 * second
        );
    }
}
