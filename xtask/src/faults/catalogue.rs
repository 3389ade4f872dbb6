//! The matrix: what can go wrong with an answer, and what has to follow.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answer::{Answer, ELSEWHERE, Way};
use super::bodies;

/// What follows from a fault.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expect {
    /// The sync succeeds, and the file holds what the workspace does.
    Truth,
    /// The truth or one of these exit codes: it depends on the endpoint, which may have a second way or be asked again.
    TruthOr(&'static [u8]),
    /// The sync fails with one of these exit codes.
    Codes(&'static [u8]),
    /// Any of these, or a code of [`HANDLED`]: it depends on what the field is for.
    Handled,
}

/// What a field that cannot be right may lead to: an answer that cannot be read, or an account that seems to lack a permission.
pub(super) const HANDLED: &[u8] = &[2, 7];

/// A fault, and what has to follow when it hits one answer and when it hits all from one on.
pub(super) struct Row {
    /// What the server does, as documents say it.
    pub(super) name: &'static str,
    /// Makes the answer from the true one.
    pub(super) answer: fn(Answer) -> Answer,
    pub(super) way: Way,
    pub(super) once: Expect,
    pub(super) stays: Expect,
    /// How long a sync may take in either case.
    pub(super) limits: [Duration; 2],
    /// Whether the wait for the end of one is long, so that a sample leaves it out.
    pub(super) slow: bool,
    pub(super) arguments: &'static [&'static str],
}

/// The longest time that a sync with a fault needs: six attempts, whose pauses add up to 31 s, for a whole list and again for its
/// first page; and something to spare.
const PATIENCE: Duration = Duration::from_secs(100);
/// Where only the limit of the sync ends it.
const IMPATIENCE: Duration = Duration::from_secs(10);

const UNAVAILABLE: Expect = Expect::Codes(&[14]);
const TOO_LONG: Expect = Expect::Codes(&[4]);
const UNUSABLE: Expect = Expect::Codes(&[2]);
const MAYBE_UNUSABLE: Expect = Expect::TruthOr(&[2]);

impl Row {
    /// A fault that passes with one answer, and ends a sync when it stays.
    const fn new(name: &'static str, answer: fn(Answer) -> Answer) -> Self {
        Self {
            name,
            answer,
            way: Way::Whole,
            once: Expect::Truth,
            stays: UNAVAILABLE,
            limits: [PATIENCE, PATIENCE],
            slow: false,
            arguments: &[],
        }
    }

    /// Tells whether hundreds of megabytes are sent.
    pub(super) fn is_heavy(&self) -> bool {
        matches!(self.way, Way::Endless(_))
    }

    const fn by(self, way: Way) -> Self {
        Self { way, ..self }
    }

    const fn stays(self, stays: Expect) -> Self {
        Self { stays, ..self }
    }

    /// A fault that nobody expects to pass: one answer is enough.
    const fn ends(self, expect: Expect) -> Self {
        Self {
            once: expect,
            stays: expect,
            ..self
        }
    }

    /// The same, but a list that is asked for in another way the next time may be saved by that.
    const fn ends_mostly(self, codes: &'static [u8]) -> Self {
        Self {
            once: Expect::TruthOr(codes),
            stays: Expect::Codes(codes),
            ..self
        }
    }

    /// Only the limit of the sync ends it.
    const fn never_ends(self) -> Self {
        Self {
            stays: TOO_LONG,
            limits: [self.limits[0], IMPATIENCE],
            ..self
        }
    }

    /// Even one answer asks for more patience than a sync may have.
    const fn outlasts(self) -> Self {
        Self {
            once: TOO_LONG,
            stays: TOO_LONG,
            limits: [IMPATIENCE, IMPATIENCE],
            ..self
        }
    }

    /// One answer is waited for longer than a sample has time.
    const fn slow(self) -> Self {
        Self {
            limits: [Duration::from_secs(150), self.limits[1]],
            slow: true,
            ..self
        }
    }

    const fn with(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }
}

fn same(answer: Answer) -> Answer {
    answer
}

