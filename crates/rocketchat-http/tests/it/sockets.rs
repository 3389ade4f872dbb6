//! The transport over real sockets, without TLS.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::{Request, StatusCode};
use rocketchat_http::{
    Client, Config, Credentials, Error, HttpTransport, Kind, Policy, Response, Transport, Verdict,
};

use crate::server::{Server, Then, text};

const HANG: Duration = Duration::from_millis(200);

fn transport(url: &str, config: Config) -> HttpTransport {
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", "s3cret").unwrap();
    HttpTransport::new(url.parse().unwrap(), credentials, config).unwrap()
}

fn client(url: &str, config: Config) -> Client {
    let backoff_base = Duration::from_millis(1);
    let policy = Policy {
        attempts: 3,
        backoff_base,
        ..Policy::default()
    };
    Client::new(Arc::new(transport(url, config)), policy, Verdict::by_status)
}

fn me() -> Request<()> {
    Request::get("/api/v1/me?a=1").body(()).unwrap()
}

async fn one(server: &Server, config: Config) -> Result<Response, Error> {
    transport(&server.url("http"), config).send(&me()).await
}

#[track_caller]
fn check(error: &Error, kind: Kind, retryable: bool, message: &str) {
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (kind, retryable),
        "{error:?}"
    );
    assert!(error.to_string().starts_with("GET /api/v1/me: "), "{error}");
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn requests_carry_credentials_and_keep_the_sub_path() {
    let server = Server::http(|request| {
        let headers = request.headers();
        assert_eq!(headers["x-user-id"], "aobEdbYhXfu5hkeqG");
        assert_eq!(headers["x-auth-token"], "s3cret");
        assert_eq!(headers["accept"], "application/json");
        assert_eq!(headers["user-agent"], "agent/1");
        assert_eq!(headers["x-2fa-method"], "totp");
        assert!(!headers.contains_key("accept-encoding") && !headers.contains_key("cookie"));
        text(200, &format!("{} {}", request.method(), request.uri()))
    });
    let config = Config {
        user_agent: "agent/1".to_owned(),
        ..Config::default()
    };
    let transport = transport(&format!("{}/chat/", server.named_url("http")), config);
    let request = Request::post("/api/v1/users.list?count=0&sort=%7B%22_id%22%3A1%7D")
        .header("x-2fa-method", "totp");
    let response = transport.send(&request.body(()).unwrap()).await.unwrap();
    assert_eq!(
        response.body,
        "POST /chat/api/v1/users.list?count=0&sort=%7B%22_id%22%3A1%7D"
    );
    assert_eq!(response.status, StatusCode::OK);
}

#[tokio::test]
async fn redirects_are_answers() {
    let elsewhere = Server::http(|_| text(200, "stolen"));
    let target = elsewhere.url("http");
    let server = Server::http(move |_| {
        let mut answer = text(302, "");
        answer
            .headers_mut()
            .insert("location", target.parse().unwrap());
        answer
    });
    let response = client(&server.url("http"), Config::default())
        .send(me())
        .await
        .unwrap();
    assert_eq!(response.status, StatusCode::FOUND);
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn no_request_leaves_for_another_server() {
    let server = Server::http(|_| text(200, ""));
    let elsewhere = Server::http(|_| text(200, "stolen"));
    let target = format!("{}/api/v1/me", elsewhere.url("http"));
    let request = Request::get(target).body(()).unwrap();
    let error = transport(&server.url("http"), Config::default())
        .send(&request)
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (Kind::Config, false));
    assert_eq!(elsewhere.connections() + server.connections(), 0);
}

