//! What C1 remembers, and where a request goes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tonic::Status;
use tonic::body::Body;

use crate::{Behaviour, Call, Settings, What};

/// C1 without its connections.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) settings: Settings,
    start: Instant,
    behaviour: Mutex<Behaviour>,
    memory: Mutex<Memory>,
    pub(crate) called: Notify,
}

/// What C1 knows.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) calls: Vec<Call>,
    /// What was wrong with calls.
    pub(crate) problems: Vec<String>,
    /// By task.
    pub(crate) uploads: BTreeMap<String, Vec<Vec<u8>>>,
    /// Tokens, and when they end.
    pub(crate) tokens: Vec<(String, Instant)>,
    pub(crate) nonces: Vec<String>,
    /// How many tasks were given.
    pub(crate) given: usize,
}

impl Service {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            start: Instant::now(),
            behaviour: Mutex::default(),
            memory: Mutex::default(),
            called: Notify::new(),
        }
    }

    pub(crate) fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers whatever is called.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let slowness = self.behaviour().slowness;
        if !slowness.is_zero() {
            sleep(slowness).await;
        }
        if request.uri().path() == "/auth/v1/token" {
            return Ok(self.token(request).await);
        }
        Ok(self.grpc(request).await)
    }

    pub(crate) fn write_down(&self, headers: &HeaderMap, what: What) {
        let call = Call {
            at: self.start.elapsed(),
            headers: headers.clone(),
            what,
        };
        self.memory().calls.push(call);
        self.called.notify_waiters();
    }

    /// Remembers what is wrong with a call, if anything is.
    pub(crate) fn check(&self, is_right: bool, problem: &str) -> Result<(), Status> {
        if is_right {
            return Ok(());
        }
        self.memory().problems.push(problem.to_owned());
        Err(Status::invalid_argument(problem))
    }
}
