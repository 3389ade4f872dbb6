//! Connections to C1: through the same proxies and with the same trusted authorities as those to the workspace, but
//! without what is meant for the workspace alone.

use baton_service::{BoxError, BoxFuture, Dial, Link, Versions};
use http::Uri;
use rocketchat_http::{BaseUrl, Config, Dialer};

use crate::failure::Failure;

/// Connects to C1, whose token endpoint and API are one server.
pub(crate) struct ToC1 {
    http2: Dialer,
    any: Dialer,
}

impl ToC1 {
    /// Prepares connections to `host`, which may have a port.
    ///
    /// # Errors
    /// The host is none, or the proxy of the settings cannot be used.
    pub(crate) fn of(host: &str, config: Config) -> Result<Self, Failure> {
        let server: BaseUrl = format!("https://{host}").parse()?;
        let config = Config {
            extra_roots: Vec::new(),
            identity: None,
            ..config
        };
        Ok(Self {
            http2: Dialer::new(&server, Versions::Http2.alpn(), &config)?,
            any: Dialer::new(&server, Versions::Any.alpn(), &config)?,
        })
    }
}

impl Dial for ToC1 {
    fn dial(&self, _: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>> {
        let dialer = match versions {
            Versions::Http2 => &self.http2,
            Versions::Any => &self.any,
        };
        let connection = dialer.dial();
        Box::pin(async move {
            let connection = connection.await?;
            Ok(Link::new(connection.stream, connection.is_http2))
        })
    }
}
