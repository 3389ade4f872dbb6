//! A request and its answer, without anything secret.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};

use crate::Response;

/// A request and its answer. Holds no request headers, and of the answer's only those that are known to be safe.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: Method,
    /// The path, beginning with a slash.
    pub path: String,
    /// The decoded query parameters.
    pub query: Vec<(String, String)>,
    /// The status of the answer.
    pub status: StatusCode,
    /// The safe headers of the answer: `content-type`, `date`, `retry-after`, `x-ratelimit-*`.
    pub headers: HeaderMap,
    /// The body of the answer. Bodies of a live server hold personal data.
    pub body: Bytes,
}

/// Shows request and status only.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("request", &Key::of_exchange(self).to_string())
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Exchange {
    pub(crate) fn new(request: &Request<()>, response: &Response) -> Self {
        let safe = |(name, value): (&HeaderName, _)| {
            is_safe(name).then(|| (name.clone(), Clone::clone(value)))
        };
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: query_of(request),
            status: response.status,
            headers: response.headers.iter().filter_map(safe).collect(),
            body: response.body.clone(),
        }
    }

    pub(crate) fn into_response(self) -> Response {
        Response {
            status: self.status,
            headers: self.headers,
            body: self.body,
        }
    }
}

/// What makes two requests the same: method, path, and query parameters in any order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    path: String,
    method: String,
    query: Vec<(String, String)>,
}

impl Key {
    pub(crate) fn of_exchange(exchange: &Exchange) -> Self {
        Self::new(&exchange.method, &exchange.path, exchange.query.clone())
    }

    pub(crate) fn of_request(request: &Request<()>) -> Self {
        Self::new(request.method(), request.uri().path(), query_of(request))
    }

    fn new(method: &Method, path: &str, mut query: Vec<(String, String)>) -> Self {
        query.sort();
        Self {
            path: path.to_owned(),
            method: method.to_string(),
            query,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

pub(crate) fn is_safe(name: &HeaderName) -> bool {
    *name == CONTENT_TYPE
        || *name == DATE
        || *name == RETRY_AFTER
        || name.as_str().starts_with("x-ratelimit-")
}

fn query_of(request: &Request<()>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}
