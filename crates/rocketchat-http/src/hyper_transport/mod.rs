//! The transport over real sockets.
//!
//! One attempt each: no retries, no pacing, no redirects followed, no cookies, no compression asked for. Nothing is
//! ever sent to another origin than the base URL's, a proxy apart, which sees no credentials of an `https` workspace.

mod body;
mod connector;
mod dialer;
mod stream;
mod tls;
mod tunnel;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_ENCODING, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::proxies::Proxy;
use crate::sieve::Nothing;
use crate::transport::RouteName;
use crate::{BaseUrl, Credentials, Error, Proxies, Response, Sieve, Transport};

use self::body::Rest;
use self::connector::{Connector, HTTP};
pub use self::dialer::{Connection, Dialer};
pub use self::stream::Io;
pub use self::tls::{Identity, Roots};

/// Idle connections are closed after this, before the server or a proxy does so at an awkward moment.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// How often an HTTP/2 connection is checked, and how long it may take to react (`baton-runtime.md` section 6.1).
const PING: Duration = Duration::from_secs(15);

/// Limits and identity of an [`HttpTransport`], its way through the network, and whom it trusts.
#[derive(Debug, Clone)]
pub struct Config {
    /// How long a connection may take, from looking up the name to the end of the TLS handshake, with all that a proxy
    /// adds.
    pub connect_timeout: Duration,
    /// How long the head of an answer may take. Long, because a server that is asked for everything at once
    /// (`count=0`) collects it before it answers.
    pub head_timeout: Duration,
    /// How long the body may pause, and how often it is checked that it comes at 1 KiB a second or more.
    pub body_idle_timeout: Duration,
    /// How long the whole attempt may take, connecting included, whatever its pace. Very long, because tens of thousands
    /// of users are one body, which a slow server needs many minutes for; what is dead or drips is noticed by the other
    /// limits.
    pub total_timeout: Duration,
    /// The longest body that is read, in bytes.
    pub body_limit: usize,
    /// The most that is kept of a body, in bytes: all of it where no [`Sieve`] takes the rows out, and otherwise what is left.
    /// Several requests may be under way at once, each with that much.
    pub rest_limit: usize,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The proxies that requests go through.
    pub proxies: Proxies,
    /// The authorities that are trusted, for the workspace and for an `https` proxy.
    pub roots: Roots,
    /// Files with certificates trusted besides: authorities, or the certificates of single servers, which vouch for no
    /// other unless they call themselves authorities. Each is PEM with any number of certificates, or one certificate
    /// as DER.
    pub extra_roots: Vec<PathBuf>,
    /// What to show a workspace that asks for a certificate. Proxies are not shown it.
    pub identity: Option<Identity>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_mins(5),
            body_idle_timeout: Duration::from_mins(1),
            total_timeout: Duration::from_hours(1),
            body_limit: 256 << 20,
            rest_limit: 16 << 20,
            user_agent: concat!("rocketchat-http/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxies: Proxies::default(),
            roots: Roots::default(),
            extra_roots: Vec::new(),
            identity: None,
        }
    }
}

impl Config {
    fn user_agent(&self) -> Result<HeaderValue, Error> {
        HeaderValue::from_str(&self.user_agent).map_err(|_| Error::Setup {
            problem: "the user agent is no header value",
            cause: None,
        })
    }
}

/// Sends requests to one workspace: HTTP/1.1, or HTTP/2 where TLS negotiates it, over TLS 1.2 or later.
pub struct HttpTransport {
    base: BaseUrl,
    credentials: Credentials,
    headers: HeaderMap,
    client: Client<Connector, Empty<Bytes>>,
    /// The proxy that is handed whole requests, because the workspace is reached over `http`.
    forwarder: Option<Proxy>,
    config: Config,
}

