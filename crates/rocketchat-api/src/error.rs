//! What a server refused, or what could not be understood.

use std::borrow::Cow;

use serde_json::Value;

use crate::Answer;
use crate::answer::shorten;

/// Why an answer holds no data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server said no, in JSON.
    #[error("{endpoint} answered {status}: {message}")]
    Refused {
        /// The endpoint asked, such as `users.list`.
        endpoint: &'static str,
        /// The HTTP status.
        status: u16,
        /// Rocket.Chat's error code, if the answer has one.
        code: Option<String>,
        /// The server's words.
        message: String,
        /// What it means.
        kind: Kind,
    },
    /// The body is not JSON, whatever it is called: a proxy's page, the web application's page, plain text; or nothing,
    /// or half of something, with a status that says enough.
    #[error(
        "{endpoint} answered {status} with {} instead of JSON: {message}",
        shown(content_type)
    )]
    NotJson {
        /// The endpoint asked.
        endpoint: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the server calls it.
        content_type: String,
        /// The start of the body.
        message: String,
        /// What it means.
        kind: Kind,
    },
    /// The JSON of a success, or of a refusal that only its words explain, is cut or not of the documented shape.
    #[error("{endpoint} answered {status} with {} that cannot be read", part(*.row))]
    Malformed {
        /// The endpoint asked.
        endpoint: &'static str,
        /// The HTTP status.
        status: u16,
        /// The row that it is about, counted from 0, if it is about one of a list; places are then within the row.
        row: Option<usize>,
        /// Where and why.
        source: serde_json::Error,
    },
}

/// What an error means to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// 401: the user id or token is wrong, or the account was deactivated.
    Unauthenticated,
    /// A permission is missing; the status may be 403 or 400.
    PermissionDenied,
    /// The endpoint does not exist on this server: 404, 405, or an HTML page with status 200.
    Absent,
    /// The team asked for does not exist (any more).
    NoSuchTeam,
    /// The user asked for does not exist (any more).
    NoSuchUser,
    /// 429.
    RateLimited,
    /// The endpoint wants a two-factor code; a token that bypasses two-factor is needed.
    TwoFactorRequired,
    /// The server did not accept the request as written.
    InvalidRequest,
    /// A 400 with free text: an exception inside the server, such as a database that is busy or an answer too large.
    Uncoded,
    /// 5xx.
    Unavailable,
    /// 3xx: something in front of the server wants a sign-in or another address.
    Redirected,
    /// The answer cannot be read.
    Malformed,
    /// Any other refusal.
    Other,
}

impl Error {
    /// Returns what the error means.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused { kind, .. } | Self::NotJson { kind, .. } => *kind,
            Self::Malformed { .. } => Kind::Malformed,
        }
    }

    /// Tells whether the body is no whole JSON text, as a connection or a proxy leaves it: asking again may help. A whole
    /// text of another shape comes out the same every time.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Malformed { source, .. } if !source.is_data())
    }

    /// Returns the HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused { status, .. }
            | Self::NotJson { status, .. }
            | Self::Malformed { status, .. } => *status,
        }
    }

    /// Reads an answer that is no success.
    pub(crate) fn read(endpoint: &'static str, answer: &Answer<'_>) -> Self {
        let status = answer.status;
        if !answer.is_json() {
            return Self::not_json(endpoint, answer);
        }
        let body: Value = match serde_json::from_slice(answer.body) {
            Ok(body) => body,
            // What a gateway says with 429 or 503 counts although its body is empty or cut.
            Err(_) if Kind::is_plain_from(status) => return Self::not_json(endpoint, answer),
            Err(source) => {
                return Self::Malformed {
                    endpoint,
                    status,
                    row: None,
                    source,
                };
            }
        };
        let refusal = Refusal::read(&body);
        let kind = refusal.kind(status);
        Self::Refused {
            endpoint,
            status,
            code: refusal.code,
            message: refusal.message,
            kind,
        }
    }

    fn not_json(endpoint: &'static str, answer: &Answer<'_>) -> Self {
        let status = answer.status;
        let kind = if Answer::is_success(status) {
            Kind::Absent
        } else {
            Kind::of_status(status)
        };
        Self::NotJson {
            endpoint,
            status,
            content_type: shorten(answer.content_type.unwrap_or("an unnamed content type")),
            message: answer.words(),
            kind,
        }
    }
}

