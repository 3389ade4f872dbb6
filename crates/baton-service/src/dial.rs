//! Making connections, which is left to whoever runs the service: proxies and trusted certificates are settings that
//! the connector has anyway.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tower_service::Service;

use crate::Link;
use crate::link::Line;

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connection may take this long, from looking up the name to the end of the TLS handshake.
const LIMIT: Duration = Duration::from_secs(30);

/// Makes connections to C1.
pub trait Dial: Send + Sync + 'static {
    /// Connects to the host and port of an `https` address, through a proxy if there is one, and makes the connection
    /// TLS 1.2 or later, offering [`Versions::alpn`]. The certificate has to be that of the host.
    fn dial(&self, target: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>>;
}

/// Which versions of HTTP are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// HTTP/2 alone, for gRPC.
    Http2,
    /// HTTP/2, or else HTTP/1.1, for tokens.
    Any,
}

impl Versions {
    /// Returns the names to offer by ALPN, the preferred one first.
    pub fn alpn(self) -> &'static [&'static str] {
        match self {
            Self::Http2 => &["h2"],
            Self::Any => &["h2", "http/1.1"],
        }
    }
}

/// Bytes that go both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Dials within the time limit, for a client that speaks certain versions.
#[derive(Clone)]
pub(crate) struct Dialer {
    dial: Arc<dyn Dial>,
    versions: Versions,
}

impl Dialer {
    pub(crate) fn new(dial: Arc<dyn Dial>, versions: Versions) -> Self {
        Self { dial, versions }
    }
}

impl Service<Uri> for Dialer {
    type Response = Line;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Line, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let versions = self.versions;
        let dialled = self.dial.dial(target, versions);
        Box::pin(async move {
            let link = timeout(LIMIT, dialled)
                .await
                .map_err(|_| format!("no connection within {} s", LIMIT.as_secs()))??;
            if versions == Versions::Http2 && !link.is_http2() {
                return Err("the server does not offer HTTP/2".into());
            }
            Ok(link.into())
        })
    }
}
