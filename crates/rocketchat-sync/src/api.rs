//! Endpoints over the HTTP client: the one place where the two crates meet.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use rocketchat_api::{Answer, Endpoint, Outcome, decode};
use rocketchat_http::{Client, Response, Verdict};

use crate::Error;

/// Pauses before an answer that is no JSON, or cut, is asked for again: a proxy's page or a lost connection.
const SECOND_LOOKS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];

/// Asks endpoints and decodes their answers.
#[derive(Clone, Copy)]
pub(crate) struct Api<'a> {
    client: &'a Client,
}

impl<'a> Api<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Asks an endpoint that the server is expected to have.
    pub(crate) async fn ask<E: Endpoint>(&self, endpoint: &E) -> Result<E::Output, Error> {
        for pause in SECOND_LOOKS {
            match self.probe(endpoint).await {
                Err(Error::Api(error)) if deserves_second_look(&error) => {
                    tracing::warn!(endpoint = E::NAME, error = %error, "asking again for an answer that cannot be read");
                    tokio::time::sleep(pause).await;
                }
                other => return other,
            }
        }
        self.probe(endpoint).await
    }

    /// Asks an endpoint that is likely to be absent: an answer that is no JSON says so at once.
    pub(crate) async fn probe<E: Endpoint>(&self, endpoint: &E) -> Result<E::Output, Error> {
        let request = endpoint.request().map_err(Error::Request)?;
        let response = self.client.send(request).await?;
        Ok(decode(endpoint, &answer(&response))?)
    }
}

fn deserves_second_look(error: &rocketchat_api::Error) -> bool {
    let is_page = matches!(error, rocketchat_api::Error::NotJson { .. });
    error.is_cut() || is_page && (200..300).contains(&error.status())
}

fn answer(response: &Response) -> Answer<'_> {
    Answer {
        status: response.status.as_u16(),
        content_type: response
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok()),
        body: &response.body,
    }
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
