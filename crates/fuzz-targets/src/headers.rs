//! What answers say about limits, pauses and the time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use rocketchat_http::{BoxFuture, Client, Error, Policy, Response, Transport, Verdict};
use tokio::runtime::Builder;
use tokio::time::{Instant, timeout};

use crate::lines;

/// How many answers are made up at most; those after them are good ones.
const MOST_ANSWERS: usize = 8;

/// Hands out answers, then good ones.
struct Script(Mutex<Vec<Response>>);

impl Transport for Script {
    fn send<'a>(&'a self, _: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        let next = self.0.lock().ok().and_then(|mut it| it.pop());
        Box::pin(async { Ok(next.unwrap_or_else(|| answer(StatusCode::OK))) })
    }
}

fn answer(status: StatusCode) -> Response {
    Response {
        status,
        headers: HeaderMap::new(),
        body: "{}".into(),
    }
}

/// Reads lines as answers: a status begins one, `name: value` adds a header to it. Requests that get these answers end
/// within the time that the policy allows, whatever the headers say.
///
/// # Panics
/// A request takes longer than that, or fails.
pub fn headers(bytes: &[u8]) {
    let answers = script(bytes);
    let count = u32::try_from(answers.len()).unwrap_or_default();
    let Ok(runtime) = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
    else {
        return;
    };
    let policy = Policy {
        seed: Some(1),
        ..Policy::default()
    };
    let longest = policy.longest_wait + policy.backoff_cap + Duration::from_mins(1);
    let limit = longest * (2 * count + 4);
    runtime.block_on(async {
        let script = Arc::new(Script(Mutex::new(answers)));
        let client = Client::new(script, policy, Verdict::by_status);
        let started = Instant::now();
        for route in ["/api/v1/a", "/api/v1/a", "/api/v1/b", "/api/v1/a"] {
            let mut request = Request::new(());
            *request.uri_mut() = http::Uri::from_static(route);
            let sent = timeout(limit, client.send(request)).await;
            assert!(matches!(sent, Ok(Ok(_))), "a request that does not end");
        }
        assert!(started.elapsed() <= limit, "requests wait too long");
        assert!(client.waiting().is_empty(), "nobody waits any more");
    });
}

fn script(bytes: &[u8]) -> Vec<Response> {
    let mut answers: Vec<Response> = Vec::new();
    for line in lines(bytes) {
        let status = line
            .parse()
            .ok()
            .and_then(|it| StatusCode::from_u16(it).ok());
        if let Some(status) = status.filter(|_| answers.len() < MOST_ANSWERS) {
            answers.push(answer(status));
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        let value = HeaderValue::from_bytes(value.trim().as_bytes());
        if let (Some(answer), Ok(name), Ok(value)) = (answers.last_mut(), name, value) {
            answer.headers.append(name, value);
        }
    }
    answers.reverse();
    answers
}
