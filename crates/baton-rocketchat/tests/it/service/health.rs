//! Health checks, by hand and by the command.

use std::net::TcpListener;

use rocketchat_sim::{Account, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::place::{Place, Process, full_sync};
use crate::binary::start;

/// A service that answers health checks.
struct Healthy {
    place: Place,
    port: String,
    process: Process,
}

impl Healthy {
    async fn start(place: Place) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port().to_string();
        drop(probe);
        let process = place.start(&["--health-check", "--health-check-port", &port]);
        place.c1.until_called("GetTask", 1).await;
        Self {
            place,
            port,
            process,
        }
    }

    /// Returns the status and the body.
    async fn get(&self, path: &str) -> (String, String) {
        let address = format!("127.0.0.1:{}", self.port);
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap();
        (status.to_owned(), body.to_owned())
    }

    /// Returns the exit code and the words of `health-check`.
    async fn ask(&self, endpoint: &str) -> (Option<i32>, String) {
        let port = ["--health-check-port", &self.port];
        let arguments = [&["health-check", "--endpoint", endpoint], &port[..]].concat();
        let run = self.place.binary.run(&arguments).await;
        (run.code, run.stderr)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_paths_are_answered() {
    let it = Healthy::start(Place::new().await).await;
    for (path, word) in [("health", "healthy"), ("ready", "ready"), ("live", "alive")] {
        let (status, body) = it.get(&format!("/{path}")).await;
        assert_eq!(status, "200", "{body}");
        let begin = format!("{{\"status\":\"{word}\",\"timestamp\":\"20");
        assert!(
            body.starts_with(&begin) && body.ends_with("Z\"}\n"),
            "{body}"
        );
        assert_eq!(it.ask(path).await, (Some(0), String::new()));
    }
    let (status, body) = it.get("/other").await;
    assert_eq!(
        (status.as_str(), body.as_str()),
        ("404", "404 page not found\n")
    );
    let (code, words) = it.ask("other").await;
    assert_eq!(code, Some(2));
    assert!(words.contains("invalid endpoint: other"), "{words}");

    let Healthy {
        place,
        port,
        process,
    } = it;
    process.stop("TERM").await;
    let command = ["health-check", "--health-check-port", &port];
    assert_eq!(place.binary.run(&command).await.code, Some(14));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_is_told() {
    let place = Place::new().await;
    place.chat.update(|it| {
        it.accounts.remove(&Account::Reader);
    });
    let it = Healthy::start(place).await;
    let (status, body) = it.get("/health").await;
    assert_eq!(status, "503");
    assert!(
        body.contains("\"error\":\"connector validation failed\""),
        "{body}"
    );
    it.process.assert_no_secret(&body);
    let (code, words) = it.ask("health").await;
    assert_eq!(code, Some(2));
    assert!(
        words.contains("health check returned status 503"),
        "{words}"
    );
    assert_eq!(it.get("/live").await.0, "200");
    it.process.stop("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_leave_the_rate_limit_to_syncs() {
    let chat = start(Settings::default()).await;
    let it = Healthy::start(Place::of(chat, Account::LimitedReader).await).await;
    let before = it.place.chat.log().len();
    assert_eq!(it.get("/health").await.0, "200");
    let once = it.place.chat.log().len() - before;
    assert!((1..=4).contains(&once), "{:?}", it.place.chat.log());
    for _ in 0..33 {
        for path in ["/health", "/ready", "/live"] {
            let (status, body) = it.get(path).await;
            assert_eq!(status, "200", "{body}");
        }
    }
    assert_eq!(it.place.chat.log().len() - before, once);
    it.place.c1.give(full_sync());
    it.place.c1.until_finished(1).await;
    assert_eq!(it.place.c1.finished()[0].status, None);
    assert!(it.place.chat.log().iter().all(|it| it.status == Some(200)));
    it.process.stop("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_ends_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let place = Place::new().await;
    let process = place.start(&["--health-check", "--health-check-port", &port]);
    let run = process.ended().await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let words = "failed to start health check server";
    assert!(run.last_words().contains(words), "{}", run.stderr);
}
