//! Health checks.

use std::net::TcpListener as Probe;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::fake::{Fake, config, refusal, run_with};
use crate::stand_in::StandIn;

/// Returns an address that is free.
fn free() -> String {
    let probe = Probe::bind("127.0.0.1:0").unwrap();
    probe.local_addr().unwrap().to_string()
}

/// Returns the status line, the content type and the body.
async fn get(address: &str, path: &str) -> (String, String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.lines().next().unwrap().to_owned();
    let kind = head
        .lines()
        .find_map(|it| it.strip_prefix("content-type: "));
    (status, kind.unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_three_paths_are_answered() {
    let (c1, fake, address) = (StandIn::start(), Fake::with([]), free());
    let mut config = config();
    config.health = Some(address.clone());
    let stop = async {
        c1.until_called("GetTask", 1).await;
        let json = |status: &str| {
            let body =
                format!("{{\"status\":\"{status}\",\"timestamp\":\"2023-11-14T22:13:20Z\"}}\n");
            (
                "HTTP/1.1 200 OK".to_owned(),
                "application/json".to_owned(),
                body,
            )
        };
        for _ in 0..3 {
            assert_eq!(get(&address, "/health").await, json("healthy"));
        }
        assert_eq!(get(&address, "/ready").await, json("ready"));
        assert_eq!(get(&address, "/live").await, json("alive"));
        let (status, _, body) = get(&address, "/").await;
        assert_eq!(
            (status.as_str(), body.as_str()),
            ("HTTP/1.1 404 Not Found", "404 page not found\n")
        );
    };
    run_with(config, &c1, &fake, stop).await.unwrap();
    assert_eq!(fake.validations.load(Ordering::SeqCst), 1);
    assert!(
        TcpStream::connect(&address).await.is_err(),
        "the port is still open"
    );
}

#[tokio::test]
async fn a_failed_validation_is_told() {
    let (c1, fake, address) = (StandIn::start(), Fake::with([]), free());
    *fake.trouble.lock().unwrap() = Some(refusal());
    let mut config = config();
    config.health = Some(address.clone());
    let stop = async {
        c1.until_called("GetTask", 1).await;
        let (status, _, body) = get(&address, "/health").await;
        assert_eq!(status, "HTTP/1.1 503 Service Unavailable");
        let details = r#""details":{"error":"connector validation failed","validation_error":"the token may not do that"}"#;
        assert!(
            body.starts_with(r#"{"status":"unhealthy","timestamp":"#) && body.contains(details),
            "{body}"
        );
        assert!(get(&address, "/live").await.0.contains("200"));
    };
    run_with(config, &c1, &fake, stop).await.unwrap();
}

#[tokio::test]
async fn an_address_in_use_ends_the_service() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (c1, mut config) = (StandIn::start(), config());
    let address = taken.local_addr().unwrap().to_string();
    config.health = Some(address.clone());
    let stop = std::future::pending();
    let error = run_with(config, &c1, &Fake::with([]), stop)
        .await
        .unwrap_err();
    let words = format!("failed to start health check server: {address}: ");
    assert!(error.to_string().starts_with(&words), "{error}");
}

#[tokio::test(start_paused = true)]
async fn any_method_is_answered_and_silent_callers_do_not_keep_others() {
    let (c1, fake, address) = (StandIn::start(), Fake::with([]), free());
    let mut config = config();
    config.health = Some(address.clone());
    let stop = async {
        c1.until_called("GetTask", 1).await;
        let mut silent = Vec::new();
        for _ in 0..100 {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream
                .write_all(b"GET /live HTTP/1.1\r\nHost")
                .await
                .unwrap();
            silent.push(stream);
        }
        assert!(get(&address, "/live").await.0.contains("200"));
        let mut stream = TcpStream::connect(&address).await.unwrap();
        for (method, body) in [("HEAD", ""), ("POST", "{\"status\":\"alive\"")] {
            let request = format!("{method} /live HTTP/1.1\r\nHost: x\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = vec![0; 4096];
            let length = stream.read(&mut answer).await.unwrap();
            let text = String::from_utf8_lossy(&answer[..length]).into_owned();
            let (head, rest) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
            assert!(
                rest.starts_with(body) && rest.is_empty() == body.is_empty(),
                "{rest}"
            );
        }
        // A connection that stays open and silent is closed.
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0);
    };
    run_with(config, &c1, &fake, stop).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_has_no_patience_helps_the_next() {
    let (c1, fake, address) = (StandIn::start(), Fake::with([]), free());
    fake.thinks.store(8, Ordering::SeqCst);
    let mut config = config();
    config.health = Some(address.clone());
    let stop = async {
        c1.until_called("GetTask", 1).await;
        for _ in 0..3 {
            let hasty = get(&address, "/health");
            assert!(timeout(Duration::from_secs(1), hasty).await.is_err());
        }
        assert!(get(&address, "/health").await.0.contains("200"));
    };
    run_with(config, &c1, &fake, stop).await.unwrap();
    assert_eq!(fake.validations.load(Ordering::SeqCst), 1);
}
