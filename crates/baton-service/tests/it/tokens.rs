//! Tokens.

use http::StatusCode;

use crate::fake::{Fake, run};
use crate::stand_in::StandIn;

const TOKEN: &str = "POST /auth/v1/token";

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_ten_seconds_before_its_end() {
    let c1 = StandIn::start();
    c1.behave(|state| state.expires_in = 12);
    run(&c1, &Fake::with([]), c1.until_called("GetTask", 5))
        .await
        .unwrap();
    assert_eq!(c1.times("GetTask"), [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(c1.times(TOKEN), [0.0, 2.0, 4.0]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_taken_back_is_replaced() {
    let c1 = StandIn::start();
    let stop = async {
        c1.until_called("GetTask", 1).await;
        c1.revoke_tokens();
        c1.until_called("GetTask", 2).await;
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
    assert_eq!(c1.times(TOKEN), [0.0, 1.0]);
    assert_eq!(c1.times("GetTask"), [0.0, 1.0]);
}

#[tokio::test(start_paused = true)]
async fn later_refusals_of_a_token_are_waited_out() {
    let c1 = StandIn::start();
    c1.behave(|state| state.expires_in = 11);
    let stop = async {
        c1.until_called("GetTask", 1).await;
        c1.behave(|state| {
            let answers = [StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE];
            state.token_answers.extend(answers);
        });
        c1.until_called("GetTask", 2).await;
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
    assert_eq!(c1.times(TOKEN), [0.0, 1.0, 2.0, 6.0]);
}
