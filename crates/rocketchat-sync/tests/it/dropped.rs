//! Futures that are dropped: wherever a sync is when nobody waits for it any more, its file stays whole, nothing goes on,
//! and the next sync continues it.

use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use baton_c1z::{Limits, Reader};
use baton_model::{FixedClock, Timestamp};
use baton_sinks::{C1z, Resume};
use rocketchat_http::Client;
use rocketchat_sim::{Account, Server, Shape, Version, Workspace};
use rocketchat_sync::{Options, Report, sync, verdict};

use crate::server::{connect, settings};
use crate::support::{describe, policy};

/// Ends with nothing when the inner future has waited so many times.
struct UntilPoll<F> {
    inner: F,
    left: usize,
}

impl<F: Future + Unpin> Future for UntilPoll<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match Pin::new(&mut self.inner).poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => {
                self.left -= 1;
                Poll::Pending
            }
        }
    }
}

async fn server() -> Server {
    let workspace = Workspace::generate(&Shape {
        users: 40,
        teams: 12,
        members: 8,
        seed: 3,
    });
    Server::start(workspace, settings(Version(8, 6, 1)))
        .await
        .unwrap()
}

/// Opens the file for a sync, as soon as whatever an earlier one began has ended.
async fn open(path: &Path) -> C1z {
    let clock = FixedClock(Timestamp::new(1_780_000_000, 0).unwrap());
    let resume = Resume {
        connector: "rocketchat",
        subject: "here".to_owned(),
        allowed: true,
    };
    let folder = path.parent().unwrap().join("working");
    let options = || baton_c1z::Options {
        temp_dir: Some(folder.clone()),
        ..baton_c1z::Options::default()
    };
    for _ in 0..1000 {
        match C1z::open(path, options(), Arc::new(clock), Some(&resume)) {
            Ok(sink) => return sink,
            Err(baton_sinks::Error::Busy { .. }) => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("a dropped sync still holds its file");
}

async fn run(server: &Server, path: &Path, polls: usize) -> Option<Report> {
    let (transport, options) = connect(server, Account::Reader);
    let client = Client::new(transport, policy(), verdict);
    let sink = Box::new(open(path).await);
    let synced = pin!(synced(&client, &options, sink));
    let until = UntilPoll {
        inner: synced,
        left: polls,
    };
    until.await
}

async fn synced(client: &Client, options: &Options, sink: Box<C1z>) -> Report {
    let report = sync(client, options, sink).await;
    report.unwrap_or_else(|error| panic!("{}", describe(&error)))
}

/// Returns what the newest finished sync of a file holds.
fn contents(path: &Path) -> (usize, Vec<String>) {
    let reader = Reader::open(path, Limits::default(), None).unwrap();
    let syncs = reader.syncs().unwrap();
    let finished = syncs.iter().filter(|it| it.ended_at.is_some()).count();
    let newest = reader.newest_finished().unwrap().unwrap().sync_id;
    let resources = reader.resources(&newest).map(|it| it.unwrap().external_id);
    let mut ids: Vec<_> = resources.collect();
    ids.extend(reader.grants(&newest).map(|it| it.unwrap().external_id));
    ids.sort();
    (finished, ids)
}

/// On one thread, where nothing is ready before it was waited for.
#[tokio::test]
async fn a_sync_can_be_dropped_at_every_point() {
    let server = server().await;
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("working")).unwrap();
    let first = place.path().join("first.c1z");
    let whole = run(&server, &first, usize::MAX).await.unwrap();
    let (_, truth) = contents(&first);
    let mut points = 0;
    let mut spared = 0;
    loop {
        let path = place.path().join("sync.c1z");
        std::fs::copy(&first, &path).unwrap();
        let ended = run(&server, &path, points).await;
        // Waits for whatever the dropped sync had begun, and for requests that were on their way.
        drop(open(&path).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let asked = server.log().len();
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(server.log().len(), asked, "a dropped sync asked on");
        let (finished, ids) = contents(&path);
        assert_eq!(ids, truth, "after {points} polls");
        // One that had everything is finished all the same.
        assert!(finished == 2 || finished == 1 && ended.is_none());
        if ended.is_some() {
            break;
        }
        let next = run(&server, &path, usize::MAX).await.unwrap();
        spared = spared.max(whole.requests - next.requests.min(whole.requests));
        let (finished, ids) = contents(&path);
        assert_eq!((finished, &ids), (2, &truth), "after {points} polls");
        let left = place.path().join("working").read_dir().unwrap().count();
        assert_eq!(left, 0, "working files stay behind after {points} polls");
        points += 1;
    }
    assert!(points > 20, "only {points} points");
    assert!(spared > 0, "nothing was ever used again");
}
