//! Reading what an answer says about limits. Total: whatever a server sends, the worst outcome is "unreadable".

use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{AsHeaderName, RETRY_AFTER};

use super::moment::{SECOND, micros};
use crate::response;

const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// From here on a reset counts milliseconds since 1970, as Rocket.Chat sends it; the number is 1973 in milliseconds
/// and the year 5138 in seconds.
const FIRST_MILLIS: u64 = 100_000_000_000;
/// From here on a reset counts seconds since 1970; below, seconds from now (`baton-runtime.md` section 6.2).
const FIRST_EPOCH_SECOND: u64 = 946_080_000;
/// The end of the year 9999. What is later is not meant as a time.
const LAST_MILLIS: u64 = 253_402_300_799_999;

/// What the `X-RateLimit-*` headers of an answer say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// There are none.
    Absent,
    /// There are some, but not even the remaining calls can be read.
    Unreadable,
    /// The state of the route's budget.
    Budget {
        limit: Option<u64>,
        remaining: u64,
        reset: Option<Reset>,
    },
}

/// When a window ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    /// At an instant of the server's clock.
    At(i64),
    /// Within this second of the server's clock; whether it was rounded up or down is unknown.
    InSecond(i64),
    /// This many microseconds after the answer.
    After(i64),
}

impl Notice {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        if ![LIMIT, REMAINING, RESET]
            .iter()
            .any(|name| headers.contains_key(*name))
        {
            return Self::Absent;
        }
        let Some(remaining) = number(headers, REMAINING) else {
            return Self::Unreadable;
        };
        let reset = number(headers, RESET).and_then(Reset::read);
        Self::Budget {
            limit: number(headers, LIMIT),
            remaining,
            reset,
        }
    }
}

impl Reset {
    fn read(value: u64) -> Option<Self> {
        let signed = i64::try_from(value).ok()?;
        match value {
            0..FIRST_EPOCH_SECOND => Some(Self::After(signed * SECOND)),
            FIRST_EPOCH_SECOND..FIRST_MILLIS => Some(Self::InSecond(signed * SECOND)),
            FIRST_MILLIS..=LAST_MILLIS => Some(Self::At(signed * 1000)),
            _ => None,
        }
    }
}

/// Reads the `Date` header as an instant of the server's clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<i64> {
    instant(response::date(headers)?)
}

/// Reads `Retry-After` as microseconds from now. A date is taken relative to the answer's own `Date`.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<i64> {
    if let Some(seconds) = number(headers, RETRY_AFTER) {
        return i64::try_from(seconds).ok()?.checked_mul(SECOND);
    }
    let at = instant(response::http_date(text(headers, RETRY_AFTER)?)?)?;
    Some((at - date(headers)?).max(0))
}

fn instant(time: SystemTime) -> Option<i64> {
    time.duration_since(UNIX_EPOCH).ok().map(micros)
}

