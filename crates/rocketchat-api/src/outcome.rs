//! Whether asking again can help.

use std::time::Duration;

use crate::{Answer, Error, Kind};

/// What to do with an answer before anybody decodes it (`rocketchat-api.md` section 6.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Hand it on: data, or a refusal that asking again will not change.
    Final,
    /// The limiter refused; the headers or `wait` tell how long.
    RateLimited {
        /// The wait that the text of the answer names.
        wait: Option<Duration>,
    },
    /// A passing fault.
    Transient {
        /// How often to ask in all.
        attempts: u32,
    },
}

impl Outcome {
    /// Classifies an answer.
    pub fn of(answer: &Answer<'_>) -> Self {
        if Answer::is_success(answer.status) && answer.is_json() {
            return Self::Final;
        }
        let error = Error::read("", answer);
        match error.kind() {
            Kind::RateLimited => Self::RateLimited {
                wait: named_wait(&error),
            },
            Kind::Unavailable if answer.status == 501 => Self::Final,
            Kind::Unavailable => Self::Transient { attempts: 6 },
            Kind::Uncoded => Self::Transient { attempts: 3 },
            _ if answer.status == 408 => Self::Transient { attempts: 6 },
            _ => Self::Final,
        }
    }
}

/// Finds 26 in "You must wait 26 seconds before trying this endpoint again."
fn named_wait(error: &Error) -> Option<Duration> {
    let Error::Refused { message, .. } = error else {
        return None;
    };
    let (_, after) = message.split_once("must wait ")?;
    let (number, _) = after.split_once(" second")?;
    number.parse().ok().map(Duration::from_secs)
}