#[tokio::test]
async fn trouble_of_the_server_passes() {
    let count = AtomicUsize::new(0);
    let server = Server::http(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => text(503, ""),
        _ => text(200, "fine"),
    });
    let response = client(&server.url("http"), Config::default())
        .send(me())
        .await
        .unwrap();
    assert_eq!(response.body, "fine");
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let config = || Config {
        body_limit: 1000,
        ..Config::default()
    };
    let exact = Server::http(|_| text(200, &"x".repeat(1000)));
    assert_eq!(one(&exact, config()).await.unwrap().body.len(), 1000);

    let announced = Server::raw(vec![(
        "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n",
        Then::Hang,
    )]);
    check(
        &one(&announced, config()).await.unwrap_err(),
        Kind::BodyTooLarge,
        false,
        "longer than 1000 bytes",
    );

    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let endless = format!("{head}{}", "8\r\n01234567\r\n".repeat(100_000));
    let server = Server::raw(vec![(endless.leak(), Then::Hang)]);
    let error = client(&server.url("http"), config())
        .send(me())
        .await
        .unwrap_err();
    check(&error, Kind::BodyTooLarge, false, "longer than 1000 bytes");
    assert_eq!(server.connections(), 1);

    let config = Config {
        rest_limit: 999,
        ..Config::default()
    };
    let error = one(&exact, config).await.unwrap_err();
    check(
        &error,
        Kind::BodyTooLarge,
        false,
        "the answer is longer than 999 bytes",
    );
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_again() {
    let server = Server::raw(vec![
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"users\":[",
            Then::Close,
        ),
        ("HTTP/1.1 200 OK\r\ncont", Then::Close),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
            Then::Close,
        ),
    ]);
    let client = client(&server.url("http"), Config::default());
    assert_eq!(client.send(me()).await.unwrap().body, "{}");
    assert_eq!((server.connections(), client.stats().retries), (3, 2));
}

#[tokio::test]
async fn a_cut_answer_is_an_error_at_last() {
    let server = Server::raw(vec![(
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        Then::Close,
    )]);
    let error = client(&server.url("http"), Config::default())
        .send(me())
        .await
        .unwrap_err();
    check(
        &error,
        Kind::Reset,
        true,
        "broke before the answer was complete",
    );
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn whatever_hangs_times_out() {
    let start = Instant::now();
    let silent = Server::raw(vec![("", Then::Hang)]);
    let config = Config {
        head_timeout: HANG,
        ..Config::default()
    };
    check(
        &one(&silent, config).await.unwrap_err(),
        Kind::Timeout,
        true,
        "the head of the answer took longer than 0.2 s",
    );

    let paused = Server::raw(vec![(
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
        Then::Hang,
    )]);
    let config = Config {
        body_idle_timeout: HANG,
        ..Config::default()
    };
    check(
        &one(&paused, config).await.unwrap_err(),
        Kind::Timeout,
        true,
        "a pause within the answer",
    );

    let dripping = Server::raw(vec![(
        "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{",
        Then::Drip,
    )]);
    let config = Config {
        body_idle_timeout: HANG,
        ..Config::default()
    };
    check(
        &one(&dripping, config).await.unwrap_err(),
        Kind::Timeout,
        true,
        "the next part of the answer",
    );

    let config = Config {
        total_timeout: HANG,
        ..Config::default()
    };
    check(
        &one(&paused, config).await.unwrap_err(),
        Kind::Timeout,
        true,
        "the whole answer",
    );

    // TCP connects, TLS gets no reply.
    let authority = crate::tls::Authority::new();
    let config = Config {
        connect_timeout: HANG,
        extra_roots: vec![authority.path()],
        ..Config::default()
    };
    let error = transport(&silent.url("https"), config)
        .send(&me())
        .await
        .unwrap_err();
    check(&error, Kind::Timeout, true, "no connection in time");
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn nobody_listening_is_told_and_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client(&url, Config::default());
    check(
        &client.send(me()).await.unwrap_err(),
        Kind::Refused,
        true,
        "the connection was refused",
    );
    assert_eq!(client.stats().requests, 3);
}

#[tokio::test]
async fn a_name_that_cannot_exist_is_told_and_not_tried_again() {
    // Labels end at 63 characters, so the resolver needs no network to refuse.
    let client = client(
        &format!("http://{}.invalid", "a".repeat(64)),
        Config::default(),
    );
    check(
        &client.send(me()).await.unwrap_err(),
        Kind::Dns,
        false,
        "no host of this name",
    );
    assert_eq!(client.stats().requests, 1);
}

#[tokio::test]
async fn what_is_no_http_is_told() {
    let server = Server::raw(vec![("SSH-2.0-OpenSSH_9.6\r\n\r\n", Then::Close)]);
    check(
        &one(&server, Config::default()).await.unwrap_err(),
        Kind::Protocol,
        false,
        "not valid HTTP",
    );

    let server = Server::raw(vec![(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx",
        Then::Close,
    )]);
    check(
        &one(&server, Config::default()).await.unwrap_err(),
        Kind::Protocol,
        false,
        "compressed (gzip)",
    );
}
