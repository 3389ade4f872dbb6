//! Nothing that can be printed or logged shows the token.

use std::error::Error as _;
use std::fmt::{Debug, Display, Write as _};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use rocketchat_http::{
    BaseUrl, Client, Config, Credentials, Error, HttpTransport, Policy, Proxies, Recorder, Replay,
    Response, Transport, Verdict,
};
use tracing_subscriber::fmt::MakeWriter;

use crate::proxy::{Proxy, Rule};
use crate::server::{Server, Then, text};
use crate::tls::Authority;

const TOKEN: &str = "canary-5Dd1Yt7wqPq0bVn3";

/// Collects what is printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Printed {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Printed {
    fn show(&self, value: &dyn Debug) {
        let mut text = String::new();
        writeln!(text, "{value:?} {value:#?}").unwrap();
        self.0.lock().unwrap().extend(text.into_bytes());
    }

    fn show_error(&self, error: &Error) {
        self.show(error);
        let mut link: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = link {
            self.show(&format!("{}", error as &dyn Display));
            link = error.source();
        }
        self.show(&error.source().map(ToString::to_string));
        self.show(&error.hint());
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn transport(url: &str, extra_roots: Vec<PathBuf>) -> HttpTransport {
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", TOKEN).unwrap();
    let limit = Duration::from_millis(100);
    let config = Config {
        head_timeout: limit,
        connect_timeout: limit,
        body_limit: 10,
        extra_roots,
        ..Config::default()
    };
    HttpTransport::new(url.parse().unwrap(), credentials, config).unwrap()
}

async fn send(url: &str, extra_roots: Vec<PathBuf>, printed: &Printed) -> Result<Response, Error> {
    let recorder = Arc::new(Recorder::new(transport(url, extra_roots)));
    let policy = Policy {
        attempts: 2,
        backoff_base: Duration::ZERO,
        ..Policy::default()
    };
    let client = Client::new(recorder.clone(), policy, Verdict::by_status);
    let result = client
        .send(Request::get("/api/v1/me").body(()).unwrap())
        .await;
    printed.show(&client);
    printed.show(&recorder);
    printed.show(&client.stats());
    let exchanges = recorder.take();
    printed.show(&exchanges);
    printed.show(&Replay::new(exchanges));
    result
}

#[tokio::test]
async fn the_token_is_nowhere() {
    let printed = Printed::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(printed.clone())
        .finish();
    // For this thread only, which does not run the servers: these may log what they receive.
    let _guard = tracing::subscriber::set_default(subscriber);

    let (authority, stranger) = (Authority::new(), Authority::new());
    for alpn in [&["h2"][..], &["http/1.1"]] {
        let server = Server::https(authority.issue("localhost", alpn, |_| ()), |request| {
            assert_eq!(request.headers()["x-auth-token"], TOKEN);
            text(200, "fine")
        });
        printed.show(
            &send(&server.named_url("https"), vec![authority.path()], &printed)
                .await
                .unwrap(),
        );
        let untrusted = send(&server.named_url("https"), vec![stranger.path()], &printed).await;
        printed.show_error(&untrusted.unwrap_err());
    }
    for script in [
        ("", Then::Hang),
        ("", Then::Close),
        ("nonsense\r\n\r\n", Then::Close),
        ("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n", Then::Hang),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", Then::Close),
    ] {
        let server = Server::raw(vec![script]);
        printed.show_error(
            &send(&server.url("http"), vec![], &printed)
                .await
                .unwrap_err(),
        );
    }
    printed.show_error(&Credentials::new("u", &format!("{TOKEN}\n")).unwrap_err());
    printed.show_error(
        &format!("https://u:{TOKEN}@chat.example.org")
            .parse::<BaseUrl>()
            .unwrap_err(),
    );
    printed.show(&transport("http://localhost:1", vec![]));
    let elsewhere = Request::get("http://localhost:1/").body(()).unwrap();
    printed.show_error(
        &transport("http://localhost:1", vec![])
            .send(&elsewhere)
            .await
            .unwrap_err(),
    );

    let text = printed.text();
    assert!(
        text.contains("unknown issuer") && text.contains("/api/v1/me") && text.contains("TRACE")
    );
    assert!(
        !text.contains("canary"),
        "{}",
        text.lines()
            .find(|line| line.contains("canary"))
            .unwrap_or_default()
    );
}

#[tokio::test]
async fn a_token_that_comes_back_is_blacked_out() {
    let server = Server::http(|request| {
        let token = request.headers().get("x-auth-token").unwrap().clone();
        let body = format!("bad token {0}, {0}!", token.to_str().unwrap());
        let mut answer = text(403, &body);
        answer.headers_mut().insert("content-type", token);
        answer
    });
    let request = Request::get("/api/v1/me").body(()).unwrap();
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", TOKEN).unwrap();
    let url = server.url("http").parse().unwrap();
    let transport = HttpTransport::new(url, credentials, Config::default()).unwrap();
    let recorder = Recorder::new(transport);
    let response = recorder.send(&request).await.unwrap();
    let stars = "*".repeat(TOKEN.len());
    assert_eq!(response.body, format!("bad token {stars}, {stars}!"));
    assert_eq!(response.headers.get("content-type").unwrap(), "redacted");
    let kept: Vec<_> = recorder
        .take()
        .into_iter()
        .map(|it| (it.headers, it.body))
        .collect();
    assert!(!kept.is_empty() && !format!("{kept:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_token_that_comes_back_in_the_head_of_an_answer_is_in_no_error() {
    for (head, expected) in [
        ("200 OK\r\ncontent-encoding: ", "redacted"),
        ("407 ", "407 Proxy Authentication Required"),
    ] {
        let answer = format!("HTTP/1.1 {head}{TOKEN}\r\ncontent-length: 0\r\n\r\n");
        let proxy = Proxy::http(Rule::Say(answer.leak(), Then::Hang));
        let credentials = Credentials::new("aobEdbYhXfu5hkeqG", TOKEN).unwrap();
        let config = Config {
            proxies: Proxies::from_variables(|name| {
                (name == "HTTP_PROXY").then(|| proxy.address())
            }),
            ..Config::default()
        };
        let url = "http://chat.test".parse().unwrap();
        let transport = HttpTransport::new(url, credentials, config).unwrap();
        let request = Request::get("/api/v1/me").body(()).unwrap();
        let printed = Printed::default();
        printed.show_error(&transport.send(&request).await.unwrap_err());
        let text = printed.text();
        assert!(text.contains(expected) && !text.contains(TOKEN), "{text}");
    }
}

/// Everything that can go wrong at a proxy, with a password that must not show.
#[tokio::test]
async fn the_password_of_a_proxy_is_nowhere() {
    const SECRETS: [&str; 4] = ["canary", "Y2FuYXJ5", "bob", "s3cr"];
    let printed = Printed::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(printed.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let authority = Authority::new();
    let server = Server::https(authority.issue("chat.test", &[], |_| ()), |_| text(200, ""));
    // What the proxy heard, in words and as it was sent: `canary:bob`.
    let quoting =
        "HTTP/1.1 407 canary:bob is Basic Y2FuYXJ5OmJvYg==\r\ncontent-length: 3\r\n\r\nbob";
    for rule in [
        Rule::To(server.address()),
        Rule::Say(quoting, Then::Hang),
        Rule::Say(
            "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
            Then::Hang,
        ),
        Rule::Say("nonsense\r\n\r\n", Then::Close),
        Rule::Say("", Then::Hang),
    ] {
        let tls = authority.issue("localhost", &[], |_| ());
        for (scheme, proxy) in [
            ("http", Proxy::http(rule)),
            ("https", Proxy::https(tls, rule)),
        ] {
            let address = format!("{scheme}://canary:bob@{}", proxy.address());
            for url in ["https://chat.test", "http://chat.test"] {
                show_through(&address, url, &authority, &printed).await;
            }
            assert!(proxy.heard().contains("Y2FuYXJ5OmJvYg=="));
        }
    }
    for unusable in [
        "socks5://canary:bob@localhost:1",
        "ftp://canary:bob@localhost:1",
        "http://canary:bob/s3cr@localhost:1",
        "http://canary:1/bob@localhost:1",
        "canary:bob#s3cr@localhost:1",
        "canary:bob@local host",
        "http://canary:bob@localhost:1",
    ] {
        show_through(unusable, "https://chat.test", &authority, &printed).await;
    }

    let text = printed.text();
    assert!(text.contains("407 Proxy Authentication Required") && text.contains("502 Bad Gateway"));
    assert!(text.contains("TRACE") && text.contains("not supported"));
    for secret in SECRETS {
        let shown = text.lines().find(|line| line.contains(secret));
        assert_eq!(shown, None, "{secret}");
    }
}

/// Sends a request through a proxy and shows all there is to see of it.
async fn show_through(proxy: &str, url: &str, authority: &Authority, printed: &Printed) {
    let limit = Duration::from_millis(300);
    let config = Config {
        proxies: Proxies::from_variables(|name| {
            ["HTTP_PROXY", "HTTPS_PROXY"]
                .contains(&name)
                .then(|| proxy.to_owned())
        }),
        head_timeout: limit,
        connect_timeout: limit,
        extra_roots: vec![authority.path()],
        ..Config::default()
    };
    printed.show(&config);
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", TOKEN).unwrap();
    let transport = match HttpTransport::new(url.parse().unwrap(), credentials, config) {
        Ok(transport) => transport,
        Err(error) => return printed.show_error(&error),
    };
    printed.show(&transport);
    let request = Request::get("/api/v1/me").body(()).unwrap();
    match transport.send(&request).await {
        Ok(response) => printed.show(&response),
        Err(error) => printed.show_error(&error),
    }
}
