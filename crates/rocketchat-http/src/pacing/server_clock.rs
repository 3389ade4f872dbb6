//! How far the server's clock is from ours.
//!
//! The end of a window is an instant of the server's clock, which may be off by minutes, and its `Date` header tells
//! whole seconds only. So the difference is not measured but narrowed: every answer gives bounds that it cannot lie
//! outside of, and all bounds together hold. Waits are computed from the lower bound, which is the late, safe side.
//!
//! `Date` alone would leave the waits up to a second late as long as all requests fall into the same part of a
//! second. A second, sharper source is the length of the windows: see [`ServerClock::see_opening`].

use super::moment::{SECOND, Trip};

const MILLI: i64 = 1000;
/// What crystal oscillators differ by at most: 1 in this many, 100 parts per million.
const DRIFT: i64 = 10_000;
/// An administrator's window is taken to be a divisor or a multiple of a minute, in whole seconds.
const MINUTE: i64 = 60;
/// The server reads its clock more than once for one answer; the readings differ by this at most.
const JITTER: i64 = 50_000;
/// Openings that must agree before their common length is believed.
const ENOUGH: u32 = 2;

/// Bounds on the server's clock minus the local one.
#[derive(Debug)]
pub(crate) struct ServerClock {
    offset: Option<Bounds>,
    openings: Option<Openings>,
    /// The local instant that the bounds were last widened at.
    as_of: i64,
    /// Set when the limiter contradicted `Date`, which then comes from another machine, such as a proxy.
    date_is_foreign: bool,
    /// Cleared when a length of windows that was believed turned out wrong.
    believes_lengths: bool,
}

/// `low..=high`, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    low: i64,
    high: i64,
}

/// Bounds on window length plus offset, and how many openings agreed on them.
#[derive(Debug, Clone, Copy)]
struct Openings {
    sum: Bounds,
    seen: u32,
}

impl Default for ServerClock {
    fn default() -> Self {
        Self {
            offset: None,
            openings: None,
            as_of: 0,
            date_is_foreign: false,
            believes_lengths: true,
        }
    }
}

impl ServerClock {
    /// Takes the `Date` of an answer, a whole second of the server's clock.
    pub(crate) fn see_date(&mut self, date: i64, trip: Trip) {
        if self.date_is_foreign {
            return;
        }
        self.age(trip.received);
        let seen = Bounds {
            low: date - trip.received,
            high: date + SECOND - trip.sent,
        };
        self.offset = Some(
            self.offset
                .and_then(|known| known.intersect(seen))
                .unwrap_or_else(|| {
                    // The first answer, or the server's clock was set: what was known no longer holds.
                    self.openings = None;
                    seen
                }),
        );
    }

    /// Takes the end of a window that one of our own requests opened.
    ///
    /// The limiter starts a window with the first call and sets its end one length later, so end minus opening is
    /// length plus offset, known to within the trip of one request. Lengths are round numbers. When exactly such a
    /// number fits what is known of the offset, the offset is known as sharply as the sum. Where somebody else opened
    /// the window, the sum comes out too small and at random, so agreement is asked for.
    pub(crate) fn see_opening(&mut self, end: i64, trip: Trip) {
        self.age(trip.received);
        // The end is told in whole milliseconds, cut off.
        let sum = Bounds {
            low: end - trip.received,
            high: end + MILLI - trip.sent,
        };
        self.openings = match self.openings {
            Some(known) => match known.sum.intersect(sum) {
                Some(sum) => Some(Openings {
                    sum,
                    seen: known.seen.saturating_add(1),
                }),
                None if sum.high < known.sum.low => Some(known),
                None => Some(Openings { sum, seen: 1 }),
            },
            None => Some(Openings { sum, seen: 1 }),
        };
    }

    /// Takes a refusal: the window that ends at `end` was still running, and lasts `told` longer if the text says so
    /// (whole seconds, rounded up). The limiter's word is better than `Date`; where they differ, `Date` is dropped.
    pub(crate) fn see_refusal(&mut self, end: i64, told: Option<i64>, trip: Trip) {
        let early = self.local_latest(end).is_some_and(|end| end <= trip.sent);
        self.age(trip.received);
        let seen = match told {
            Some(told) => {
                let high = end - trip.sent - told + SECOND + JITTER;
                Bounds {
                    low: end - trip.received - told,
                    high,
                }
            }
            // All that is known is that the end was still to come. A second is tried next.
            None if early => Bounds {
                low: end - trip.sent - SECOND,
                high: end - trip.sent,
            },
            None => return,
        };
        let both = self.offset.and_then(|known| known.intersect(seen));
        if both.is_some() {
            // The bounds were right, so what went beyond them was the belief in a round length.
            self.believes_lengths &= !early;
        } else {
            self.date_is_foreign |= self.offset.is_some();
        }
        self.offset = both.filter(|_| told.is_some()).or(Some(seen));
    }

