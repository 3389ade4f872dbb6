//! Making connections: names, TCP, proxies and TLS under one timeout, with errors that can be told apart.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use futures_util::future::BoxFuture;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use rustls::pki_types::ServerName;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::failure::{ConnectTimeout, LookupError, ProxyError};
use crate::proxies::Proxy;
use crate::{BaseUrl, Error};

use super::Config;
use super::stream::{Link, Stream};
use super::tls::{self, Trust};
use super::tunnel;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How long a connection may be silent before it is asked whether anybody is there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What a workspace is spoken to in, as ALPN says it.
pub(super) const HTTP: &[&str] = &["h2", "http/1.1"];

/// Connects to one workspace, or to another server.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    /// For an `https` workspace, and only for it.
    tls: Option<TlsConnector>,
    via: Option<Via>,
    limit: Duration,
}

/// The proxy on the way.
#[derive(Clone)]
struct Via {
    proxy: Proxy,
    /// For an `https` proxy, and only for it.
    tls: Option<TlsConnector>,
    user_agent: HeaderValue,
}

impl Connector {
    /// Prepares connections to `base` in one of `protocols`. Certificates are loaded only where TLS is needed.
    pub(super) fn new(
        base: &BaseUrl,
        proxy: Option<&Proxy>,
        user_agent: &HeaderValue,
        protocols: &[&str],
        config: &Config,
    ) -> Result<Self, Error> {
        let mut tcp = HttpConnector::new_with_resolver(Resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Long silence is normal while a server thinks; a machine that is gone, or a router that forgot, is not.
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        // Split evenly over a name's addresses, so that a dead one does not use up the time of the others.
        tcp.set_connect_timeout(Some(config.connect_timeout));
        let (mut tls, mut proxy_tls) = (None, None);
        if base.is_https() || proxy.is_some_and(Proxy::is_https) {
            let trust = Trust::load(&config.roots, &config.extra_roots)?;
            if base.is_https() {
                tls = Some(trust.to_server(config.identity.as_ref(), protocols)?);
            }
            if proxy.is_some_and(Proxy::is_https) {
                proxy_tls = Some(trust.to_proxy()?);
            }
        }
        let via = proxy.map(|proxy| {
            tracing::debug!(proxy = %proxy, "the server is reached through a proxy");
            Via {
                proxy: proxy.clone(),
                tls: proxy_tls,
                user_agent: user_agent.clone(),
            }
        });
        Ok(Self {
            tcp,
            tls,
            via,
            limit: config.connect_timeout,
        })
    }

    async fn connect(self, target: Uri) -> Result<Stream, BoxError> {
        let is_forwarded = self.via.is_some() && self.tls.is_none();
        let (link, is_http2) = self.open(target).await?;
        Ok(Stream::new(link, is_http2, is_forwarded))
    }

    /// Makes a link, and tells whether TLS agreed on HTTP/2.
    pub(super) async fn open(mut self, target: Uri) -> Result<(Link, bool), BoxError> {
        let deadline = Deadline::new(self.limit);
        let link = match &self.via {
            None => deadline.keep(dial(&mut self.tcp, target.clone())).await?,
            Some(via) => {
                let inside = self.tls.is_some().then_some(&target);
                let reached = deadline.keep(via.reach(&mut self.tcp, inside)).await;
                reached.map_err(|cause| ProxyError {
                    proxy: via.proxy.to_string(),
                    cause,
                })?
            }
        };
        let Some(tls) = &self.tls else {
            return Ok((link, false));
        };
        let link = deadline.keep(secure(link, tls, &target)).await?;
        let is_http2 = link.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Box::new(link), is_http2))
    }
}

impl Via {
    /// Connects to the proxy, and through it to a server if one is `inside`.
    async fn reach(
        &self,
        tcp: &mut HttpConnector<Resolver>,
        inside: Option<&Uri>,
    ) -> Result<Link, BoxError> {
        let address = self.proxy.uri();
        let mut link = dial(tcp, address.clone()).await?;
        if let Some(tls) = &self.tls {
            link = Box::new(secure(link, tls, address).await?);
        }
        match inside {
            None => Ok(link),
            Some(target) => {
                let host = target.host().unwrap_or_default();
                let port = target.port_u16().unwrap_or(443);
                tunnel::open(
                    link,
                    &format!("{host}:{port}"),
                    &self.proxy,
                    &self.user_agent,
                )
                .await
            }
        }
    }
}

async fn dial(tcp: &mut HttpConnector<Resolver>, address: Uri) -> Result<Link, BoxError> {
    Ok(Box::new(tcp.call(address).await?.into_inner()))
}

async fn secure(
    link: Link,
    tls: &TlsConnector,
    address: &Uri,
) -> Result<tokio_rustls::client::TlsStream<Link>, BoxError> {
    let host = address.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned())?;
    tls.connect(name, link).await.map_err(|error| {
        let rejected = tls::rejected(&error).cloned();
        rejected.map_or_else(|| error.into(), Into::into)
    })
}

/// The end of the time that all parts of a connection have together.
struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    fn new(limit: Duration) -> Self {
        let at = Instant::now() + limit;
        Self { at, limit }
    }

    async fn keep<T>(
        &self,
        part: impl Future<Output = Result<T, BoxError>>,
    ) -> Result<T, BoxError> {
        let done = timeout_at(self.at, part).await;
        done.unwrap_or_else(|_| Err(ConnectTimeout(self.limit).into()))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        Box::pin(self.clone().connect(address))
    }
}

/// Looks up names with the system's resolver, which is always ready.
#[derive(Clone)]
struct Resolver;

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = LookupError;
    type Future = BoxFuture<'static, Result<Self::Response, LookupError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LookupError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move {
            // The port is filled in by the connector.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found.map_err(|source| LookupError {
                host: name.to_string(),
                source,
            })?;
            Ok(found.collect::<Vec<_>>().into_iter())
        })
    }
}
