//! Endpoints over the HTTP client: the one place where the two crates meet.

use std::time::{Duration, SystemTime};

use baton_model::Timestamp;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use rocketchat_api::{Answer, Arrival, Endpoint, Outcome};
use rocketchat_http::{Client, Response, Sieve, Verdict};
use tokio::time::Instant;

use crate::work::Work;
use crate::{Error, Progress};

/// Pauses before an answer that is no JSON, or cut, is asked for again: a proxy's page or a lost connection.
const SECOND_LOOKS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];

/// Asks endpoints and decodes their answers; readers of lists find here what an interrupted sync kept, and whom to tell how
/// far they are.
#[derive(Clone, Copy)]
pub(crate) struct Api<'a> {
    client: &'a Client,
    pub(crate) work: &'a Work<'a>,
    pub(crate) progress: &'a dyn Progress,
}

impl<'a> Api<'a> {
    pub(crate) fn new(client: &'a Client, work: &'a Work<'a>, progress: &'a dyn Progress) -> Self {
        Self {
            client,
            work,
            progress,
        }
    }

    /// Tells whether the server limits none of this account's requests, as far as it has answered any.
    pub(crate) fn is_unlimited(&self) -> bool {
        let routes = self.client.stats().routes;
        let mut answered = routes.values().filter_map(|it| it.limited).peekable();
        answered.peek().is_some() && answered.all(|limited| !limited)
    }

    /// Asks an endpoint that the server is expected to have.
    pub(crate) async fn ask<E: Endpoint>(&self, endpoint: &E) -> Result<E::Output, Error> {
        self.ask_dated(endpoint).await.map(|dated| dated.output)
    }

    /// The same, with the time of the question.
    pub(crate) async fn ask_dated<E: Endpoint>(
        &self,
        endpoint: &E,
    ) -> Result<Dated<E::Output>, Error> {
        for pause in SECOND_LOOKS {
            match self.send(endpoint).await {
                Err(Error::Api(error)) if deserves_second_look(&error) => {
                    tracing::warn!(endpoint = E::NAME, error = %error, "asking again for an answer that cannot be read");
                    tokio::time::sleep(pause).await;
                }
                other => return other,
            }
        }
        self.send(endpoint).await
    }

    /// Asks an endpoint that is likely to be absent: an answer that is no JSON says so at once.
    pub(crate) async fn probe<E: Endpoint>(&self, endpoint: &E) -> Result<E::Output, Error> {
        self.send(endpoint).await.map(|dated| dated.output)
    }

    async fn send<E: Endpoint>(&self, endpoint: &E) -> Result<Dated<E::Output>, Error> {
        let request = endpoint.request().map_err(Error::Request)?;
        let asked = Instant::now();
        let mut intake = Intake::<E>(Arrival::new());
        let response = self.client.send_through(request, &mut intake).await?;
        let answered = response.date();
        Ok(Dated {
            output: intake.0.end(&answer(&response))?,
            asked: answered.and_then(|at| timestamp(at.checked_sub(asked.elapsed())?)),
        })
    }
}

/// Lets an answer be decoded while it arrives.
struct Intake<E: Endpoint>(Arrival<E>);

impl<E: Endpoint> Sieve for Intake<E> {
    fn begin(&mut self, status: StatusCode, headers: &HeaderMap) -> bool {
        self.0.begin(status.as_u16(), content_type(headers))
    }

    fn take(&mut self, bytes: &[u8], rest: &mut Vec<u8>) {
        self.0.take(bytes, rest);
    }
}

/// What an endpoint answered, and when it was asked.
pub(crate) struct Dated<T> {
    pub(crate) output: T,
    /// By the server's clock, if it tells: the answer shows nothing older than this.
    pub(crate) asked: Option<Timestamp>,
}

fn timestamp(date: SystemTime) -> Option<Timestamp> {
    let since_1970 = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Timestamp::new(i64::try_from(since_1970.as_secs()).ok()?, 0).ok()
}

fn deserves_second_look(error: &rocketchat_api::Error) -> bool {
    let is_page = matches!(error, rocketchat_api::Error::NotJson { .. });
    error.is_cut() || is_page && (200..300).contains(&error.status())
}

fn answer(response: &Response) -> Answer<'_> {
    Answer {
        status: response.status.as_u16(),
        content_type: content_type(&response.headers),
        body: &response.body,
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
}

/// Tells the HTTP client which of Rocket.Chat's answers are worth a repeat. Hand it to [`Client::new`].
pub fn verdict(response: &Response) -> Verdict {
    match Outcome::of(&answer(response)) {
        Outcome::Final => Verdict::Final,
        Outcome::RateLimited { wait } => Verdict::RateLimited { wait },
        Outcome::Transient { attempts } => Verdict::Transient {
            attempts,
            reason: "a fault of the server that may pass".into(),
        },
    }
}
