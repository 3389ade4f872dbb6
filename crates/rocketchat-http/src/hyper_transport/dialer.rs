//! Connections for what is not a request to a workspace: the way is the same, and what is said on it is the caller's.

use std::fmt;

use futures_util::future::BoxFuture;
use http::Uri;

use crate::{BaseUrl, Error};

use super::Config;
use super::connector::{BoxError, Connector};
use super::stream::Io;

/// Makes connections to one server, through its proxy if it has one, and with TLS if it is an `https` one.
///
/// Of the configuration the proxies, the trusted certificates, the client certificate, the user agent, which proxies are
/// told, and the time limit for connections count.
#[derive(Clone)]
pub struct Dialer {
    connector: Connector,
    target: Uri,
}

/// A connection that is ready to be spoken on.
pub struct Connection {
    /// The bytes.
    pub stream: Box<dyn Io>,
    /// Whether HTTP/2 was agreed on.
    pub is_http2: bool,
}

impl Dialer {
    /// Prepares connections in the first of `protocols` that the server knows, such as `h2` and `http/1.1`.
    ///
    /// # Errors
    ///
    /// As with [`HttpTransport::new`](crate::HttpTransport::new). An `http` server with a proxy is refused: such proxies
    /// take requests, and do not pass bytes on.
    pub fn new(server: &BaseUrl, protocols: &[&str], config: &Config) -> Result<Self, Error> {
        let proxy = config.proxies.of(server)?;
        if proxy.is_some() && !server.is_https() {
            return Err(Error::Setup {
                problem: "an http server is not connected to through a proxy",
                cause: None,
            });
        }
        let agent = config.user_agent()?;
        let connector = Connector::new(server, proxy.as_ref(), &agent, protocols, config)?;
        let target = server.join(&Uri::from_static("/"));
        let target = target.map_err(|problem| Error::Setup {
            problem,
            cause: None,
        })?;
        Ok(Self { connector, target })
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// Whatever the reason is, in words fit for people.
    pub fn dial(&self) -> BoxFuture<'static, Result<Connection, BoxError>> {
        let opened = self.connector.clone().open(self.target.clone());
        Box::pin(async move {
            let (stream, is_http2) = opened.await?;
            Ok(Connection { stream, is_http2 })
        })
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("is_http2", &self.is_http2)
            .finish_non_exhaustive()
    }
}
