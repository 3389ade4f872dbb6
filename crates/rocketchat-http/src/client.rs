//! The client: a transport with patience.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Request;
use tracing::{Instrument as _, Span, field};

use crate::pacing::{self, Pacer, Permit};
use crate::sieve::Nothing;
use crate::transport::RouteName;
use crate::{Error, Policy, Response, Sieve, Stats, Transport, Verdict, Wait};

/// What an attempt leads to.
enum Step {
    Done(Result<Response, Error>),
    Refused(Duration),
    Trouble(Trouble),
}

/// An attempt that may be worth another.
struct Trouble {
    outcome: Result<Response, Error>,
    attempts: u32,
    asked: Option<Duration>,
    reason: Cow<'static, str>,
}

/// Sends requests at the pace that the server allows, and again when that may help.
///
/// All waiting is done on tokio's clock. A request that is cancelled by dropping its future lets the next one go, and counts
/// as one that the server may have seen. Must be made and used inside a tokio runtime with a timer.
pub struct Client {
    transport: Arc<dyn Transport>,
    classify: Arc<dyn Fn(&Response) -> Verdict + Send + Sync>,
    policy: Policy,
    pacer: Arc<Pacer>,
    /// What the pacer had waited before this client was made.
    waited_before: Duration,
    random: Mutex<fastrand::Rng>,
    requests: AtomicU64,
    retries: AtomicU64,
    refusals: AtomicU64,
}

impl Client {
    /// Makes a client over a transport. `classify` judges every answer; [`Verdict::by_status`] is the plain choice.
    pub fn new(
        transport: Arc<dyn Transport>,
        policy: Policy,
        classify: impl Fn(&Response) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        Self {
            transport,
            classify: Arc::new(classify),
            pacer: Arc::new(Pacer::new(&policy)),
            waited_before: Duration::ZERO,
            random: Mutex::new(policy.random()),
            policy,
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
        }
    }

    /// Makes another client for the same server, which counts its own requests but keeps to the same budget: together
    /// they send no more than one of them might. The pacer goes on with the policy that it has.
    #[must_use]
    pub fn sharing(&self, policy: Policy) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            classify: Arc::clone(&self.classify),
            pacer: Arc::clone(&self.pacer),
            waited_before: self.pacer.waited(),
            random: Mutex::new(policy.random()),
            policy,
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
        }
    }

    /// Sends a request, waits for its turn, and tries again as the policy allows.
    ///
    /// Refusals for lack of budget are waited out without a limit on their number; to bound the whole, wrap the call
    /// in a timeout.
    ///
    /// # Errors
    ///
    /// The last attempt's error. An answer is never an error here: if trouble that may pass does not, the last answer
    /// is returned, because the caller can word it.
    pub async fn send(&self, request: Request<()>) -> Result<Response, Error> {
        self.send_through(request, &mut Nothing).await
    }

    /// The same, but the body goes through `sieve`, and the answer has what is left.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_through(
        &self,
        request: Request<()>,
        sieve: &mut dyn Sieve,
    ) -> Result<Response, Error> {
        let route = RouteName::of(&request);
        let (mut sent, mut failed) = (0_u32, 0);
        loop {
            let permit = self.pacer.admit(&route).await;
            self.requests.fetch_add(1, Ordering::Relaxed);
            let span = span(&request, &route, sent);
            sent += 1;
            let answer = self.transport.send_through(&request, sieve);
            let outcome = answer.instrument(span.clone()).await;
            note(&span, &outcome);
            let trouble = match self.weigh(permit, outcome) {
                Step::Done(outcome) => return outcome,
                Step::Refused(wait) => {
                    self.refusals.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(http.route = %route, wait.ms = wait.as_millis(), "refused for lack of budget");
                    continue;
                }
                Step::Trouble(trouble) => trouble,
            };
            failed += 1;
            if failed >= trouble.attempts.min(self.policy.attempts) {
                return trouble.outcome;
            }
            let pause = self.pause(failed, trouble.asked);
            tracing::warn!(
                http.route = %route,
                retry.attempt = failed,
                retry.reason = %trouble.reason,
                wait.ms = pause.as_millis(),
                "trying again after trouble that may pass"
            );
            tokio::time::sleep(pause).await;
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Tells the pacer how an attempt ended, and decides what follows from it.
    fn weigh(&self, permit: Permit<'_>, outcome: Result<Response, Error>) -> Step {
        let response = match outcome {
            Ok(response) => response,
            Err(error) if error.is_retryable() => {
                let reason = error.to_string().into();
                return Step::Trouble(Trouble {
                    outcome: Err(error),
                    attempts: u32::MAX,
                    asked: None,
                    reason,
                });
            }
            Err(error) => return Step::Done(Err(error)),
        };
        match (self.classify)(&response) {
            Verdict::Final => {
                permit.answered(&response);
                Step::Done(Ok(response))
            }
            Verdict::RateLimited { wait } => Step::Refused(permit.refused(&response, wait)),
            Verdict::Transient { attempts, reason } => {
                permit.failed(&response);
                let asked = pacing::retry_after(&response);
                Step::Trouble(Trouble {
                    outcome: Ok(response),
                    attempts,
                    asked,
                    reason,
                })
            }
        }
    }

    /// Returns what was done so far.
    pub fn stats(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            refusals: self.refusals.load(Ordering::Relaxed),
            waited: self.pacer.waited().saturating_sub(self.waited_before),
            routes: self.pacer.routes().collect(),
        }
    }

    /// Returns what requests wait for now: one entry for each route whose budget is spent, the one that goes on first at
    /// the front. Pauses after trouble are not among them.
    pub fn waiting(&self) -> Vec<Wait> {
        self.pacer.waiting()
    }

    /// Returns the pause after a failed attempt; a server that names a longer one is obeyed within reason.
    fn pause(&self, failed: u32, asked: Option<Duration>) -> Duration {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let backoff = self.policy.backoff(failed, &mut random);
        asked.map_or(backoff, |asked| {
            backoff.max(asked.min(self.policy.longest_wait))
        })
    }
}

/// Makes the span of one attempt at a request that was `sent` so often before. Its names are OpenTelemetry's for clients of
/// HTTP; the query, which may name people, is left out.
fn span(request: &Request<()>, route: &RouteName, sent: u32) -> Span {
    tracing::debug_span!(
        "request",
        otel.name = %route,
        otel.kind = "client",
        http.request.method = %request.method(),
        http.route = request.uri().path(),
        http.request.resend_count = (sent > 0).then_some(sent),
        http.response.status_code = field::Empty,
        error.type = field::Empty,
        otel.status_code = field::Empty,
    )
}

/// Adds to a span how the attempt ended.
fn note(span: &Span, outcome: &Result<Response, Error>) {
    if span.is_disabled() {
        return;
    }
    let trouble = match outcome {
        Ok(response) => {
            let status = response.status;
            span.record("http.response.status_code", status.as_u16());
            let is_error = status.is_client_error() || status.is_server_error();
            is_error.then(|| status.as_str().to_owned())
        }
        Err(error) => Some(format!("{:?}", error.kind())),
    };
    if let Some(trouble) = trouble {
        span.record("error.type", trouble);
        span.record("otel.status_code", "error");
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
