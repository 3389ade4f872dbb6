//! Being stopped.

use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::baton_service_finish_task_request::FinalState;
use c1_sim::seconds;
use tokio::time::Instant;

use crate::fake::{Fake, Plan, full_sync, run};
use crate::stand_in::StandIn;

fn long() -> Plan {
    Plan::Last(Duration::from_hours(9))
}

#[tokio::test(start_paused = true)]
async fn running_tasks_are_told_to_have_failed() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    c1.give(full_sync());
    let fake = Fake::with([long(), long()]);
    run(&c1, &fake, c1.until_called("Heartbeat", 2))
        .await
        .unwrap();
    assert_eq!(fake.under_way.load(Ordering::SeqCst), 0);
    let finished = c1.finished();
    assert_eq!(finished.len(), 2);
    for task in finished {
        let status = task.status.unwrap();
        assert_eq!(
            (status.code, status.message.as_str()),
            (1, "the connector is being stopped")
        );
        assert!(matches!(task.final_state, Some(FinalState::Error(it)) if !it.non_retryable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_c1_that_does_not_listen_does_not_keep_it() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    let fake = Fake::with([long()]);
    let mut stopped = Instant::now();
    let stop = async {
        c1.until_called("Heartbeat", 1).await;
        c1.behave(|state| state.slowness = Duration::from_hours(1));
        stopped = Instant::now();
    };
    run(&c1, &fake, stop).await.unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn it_can_be_stopped_before_c1_is_reached() {
    let c1 = StandIn::start();
    c1.set_down(true);
    let begun = Instant::now();
    let stop = tokio::time::sleep(Duration::from_secs(3));
    run(&c1, &Fake::with([]), stop).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn c1_is_told_though_the_connection_is_dead() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    let fake = Fake::with([long()]);
    let stop = async {
        c1.until_called("Heartbeat", 2).await;
        c1.freeze();
    };
    run(&c1, &fake, stop).await.unwrap();
    assert_eq!(c1.finished().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn c1_is_told_though_the_token_was_taken_back() {
    let c1 = StandIn::start();
    c1.behave(|it| it.next_poll = seconds(300));
    c1.give(full_sync());
    let fake = Fake::with([long()]);
    let stop = async {
        c1.until_called("Heartbeat", 1).await;
        c1.revoke_tokens();
    };
    run(&c1, &fake, stop).await.unwrap();
    assert_eq!(c1.finished().len(), 1);
}
