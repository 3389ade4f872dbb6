//! What is tried again, how often and after which pauses, on paused time.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use rocketchat_http::{Client, Error, Kind, Policy, Response, Verdict};
use tokio::time::{Instant, timeout};

use crate::limiter::{Limiter, Settings, judge};
use crate::scripted::{self, Scripted, answer};

fn client(outcomes: impl IntoIterator<Item = Result<Response, Error>>) -> (Arc<Scripted>, Client) {
    let transport = Arc::new(Scripted::new(outcomes));
    let policy = Policy {
        seed: Some(1),
        ..Policy::default()
    };
    (
        transport.clone(),
        Client::new(transport, policy, Verdict::by_status),
    )
}

fn get(target: &str) -> Request<()> {
    Request::get(target).body(()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn trouble_that_passes_is_not_seen_by_the_caller() {
    let (transport, client) = client([
        Ok(answer(503, &[])),
        Err(scripted::timeout()),
        Ok(answer(200, &[])),
    ]);
    assert_eq!(client.send(get("/x")).await.unwrap().status, 200);
    let pauses = transport.pauses();
    assert!(
        (0.5..=1.0).contains(&pauses[0]) && (1.0..=2.0).contains(&pauses[1]),
        "{pauses:?}"
    );
    let stats = client.stats();
    assert_eq!((stats.requests, stats.retries, stats.refusals), (3, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn trouble_that_stays_is_handed_over_after_six_attempts() {
    let (transport, client) = client((0..7).map(|_| Ok(answer(502, &[]))));
    assert_eq!(client.send(get("/x")).await.unwrap().status, 502);
    assert_eq!(transport.attempts(), 6);

    let (transport, client) = self::client((0..7).map(|_| Err(scripted::timeout())));
    assert_eq!(
        client.send(get("/x")).await.unwrap_err().kind(),
        Kind::Timeout
    );
    assert_eq!(transport.attempts(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_verdict_may_ask_for_fewer_attempts() {
    let transport = Arc::new(Scripted::new((0..7).map(|_| Ok(answer(200, &[])))));
    let html = |_: &Response| Verdict::Transient {
        attempts: 2,
        reason: "HTML".into(),
    };
    let client = Client::new(transport.clone(), Policy::default(), html);
    assert_eq!(client.send(get("/x")).await.unwrap().status, 200);
    assert_eq!(transport.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_will_not_change_is_not_tried_again() {
    for status in [200, 302, 400, 401, 403, 404, 501] {
        let (transport, client) = client([Ok(answer(status, &[]))]);
        assert_eq!(client.send(get("/x")).await.unwrap().status, status);
        assert_eq!(transport.attempts(), 1);
    }
    let too_large = Error::BodyTooLarge {
        route: "GET /x".to_owned(),
        part: "the answer",
        limit: 1,
    };
    let (transport, client) = client([Err(too_large)]);
    assert_eq!(
        client.send(get("/x")).await.unwrap_err().kind(),
        Kind::BodyTooLarge
    );
    assert_eq!(transport.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_names_a_pause_is_obeyed() {
    let (transport, client) = client([
        Ok(answer(503, &[("retry-after", "20")])),
        Ok(answer(200, &[])),
    ]);
    client.send(get("/x")).await.unwrap();
    assert_eq!(transport.pauses(), [20.0]);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_waited_out_without_a_limit_on_their_number() {
    let refusals = (0..20).map(|_| Ok(answer(429, &[("retry-after", "7")])));
    let (transport, client) = client(refusals.chain([Ok(answer(200, &[]))]));
    assert_eq!(client.send(get("/x")).await.unwrap().status, 200);
    assert_eq!(transport.pauses(), [7.0; 20]);
    let stats = client.stats();
    assert_eq!((stats.requests, stats.retries, stats.refusals), (21, 0, 20));
    assert_eq!(stats.waited, Duration::from_secs(140));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_holds_back_its_route_and_no_other() {
    let (_, client) = client([
        Ok(answer(429, &[])),
        Ok(answer(200, &[])),
        Ok(answer(200, &[])),
        Ok(answer(200, &[])),
    ]);
    let start = Instant::now();
    let after = async |delay: u64, target: &str| {
        tokio::time::sleep(Duration::from_secs(delay)).await;
        client.send(get(target)).await.unwrap();
        start.elapsed().as_secs()
    };
    let (first, second, other) =
        tokio::join!(after(0, "/x?a=1"), after(5, "/x?a=2"), after(5, "/y"));
    assert_eq!((first, second, other), (60, 60, 5));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_request_frees_its_slot() {
    // There is no answer at all, so the first request hangs in flight on a route that nothing is known of.
    let (transport, client) = client([]);
    let hanging = timeout(Duration::from_secs(5), client.send(get("/x"))).await;
    assert!(hanging.is_err());
    let next = timeout(Duration::from_secs(5), client.send(get("/x"))).await;
    assert!(next.is_err());
    assert_eq!(transport.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_does_not_count_as_waiting() {
    let (_, client) = client([Ok(answer(429, &[("retry-after", "60")]))]);
    assert!(
        timeout(Duration::from_secs(5), client.send(get("/x")))
            .await
            .is_err()
    );
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(client.stats().waited, Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_client_is_shared_by_tasks() {
    let limiter = Arc::new(Limiter::new(Settings::default()));
    let client = Arc::new(Client::new(limiter.clone(), Policy::default(), judge));
    let tasks = (0..30).map(|_| {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.send(get("/x")).await.unwrap().status })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), 200);
    }
    assert_eq!((client.stats().requests, limiter.refused()), (30, 0));
}