    /// Returns the latest local instant at which the server's clock shows `at`, if anything is known of it.
    pub(crate) fn local_latest(&self, at: i64) -> Option<i64> {
        let offset = self.offset?;
        let low = self
            .low_by_length(offset)
            .map_or(offset.low, |low| low.max(offset.low));
        Some(at - low)
    }

    fn low_by_length(&self, offset: Bounds) -> Option<i64> {
        let Openings { sum, seen } = self.openings?;
        if seen < ENOUGH || !self.believes_lengths {
            return None;
        }
        let shortest = sum.low - offset.high;
        // The longest length in whole seconds: if it is wrong, then on the late side.
        let length = (sum.high - offset.low) / SECOND;
        let is_round = length > 0 && (length % MINUTE == 0 || MINUTE % length == 0);
        if !is_round || length * SECOND < shortest {
            return None;
        }
        Some(sum.low - length * SECOND)
    }

    /// Widens all bounds by what two clocks drift apart in the time passed.
    fn age(&mut self, now: i64) {
        let drift = (now - self.as_of) / DRIFT;
        if drift <= 0 {
            return;
        }
        self.as_of = now;
        self.offset = self.offset.map(|bounds| bounds.widen(drift));
        self.openings = self.openings.map(|known| Openings {
            sum: known.sum.widen(drift),
            ..known
        });
    }
}

