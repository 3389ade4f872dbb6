//! What takes long, side by side.

use std::time::{Duration, Instant};

use baton_proto::connectorapi::baton::v1::BatonServiceHeartbeatResponse as Heartbeat;
use c1_sim::{Status, seconds};
use rocketchat_sim::{Action, Fault};

use super::place::{Place, full_sync};

#[tokio::test(flavor = "multi_thread")]
async fn long_troubles() {
    tokio::join!(
        a_c1_that_cannot_be_reached(),
        heartbeats_that_nobody_hears(),
        a_workspace_that_is_down(),
    );
}

async fn a_c1_that_cannot_be_reached() {
    let place = Place::new().await;
    place.c1.set_down(true);
    let begun = Instant::now();
    let run = place.start(&[]).ended().await;
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!((30..40).contains(&begun.elapsed().as_secs()));
    let words = run.last_words();
    let expected = "startup Hello failed: context deadline exceeded";
    assert!(words.contains(expected), "{words}");
}

async fn heartbeats_that_nobody_hears() {
    let place = Place::new().await;
    let long = Action::Delay(Duration::from_mins(5));
    place.chat.inject(Fault::new("teams.members", 1, long));
    place.c1.give(full_sync());
    let failures = (0..9).map(|_| Err(Status::unavailable("not now")));
    place.c1.behave(|it| {
        let first = Heartbeat {
            next_heartbeat: Some(seconds(1)),
            ..Heartbeat::default()
        };
        it.heartbeat_answers.push_back(Ok(first));
        it.heartbeat_answers.extend(failures);
    });
    let process = place.start(&[]);
    place.c1.until_finished(1).await;
    assert_eq!(place.c1.times("Heartbeat").len(), 10);
    let (code, words) = place.failure();
    let expected = "9 heartbeats in a row failed";
    assert!(code == 1 && words.contains(expected), "{code} {words}");
    process.stop("TERM").await;
}

async fn a_workspace_that_is_down() {
    let place = Place::new().await;
    place.chat.inject(Fault::new("*", 1, Action::Cut).times(6));
    place.c1.give(full_sync());
    let process = place.start(&[]);
    place.c1.until_finished(1).await;
    let (code, words) = place.failure();
    let address = place.chat.base_url();
    assert!(code == 14 && words.contains(&address), "{code} {words}");

    place.c1.give(full_sync());
    place.c1.until_finished(2).await;
    assert_eq!(place.c1.finished()[1].status, None);
    process.stop("TERM").await;
}
