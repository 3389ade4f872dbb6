//! Several syncs at once.

use std::time::Duration;

use rocketchat_sim::{Account, Limiter, Server, Settings, Shape, Workspace};

use super::place::{Place, full_sync};

#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_keep_to_one_rate_limit() {
    let shape = Shape {
        users: 60,
        teams: 14,
        members: 5,
        seed: 6,
    };
    let settings = Settings {
        limiter: Some(Limiter {
            calls: 10,
            window: Duration::from_secs(2),
        }),
        ..Settings::default()
    };
    let chat = Server::start(Workspace::generate(&shape), settings).await;
    let place = Place::of(chat.unwrap(), Account::LimitedReader).await;
    let ids = [place.c1.give(full_sync()), place.c1.give(full_sync())];
    let process = place.start(&[]);
    place.c1.until_finished(2).await;
    process.stop("TERM").await;
    for id in ids {
        assert_eq!(place.c1.uploads(&id).len(), 1);
    }
    let log = place.chat.log();
    let refused = log.iter().filter(|it| it.status == Some(429)).count();
    assert_eq!(refused, 0);
    // More than two windows take.
    let members = place.chat.calls("teams.members");
    assert!(members > 20, "{members}");
    // At once, and not one after the other.
    let times = (place.c1.times("Heartbeat"), place.c1.times("FinishTask"));
    assert!(times.0[1] < times.1[0], "{times:?}");
}
