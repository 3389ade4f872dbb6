//! The limiter: what it counts, what it tells, and when a window ends.

use std::time::Duration;

use rocketchat_sim::{Account, Limiter, Server, Settings, Version, Workspace};

use crate::client::{Answer, Client};

async fn limited(calls: u32) -> Server {
    let limiter = Some(Limiter {
        calls,
        window: Duration::from_mins(1),
    });
    Server::start(
        Workspace::empty(),
        Settings {
            limiter,
            ..Settings::default()
        },
    )
    .await
    .unwrap()
}

#[track_caller]
fn headers(answer: &Answer) -> (u64, u64, u64) {
    let number = |name| answer.header(name).unwrap().parse().unwrap();
    (
        number("x-ratelimit-limit"),
        number("x-ratelimit-remaining"),
        number("x-ratelimit-reset"),
    )
}

#[tokio::test(start_paused = true)]
async fn the_call_after_the_last_waits_for_the_window() {
    let server = limited(2).await;
    let mut client = Client::connect(&server, Some(Account::LimitedReader)).await;
    let first = headers(&client.get("roles.list").await);
    assert_eq!((first.0, first.1), (2, 1));
    let now = u64::try_from(server.log()[0].at.0).unwrap();
    assert_eq!(first.2, now + 60_000);

    tokio::time::advance(Duration::from_millis(33_880)).await;
    assert_eq!(headers(&client.get("roles.list").await), (2, 0, first.2));
    let refused = client.get("roles.list").await;
    assert_eq!(refused.status, 429);
    assert_eq!(headers(&refused), (2, 0, first.2));
    let text = "Error, too many requests. Please slow down. You must wait 27 seconds before trying this endpoint \
                again. [error-too-many-requests]";
    assert_eq!(
        refused.json(),
        serde_json::json!({"success": false, "error": text})
    );
    assert_eq!(refused.header("retry-after"), None);

    tokio::time::advance(Duration::from_secs(27)).await;
    let next = client.get("roles.list").await;
    assert_eq!((next.status, headers(&next).1), (200, 1));
    assert!(headers(&next).2 > first.2 + 60_000);
}

#[tokio::test(start_paused = true)]
async fn routes_have_their_own_budget_and_callers_share_it() {
    let server = limited(1).await;
    let mut limited = Client::connect(&server, Some(Account::LimitedReader)).await;
    let mut plain = Client::connect(&server, Some(Account::Plain)).await;
    assert_eq!(limited.get("me").await.status, 200);
    assert_eq!(limited.get("roles.list?ignored=1").await.status, 200);
    assert_eq!(plain.get("me").await.status, 429);
    assert_eq!(plain.get("roles.list").await.status, 429);
    plain
        .headers
        .insert("x-real-ip", "192.0.2.7".parse().unwrap());
    assert_eq!(plain.get("me").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn bots_and_admins_pass_without_headers() {
    let server = limited(1).await;
    for account in [Account::Reader, Account::Admin] {
        let mut client = Client::connect(&server, Some(account)).await;
        for _ in 0..3 {
            let answer = client.get("me").await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("x-ratelimit-limit"), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_cost_budget_but_missing_tokens_do_not() {
    let server = limited(2).await;
    let mut stranger = Client::connect(&server, None).await;
    for _ in 0..5 {
        let answer = stranger.get("users.info?userId=rocket.cat").await;
        assert_eq!(
            (answer.status, answer.header("x-ratelimit-limit")),
            (401, None)
        );
    }
    let mut guest = Client::connect(&server, Some(Account::Guest)).await;
    assert_eq!(guest.get("users.info?wrong=1").await.status, 400);
    assert_eq!(headers(&guest.get("users.info?wrong=1").await).1, 0);
    assert_eq!(guest.get("users.info?wrong=1").await.status, 429);
    assert_eq!(guest.get("teams.listAll").await.status, 403);
    assert_eq!(headers(&guest.get("teams.listAll").await).1, 0);
    assert_eq!(guest.get("teams.listAll").await.status, 429);
    assert_eq!(
        stranger.path("/api/info").await.header("x-ratelimit-limit"),
        None
    );
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_is_off_is_silent() {
    let settings = Settings {
        limiter: None,
        version: Version(6, 4, 0),
        ..Settings::default()
    };
    let server = Server::start(Workspace::empty(), settings).await.unwrap();
    let mut client = Client::connect(&server, Some(Account::Plain)).await;
    for _ in 0..30 {
        let answer = client.get("me").await;
        assert_eq!(
            (answer.status, answer.header("x-ratelimit-limit")),
            (200, None)
        );
    }
}
