//! Bodies that are looked at while they arrive.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use rocketchat_http::{
    Client, Config, Credentials, Error, HttpTransport, Policy, Recorder, Sieve, Transport, Verdict,
};

use crate::server::{Server, Then, text};

/// Takes the digits out of successful answers.
#[derive(Default)]
struct Digits {
    begun: usize,
    parts: usize,
    taken: String,
}

impl Sieve for Digits {
    fn begin(&mut self, status: StatusCode, headers: &HeaderMap) -> bool {
        assert!(headers.contains_key("content-type"));
        self.begun += 1;
        self.taken.clear();
        status.is_success()
    }

    fn take(&mut self, bytes: &[u8], rest: &mut Vec<u8>) {
        self.parts += 1;
        for byte in bytes {
            if byte.is_ascii_digit() {
                self.taken.push(char::from(*byte));
            } else {
                rest.push(*byte);
            }
        }
    }
}

fn get() -> Request<()> {
    Request::get("/list").body(()).unwrap()
}

fn transport(server: &Server) -> HttpTransport {
    let config = Config {
        body_idle_timeout: Duration::from_millis(200),
        ..Config::default()
    };
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", "12s3cret").unwrap();
    HttpTransport::new(server.url("http").parse().unwrap(), credentials, config).unwrap()
}

fn client(transport: Arc<dyn Transport>) -> Client {
    let policy = Policy {
        attempts: 3,
        backoff_base: Duration::from_millis(1),
        ..Policy::default()
    };
    Client::new(transport, policy, Verdict::by_status)
}

#[tokio::test]
async fn what_a_broken_attempt_brought_is_forgotten() {
    const HEAD: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cut = format!("{HEAD}5\r\na1b2c\r\n").leak();
    let whole = format!("{HEAD}4\r\nx7y8\r\n3\r\nz9!\r\n0\r\n\r\n").leak();
    let server = Server::raw(vec![
        (cut, Then::Close),
        (cut, Then::Hang),
        (whole, Then::Close),
    ]);
    let client = client(Arc::new(transport(&server)));
    let mut digits = Digits::default();
    let response = client.send_through(get(), &mut digits).await.unwrap();
    assert_eq!((digits.begun, digits.taken.as_str()), (3, "789"));
    assert_eq!(response.body, "xyz!");
}

#[tokio::test]
async fn parts_pass_before_the_body_ends() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n";
    let server = Server::raw(vec![(format!("{HEAD}a1b").leak(), Then::Hang)]);
    let transport = transport(&server);
    let (request, mut digits) = (get(), Digits::default());
    let error = transport
        .send_through(&request, &mut digits)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(digits.taken, "1");
}

#[tokio::test]
async fn a_body_that_is_refused_stays_whole() {
    let server = Server::http(|_| {
        let mut answer = text(403, "1 reason");
        answer
            .headers_mut()
            .insert("content-type", "text/plain".parse().unwrap());
        answer
    });
    let client = client(Arc::new(transport(&server)));
    let mut digits = Digits::default();
    let response = client.send_through(get(), &mut digits).await.unwrap();
    assert_eq!(response.body, "1 reason");
    assert_eq!((digits.begun, digits.parts), (1, 0));
}

#[tokio::test]
async fn a_token_that_comes_back_in_two_parts_is_blacked_out_before_anybody_looks() {
    const HEAD: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = format!("{HEAD}5\r\n712s3\r\n7\r\ncret812\r\n0\r\n\r\n").leak();
    let server = Server::raw(vec![(body, Then::Close)]);
    let client = client(Arc::new(transport(&server)));
    let mut digits = Digits::default();
    let response = client.send_through(get(), &mut digits).await.unwrap();
    assert_eq!(
        (digits.taken.as_str(), &response.body[..]),
        ("7812", &b"********"[..])
    );
}

#[tokio::test]
async fn a_record_has_bodies_whole() {
    let server = Server::http(|_| {
        let mut answer = text(200, "a1b2");
        answer
            .headers_mut()
            .insert("content-type", "text/plain".parse().unwrap());
        answer
    });
    let recorder = Arc::new(Recorder::new(transport(&server)));
    let client = client(recorder.clone());
    let mut digits = Digits::default();
    let response = client.send_through(get(), &mut digits).await.unwrap();
    assert_eq!(
        (digits.taken.as_str(), &response.body[..]),
        ("12", &b"ab"[..])
    );
    assert_eq!(recorder.take()[0].body, "a1b2");
}

#[tokio::test]
async fn only_what_is_left_counts_against_its_limit() {
    let digits = |count| format!("{}{}", "1".repeat(1000), "x".repeat(count));
    let server = Server::http(move |request| {
        let count = request.uri().query().unwrap().parse().unwrap();
        let mut answer = text(200, &digits(count));
        let kind = "text/plain".parse().unwrap();
        answer.headers_mut().insert("content-type", kind);
        answer
    });
    let config = Config {
        rest_limit: 10,
        ..Config::default()
    };
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", "12s3cret").unwrap();
    let url = server.url("http").parse().unwrap();
    let transport = HttpTransport::new(url, credentials, config).unwrap();
    let send = async |count: usize| {
        let request = Request::get(format!("/list?{count}")).body(()).unwrap();
        transport
            .send_through(&request, &mut Digits::default())
            .await
    };
    assert_eq!(send(10).await.unwrap().body, "x".repeat(10));
    let error = send(11).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "GET /list: the answer without its rows is longer than 10 bytes"
    );
}