/// A refusal of Rocket.Chat's own limiter (`rocketchat-api.md` section 2).
fn too_many(seconds: &str) -> Answer {
    let text = format!(
        r#"{{"success":false,"error":"Error, too many requests. Please slow down. You must wait {seconds} seconds before trying this endpoint again. [error-too-many-requests]"}}"#
    );
    Answer::new(429, "application/json", text)
}

/// The same, with a budget that is used up until `reset`.
fn used_up(reset: &str) -> Answer {
    Answer::new(429, "application/json", r#"{"success":false}"#)
        .with("date", httpdate::fmt_http_date(SystemTime::now()))
        .with("x-ratelimit-limit", "10")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", reset)
}

/// Milliseconds since 1970, as many seconds from now.
fn from_now(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or_default();
    (millis + seconds * 1000).to_string()
}

fn trouble(status: u16) -> Answer {
    let page = "<html><body><center>nginx</center></body></html>";
    Answer::new(status, "text/html", page)
}

fn refusal(status: u16, body: &str) -> Answer {
    Answer::new(status, "application/json", body)
}

/// Makes gzip members of a MiB of zeros each, one after another: this is what an encoder makes of a MiB of zeros.
fn bomb(mebibytes: usize) -> Vec<u8> {
    const START: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x08\x5f\xa0";
    const END: &[u8] = b"\x3e\x03\x1c\xea\x38\xa7\x00\x00\x10\x00";
    [START, &[0; 1016], END].concat().repeat(mebibytes)
}

fn gzip(answer: Answer, body: Vec<u8>) -> Answer {
    answer.with("content-encoding", "gzip").saying(body)
}

/// All rows, in the order of the printed table.
pub(super) const ROWS: &[Row] = &[
    Row::new("429 in Rocket.Chat's words, without headers", |_| too_many("2")).never_ends(),
    Row::new("429 with an empty body, without headers", |_| {
        Answer::new(429, "text/plain", "")
    })
    .never_ends()
    .slow(),
    Row::new("429 with an empty body, called JSON", |_| refusal(429, ""))
        .never_ends()
        .slow(),
    Row::new("429 with Retry-After", |_| trouble(429).with("retry-after", "1")).never_ends(),
    Row::new("429, reset 2 s ahead", |_| used_up(&from_now(2))).never_ends(),
    Row::new("429, reset in the past", |_| used_up(&from_now(-3600)))
        .never_ends()
        .slow(),
    Row::new("429, reset in a year", |_| used_up(&from_now(31_536_000))).outlasts(),
    Row::new("429, reset in seconds from now", |_| used_up("2")).never_ends(),
    Row::new("429, garbage in every header", |_| {
        used_up("soon")
            .with("x-ratelimit-remaining", "-1; DROP")
            .with("retry-after", "Thu, 99 Foo 2026")
    })
    .never_ends()
    .slow(),
    Row::new("500", |_| trouble(500)),
    Row::new("502", |_| trouble(502)),
    Row::new("503", |_| trouble(503)),
    Row::new("503 with half a body, called JSON", |_| refusal(503, r#"{"succ"#)),
    Row::new("503 with Retry-After in a century", |_| {
        trouble(503).with("retry-after", "3153600000")
    })
    .outlasts(),
    Row::new("504", |_| trouble(504)),
    Row::new("501", |_| trouble(501)).ends_mostly(&[12]),
    Row::new("a web page with status 200", |_| {
        Answer::new(200, "text/html", "<!DOCTYPE html><title>Sign in</title>")
    })
    .ends(MAYBE_UNUSABLE),
    Row::new("an empty body with status 200", |answer| answer.saying("")).stays(UNUSABLE),
    Row::new("a redirect to another host", |_| {
        Answer::new(302, "text/html", "").with("location", ELSEWHERE)
    })
    .ends(Expect::Codes(&[2, 3])),
    Row::new("400", |_| refusal(400, r#"{"success":false,"error":"invalid params","errorType":"invalid-params"}"#))
        .ends(Expect::Codes(&[3])),
    Row::new("401", |_| {
        refusal(401, r#"{"status":"error","message":"You must be logged in to do this."}"#)
    })
    .ends(Expect::Codes(&[16])),
    Row::new("403", |_| {
        refusal(403, r#"{"success":false,"error":"User does not have the permissions required for this action [error-unauthorized]"}"#)
    })
    .ends(Expect::Codes(&[7])),
    Row::new("a reset before the answer", same).by(Way::Reset),
    Row::new("a reset within the answer", same).by(Way::ResetWithin),
    Row::new("half-closed within the answer", same).by(Way::HalfClosed),
    Row::new("a truncated body", same).by(Way::Truncated),
    Row::new("more bytes than announced", same)
        .by(Way::TooShort)
        .stays(UNUSABLE),
    Row::new("fewer bytes than announced", same).by(Way::TooLong),
    Row::new("a chunk without a size", same)
        .by(Way::BadChunk)
        .ends(UNUSABLE),
    Row::new("half of the JSON, whole by HTTP", |answer| {
        let half = bodies::cut(&answer.body);
        answer.saying(half)
    })
    .stays(UNUSABLE),
    Row::new("silence", same)
        .by(Way::Silent)
        .stays(TOO_LONG)
        .with(&["--http-timeout-seconds", "1"]),
    Row::new("a byte now and then", same)
        .by(Way::Dripping)
        .never_ends()
        .slow(),
    Row::new("blanks for ever", |answer| answer.saying(""))
        .by(Way::Endless(b" "))
        .ends_mostly(&[2])
        .slow(),
    Row::new("a text for ever", |answer| answer.saying(r#"{"success":true,"x":""#))
        .by(Way::Endless(b"x"))
        .ends_mostly(&[2])
        .slow(),
    Row::new("rows for ever", |answer| {
        answer.saying(r#"{"success":true,"users":[{"_id":"a"}"#)
    })
    .by(Way::Endless(br#",{"_id":"aaaaaaaaaaaaaaaaa","username":"somebody","name":"Some Body","active":true,"roles":["user"]}"#))
    .ends_mostly(&[2])
    .slow(),
    Row::new("gzip that nobody asked for, broken", |answer| gzip(answer, b"\x1f\x8bbroken".to_vec()))
        .ends(UNUSABLE),
    Row::new("a gzip bomb of 10 GiB", |answer| gzip(answer, bomb(10_240))).ends(UNUSABLE),
    Row::new("a name that is not UTF-8", |answer| {
        let bad = bodies::with_name(&answer.body, b"\"\xff\xfe\"");
        answer.saying(bad)
    })
    .ends(MAYBE_UNUSABLE),
    Row::new("100,000 lists in each other as a name", |answer| {
        let deep = bodies::with_name(&answer.body, &bodies::deep(100_000));
        answer.saying(deep)
    })
    .ends(MAYBE_UNUSABLE),
    Row::new("100,000 lists in each other that nobody reads", |answer| {
        let deep = [b"\"deep\":", &bodies::deep(100_000)[..]].concat();
        let deep = bodies::with_front(&answer.body, &deep);
        answer.saying(deep)
    })
    .ends(Expect::Truth),
    Row::new("every field twice", |answer| {
        let twice = bodies::with_duplicates(&answer.body);
        answer.saying(twice)
    })
    .ends(UNUSABLE),
    Row::new("a field of 10 MB that nobody reads", |answer| {
        let long = format!("\"long\":\"{}\"", "x".repeat(10_000_000));
        let long = bodies::with_front(&answer.body, long.as_bytes());
        answer.saying(long)
    })
    .ends(Expect::Truth),
    Row::new("a name of 10 MB", |answer| {
        let long = format!("\"{}\"", "x".repeat(10_000_000));
        let long = bodies::with_name(&answer.body, long.as_bytes());
        answer.saying(long)
    })
    .ends(Expect::Handled),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fit_into_a_table() {
        for (number, row) in ROWS.iter().enumerate() {
            assert!(
                ROWS[..number].iter().all(|it| it.name != row.name),
                "{}",
                row.name
            );
            assert!(!row.name.contains('|'), "{} is a cell of a table", row.name);
        }
    }
}
