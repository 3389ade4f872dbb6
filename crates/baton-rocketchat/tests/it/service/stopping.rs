//! Being stopped: C1 knows, the workspace is left alone, and nothing stays behind.

use std::time::Duration;

use super::place::{Place, full_sync};
use crate::binary::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_in_the_middle_of_a_sync_is_told() {
    for signal in ["TERM", "INT"] {
        let place = Place::slow().await;
        place.c1.give(full_sync());
        let process = place.start(&[]);
        place.until_asked(20).await;
        let moment = place.chat.clock().now();
        process.stop(signal).await;
        place.assert_silent_since(moment);
        let told = "the connector is being stopped".to_owned();
        assert_eq!(place.failure(), (1, told), "{signal}");
        assert_eq!(place.c1.finished().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_while_there_is_nothing_to_do_ends_it() {
    for signal in ["TERM", "INT"] {
        let place = Place::new().await;
        let process = place.start(&[]);
        place.c1.until_called("GetTask", 2).await;
        process.stop(signal).await;
        assert!(place.c1.finished().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_c1_has_answered_ends_it() {
    let place = Place::new().await;
    place.c1.behave(|it| it.slowness = Duration::from_mins(5));
    let process = place.start(&[]);
    until("C1 is connected to", || place.c1.connections().0 > 0).await;
    process.stop("TERM").await;
}
