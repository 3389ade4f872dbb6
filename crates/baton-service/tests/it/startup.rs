//! The first Hello.

use std::time::Duration;

use baton_service::{Code, Error};
use c1_sim::Status;
use http::StatusCode;
use tokio::time::{Instant, sleep};

use crate::fake::{Fake, config, run, run_with};
use crate::stand_in::StandIn;

async fn refused(c1: &StandIn) -> Error {
    run(c1, &Fake::with([]), std::future::pending())
        .await
        .unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_waited_out() {
    let c1 = StandIn::start();
    c1.behave(|state| {
        state
            .token_answers
            .push_back(StatusCode::SERVICE_UNAVAILABLE);
        state
            .hello_answers
            .extend((0..3).map(|_| Status::unavailable("not now")));
    });
    run(&c1, &Fake::with([]), c1.until_called("GetTask", 1))
        .await
        .unwrap();
    assert_eq!(c1.times("POST /auth/v1/token"), [0.0, 1.0]);
    assert_eq!(c1.times("Hello"), [1.0, 3.0, 7.0, 15.0]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_ends_the_service() {
    for (status, code, words) in [
        (
            Status::permission_denied("no"),
            Code::PermissionDenied,
            "PermissionDenied desc = no",
        ),
        (
            Status::not_found("gone"),
            Code::NotFound,
            "NotFound desc = gone",
        ),
    ] {
        let c1 = StandIn::start();
        c1.behave(|state| state.hello_answers.push_back(status));
        let error = refused(&c1).await;
        assert_eq!(error.code(), code);
        assert_eq!(
            error.to_string(),
            format!("startup Hello failed: rpc error: code = {words}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_end_the_service() {
    let c1 = StandIn::start();
    c1.behave(|state| state.token_answers.push_back(StatusCode::UNAUTHORIZED));
    let error = refused(&c1).await;
    assert_eq!(error.code(), Code::Unauthenticated);
    assert!(
        error
            .to_string()
            .ends_with("failed to get token: 401 Unauthorized"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("client id"));
}

#[tokio::test(start_paused = true)]
async fn a_c1_that_cannot_be_reached_ends_the_service_after_half_a_minute() {
    let c1 = StandIn::start();
    c1.set_down(true);
    let begun = Instant::now();
    let error = refused(&c1).await;
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(
        error.to_string(),
        "startup Hello failed: context deadline exceeded"
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("connection refused"), "{cause}");
}

#[tokio::test(start_paused = true)]
async fn a_c1_that_comes_back_in_time_is_greeted() {
    let c1 = StandIn::start();
    c1.set_down(true);
    let stop = async {
        sleep(Duration::from_secs(20)).await;
        c1.set_down(false);
        c1.until_called("GetTask", 1).await;
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_not_the_certificates_is_not_spoken_to() {
    let c1 = StandIn::start();
    let mut config = config();
    config.api_host = Some("other.example".to_owned());
    let stop = std::future::pending();
    let error = run_with(config, &c1, &Fake::with([]), stop)
        .await
        .unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("certificate"), "{cause}");
    assert!(c1.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_host_does_not_change_the_audience() {
    let c1 = StandIn::start();
    let mut config = config();
    config.api_host = Some("localhost".to_owned());
    run_with(config, &c1, &Fake::with([]), c1.until_called("Hello", 1))
        .await
        .unwrap();
    // The stand-in has checked the audience.
    assert!(c1.names().contains(&"Hello"));
}
