//! Connections without a client of ours on them.

use rocketchat_http::{BaseUrl, Config, Connection, Dialer, Proxies};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::proxy::{Proxy, Rule};
use crate::server::{Server, text};
use crate::tls::Authority;

fn base(url: &str) -> BaseUrl {
    url.parse().unwrap()
}

fn through(proxy: &Proxy, authority: &Authority) -> Config {
    let address = proxy.address();
    Config {
        proxies: Proxies::from_variables(|name| (name == "HTTPS_PROXY").then(|| address.clone())),
        extra_roots: vec![authority.path()],
        ..Config::default()
    }
}

/// Asks for a page by hand, in HTTP/1.1.
async fn page(mut connection: Connection) -> String {
    let request = "GET / HTTP/1.1\r\nHost: c1.test\r\nConnection: close\r\n\r\n";
    connection
        .stream
        .write_all(request.as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    connection.stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn it_goes_through_the_proxy_in_the_protocol_that_is_wanted() {
    let authority = Authority::new();
    let tls = authority.issue("c1.test", &["h2", "http/1.1"], |_| ());
    let server = Server::https(tls, |_| text(200, "hello"));
    let proxy = Proxy::http(Rule::To(server.address()));
    let config = through(&proxy, &authority);
    for (protocols, is_http2) in [(&["h2"][..], true), (&["http/1.1"], false)] {
        let dialer = Dialer::new(&base("https://c1.test"), protocols, &config).unwrap();
        let connection = dialer.dial().await.unwrap();
        assert_eq!(connection.is_http2, is_http2);
        assert!(
            proxy
                .heard()
                .starts_with("CONNECT c1.test:443 HTTP/1.1\r\n")
        );
        if !is_http2 {
            assert!(page(connection).await.ends_with("hello"));
        }
    }
}

#[tokio::test]
async fn the_certificate_has_to_be_the_servers() {
    let authority = Authority::new();
    let tls = authority.issue("other.test", &["h2"], |_| ());
    let server = Server::https(tls, |_| text(200, "hello"));
    let proxy = Proxy::http(Rule::To(server.address()));
    let config = through(&proxy, &authority);
    let dialer = Dialer::new(&base("https://c1.test"), &["h2"], &config).unwrap();
    let error = dialer.dial().await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
}

#[test]
fn proxies_that_take_requests_are_refused() {
    let authority = Authority::new();
    let address = "http://proxy.test:1";
    let config = Config {
        proxies: Proxies::from_variables(|name| (name == "HTTP_PROXY").then(|| address.to_owned())),
        extra_roots: vec![authority.path()],
        ..Config::default()
    };
    let error = Dialer::new(&base("http://c1.test"), &[], &config).unwrap_err();
    assert!(error.to_string().contains("through a proxy"), "{error}");
}
