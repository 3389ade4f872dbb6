//! What a server answered.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, StatusCode};

use crate::Sieve;

/// An answer, once all of its body has arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body: all of it, or what a [`Sieve`] left.
    pub body: Bytes,
}

impl Response {
    /// Returns the time of the answer by the server's clock, in whole seconds, if the header `Date` tells it.
    pub fn date(&self) -> Option<SystemTime> {
        date(&self.headers)
    }

    pub(crate) fn through(mut self, sieve: &mut dyn Sieve) -> Self {
        if sieve.begin(self.status, &self.headers) {
            let mut rest = Vec::new();
            sieve.take(&self.body, &mut rest);
            self.body = rest.into();
        }
        self
    }
}

/// Reads the header `Date`: whole seconds of the server's clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

/// Shows status and size only: bodies hold people's names and addresses.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}
