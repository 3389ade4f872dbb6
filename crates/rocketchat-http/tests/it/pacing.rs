//! Pacing against a simulated limiter, on paused time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use http::Request;
use proptest::prelude::*;
use rocketchat_http::{BoxFuture, Client, Error, Policy, Response, Transport, Wait};
use tokio::time::{Instant, sleep};

use crate::limiter::{Limiter, Settings, Style, judge};
use crate::scripted::{answer, timeout};

const MEMBERS: &str = "/api/v1/teams.members?teamId=5fa9bf4b2f4d3c0001e0c0de";

/// What a run cost.
struct Run {
    elapsed: f64,
    refused: u64,
    client: Client,
}

async fn run(settings: Settings, calls: u64, concurrency: usize) -> Run {
    let limiter = Arc::new(Limiter::new(settings));
    let client = Client::new(limiter.clone(), Policy::default(), judge);
    let start = Instant::now();
    let sends = stream::iter(0..calls).map(|_| client.send(get(MEMBERS)));
    let answers: Vec<_> = sends.buffer_unordered(concurrency).collect().await;
    let elapsed = start.elapsed().as_secs_f64();
    for answer in answers {
        assert!(answer.unwrap().status.is_success());
    }
    Run {
        elapsed,
        refused: limiter.refused(),
        client,
    }
}

fn get(target: &str) -> Request<()> {
    Request::get(target).body(()).unwrap()
}

/// The least time that a limiter lets the calls take: one window for each full budget before the last.
fn bound(settings: Settings, calls: u64) -> f64 {
    let windows = u32::try_from((calls - 1) / settings.limit).unwrap();
    (settings.window * windows).as_secs_f64()
}

#[track_caller]
fn check(run: &Run, bound: f64, factor: f64) {
    assert_eq!(run.refused, 0);
    assert!(
        run.elapsed <= bound * factor,
        "took {} s, the bound is {bound} s",
        run.elapsed
    );
    assert!(
        run.elapsed >= bound,
        "took {} s, less than the bound of {bound} s",
        run.elapsed
    );
}

#[tokio::test(start_paused = true)]
async fn alone_every_window_is_spent_and_no_call_refused() {
    // Every phase of the server's second, because Date hides it.
    for phase in (0..1000).step_by(90) {
        let settings = Settings {
            clock: 1_780_322_445_000 + phase,
            ..Settings::default()
        };
        check(&run(settings, 250, 1).await, bound(settings, 250), 1.05);
        check(&run(settings, 250, 4).await, bound(settings, 250), 1.05);
    }
}

