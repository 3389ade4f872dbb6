//! Requests through proxies.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Version};
use rocketchat_http::{
    Client, Config, Credentials, Error, HttpTransport, Kind, Policy, Proxies, Response, Transport,
    Verdict,
};

use crate::proxy::{Proxy, Rule};
use crate::server::{Server, Then, text};
use crate::tls::Authority;

/// `Basic` and the base64 of `bob@corp:p/w`.
const BOB: &str = "Basic Ym9iQGNvcnA6cC93";

fn proxies(variables: &[(&str, &str)]) -> Proxies {
    Proxies::from_variables(|wanted| {
        let found = variables.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn transport(url: &str, config: Config) -> Result<HttpTransport, Error> {
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", "s3cret").unwrap();
    HttpTransport::new(url.parse().unwrap(), credentials, config)
}

async fn get(url: &str, config: Config) -> Result<Response, Error> {
    let request = Request::get("/api/v1/me?a=1").body(()).unwrap();
    transport(url, config)?.send(&request).await
}

/// Everything through this proxy.
fn through(proxy: &str) -> Config {
    Config {
        proxies: proxies(&[("HTTPS_PROXY", proxy), ("HTTP_PROXY", proxy)]),
        ..Config::default()
    }
}

fn trusting(authority: &Authority, proxy: &str) -> Config {
    Config {
        extra_roots: vec![authority.path()],
        ..through(proxy)
    }
}

fn greeting(authority: &Authority, alpn: &[&str]) -> Server {
    Server::https(authority.issue("chat.test", alpn, |_| ()), |request| {
        assert_eq!(request.headers()["x-auth-token"], "s3cret");
        assert!(!request.headers().contains_key("proxy-authorization"));
        text(200, &format!("{:?}", request.version()))
    })
}

#[tokio::test]
async fn https_goes_through_a_tunnel_that_shows_the_proxy_nothing() {
    let authority = Authority::new();
    for (alpn, version) in [(&["h2"][..], Version::HTTP_2), (&[], Version::HTTP_11)] {
        let server = greeting(&authority, alpn);
        let rules = [
            (Rule::To(server.address()), ""),
            (Rule::ToFriends(server.address(), BOB), "bob%40corp:p%2Fw@"),
        ];
        for (rule, user) in rules {
            let tls = authority.issue("localhost", &["h2", "http/1.1"], |_| ());
            for (scheme, proxy) in [
                ("", Proxy::http(rule)),
                ("http://", Proxy::http(rule)),
                ("https://", Proxy::https(tls, rule)),
            ] {
                let address = format!("{scheme}{user}{}", proxy.address());
                let config = trusting(&authority, &address);
                let response = get("https://chat.test/team", config).await.unwrap();
                assert_eq!(response.body, format!("{version:?}"));

                let heard = proxy.heard();
                let asked = "CONNECT chat.test:443 HTTP/1.1\r\nhost: chat.test:443\r\nuser-agent: rocketchat-http/";
                assert!(heard.starts_with(asked), "{heard}");
                let known = heard.contains(&format!("\r\nproxy-authorization: {BOB}\r\n"));
                assert_eq!(known, !user.is_empty());
                assert!(!heard.contains("s3cret") && !heard.contains("/api/v1/me"));
                assert!(!heard.to_lowercase().contains("x-auth-token"));
            }
        }
    }
}

#[tokio::test]
async fn a_tunnel_is_used_again() {
    let authority = Authority::new();
    let server = greeting(&authority, &["http/1.1"]);
    let proxy = Proxy::http(Rule::To(server.address()));
    let config = trusting(&authority, &proxy.address());
    let transport = transport("https://chat.test:8443", config).unwrap();
    for _ in 0..3 {
        let request = Request::get("/api/v1/me").body(()).unwrap();
        assert_eq!(transport.send(&request).await.unwrap().status, 200);
    }
    assert_eq!((proxy.connections(), server.connections()), (1, 1));
    assert!(proxy.heard().starts_with("CONNECT chat.test:8443 "));
}

#[tokio::test]
async fn an_address_of_ipv6_is_asked_for_in_brackets() {
    let authority = Authority::new();
    let tls = authority.issue("2001:db8::7", &[], |_| ());
    let server = Server::https(tls, |_| text(200, "fine"));
    let proxy = Proxy::http(Rule::To(server.address()));
    let config = trusting(&authority, &proxy.address());
    let response = get("https://[2001:db8::7]", config).await.unwrap();
    assert_eq!(response.body, "fine");
    assert!(proxy.heard().starts_with("CONNECT [2001:db8::7]:443 "));
}

#[tokio::test]
async fn plain_http_is_handed_over_in_absolute_form() {
    let authority = Authority::new();
    let server = Server::http(|request| text(200, &request.uri().to_string()));
    let rule = Rule::ToFriends(server.address(), BOB);
    let tls = authority.issue("localhost", &["h2", "http/1.1"], |_| ());
    for (scheme, proxy) in [
        ("http", Proxy::http(rule)),
        ("https", Proxy::https(tls, rule)),
    ] {
        let address = format!("{scheme}://bob%40corp:p%2Fw@{}", proxy.address());
        let config = trusting(&authority, &address);
        let response = get("http://chat.test:3000/team", config).await.unwrap();
        let target = "http://chat.test:3000/team/api/v1/me?a=1";
        assert_eq!(response.body, target);
        let heard = proxy.heard();
        assert!(heard.starts_with(&format!("GET {target} HTTP/1.1\r\n")));
        assert!(heard.contains("\r\nhost: chat.test:3000\r\n"), "{heard}");
    }
}

#[tokio::test]
async fn what_is_excepted_is_reached_directly() {
    let server = Server::http(|request| {
        assert!(!request.headers().contains_key("proxy-authorization"));
        text(200, "direct")
    });
    let proxy = Proxy::http(Rule::Say("HTTP/1.1 200 OK\r\n\r\nproxy", Then::Close));
    let address = format!("bob:pw@{}", proxy.address());
    for url in [server.url("http"), server.named_url("http")] {
        assert_eq!(get(&url, through(&address)).await.unwrap().body, "direct");
    }
    // Labels end at 63 characters: without the proxy, the name cannot be looked up.
    let config = Config {
        proxies: proxies(&[("HTTP_PROXY", &address), ("NO_PROXY", "other, .test:80")]),
        ..Config::default()
    };
    let no_name = format!("http://{}.test", "a".repeat(64));
    let error = get(&no_name, config.clone()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Dns);
    assert_eq!(proxy.connections(), 0);

    let body = get(&format!("{no_name}:81"), config).await.unwrap().body;
    assert_eq!((&body[..], proxy.connections()), (&b"proxy"[..], 1));
}

/// Sends a request with retries and checks what comes of it.
async fn check(url: &str, config: Config, kind: Kind, tries: u64, message: &str, hint: &str) {
    let policy = Policy {
        attempts: 2,
        backoff_base: Duration::from_millis(1),
        ..Policy::default()
    };
    let transport = transport(url, config).unwrap();
    let client = Client::new(Arc::new(transport), policy, Verdict::by_status);
    let request = Request::get("/api/v1/me").body(()).unwrap();
    let error = client.send(request).await.unwrap_err();
    let said = error.to_string();
    assert_eq!(
        (error.kind(), client.stats().requests),
        (kind, tries),
        "{error:?}"
    );
    assert!(said.starts_with("GET /api/v1/me: "), "{said}");
    assert!(said.contains(message), "{said}");
    assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_with_its_words() {
    let authority = Authority::new();
    for (answer, tries, words, hint) in [
        ("407 Who Are You", 1, "407 Who Are You", "user:password@"),
        ("403 Forbidden", 1, "403 Forbidden", "allowed on the proxy"),
        ("405 Method Not Allowed", 1, "405 ", "allowed on the proxy"),
        ("301 Moved", 1, "301 Moved", "names a proxy"),
        ("502 Bad Gateway", 2, "502 Bad Gateway", "can reach"),
        (
            "503 I do not know p/w",
            2,
            "503 Service Unavailable",
            "can reach",
        ),
        ("504 Gateway Timeout", 2, "504 Gateway Timeout", "NO_PROXY"),
    ] {
        let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 4\r\n\r\nbody");
        let proxy = Proxy::http(Rule::Say(answer.leak(), Then::Hang));
        let expected = format!(
            "proxy {}: it does not let the request through: {words}",
            proxy.address()
        );
        let config = trusting(&authority, &format!("bob:p%2Fw@{}", proxy.address()));
        check(
            "https://chat.test",
            config,
            Kind::Proxy,
            tries,
            &expected,
            hint,
        )
        .await;
        assert_eq!(proxy.connections() as u64, tries);
    }
}

#[tokio::test]
async fn a_missing_password_is_told_for_plain_http_too() {
    let server = Server::http(|_| text(200, "stolen"));
    let proxy = Proxy::http(Rule::ToFriends(server.address(), BOB));
    let wrong = format!("bob%40corp:other@{}", proxy.address());
    for address in [proxy.address(), wrong] {
        let expected = format!("proxy {}: ", proxy.address());
        let config = through(&address);
        check(
            "http://chat.test",
            config,
            Kind::Proxy,
            1,
            &expected,
            "password",
        )
        .await;
    }
    assert_eq!((proxy.connections(), server.connections()), (2, 0));
}

#[tokio::test]
async fn what_is_no_proxy_is_told() {
    let authority = Authority::new();
    for (answer, kind, tries, message) in [
        (
            "SSH-2.0-OpenSSH_9.6\r\n\r\n",
            Kind::Protocol,
            1,
            "not valid HTTP",
        ),
        ("HTTP/1.1 200 O", Kind::Reset, 2, "the connection broke"),
        ("", Kind::Reset, 2, "the connection broke"),
    ] {
        let proxy = Proxy::http(Rule::Say(answer, Then::Close));
        let expected = format!("proxy {}: ", proxy.address());
        for expected in [&*expected, message] {
            let config = trusting(&authority, &proxy.address());
            check(
                "https://chat.test",
                config,
                kind,
                tries,
                expected,
                "HTTPS_PROXY",
            )
            .await;
        }
    }
    // The way is said to be open, and leads nowhere.
    let open = "HTTP/1.1 200 OK\r\n\r\nSSH-2.0-OpenSSH_9.6\r\n\r\n";
    let proxy = Proxy::http(Rule::Say(open, Then::Close));
    let config = trusting(&authority, &proxy.address());
    check(
        "https://chat.test",
        config,
        Kind::Tls,
        1,
        "the server does not speak TLS",
        "port",
    )
    .await;
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told() {
    let authority = Authority::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    for url in ["https://chat.test", "http://chat.test"] {
        let expected = format!("proxy {address}: the connection was refused");
        let config = trusting(&authority, &address);
        check(url, config, Kind::Refused, 2, &expected, "HTTPS_PROXY").await;

        let no_name = format!("{}.test:3128", "a".repeat(64));
        let expected = format!("proxy {no_name}: there is no host of this name");
        let config = trusting(&authority, &no_name);
        check(url, config, Kind::Dns, 1, &expected, "HTTPS_PROXY").await;
    }
}

#[tokio::test]
async fn a_proxy_that_hangs_times_out() {
    let authority = Authority::new();
    let start = Instant::now();
    let proxy = Proxy::http(Rule::Say("HTTP/1.1 200", Then::Hang));
    for scheme in ["http", "https"] {
        let config = Config {
            connect_timeout: Duration::from_millis(200),
            ..trusting(&authority, &format!("{scheme}://{}", proxy.address()))
        };
        let expected = format!("proxy {}: no connection in time", proxy.address());
        check(
            "https://chat.test",
            config,
            Kind::Timeout,
            2,
            &expected,
            "HTTPS_PROXY",
        )
        .await;
    }
    // Behind a proxy that opens the way, it is the server that hangs.
    let proxy = Proxy::http(Rule::Say("HTTP/1.1 200 OK\r\n\r\n", Then::Hang));
    let config = Config {
        connect_timeout: Duration::from_millis(200),
        ..trusting(&authority, &proxy.address())
    };
    let message = "me: no connection in time";
    check(
        "https://chat.test",
        config,
        Kind::Timeout,
        2,
        message,
        "base URL",
    )
    .await;
    // The limit of the whole request covers the way through the proxy.
    let config = Config {
        total_timeout: Duration::from_millis(200),
        ..trusting(&authority, &proxy.address())
    };
    let message = "the whole answer took longer than 0.2 s";
    check("https://chat.test", config, Kind::Timeout, 2, message, "").await;
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn the_certificate_of_a_proxy_is_checked() {
    let authority = Authority::new();
    let server = Server::http(|_| text(200, "stolen"));
    let rule = Rule::To(server.address());
    let tls = |name| authority.issue(name, &[], |_| ());
    let stranger = Authority::new();
    for (name, trusted, message) in [
        ("localhost", &stranger, "comes from an unknown issuer"),
        (
            "proxy.test",
            &authority,
            "is for another name: it is for proxy.test, not for localhost",
        ),
    ] {
        let proxy = Proxy::https(tls(name), rule);
        let config = trusting(trusted, &format!("https://bob:pw@{}", proxy.address()));
        let expected = format!(
            "proxy {}: the proxy's certificate {message}",
            proxy.address()
        );
        for url in ["https://chat.test", "http://chat.test"] {
            check(url, config.clone(), Kind::Tls, 1, &expected, "").await;
        }
        assert_eq!(proxy.heard(), "");
    }
}

#[tokio::test]
async fn the_certificate_of_the_server_is_checked_behind_a_proxy() {
    let authority = Authority::new();
    let server = greeting(&Authority::new(), &[]);
    let proxy = Proxy::http(Rule::To(server.address()));
    let config = trusting(&authority, &proxy.address());
    let message = "me: the server's certificate comes from an unknown issuer";
    check(
        "https://chat.test",
        config,
        Kind::Tls,
        1,
        message,
        "--rocketchat-ca-bundle",
    )
    .await;
}

#[test]
fn a_proxy_that_cannot_be_used_is_told_by_its_variable() {
    for (variable, value, message) in [
        ("HTTPS_PROXY", "socks5://bob:s3same@proxy:1080", "SOCKS"),
        ("https_proxy", "ftp://bob:s3same@proxy:1080", "scheme"),
        ("HTTPS_PROXY", "http://bob:s3same@", "not a URL"),
    ] {
        let config = Config {
            proxies: proxies(&[(variable, value)]),
            ..Config::default()
        };
        let error = transport("https://chat.test", config).unwrap_err();
        let said = error.to_string();
        assert_eq!((error.kind(), error.is_retryable()), (Kind::Config, false));
        assert!(
            said.starts_with(&format!("the proxy in {variable} ")),
            "{said}"
        );
        assert!(said.contains(message) && !said.contains("s3same"), "{said}");
        assert!(error.hint().unwrap().contains("http://host:port"));
    }
}
