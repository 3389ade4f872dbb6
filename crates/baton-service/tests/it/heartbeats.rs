//! Heartbeats.

use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::BatonServiceHeartbeatResponse as Heartbeat;
use baton_service::Code;
use c1_sim::{Status, seconds};
use tokio::time::sleep;

use crate::fake::{Fake, Plan, full_sync, run};
use crate::stand_in::StandIn;

/// Runs a sync that goes on for a time, and returns when there were heartbeats and the code and words of its end.
async fn beats(c1: &StandIn, time: Duration) -> (Vec<f64>, Option<(i32, String)>) {
    c1.give(full_sync());
    let fake = Fake::with([Plan::Last(time)]);
    run(c1, &fake, c1.until_finished(1)).await.unwrap();
    assert_eq!(fake.under_way.load(Ordering::SeqCst), 0);
    let status = c1.finished()[0].status.clone();
    (
        c1.times("Heartbeat"),
        status.map(|it| (it.code, it.message)),
    )
}

fn next(wait: prost_types::Duration, cancelled: bool) -> Heartbeat {
    Heartbeat {
        next_heartbeat: Some(wait),
        cancelled,
        ..Heartbeat::default()
    }
}

#[tokio::test(start_paused = true)]
async fn they_follow_what_c1_says() {
    let c1 = StandIn::start();
    c1.behave(|state| {
        let waits = [seconds(2), seconds(-1), seconds(9999)];
        state
            .heartbeat_answers
            .extend(waits.map(|wait| Ok(next(wait, false))));
    });
    let (times, end) = beats(&c1, Duration::from_secs(340)).await;
    assert_eq!((times, end), (vec![0.0, 2.0, 32.0, 332.0], None));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_stops_the_sync() {
    let c1 = StandIn::start();
    c1.behave(|state| {
        state
            .heartbeat_answers
            .extend([Ok(next(seconds(7), false)), Ok(next(seconds(7), true))]);
    });
    let (times, end) = beats(&c1, Duration::from_hours(9)).await;
    assert_eq!(times, [0.0, 7.0]);
    let (code, words) = end.unwrap();
    assert!(
        code == 2 && words.contains("context canceled"),
        "{code} {words}"
    );
    assert_eq!(c1.times("FinishTask"), [7.0]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_at_once_keeps_the_sync_from_beginning() {
    let c1 = StandIn::start();
    c1.behave(|state| {
        state
            .heartbeat_answers
            .push_back(Ok(next(seconds(7), true)));
    });
    c1.give(full_sync());
    let fake = Fake::with([]);
    run(&c1, &fake, c1.until_finished(1)).await.unwrap();
    assert!(fake.requests.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nine_failures_in_a_row_stop_the_sync() {
    let c1 = StandIn::start();
    let failure = || Err(Status::unavailable("not now"));
    c1.behave(|state| {
        let answers = &mut state.heartbeat_answers;
        answers.push_back(Ok(next(seconds(5), false)));
        answers.extend((0..8).map(|_| failure()));
        answers.push_back(Ok(next(seconds(5), false)));
        answers.extend((0..9).map(|_| failure()));
    });
    let (times, end) = beats(&c1, Duration::from_hours(9)).await;
    assert_eq!(times.len(), 19);
    assert_eq!(times.last(), Some(&90.0));
    let (code, words) = end.unwrap();
    assert_eq!(code, i32::from(Code::Cancelled));
    assert!(
        words.contains("9 heartbeats in a row failed") && words.contains("not now"),
        "{words}"
    );
}

#[tokio::test(start_paused = true)]
async fn they_do_not_wait_for_a_slow_c1_for_ever() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    let fake = Fake::with([Plan::Last(Duration::from_hours(9))]);
    let stop = async {
        c1.until_called("Heartbeat", 1).await;
        c1.behave(|state| state.slowness = Duration::from_hours(1));
        // Nine waits of 30 s and nine limits of 30 s: the sync is over, though C1 cannot be told so yet.
        sleep(Duration::from_secs(541)).await;
        assert_eq!(fake.under_way.load(Ordering::SeqCst), 0);
    };
    run(&c1, &fake, stop).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_is_one_failed_heartbeat() {
    let c1 = StandIn::start();
    c1.behave(|it| it.next_heartbeat = seconds(1));
    c1.give(full_sync());
    let fake = Fake::with([Plan::Last(Duration::from_hours(9))]);
    let stop = async {
        c1.until_called("Heartbeat", 3).await;
        c1.freeze();
        c1.until_called("Heartbeat", 4).await;
    };
    run(&c1, &fake, stop).await.unwrap();
    // 30 s without an answer, and the next a second later.
    assert_eq!(c1.times("Heartbeat"), [0.0, 1.0, 2.0, 34.0]);
}
