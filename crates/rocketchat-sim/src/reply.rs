//! Answers and refusals, in the shape that each release gives them (`rocketchat-api.md` section 6.1).

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, PRAGMA};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Version;
use crate::body::Body;

pub(crate) type Reply = Response<Body>;

/// What an endpoint gives.
pub(crate) type Answer = Result<Reply, Refusal>;

const LOGGED_OUT: &str = "You must be logged in to do this.";

/// Why an endpoint does not answer; how that looks depends on the release.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// 401.
    LoggedOut,
    /// 403 by the endpoint's own code.
    Forbidden,
    /// 403 by the endpoint's declared permissions.
    Permission,
    /// 400 with only a text, which may be a code.
    Failure(String),
    /// 400 by a thrown error with a code and details.
    Coded {
        code: &'static str,
        text: String,
        details: Option<Value>,
    },
    /// 400 by the endpoint's schema.
    Invalid(&'static str),
    /// 429: how many seconds to wait.
    TooMany(i64),
}

impl Refusal {
    pub(crate) fn reply(&self, version: Version) -> Reply {
        let (status, body) = match self {
            Self::LoggedOut => (StatusCode::UNAUTHORIZED, logged_out(version)),
            Self::Forbidden => {
                let word = if version.at_least(9, 0) {
                    "forbidden"
                } else {
                    "unauthorized"
                };
                (StatusCode::FORBIDDEN, failure(word))
            }
            Self::Permission => {
                let text = "User does not have the permissions required for this action [error-unauthorized]";
                (StatusCode::FORBIDDEN, failure(text))
            }
            Self::Failure(text) => (StatusCode::BAD_REQUEST, failure(text)),
            Self::Coded {
                code,
                text,
                details,
            } => (StatusCode::BAD_REQUEST, coded(code, text, details.as_ref())),
            Self::Invalid(text) => (StatusCode::BAD_REQUEST, invalid(text, version)),
            Self::TooMany(seconds) => {
                let text = format!(
                    "Error, too many requests. Please slow down. You must wait {seconds} seconds before trying this \
                     endpoint again. [error-too-many-requests]"
                );
                (StatusCode::TOO_MANY_REQUESTS, failure(&text))
            }
        };
        json_reply(status, [Bytes::from(body.to_string())])
    }
}

fn failure(text: &str) -> Value {
    json!({"success": false, "error": text})
}

fn logged_out(version: Version) -> Value {
    match version {
        version if version.at_least(9, 0) => failure(LOGGED_OUT),
        version if version.at_least(7, 5) => {
            json!({"success": false, "error": LOGGED_OUT, "status": "error", "message": LOGGED_OUT})
        }
        _ => json!({"status": "error", "message": LOGGED_OUT}),
    }
}

fn coded(code: &str, text: &str, details: Option<&Value>) -> Value {
    let mut body = failure(&format!("{text} [{code}]"));
    body["errorType"] = code.into();
    if let Some(details) = details {
        body["details"] = details.clone();
    }
    body
}

fn invalid(text: &str, version: Version) -> Value {
    if version.at_least(8, 0) {
        return json!({"success": false, "errorType": "error-invalid-params", "error": text});
    }
    coded("invalid-params", text, None)
}

/// Gives a success body as it is; the caller puts `"success":true` into it.
pub(crate) fn ok(pieces: impl IntoIterator<Item = Bytes>) -> Reply {
    json_reply(StatusCode::OK, pieces)
}

/// Gives a success body that is an object, with `success` added.
pub(crate) fn object(mut body: Value) -> Reply {
    body["success"] = true.into();
    ok([Bytes::from(body.to_string())])
}

/// Puts a field into an object, if there is a value.
pub(crate) fn put(body: &mut Value, key: &str, value: Option<&impl Serialize>) {
    if let Some(value) = value {
        body[key] = json!(value);
    }
}

fn json_reply(status: StatusCode, pieces: impl IntoIterator<Item = Bytes>) -> Reply {
    let mut reply = plain_reply(status, "application/json", Body::new(pieces));
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    reply
}

fn plain_reply(status: StatusCode, content_type: &'static str, body: Body) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// Gives the web application's page, which is also the answer to unknown paths up to 7.4.
pub(crate) fn web_page() -> Reply {
    let page = "<!DOCTYPE html>\n<html>\n<head>\n  <meta charset=\"utf-8\" />\n  <title>Rocket.Chat</title>\n</head>\n\
                <body></body>\n</html>\n";
    plain_reply(
        StatusCode::OK,
        "text/html; charset=utf-8",
        page.to_owned().into(),
    )
}

/// Gives the answer to an unknown path below `/api/` (`rocketchat-api.md` section 6.2).
pub(crate) fn unknown_path(version: Version) -> Reply {
    if !version.at_least(7, 5) {
        return web_page();
    }
    plain_reply(
        StatusCode::NOT_FOUND,
        "text/plain; charset=UTF-8",
        "404 Not Found".to_owned().into(),
    )
}

/// Gives the answer to a known path with another method than GET.
pub(crate) fn wrong_method(version: Version) -> Reply {
    if version.at_least(7, 5) {
        return unknown_path(version);
    }
    let body = json!({"status": "error", "message": "API endpoint does not exist"});
    let mut reply = json_reply(
        StatusCode::METHOD_NOT_ALLOWED,
        [Bytes::from(body.to_string())],
    );
    reply
        .headers_mut()
        .insert(http::header::ALLOW, HeaderValue::from_static("GET"));
    reply
}

/// Gives exactly what a fault says; a header that HTTP does not allow is left out.
pub(crate) fn raw(status: u16, headers: &[(String, String)], body: Bytes) -> Reply {
    let mut reply = Response::new(Body::new([body]));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        let name = name.parse::<HeaderName>();
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            reply.headers_mut().append(name, value);
        }
    }
    reply
}

/// Appends a value as JSON text.
#[expect(
    clippy::expect_used,
    reason = "what is written has text keys and no failing parts, and memory does not refuse"
)]
pub(crate) fn write_json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("our own rows can be written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(actual: &Value, expected: &str) {
        assert_eq!(actual, &serde_json::from_str::<Value>(expected).unwrap());
    }

    #[test]
    fn bodies_follow_the_release() {
        check(
            &logged_out(Version(7, 4, 9)),
            r#"{"status":"error","message":"You must be logged in to do this."}"#,
        );
        check(
            &logged_out(Version(9, 0, 0)),
            r#"{"success":false,"error":"You must be logged in to do this."}"#,
        );
        check(
            &invalid("x", Version(8, 0, 0)),
            r#"{"success":false,"errorType":"error-invalid-params","error":"x"}"#,
        );
        let old = r#"{"success":false,"error":"x [invalid-params]","errorType":"invalid-params"}"#;
        check(&invalid("x", Version(7, 9, 0)), old);
    }
}