impl HttpTransport {
    /// Prepares connections to a workspace; none is made yet.
    ///
    /// # Errors
    ///
    /// When the user agent is no header value, the proxy to be used is described wrongly, or TLS is needed and a file
    /// that it needs cannot be used or no certificate is trusted.
    pub fn new(base: BaseUrl, credentials: Credentials, config: Config) -> Result<Self, Error> {
        let user_agent = config.user_agent()?;
        let proxy = config.proxies.of(&base)?;
        let connector = Connector::new(&base, proxy.as_ref(), &user_agent, HTTP, &config)?;
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http2_adaptive_window(true)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING)
            .build(connector);
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, user_agent);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let forwarder = proxy.filter(|_| !base.is_https());
        if let Some(authorization) = forwarder.as_ref().and_then(Proxy::authorization) {
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        Ok(Self {
            base,
            credentials,
            headers,
            client,
            forwarder,
            config,
        })
    }

    async fn attempt(
        &self,
        request: &Request<()>,
        sieve: &mut dyn Sieve,
    ) -> Result<Response, Error> {
        let route = RouteName::of(request);
        let limit = self.config.total_timeout;
        let whole = async {
            let response = self.head(request, &route).await?;
            self.read(response, &route, sieve).await
        };
        timeout(limit, whole)
            .await
            .unwrap_or_else(|_| Err(slow(&route, "the whole answer", limit)))
    }

    async fn head(
        &self,
        request: &Request<()>,
        route: &RouteName,
    ) -> Result<http::Response<Incoming>, Error> {
        let uri = self.base.join(request.uri());
        let uri = uri.map_err(|problem| Error::Request {
            route: route.to_string(),
            problem,
        })?;
        let mut outgoing = Request::new(Empty::new());
        *outgoing.method_mut() = request.method().clone();
        *outgoing.uri_mut() = uri;
        *outgoing.headers_mut() = request.headers().clone();
        outgoing.headers_mut().extend(self.headers.clone());
        self.credentials.apply(outgoing.headers_mut())?;
        let limit = self.config.head_timeout;
        let mut response = timeout(limit, self.client.request(outgoing))
            .await
            .map_err(|_| slow(route, "the head of the answer", limit))?
            .map_err(|cause| broken(route, cause))?;
        match &self.forwarder {
            Some(proxy) if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                // It has seen the token, and may repeat it.
                response.extensions_mut().remove::<ReasonPhrase>();
                Err(broken(route, tunnel::refusal(proxy, &response)))
            }
            _ => Ok(response),
        }
    }

    async fn read(
        &self,
        response: http::Response<Incoming>,
        route: &RouteName,
        sieve: &mut dyn Sieve,
    ) -> Result<Response, Error> {
        let (mut head, body) = response.into_parts();
        self.credentials.black_out(&mut head.headers);
        if let Some(encoding) = head
            .headers
            .get(CONTENT_ENCODING)
            .filter(|encoding| *encoding != "identity")
        {
            let encoding = encoding.to_str().unwrap_or("unreadable").to_owned();
            return Err(Error::Encoding {
                route: route.to_string(),
                encoding,
            });
        }
        let idle = self.config.body_idle_timeout;
        let passes = sieve.begin(head.status, &head.headers);
        let mut rest = Rest::new(passes.then_some(sieve));
        let mut blackout = self.credentials.blackout();
        let read = body::read(body, self.config.body_limit, idle, |part| {
            blackout.take(part, |clean| rest.take(clean));
            rest.len() <= self.config.rest_limit
        });
        let too_large = |part, limit| Error::BodyTooLarge {
            route: route.to_string(),
            part,
            limit,
        };
        read.await.map_err(|stop| match stop {
            body::Stop::TooLarge => too_large("the answer", self.config.body_limit),
            body::Stop::RestTooLarge if passes => {
                too_large("the answer without its rows", self.config.rest_limit)
            }
            body::Stop::RestTooLarge => too_large("the answer", self.config.rest_limit),
            body::Stop::Paused => slow(route, "a pause within the answer", idle),
            body::Stop::Dripping => slow(route, "the next part of the answer", idle),
            body::Stop::Broken(cause) => broken(route, cause),
        })?;
        blackout.end(|clean| rest.take(clean));
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body: rest.into_bytes(),
        })
    }
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, request: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move { self.attempt(request, &mut Nothing).await })
    }

    fn send_through<'a>(
        &'a self,
        request: &'a Request<()>,
        sieve: &'a mut dyn Sieve,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(self.attempt(request, sieve))
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

fn slow(route: &RouteName, phase: &'static str, limit: Duration) -> Error {
    Error::Timeout {
        route: route.to_string(),
        phase,
        limit,
    }
}

fn broken(route: &RouteName, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Connection {
        route: route.to_string(),
        failure: Failure::of(&cause),
        cause: Box::new(cause),
    }
}
