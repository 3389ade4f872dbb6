//! What an answer means for sending it again.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;

use crate::Response;

/// What is to be done about an answer.
///
/// The endpoint layer knows more than a status tells (an HTML page with 200, a database failure with 400, the seconds
/// in the text of a refusal) and passes its own judgement to [`Client::new`](crate::Client::new).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is the answer, good or bad.
    Final,
    /// The budget of the route is spent. Sent again after a wait, as often as needed.
    RateLimited {
        /// The wait that the body asks for, whole seconds rounded up, if it does.
        wait: Option<Duration>,
    },
    /// Trouble that may pass. Sent again after a pause; at last the answer is handed to the caller.
    Transient {
        /// The most attempts that this kind of trouble is worth, the first one included. The policy's number is a
        /// limit too.
        attempts: u32,
        /// What was seen, for the log; must not repeat the body.
        reason: Cow<'static, str>,
    },
}

impl Verdict {
    /// Judges by the status alone: 429 is rate limited; 408, 500, 502, 503 and 504 are transient.
    pub fn by_status(response: &Response) -> Self {
        match response.status {
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited { wait: None },
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Self::Transient {
                attempts: u32::MAX,
                reason: "a status that may pass".into(),
            },
            _ => Self::Final,
        }
    }
}
