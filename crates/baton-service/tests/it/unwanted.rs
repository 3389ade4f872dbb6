//! Syncs that nobody wants any more, and that take their time to stop.

use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::BatonServiceHeartbeatResponse as Heartbeat;
use c1_sim::seconds;
use tokio::time::Instant;

use crate::fake::{Fake, Plan, config, full_sync, run, run_with};
use crate::stand_in::StandIn;

/// Returns a C1 that takes the first task back after 7 s.
fn cancelling() -> StandIn {
    let c1 = StandIn::start();
    let beat = |cancelled| {
        Ok(Heartbeat {
            next_heartbeat: Some(seconds(7)),
            cancelled,
            ..Heartbeat::default()
        })
    };
    c1.behave(|state| state.heartbeat_answers.extend([beat(false), beat(true)]));
    c1
}

#[tokio::test(start_paused = true)]
async fn c1_is_told_when_a_sync_has_stopped() {
    let c1 = cancelling();
    c1.give(full_sync());
    c1.give(full_sync());
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::with([Plan::Tidy(Duration::from_secs(20))]);
    let mut config = config();
    config.concurrency = 1;
    config.temp_dir = Some(folder.path().to_owned());
    let stop = async {
        c1.until_called("Heartbeat", 2).await;
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        c1.until_finished(2).await;
    };
    run_with(config, &c1, &fake, stop).await.unwrap();
    assert_eq!(c1.times("FinishTask"), [27.0, 27.0]);
    assert_eq!(fake.most_under_way.load(Ordering::SeqCst), 1);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_does_not_stop_is_not_waited_for_for_ever() {
    let c1 = cancelling();
    c1.give(full_sync());
    let fake = Fake::with([Plan::Tidy(Duration::from_hours(9))]);
    let stop = async {
        c1.until_finished(1).await;
        // It is dropped by its own task.
        tokio::task::yield_now().await;
        assert_eq!(fake.under_way.load(Ordering::SeqCst), 0);
    };
    run(&c1, &fake, stop).await.unwrap();
    assert_eq!(c1.times("FinishTask"), [67.0]);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_process_waits_for_a_shorter_time() {
    for (cleaning, waits) in [(2, 2), (3600, 5)] {
        let c1 = StandIn::start();
        c1.give(full_sync());
        let fake = Fake::with([Plan::Tidy(Duration::from_secs(cleaning))]);
        let mut stopped = Instant::now();
        let stop = async {
            c1.until_called("Heartbeat", 1).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            stopped = Instant::now();
        };
        run(&c1, &fake, stop).await.unwrap();
        assert_eq!(stopped.elapsed().as_secs(), waits);
        let status = c1.finished()[0].status.clone().unwrap();
        assert_eq!(status.message, "the connector is being stopped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_a_cancelled_sync() {
    let c1 = cancelling();
    c1.give(full_sync());
    let fake = Fake::with([Plan::Tidy(Duration::from_hours(9))]);
    let mut stopped = Instant::now();
    let stop = async {
        c1.until_called("Heartbeat", 2).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        stopped = Instant::now();
    };
    run(&c1, &fake, stop).await.unwrap();
    assert_eq!(stopped.elapsed().as_secs(), 5);
    let status = c1.finished()[0].status.clone().unwrap();
    assert!(status.message.contains("context canceled"), "{status:?}");
}
