//! Answering health checks (`baton-runtime.md` section 6.5).

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_model::{Clock, Timestamp};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{Connector, Error, Failure};

/// The result of a validation is good for so long: probes must not use up the rate limit that syncs need.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// A validation may take so long.
const LIMIT: Duration = Duration::from_secs(30);
/// A connection may be silent for so long.
const SILENCE: Duration = Duration::from_secs(10);
/// More connections wait. Probes come one by one; whatever else connects must not use up memory.
const MOST_CONNECTIONS: usize = 64;

/// Answers health checks at one address.
pub(crate) struct Health {
    listener: TcpListener,
    state: Arc<State>,
}

struct State {
    connector: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
    /// Ends what is going on.
    stop: CancellationToken,
    last: Mutex<Option<Validation>>,
}

/// A validation that goes on or has ended: when, and what was wrong. Whoever asks meanwhile waits for the same.
type Validation = Shared<BoxFuture<'static, (Instant, Result<(), String>)>>;

#[derive(Serialize)]
struct Report {
    status: &'static str,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Serialize)]
struct Details {
    error: &'static str,
    validation_error: String,
}

impl Health {
    pub(crate) async fn bind(
        address: &str,
        connector: Arc<dyn Connector>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| Error::Health {
            address: address.to_owned(),
            source,
        })?;
        tracing::info!(address, "health checks are answered");
        let state = State {
            connector,
            clock,
            stop: CancellationToken::new(),
            last: Mutex::new(None),
        };
        Ok(Self {
            listener,
            state: Arc::new(state),
        })
    }

    /// Answers until it is dropped.
    pub(crate) async fn serve(self) {
        let _stop = self.state.stop.clone().drop_guard();
        let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let slot = Arc::clone(&slots).acquire_owned().await;
            while connections.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let state = Arc::clone(&self.state);
                    connections.spawn(async move {
                        answer_all(stream, &state).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(error = %error, "a health check could not be answered");
                    // It may be that there are too many open files, which passes.
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

async fn answer_all(stream: TcpStream, state: &Arc<State>) {
    let service = service_fn(async |request| Ok::<_, Infallible>(state.answer(&request).await));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(error = %error, "the connection of a health check broke");
    }
}

impl State {
    async fn answer(self: &Arc<Self>, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        match request.uri().path() {
            "/health" => self.health().await,
            "/ready" => self.good("ready"),
            "/live" => self.good("alive"),
            _ => response(
                StatusCode::NOT_FOUND,
                "text/plain; charset=utf-8",
                "404 page not found\n",
            ),
        }
    }

    async fn health(self: &Arc<Self>) -> Response<Full<Bytes>> {
        let Err(validation_error) = self.validation().await else {
            return self.good("healthy");
        };
        let details = Details {
            error: "connector validation failed",
            validation_error,
        };
        self.report(StatusCode::SERVICE_UNAVAILABLE, "unhealthy", Some(details))
    }

    /// Validates, or tells what the last validation found.
    async fn validation(self: &Arc<Self>) -> Result<(), String> {
        loop {
            let (ended, found) = self.current().await;
            // It may have ended long ago, when nobody waited for it any more.
            if ended.elapsed() < GOOD_FOR {
                return found;
            }
        }
    }

    /// Returns the validation that goes on or is still good, or begins another.
    fn current(self: &Arc<Self>) -> Validation {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = |it: &&Validation| it.peek().is_none_or(|it| it.0.elapsed() < GOOD_FOR);
        if let Some(it) = last.as_ref().filter(is_good) {
            return it.clone();
        }
        let state = Arc::clone(self);
        // It goes on when the caller is gone: probes have little patience, and the next one has to find a result.
        let task = tokio::spawn(async move {
            let found = state.stop.run_until_cancelled(state.validate()).await;
            let stopped = || Err("the connector is being stopped".to_owned());
            (Instant::now(), found.unwrap_or_else(stopped))
        });
        let validation =
            task.map(|done| done.unwrap_or_else(|error| (Instant::now(), Err(error.to_string()))));
        last.insert(validation.boxed().shared()).clone()
    }

    async fn validate(&self) -> Result<(), String> {
        let validation = AssertUnwindSafe(async { self.connector.validate().await });
        match timeout(LIMIT, validation.catch_unwind()).await {
            Ok(Ok(found)) => found.map_err(|failure| failure.message().to_owned()),
            Ok(Err(panic)) => Err(Failure::of_panic(panic.as_ref()).message().to_owned()),
            Err(_) => Err(format!("no result within {} s", LIMIT.as_secs())),
        }
    }

    fn good(&self, status: &'static str) -> Response<Full<Bytes>> {
        self.report(StatusCode::OK, status, None)
    }

    fn report(
        &self,
        code: StatusCode,
        status: &'static str,
        details: Option<Details>,
    ) -> Response<Full<Bytes>> {
        // Whole seconds, as others write it.
        let now = Timestamp::new(self.clock.now().seconds(), 0).unwrap_or(Timestamp::EPOCH);
        let report = Report {
            status,
            timestamp: now.to_string(),
            details,
        };
        let body = serde_json::to_string(&report).unwrap_or_default() + "\n";
        response(code, "application/json", body)
    }
}

fn response(code: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = code;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use baton_model::FixedClock;
    use baton_proto::connector::v2::ConnectorMetadata;
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::{Cancellation, Code, SyncRequest};

    /// Its validations fail, the third does not end, and the fourth panics.
    #[derive(Default)]
    struct Troubled(AtomicUsize);

    impl Connector for Troubled {
        fn metadata(&self) -> ConnectorMetadata {
            ConnectorMetadata::default()
        }

        fn validate(&self) -> BoxFuture<'_, Result<(), Failure>> {
            let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            Box::pin(async move {
                match count {
                    3 => std::future::pending().await,
                    4 => panic!("out of luck"),
                    _ => {}
                }
                Err(Failure::new(Code::Unavailable, count.to_string()))
            })
        }

        fn sync<'a>(
            &'a self,
            _: &'a SyncRequest,
            _: &'a Path,
            _: Cancellation,
        ) -> BoxFuture<'a, Result<(), Failure>> {
            Box::pin(async { Ok(()) })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_result_is_good_for_half_a_minute() {
        let state = State {
            connector: Arc::new(Troubled::default()),
            clock: Arc::new(FixedClock(Timestamp::EPOCH)),
            stop: CancellationToken::new(),
            last: Mutex::new(None),
        };
        let state = Arc::new(state);
        let is = |words: &str| Err(words.to_owned());
        assert_eq!(state.validation().await, is("1"));
        sleep(Duration::from_secs(29)).await;
        assert_eq!(state.validation().await, is("1"));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(
            tokio::join!(state.validation(), state.validation()),
            (is("2"), is("2"))
        );
        sleep(GOOD_FOR).await;
        assert_eq!(state.validation().await, is("no result within 30 s"));
        sleep(GOOD_FOR).await;
        let fault = is("a fault of the connector: out of luck");
        assert_eq!(state.validation().await, fault);
    }
}