/// Returns what the server calls a body that is not JSON, and says so if it calls it that.
fn shown(content_type: &str) -> Cow<'_, str> {
    if Answer::names_json(content_type) {
        format!("a broken body, called {content_type},").into()
    } else {
        content_type.into()
    }
}

fn part(row: Option<usize>) -> String {
    match row {
        Some(row) => format!("a row (number {row} of the list, from 0)"),
        None => "a body".to_owned(),
    }
}

impl Kind {
    /// Tells whether the status says everything, so that the words add nothing.
    fn is_told_by(status: u16) -> bool {
        status != 400 && !Answer::is_success(status)
    }

    /// Tells whether the status is enough to know what to do, even if the body is broken. That an endpoint is absent, or that
    /// anything else is the matter, has to be said by a whole answer: something on the way may say the same in passing.
    fn is_plain_from(status: u16) -> bool {
        use Kind::{PermissionDenied, RateLimited, Redirected, Unauthenticated, Unavailable};
        matches!(
            Self::of_status(status),
            PermissionDenied | RateLimited | Redirected | Unauthenticated | Unavailable
        )
    }

    fn of_status(status: u16) -> Self {
        match status {
            300..=399 => Self::Redirected,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 | 405 => Self::Absent,
            429 => Self::RateLimited,
            500..=599 => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

/// The words of a refusal. `error` may be a text, an object or missing, and code and text may have changed places
/// (`rocketchat-api.md` section 6.1).
struct Refusal {
    code: Option<String>,
    message: String,
}

impl Refusal {
    fn read(body: &Value) -> Self {
        let text = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let error = text("error");
        let code = text("errorType")
            .filter(|text| is_code(text))
            .map(str::to_owned);
        let code = code
            .or_else(|| error.and_then(trailing_code))
            .or_else(|| error.filter(|text| is_code(text)).map(str::to_owned));
        let message = match (error.or_else(|| text("message")), body.get("error")) {
            (Some(words), _) => shorten(words),
            (None, Some(object)) if !object.is_null() => shorten(&object.to_string()),
            (None, _) => "no reason given".to_owned(),
        };
        Self { code, message }
    }

    fn kind(&self, status: u16) -> Kind {
        if Kind::is_told_by(status) {
            return Kind::of_status(status);
        }
        match self.code.as_deref() {
            Some("error-too-many-requests") => Kind::RateLimited,
            Some("totp-required" | "totp-invalid") => Kind::TwoFactorRequired,
            Some(
                "error-invalid-params"
                | "invalid-params"
                | "error-invalid-sort"
                | "error-param-not-provided",
            ) => Kind::InvalidRequest,
            Some("team-does-not-exist") => Kind::NoSuchTeam,
            Some("error-user-not-found" | "error-invalid-user" | "invalid-user") => {
                Kind::NoSuchUser
            }
            Some(code) if REFUSALS.contains(&code) => Kind::PermissionDenied,
            None if self.message == "User not found." => Kind::NoSuchUser,
            None if self.message == "Team not found" => Kind::NoSuchTeam,
            None if self.message.starts_with("Match error") => Kind::InvalidRequest,
            None if status == 400 && self.message != "no reason given" => Kind::Uncoded,
            _ => Kind::Other,
        }
    }
}

/// Codes that mean a missing permission although the status may be 400.
const REFUSALS: [&str; 7] = [
    "error-not-allowed",
    "error-action-not-allowed",
    "error-not-authorized",
    "error-unauthorized",
    "not-authorized",
    "unauthorized",
    "forbidden",
];

fn is_code(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

/// Returns `error-x` of `Some words [error-x]`.
fn trailing_code(text: &str) -> Option<String> {
    let (_, code) = text.strip_suffix(']')?.rsplit_once('[')?;
    is_code(code).then(|| code.to_owned())
}