#[tokio::test(start_paused = true)]
async fn rocket_chats_default_window_is_kept_to_the_second() {
    let settings = Settings {
        window: Duration::from_mins(1),
        ..Settings::default()
    };
    check(&run(settings, 101, 1).await, bound(settings, 101), 1.005);
    check(&run(settings, 101, 4).await, bound(settings, 101), 1.005);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_server_clock_changes_nothing() {
    for minutes in [-5, 5, -24 * 60, 365 * 24 * 60] {
        let clock = 1_780_322_445_120 + minutes * 60_000;
        let settings = Settings {
            clock,
            ..Settings::default()
        };
        check(&run(settings, 250, 4).await, bound(settings, 250), 1.05);
    }
}

#[tokio::test(start_paused = true)]
async fn coarse_and_relative_ends_cost_a_second_per_window_at_most() {
    for style in [Style::Seconds, Style::FromNow] {
        let settings = Settings {
            style,
            ..Settings::default()
        };
        check(
            &run(settings, 100, 4).await,
            bound(settings, 100),
            (3.0 + 2.1) / 3.0,
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_headers_nothing_is_held_back() {
    let settings = Settings {
        style: Style::Silent,
        ..Settings::default()
    };
    let run = run(settings, 1000, 10).await;
    assert!(run.elapsed < 5.0, "{}", run.elapsed);
    assert_eq!(
        run.client.stats().routes["GET /api/v1/teams.members"].limited,
        Some(false)
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_date_a_window_is_taken_to_last_a_minute() {
    let settings = Settings {
        date_ahead: None,
        ..Settings::default()
    };
    let run = run(settings, 25, 4).await;
    assert_eq!(run.refused, 0);
    assert!((120.0..121.0).contains(&run.elapsed), "{}", run.elapsed);
}

#[tokio::test(start_paused = true)]
async fn a_proxys_date_is_found_out_by_the_first_refusal() {
    for words in [true, false] {
        let date_ahead = Some(2_000);
        let settings = Settings {
            date_ahead,
            words,
            ..Settings::default()
        };
        let run = run(settings, 250, 1).await;
        assert!((1..=2).contains(&run.refused), "{}", run.refused);
        assert!(run.elapsed < bound(settings, 250) * 1.4, "{}", run.elapsed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_of_no_whole_seconds_is_taken_wrongly_once_at_most() {
    for millis in [700, 1500, 2500, 3210, 61_500] {
        let settings = Settings {
            window: Duration::from_millis(millis),
            ..Settings::default()
        };
        let run = run(settings, 250, 4).await;
        // The four that started together.
        assert!(run.refused <= 4, "{millis} ms: {}", run.refused);
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_shared_with_another_client_is_shared() {
    let settings = Settings::default();
    let limiter = Arc::new(Limiter::new(settings));
    let client = Client::new(limiter.clone(), Policy::default(), judge);
    let other = async {
        loop {
            // Five calls in each window, spread over it.
            limiter.call("/api/v1/teams.members");
            sleep(settings.window / 5).await;
        }
    };
    let own = async {
        let start = Instant::now();
        for _ in 0..100 {
            assert!(client.send(get(MEMBERS)).await.unwrap().status.is_success());
        }
        start.elapsed().as_secs_f64()
    };
    let elapsed = tokio::select! { elapsed = own => elapsed, () = other => unreachable!() };
    let stats = client.stats();
    assert!(stats.refusals <= stats.requests / 20, "{stats:?}");
    // Spent at once, the budget is nearly all ours; half of it would take twice the bound.
    assert!(elapsed <= bound(settings, 100) * 2.0, "{elapsed}");
}

#[tokio::test(start_paused = true)]
async fn clients_that_share_spend_one_budget_and_count_by_themselves() {
    let settings = Settings::default();
    let limiter = Arc::new(Limiter::new(settings));
    let first = Client::new(limiter.clone(), Policy::default(), judge);
    let start = Instant::now();
    four_calls(&first, MEMBERS).await;
    let second = first.sharing(Policy::default());
    let both = tokio::join!(
        async {
            for _ in 0..50 {
                first.send(get(MEMBERS)).await.unwrap();
            }
        },
        async {
            for _ in 0..50 {
                second.send(get(MEMBERS)).await.unwrap();
            }
        }
    );
    let ((), ()) = both;
    let elapsed = start.elapsed().as_secs_f64();
    assert_eq!(limiter.refused(), 0);
    assert!(elapsed <= bound(settings, 104) * 1.05, "{elapsed}");
    assert_eq!((first.stats().requests, second.stats().requests), (54, 50));
    let third = first.sharing(Policy::default());
    assert!(first.stats().waited > Duration::ZERO);
    assert_eq!(third.stats().waited, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn cancelled_requests_may_have_been_counted() {
    let settings = Settings {
        latency: Duration::from_millis(100),
        ..Settings::default()
    };
    let limiter = Arc::new(Limiter::new(settings));
    let client = Client::new(limiter.clone(), Policy::default(), judge);
    client.send(get(MEMBERS)).await.unwrap();
    for _ in 0..9 {
        // Long enough to reach the server, too short for its answer.
        let cut = tokio::time::timeout(settings.latency, client.send(get(MEMBERS))).await;
        assert!(cut.is_err());
    }
    for _ in 0..20 {
        client.send(get(MEMBERS)).await.unwrap();
    }
    assert_eq!(limiter.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn routes_have_budgets_of_their_own_and_share_what_is_known_of_the_clock() {
    let settings = Settings::default();
    let limiter = Arc::new(Limiter::new(settings));
    let client = Client::new(limiter.clone(), Policy::default(), judge);
    let start = Instant::now();
    let targets = [
        "/api/v1/me",
        "/api/v1/roles.list",
        "/api/v1/users.list?count=0",
        MEMBERS,
    ];
    let sends =
        stream::iter(targets.iter().cycle().take(80)).map(|target| client.send(get(target)));
    let answers: Vec<_> = sends.buffer_unordered(8).collect().await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap().status.is_success())
    );
    assert_eq!(limiter.refused(), 0);
    // Four openings agree before the first wait, so not even that is late.
    let elapsed = start.elapsed().as_secs_f64();
    assert!((3.0..3.7).contains(&elapsed), "{elapsed}");
    let stats = client.stats();
    assert_eq!(stats.requests, 80);
    assert_eq!(stats.routes.len(), 4);
    assert_eq!(stats.routes["GET /api/v1/users.list"].limit, Some(10));
    assert_eq!(stats.routes["GET /api/v1/users.list"].remaining, Some(0));
}

#[tokio::test(start_paused = true)]
async fn waiting_is_counted_once_however_many_wait() {
    let settings = Settings {
        window: Duration::from_mins(1),
        ..Settings::default()
    };
    let run = run(settings, 40, 30).await;
    let waited = run.client.stats().waited.as_secs_f64();
    assert!(
        waited > 175.0 && waited <= run.elapsed,
        "waited {waited} s of {} s",
        run.elapsed
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_can_be_asked_at_any_time() {
    let settings = Settings {
        limit: 3,
        window: Duration::from_mins(1),
        ..Settings::default()
    };
    let client = Client::new(Arc::new(Limiter::new(settings)), Policy::default(), judge);
    assert_eq!(client.waiting(), []);
    let looks = async {
        sleep(Duration::from_secs(20)).await;
        let early = client.waiting();
        sleep(Duration::from_secs(25)).await;
        (early, client.waiting())
    };
    let later = async {
        sleep(Duration::from_secs(30)).await;
        four_calls(&client, "/api/v1/roles.list").await;
    };
    let ((), (early, late), ()) = futures_util::join!(four_calls(&client, MEMBERS), looks, later);
    let members = "GET /api/v1/teams.members".to_owned();
    let roles = "GET /api/v1/roles.list".to_owned();
    assert_eq!(rounded(&early), [(members.clone(), 40)]);
    assert_eq!(rounded(&late), [(members, 15), (roles, 45)]);
    assert_eq!(client.waiting(), [], "all have gone on");
}

async fn four_calls(client: &Client, target: &str) {
    let sends = stream::iter(0..4).map(|_| client.send(get(target)));
    let answers: Vec<_> = sends.buffer_unordered(2).collect().await;
    assert!(answers.iter().all(Result::is_ok));
}

fn rounded(waits: &[Wait]) -> Vec<(String, u64)> {
    let seconds = |it: &Wait| (it.left + Duration::from_millis(500)).as_secs();
    waits
        .iter()
        .map(|it| (it.route.clone(), seconds(it)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_any_more_for_a_request_that_was_given_up() {
    let settings = Settings {
        limit: 1,
        ..Settings::default()
    };
    let client = Client::new(Arc::new(Limiter::new(settings)), Policy::default(), judge);
    client.send(get(MEMBERS)).await.unwrap();
    let second = client.send(get(MEMBERS));
    let seen = async {
        sleep(Duration::from_secs(1)).await;
        client.waiting().len()
    };
    let seen = tokio::select! {
        _ = second => panic!("the window has not ended"),
        seen = seen => seen,
    };
    assert_eq!((seen, client.waiting().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_far_end_is_not_waited_for_longer_than_allowed() {
    let settings = Settings {
        window: Duration::from_hours(24),
        ..Settings::default()
    };
    let limiter = Arc::new(Limiter::new(settings));
    let policy = Policy {
        longest_wait: Duration::from_mins(2),
        ..Policy::default()
    };
    let client = Client::new(limiter.clone(), policy, judge);
    let eleven = async {
        for _ in 0..11 {
            client.send(get(MEMBERS)).await.unwrap();
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(130), eleven).await;
    assert!(outcome.is_err());
    assert_eq!(limiter.refused(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn alone_no_call_is_ever_refused(
        limit in 1u64..30,
        seconds in prop::sample::select(vec![1u64, 2, 3, 5, 7, 10, 45, 60, 90, 100, 120]),
        clock in 1_700_000_000_000i64..1_900_000_000_000,
        latency in 0u64..900,
        concurrency in 1usize..12,
        calls in 1u64..120,
    ) {
        let latency = Duration::from_millis(latency);
        let settings = Settings { limit, window: Duration::from_secs(seconds), clock, latency, ..Settings::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let run = runtime.block_on(run(settings, calls, concurrency));
        prop_assert_eq!(run.refused, 0);
        prop_assert!(run.elapsed >= bound(settings, calls));
    }
}

/// A server that tells anything about its limits, and takes a random time for it.
struct Moody(std::sync::Mutex<fastrand::Rng>);

impl Moody {
    fn answer(random: &mut fastrand::Rng) -> Response {
        let now = 1_780_322_445_120_i64;
        let numbers = [
            "0".to_owned(),
            "1".to_owned(),
            "-1".to_owned(),
            "60".to_owned(),
            now.to_string(),
            (now + 30_000).to_string(),
            (now / 1000 + 5).to_string(),
            "253402300799999".to_owned(),
            i64::MAX.to_string(),
            u64::MAX.to_string(),
            "soon".to_owned(),
        ];
        let dates = [
            "Mon, 01 Jun 2026 14:00:45 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "never",
        ];
        let mut headers = Vec::new();
        for name in [
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            "retry-after",
        ] {
            if random.u8(..8) > 0 {
                headers.push((name, numbers[random.usize(..numbers.len())].as_str()));
            }
        }
        headers.push(("date", dates[random.usize(..dates.len())]));
        let status = [200, 200, 200, 200, 400, 429, 429, 503][random.usize(..8)];
        let mut response = answer(status, &headers);
        let wait = &numbers[random.usize(..numbers.len())];
        response.body = format!("You must wait {wait} seconds").into();
        response
    }
}

impl Transport for Moody {
    fn send<'a>(&'a self, _: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            let (trip, outcome) = {
                let mut random = self.0.lock().unwrap();
                let outcome = if random.u8(..10) == 0 {
                    Err(timeout())
                } else {
                    Ok(Self::answer(&mut random))
                };
                (Duration::from_millis(random.u64(..2000)), outcome)
            };
            sleep(trip).await;
            outcome
        })
    }
}

/// Sends 60 requests on two routes, some of which are given up on, and returns the hours until all came to an end.
async fn hours_with_a_moody_server(seed: u64) -> f64 {
    let policy = Policy {
        seed: Some(seed),
        ..Policy::default()
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let server = Moody(std::sync::Mutex::new(random.fork()));
    let client = Client::new(Arc::new(server), policy, judge);
    let start = Instant::now();
    let sends = (0..60).map(|_| {
        let target = ["/api/v1/me", "/api/v1/roles.list"][random.usize(..2)];
        let patience = Duration::from_millis(random.u64(..5000));
        let gives_up = random.u8(..4) == 0;
        let answered = client.send(get(target));
        async move {
            if gives_up {
                let _ = tokio::time::timeout(patience, answered).await;
            } else {
                let _ = answered.await;
            }
        }
    });
    stream::iter(sends)
        .buffer_unordered(8)
        .collect::<Vec<_>>()
        .await;
    start.elapsed().as_secs_f64() / 3600.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_server_tells_every_call_comes_to_an_end(seed: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        // Every answer can cost the longest wait, ten minutes; a call takes two answers on average.
        let hours = runtime.block_on(hours_with_a_moody_server(seed));
        prop_assert!(hours < 100.0, "{hours} h");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_without_waits_does_not_spin() {
    let settings = Settings {
        limit: 2,
        ..Settings::default()
    };
    let policy = Policy {
        margin: Duration::ZERO,
        longest_wait: Duration::ZERO,
        assumed_window: Duration::ZERO,
        ..Policy::default()
    };
    let client = Client::new(Arc::new(Limiter::new(settings)), policy, judge);
    let sends = stream::iter(0..12).map(|_| client.send(get(MEMBERS)));
    let answers: Vec<_> = sends.buffer_unordered(6).collect().await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap().status.is_success())
    );
}
