//! A transport that answers from a list.

use std::collections::VecDeque;
use std::sync::Mutex;

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use rocketchat_http::{BoxFuture, Error, Response, Transport};
use tokio::time::Instant;

pub(crate) struct Scripted {
    outcomes: Mutex<VecDeque<Result<Response, Error>>>,
    started: Mutex<Vec<Instant>>,
}

impl Scripted {
    pub(crate) fn new(outcomes: impl IntoIterator<Item = Result<Response, Error>>) -> Self {
        Self {
            outcomes: Mutex::new(outcomes.into_iter().collect()),
            started: Mutex::default(),
        }
    }

    /// Seconds between the attempts.
    pub(crate) fn pauses(&self) -> Vec<f64> {
        let started = self.started.lock().unwrap();
        started
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect()
    }

    pub(crate) fn attempts(&self) -> usize {
        self.started.lock().unwrap().len()
    }
}

impl Transport for Scripted {
    fn send<'a>(&'a self, _: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        self.started.lock().unwrap().push(Instant::now());
        let outcome = self.outcomes.lock().unwrap().pop_front();
        Box::pin(async move {
            match outcome {
                Some(outcome) => outcome,
                // The end of the list hangs, so that a test sees one attempt too many.
                None => std::future::pending().await,
            }
        })
    }
}

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)]) -> Response {
    let header = |(name, value): &(&'static str, &str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    let headers: HeaderMap = headers.iter().map(header).collect();
    Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: "{}".into(),
    }
}

pub(crate) fn timeout() -> Error {
    Error::Timeout {
        route: "GET /x".to_owned(),
        phase: "the head",
        limit: std::time::Duration::from_secs(1),
    }
}
