//! Asking a proxy for a way to a server: HTTP's CONNECT.

use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;

use crate::failure::{ProxyError, Refusal};
use crate::proxies::Proxy;

use super::connector::BoxError;
use super::stream::Link;

/// More of a status line is not repeated.
const LONGEST_WORDS: usize = 100;

/// Makes the link to a proxy one to `target`, which is `host:port`.
///
/// The proxy is told who asks and, where it wants to know, with which password; of the requests and their credentials
/// it sees nothing, because the TLS connection is made inside.
pub(super) async fn open(
    link: Link,
    target: &str,
    proxy: &Proxy,
    user_agent: &HeaderValue,
) -> Result<Link, BoxError> {
    let mut request = Request::connect(target)
        .header(HOST, target)
        .header(USER_AGENT, user_agent);
    if let Some(authorization) = proxy.authorization() {
        request = request.header(PROXY_AUTHORIZATION, authorization);
    }
    let request = request.body(Empty::<&[u8]>::new())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(link)).await?;
    // Ends with the tunnel, or as soon as nobody waits for the answer.
    tokio::spawn(connection.with_upgrades());
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(Refusal::of(proxy, &response).into());
    }
    let tunnel = hyper::upgrade::on(response).await?;
    Ok(Box::new(TokioIo::new(tunnel)))
}

/// Says that the proxy answered instead of the server.
pub(super) fn refusal<B>(proxy: &Proxy, response: &Response<B>) -> ProxyError {
    ProxyError {
        proxy: proxy.to_string(),
        cause: Refusal::of(proxy, response).into(),
    }
}

impl Refusal {
    /// Takes status and words from the status line. Of the rest nothing is repeated: it may quote the request.
    fn of<B>(proxy: &Proxy, response: &Response<B>) -> Self {
        let status = response.status();
        let own = response.extensions().get::<ReasonPhrase>();
        let own = own
            .and_then(|words| std::str::from_utf8(words.as_bytes()).ok())
            .filter(|words| !words.contains(char::is_control) && !proxy.is_quoted_in(words));
        let words = own.or(status.canonical_reason()).unwrap_or_default();
        Self {
            status,
            words: words.chars().take(LONGEST_WORDS).collect(),
        }
    }
}
