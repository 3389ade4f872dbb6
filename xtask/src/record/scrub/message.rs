//! Requests, headers, and bodies that are not JSON.

use anyhow::bail;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue};

use super::identities::Kind;
use super::rule::Rename;

/// Headers that hold a number and nothing else.
const NUMBERS: &[&str] = &[
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// The sort orders that a sync asks for.
const SORTS: [&str; 2] = [r#"{"_id":1}"#, r#"{"createdAt":-1}"#];

const HTML: &[u8] = b"<!DOCTYPE html>\n<title>Redacted</title>\n";
const TEXT: &[u8] = b"Redacted text\n";
/// What the router answers for a path that it does not know (`rocketchat-api.md` section 6.2).
const NOT_FOUND: &[u8] = b"404 Not Found";
const BROKEN_JSON: &[u8] = b"{\"success\":";

/// Returns the query with the ids in it replaced.
///
/// # Errors
/// A parameter or value that a sync does not send. What it means is not known here, so it cannot be kept; without it
/// the recording could not be replayed.
pub(super) fn query(
    query: &[(String, String)],
    rename: &mut Rename<'_>,
) -> anyhow::Result<Vec<(String, String)>> {
    let kept = query.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "count" | "offset" if is_number(value) => value.clone(),
            "sort" if SORTS.contains(&value.as_str()) => value.clone(),
            "status" if value == "deactivated" => value.clone(),
            "userId" => rename(Kind::UserId, value, None),
            "teamId" => rename(Kind::TeamId, value, None),
            _ => bail!("query parameter, or its value, is not on the allow-list: {name}"),
        };
        Ok((name.clone(), value))
    });
    kept.collect()
}

/// Returns the headers that say nothing about a workspace: the kind of the body, the limiter, and the time.
pub(super) fn headers(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter_map(|(name, value)| {
        let text = value.to_str().ok()?;
        let value = if *name == CONTENT_TYPE {
            HeaderValue::from_static(content_type(text))
        } else if *name == DATE {
            let date = httpdate::parse_http_date(text).ok()?;
            HeaderValue::from_str(&httpdate::fmt_http_date(date)).ok()?
        } else if NUMBERS.contains(&name.as_str()) && is_number(text) {
            value.clone()
        } else {
            return None;
        };
        Some((name.clone(), value))
    });
    kept.collect()
}

/// Returns a body of the same kind as `body`, which is not a JSON object.
pub(super) fn stand_in(headers: &HeaderMap, body: &[u8]) -> &'static [u8] {
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map_or("", content_type);
    let start = body.trim_ascii_start();
    match declared {
        _ if body.is_empty() => b"",
        _ if start.starts_with(b"<") => HTML,
        "application/json" => BROKEN_JSON,
        _ if start == NOT_FOUND => NOT_FOUND,
        _ => TEXT,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn content_type(text: &str) -> &'static str {
    let essence = text.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/json" => "application/json",
        "text/html" => "text/html",
        "text/plain" => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{headers, query, stand_in};

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        let entry = |(name, value): &(&str, &str)| -> (HeaderName, HeaderValue) {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(entry).collect()
    }

    #[test]
    fn only_headers_of_known_form_stay() {
        let kept = headers(&map(&[
            (
                "Content-Type",
                "application/json; charset=utf-8; host=chat.example.net",
            ),
            ("Date", "Mon, 01 Jun 2026 14:00:19 GMT"),
            ("X-RateLimit-Remaining", "3"),
            ("X-RateLimit-Reset", "soon, says chat.example.net"),
            ("Retry-After", "Mon, 01 Jun 2026 14:00:19 GMT"),
            ("Set-Cookie", "session=1"),
            ("X-RateLimit-Host", "7"),
        ]));
        let expected = map(&[
            ("content-type", "application/json"),
            ("date", "Mon, 01 Jun 2026 14:00:19 GMT"),
            ("x-ratelimit-remaining", "3"),
        ]);
        assert_eq!(kept, expected);
        assert_eq!(
            headers(&map(&[("Content-Type", "x-chat/x-net")])),
            map(&[("content-type", "application/octet-stream")])
        );
        assert_eq!(
            headers(&map(&[("Date", "today at example.net")])),
            HeaderMap::new()
        );
    }

    #[test]
    fn ids_in_queries_are_replaced_and_the_rest_is_known() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let ask = |asked: &[(&str, &str)]| {
            query(&pairs(asked), &mut |kind, text, _| {
                format!("{kind:?} for {text}")
            })
        };
        assert_eq!(
            ask(&[
                ("userId", "u"),
                ("teamId", "t"),
                ("count", "0"),
                ("offset", "17"),
                ("sort", "{\"_id\":1}")
            ])
            .unwrap(),
            pairs(&[
                ("userId", "UserId for u"),
                ("teamId", "TeamId for t"),
                ("count", "0"),
                ("offset", "17"),
                ("sort", "{\"_id\":1}")
            ]),
        );
        for bad in [
            ("searchTerm", "zoe"),
            ("sort", "{\"zoe\":1}"),
            ("count", "-1"),
            ("offset", ""),
        ] {
            let error = ask(&[bad]).unwrap_err().to_string();
            assert!(error.contains(bad.0) && !error.contains("zoe"), "{error}");
        }
    }

    #[test]
    fn other_bodies_keep_their_kind() {
        for (declared, body, expected) in [
            (
                "text/html; charset=utf-8",
                "<!DOCTYPE html><title>Chat of Zoe</title>",
                "<!DOCTYPE html>\n<title>Redacted</title>\n",
            ),
            (
                "application/json",
                "\n<html>",
                "<!DOCTYPE html>\n<title>Redacted</title>\n",
            ),
            (
                "application/json",
                "{\"users\":[{\"name\":\"Zo",
                "{\"success\":",
            ),
            ("application/json", "", ""),
            ("text/plain", "404 Not Found", "404 Not Found"),
            (
                "text/plain",
                "Too many requests from zoe\n",
                "Redacted text\n",
            ),
            ("", "zoe", "Redacted text\n"),
        ] {
            let left = stand_in(&map(&[("content-type", declared)]), body.as_bytes());
            assert_eq!(
                std::str::from_utf8(left).unwrap(),
                expected,
                "{declared}: {body}"
            );
        }
    }
}