/// Reads a number of decimal digits. Parameters of the draft standard may follow (`100;w=60`).
fn number(headers: &HeaderMap, name: impl AsHeaderName) -> Option<u64> {
    let text = text(headers, name)?;
    let digits = text.split(';').next().unwrap_or(text).trim();
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        pairs.iter().map(pair).collect()
    }

    /// Texts of which many are a number, and others miss being one by a sign, a blank or a parameter.
    const ALMOST_A_NUMBER: &str = "[ 0-9;+-]{0,12}";

    #[track_caller]
    fn check(pairs: &[(&str, &str)], expected: Notice) {
        assert_eq!(Notice::read(&headers(pairs)), expected);
    }

    #[test]
    fn reads_what_rocket_chat_sends() {
        check(
            &[
                ("X-RateLimit-Limit", "10"),
                ("x-ratelimit-REMAINING", "0"),
                ("X-RateLimit-Reset", "1780322445120"),
            ],
            Notice::Budget {
                limit: Some(10),
                remaining: 0,
                reset: Some(Reset::At(1_780_322_445_120_000)),
            },
        );
    }

    #[test]
    fn reads_seconds_since_1970_and_from_now() {
        let budget = |reset| Notice::Budget {
            limit: None,
            remaining: 3,
            reset,
        };
        let reset = |value| [(REMAINING, "3;w=60"), (RESET, value)];
        check(
            &reset("1780322445"),
            budget(Some(Reset::InSecond(1_780_322_445 * SECOND))),
        );
        check(&reset("26"), budget(Some(Reset::After(26 * SECOND))));
        check(&reset("0"), budget(Some(Reset::After(0))));
    }

    #[test]
    fn garbage_is_ignored() {
        let budget = Notice::Budget {
            limit: None,
            remaining: 1,
            reset: None,
        };
        check(&[("content-type", "application/json")], Notice::Absent);
        check(&[(LIMIT, "10")], Notice::Unreadable);
        check(&[(REMAINING, "-1")], Notice::Unreadable);
        check(&[(REMAINING, "+1")], Notice::Unreadable);
        for reset in [
            "",
            "soon",
            "-5",
            "1e9",
            "99999999999999999999999",
            "18446744073709551615",
            "253402300800000",
        ] {
            check(
                &[(LIMIT, "many"), (REMAINING, " 1 "), (RESET, reset)],
                budget,
            );
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_next_to_the_servers_own() {
        assert_eq!(
            retry_after(&headers(&[("retry-after", "7")])),
            Some(7 * SECOND)
        );
        let date = ("date", "Mon, 01 Jun 2026 14:00:19 GMT");
        let later = ("retry-after", "Mon, 01 Jun 2026 14:00:45 GMT");
        assert_eq!(retry_after(&headers(&[date, later])), Some(26 * SECOND));
        assert_eq!(retry_after(&headers(&[later])), None);
        assert_eq!(
            retry_after(&headers(&[("retry-after", "18446744073709551615")])),
            None
        );
        assert_eq!(
            retry_after(&headers(&[("date", "today"), ("retry-after", "tomorrow")])),
            None
        );
    }

    proptest! {
        #[test]
        fn never_fails(limit: Vec<u8>, remaining: Vec<u8>, reset: Vec<u8>, date_text: Vec<u8>) {
            let mut map = HeaderMap::new();
            for (name, value) in [(LIMIT, &limit), (REMAINING, &remaining), (RESET, &reset), ("date", &date_text), ("retry-after", &reset)] {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    map.insert(name, value);
                }
            }
            let _ = (date(&map), retry_after(&map), Notice::read(&map));
        }

        #[test]
        fn takes_only_numbers(limit in ALMOST_A_NUMBER, remaining in ALMOST_A_NUMBER, reset in ALMOST_A_NUMBER) {
            let map = headers(&[(LIMIT, &limit), (REMAINING, &remaining), (RESET, &reset), ("retry-after", &reset)]);
            let expected = |text: &str| {
                let digits = text.split(';').next()?.trim();
                let is_number = digits.chars().all(|c| c.is_ascii_digit());
                is_number.then(|| digits.parse::<u64>().ok()).flatten()
            };
            match Notice::read(&map) {
                Notice::Budget { limit: read_limit, remaining: read, reset: read_reset } => {
                    prop_assert_eq!(Some(read), expected(&remaining));
                    prop_assert_eq!(read_limit, expected(&limit));
                    prop_assert_eq!(read_reset, expected(&reset).and_then(Reset::read));
                }
                other => prop_assert_eq!((other, expected(&remaining)), (Notice::Unreadable, None)),
            }
            let wait = expected(&reset).and_then(|seconds| i64::try_from(seconds).ok()?.checked_mul(SECOND));
            prop_assert_eq!(retry_after(&map), wait);
        }

        #[test]
        fn numbers_round_trip(limit: u64, remaining: u64, millis in FIRST_MILLIS..=LAST_MILLIS) {
            let map = headers(&[(LIMIT, &limit.to_string()), (REMAINING, &remaining.to_string()), (RESET, &millis.to_string())]);
            let reset = Some(Reset::At(i64::try_from(millis).unwrap() * 1000));
            prop_assert_eq!(Notice::read(&map), Notice::Budget { limit: Some(limit), remaining, reset });
        }
    }
}
