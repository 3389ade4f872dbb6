//! Tokens: getting them, and keeping them for as long as they are good (`baton-runtime.md` section 4.3).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_model::Clock;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};

use crate::c1::{http_client, unreachable};
use crate::dial::{Dial, Versions};
use crate::{Credentials, agent, assertion, failure};

/// A token is replaced this long before its end, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(10);
/// More than any answer of the endpoint.
const LONGEST_ANSWER: usize = 1 << 20;

/// Gets tokens, and keeps the last one.
pub(crate) struct Tokens {
    endpoint: Arc<Endpoint>,
    last: Mutex<Option<Fetch>>,
}

/// A token that is being asked for, or what came of it. Whoever needs it meanwhile waits for the same answer.
type Fetch = Shared<BoxFuture<'static, Result<Token, Status>>>;

/// Where tokens come from.
struct Endpoint {
    credentials: Credentials,
    address: Uri,
    client: Client<crate::dial::Dialer, Full<Bytes>>,
    limit: Duration,
    clock: Arc<dyn Clock>,
    random: SystemRandom,
}

/// What a call shows to C1.
pub(crate) struct Authorization {
    /// The value of the header of that name.
    pub(crate) value: HeaderValue,
    /// Whether the token was given out for this call.
    pub(crate) is_new: bool,
}

#[derive(Clone)]
struct Token {
    authorization: HeaderValue,
    /// Nothing if C1 does not say.
    end: Option<Instant>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    token_type: String,
    #[serde(default)]
    expires_in: Value,
}

impl Tokens {
    /// Prepares to ask at `address`, each time within `limit`.
    pub(crate) fn new(
        credentials: Credentials,
        address: Uri,
        dial: Arc<dyn Dial>,
        limit: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let endpoint = Endpoint {
            credentials,
            address,
            client: http_client(dial, Versions::Any),
            limit,
            clock,
            random: SystemRandom::new(),
        };
        Self {
            endpoint: Arc::new(endpoint),
            last: Mutex::new(None),
        }
    }

    /// Returns a token to call with.
    pub(crate) async fn authorization(&self) -> Result<Authorization, Status> {
        let (fetch, is_new) = self.current();
        let token = fetch.await?;
        Ok(Authorization {
            value: token.authorization,
            is_new,
        })
    }

    /// Returns the token that is good or being asked for, or asks for another; and whether it is a new one.
    fn current(&self) -> (Fetch, bool) {
        let mut last = self.last();
        if let Some(fetch) = last.as_ref() {
            match fetch.peek() {
                None => return (fetch.clone(), true),
                Some(Ok(token)) if token.is_good() => return (fetch.clone(), false),
                Some(_) => {}
            }
        }
        let endpoint = Arc::clone(&self.endpoint);
        // It goes on when the call that needed it is given up: the next one needs it too.
        let task = tokio::spawn(async move { endpoint.fetch_in_time().await });
        let fetch = task.map(|done| {
            done.unwrap_or_else(|error| {
                Err(Status::internal(format!("failed to get token: {error}")))
            })
        });
        (last.insert(fetch.boxed().shared()).clone(), true)
    }

    /// Drops a token that C1 did not accept, so that the next call asks for another.
    pub(crate) fn drop_refused(&self, authorization: &HeaderValue) {
        let mut last = self.last();
        let found = last.as_ref().and_then(|it| it.peek());
        if found.is_some_and(|it| {
            it.as_ref()
                .is_ok_and(|it| it.authorization == *authorization)
        }) {
            *last = None;
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Fetch>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Token {
    fn is_good(&self) -> bool {
        self.end.is_none_or(|end| Instant::now() + MARGIN < end)
    }
}

impl Endpoint {
    async fn fetch_in_time(&self) -> Result<Token, Status> {
        let late = || {
            let words = format!("failed to get token: no answer within {:?}", self.limit);
            Status::deadline_exceeded(words)
        };
        timeout(self.limit, self.fetch())
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn fetch(&self) -> Result<Token, Status> {
        let asked = Instant::now();
        let response = self.client.request(self.request()?).await;
        let response = response.map_err(|error| unreachable("failed to get token", &error))?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(refused(status));
        }
        let body = Limited::new(response.into_body(), LONGEST_ANSWER);
        let body = body.collect().await.map_err(|error| {
            let cause = failure::chain(error.as_ref());
            Status::unavailable(format!("failed to get token: {cause}"))
        })?;
        // What the decoder says is left out: it may quote the token.
        let answer: Answer = serde_json::from_slice(&body.to_bytes()).map_err(|_| {
            Status::unauthenticated("failed to get token: the answer cannot be read")
        })?;
        let authorization = authorization(&answer)?;
        let life = life(&answer.expires_in);
        tracing::debug!(
            token.seconds = life.map(|it| it.as_secs()),
            "C1 gave a token"
        );
        let end = life.and_then(|life| asked.checked_add(life));
        Ok(Token { authorization, end })
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, Status> {
        let mut nonce = [0; 16];
        self.random
            .fill(&mut nonce)
            .map_err(|_| Status::internal("no random numbers can be had for a nonce"))?;
        let form = assertion::form(&self.credentials, self.clock.now(), nonce);
        Request::post(&self.address)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, agent::of_tokens())
            .body(Full::from(form))
            .map_err(|error| Status::internal(error.to_string()))
    }
}

/// Says that there is no token. A server in trouble is no judgement of the credentials.
fn refused(status: StatusCode) -> Status {
    let code = if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        Code::Unavailable
    } else {
        Code::Unauthenticated
    };
    Status::new(code, format!("failed to get token: {status}"))
}

/// Reads for how long a token is good: seconds, as a number or, as some servers write it, in a text.
fn life(expires_in: &Value) -> Option<Duration> {
    let seconds = match expires_in {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }?;
    Duration::try_from_secs_f64(seconds.max(0.0)).ok()
}

fn authorization(answer: &Answer) -> Result<HeaderValue, Status> {
    if answer.access_token.is_empty() {
        return Err(Status::unauthenticated("failed to get token: it is empty"));
    }
    let kind = match answer.token_type.as_str() {
        "" => "Bearer",
        kind if kind.eq_ignore_ascii_case("bearer") => "Bearer",
        kind => kind,
    };
    let mut value = HeaderValue::try_from(format!("{kind} {}", answer.access_token))
        .map_err(|_| Status::unauthenticated("failed to get token: it is no header value"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lives_are_read_however_they_are_written() {
        let seconds = |value| life(&value).map(|it| it.as_secs());
        for (value, expected) in [
            (json!(3600), Some(3600)),
            (json!(3599.9), Some(3599)),
            (json!("3600"), Some(3600)),
            (json!(0), Some(0)),
            (json!(-1), Some(0)),
            (json!(u64::MAX), None),
            (json!(1e300), None),
            (json!("soon"), None),
            (json!("NaN"), Some(0)),
            (json!([]), None),
            (Value::Null, None),
        ] {
            assert_eq!(seconds(value.clone()), expected, "{value}");
        }
    }
}