impl Bounds {
    fn intersect(self, other: Self) -> Option<Self> {
        let both = Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
        };
        (both.low <= both.high).then_some(both)
    }

    fn widen(self, by: i64) -> Self {
        Self {
            low: self.low - by,
            high: self.high + by,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A server whose clock is `offset` ahead of the local one; everything it shows follows from that.
    struct Server {
        offset: i64,
    }

    impl Server {
        fn date_at(&self, local: i64) -> i64 {
            (local + self.offset).div_euclid(SECOND) * SECOND
        }
    }

    fn trip(sent: i64, received: i64) -> Trip {
        Trip { sent, received }
    }

    #[test]
    fn nothing_is_known_before_the_first_answer() {
        assert_eq!(ServerClock::default().local_latest(5 * SECOND), None);
    }

    #[test]
    fn dates_narrow_the_offset() {
        let server = Server {
            offset: 1_780_000_000 * SECOND + 400 * MILLI,
        };
        let mut clock = ServerClock::default();
        let mut widths = Vec::new();
        for at in [0, 300 * MILLI, 590 * MILLI, 610 * MILLI] {
            clock.see_date(server.date_at(at), trip(at - 5 * MILLI, at + 5 * MILLI));
            let bounds = clock.offset.unwrap();
            assert!((bounds.low..=bounds.high).contains(&server.offset));
            widths.push((bounds.high - bounds.low) / MILLI);
        }
        assert_eq!(widths, [1010, 710, 420, 30]);
    }

    #[test]
    fn a_clock_that_was_set_starts_over() {
        let mut clock = ServerClock::default();
        clock.see_date(1000 * SECOND, trip(0, 0));
        clock.see_date(700 * SECOND, trip(SECOND, SECOND));
        assert_eq!(clock.local_latest(700 * SECOND), Some(SECOND));
    }

    #[test]
    fn drift_widens_what_was_known() {
        let mut clock = ServerClock::default();
        clock.see_date(1000 * SECOND, trip(0, 0));
        let before = clock.offset.unwrap();
        clock.age(3600 * SECOND);
        assert_eq!(clock.offset.unwrap(), before.widen(360 * MILLI));
    }

    #[test]
    fn two_openings_tell_the_length_and_thereby_the_offset() {
        // The worst phase: Date is 900 ms behind the server's clock in every answer.
        let server = Server {
            offset: 1_780_000_000 * SECOND + 900 * MILLI,
        };
        let mut clock = ServerClock::default();
        let mut late = Vec::new();
        for opened in [0, 4 * SECOND] {
            let trip = trip(opened - MILLI, opened + MILLI);
            let end = opened + server.offset + 3 * SECOND;
            clock.see_date(server.date_at(opened), trip);
            clock.see_opening(end, trip);
            late.push(clock.local_latest(end).unwrap() - (opened + 3 * SECOND));
        }
        assert_eq!(late[0], 901 * MILLI);
        assert!((0..=5 * MILLI).contains(&late[1]), "{late:?}");
    }

    #[test]
    fn a_clock_that_was_set_takes_what_openings_told_with_it() {
        let mut clock = ServerClock::default();
        for opened in [0, 60 * SECOND] {
            clock.see_date(opened, trip(opened, opened));
            clock.see_opening(opened + 60 * SECOND, trip(opened, opened));
        }
        assert!(clock.low_by_length(clock.offset.unwrap()).is_some());
        // 57.5 s later on the server's clock, 60 s would look like 2.5 s, and 2 s would be believed.
        let now = 61 * SECOND;
        clock.see_date(now + 57 * SECOND, trip(now, now));
        assert_eq!(clock.low_by_length(clock.offset.unwrap()), None);
    }

    #[test]
    fn a_belief_that_a_refusal_contradicts_is_given_up() {
        let mut clock = ServerClock::default();
        for opened in [0, 3 * SECOND] {
            clock.see_date(opened, trip(opened, opened));
            clock.see_opening(opened + 2500 * MILLI, trip(opened, opened));
        }
        let end = 5500 * MILLI;
        let believed = clock.local_latest(end).unwrap();
        assert!((5 * SECOND..5100 * MILLI).contains(&believed), "{believed}");
        clock.see_refusal(end, Some(SECOND), trip(believed, believed));
        assert!(clock.local_latest(end).unwrap() >= end);
        assert_eq!(clock.low_by_length(clock.offset.unwrap()), None);
    }

    #[test]
    fn openings_agree_even_if_trips_are_shorter_than_a_millisecond() {
        let server = Server { offset: 123 };
        let mut clock = ServerClock::default();
        for opened in [0, 10_999, 20_001] {
            let end = (opened + server.offset) / MILLI * MILLI + 3 * SECOND;
            clock.see_date(0, trip(opened, opened));
            clock.see_opening(end, trip(opened - 5, opened + 5));
        }
        assert_eq!(clock.openings.unwrap().seen, 3);
    }

    #[test]
    fn a_length_that_is_not_round_is_not_believed() {
        let server = Server {
            offset: 500 * MILLI,
        };
        let mut clock = ServerClock::default();
        for opened in [0, 60 * SECOND] {
            let trip = trip(opened, opened);
            clock.see_date(server.date_at(opened), trip);
            clock.see_opening(opened + server.offset + 58 * SECOND, trip);
        }
        assert_eq!(clock.low_by_length(clock.offset.unwrap()), None);
    }

    #[test]
    fn a_refusal_corrects_a_date_from_another_machine() {
        let end = 1_780_000_060 * SECOND;
        let mut clock = ServerClock::default();
        // Date runs 20 s ahead of the limiter's clock, so the window seems to be over at 40 s.
        clock.see_date(1_780_000_020 * SECOND, trip(0, 0));
        assert_eq!(clock.local_latest(end), Some(40 * SECOND));
        clock.see_refusal(end, Some(20 * SECOND), trip(40 * SECOND, 40 * SECOND));
        clock.see_date(1_780_000_060 * SECOND, trip(40 * SECOND, 40 * SECOND));
        assert_eq!(clock.local_latest(end), Some(60 * SECOND));
    }

    #[test]
    fn a_refusal_without_a_text_moves_the_end_by_a_second() {
        let end = 1_780_000_060 * SECOND;
        let mut clock = ServerClock::default();
        clock.see_date(1_780_000_020 * SECOND, trip(0, 0));
        clock.see_refusal(end, None, trip(41 * SECOND, 41 * SECOND));
        assert_eq!(clock.local_latest(end), Some(42 * SECOND));
        // Not early: somebody else spent the budget, which says nothing about clocks.
        clock.see_refusal(end, None, trip(41 * SECOND, 41 * SECOND));
        assert_eq!(clock.local_latest(end), Some(42 * SECOND));
    }

    proptest! {
        /// Whatever the phases and trips, for windows of whole seconds the true end is never after the computed one.
        #[test]
        fn waits_are_never_short(
            offset in -300 * SECOND..300 * SECOND,
            length in prop::sample::select(vec![1i64, 2, 3, 7, 45, 58, 60, 61, 90, 120]),
            calls in prop::collection::vec((0..90 * SECOND, 0..SECOND, 0..SECOND), 1..40),
        ) {
            let server = Server { offset: offset + 1_780_000_000 * SECOND };
            let mut clock = ServerClock::default();
            let (mut now, mut end) = (0, i64::MIN);
            for (pause, there, back) in calls {
                let sent = now + pause;
                let dealt = sent + there;
                now = dealt + back;
                let trip = trip(sent, now);
                let opens = dealt > end;
                if opens {
                    end = dealt + length * SECOND;
                }
                clock.see_date(server.date_at(dealt), trip);
                if opens {
                    clock.see_opening(end + server.offset, trip);
                }
                prop_assert!(clock.local_latest(end + server.offset).unwrap() >= end);
            }
        }
    }
}
