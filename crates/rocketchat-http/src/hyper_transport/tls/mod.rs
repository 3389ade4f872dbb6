//! TLS: ring, versions 1.2 and 1.3, and no way to trust everybody.

mod certificate;
mod identity;
mod roots;
mod verifier;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};
use tokio_rustls::TlsConnector;

use crate::Error;

pub use self::identity::Identity;
pub use self::roots::Roots;
use self::verifier::Verifier;
pub(super) use self::verifier::rejected;

/// Whose certificates are accepted.
pub(super) struct Trust {
    provider: Arc<CryptoProvider>,
    verifier: Arc<Verifier>,
}

impl Trust {
    /// Loads the trusted certificates: `roots` and the files of `extra`.
    pub(super) fn load(roots: &Roots, extra: &[PathBuf]) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let own = roots::own(extra)?;
        let store = roots::store(roots, &own)?;
        if store.is_empty() && own.is_empty() {
            return Err(Error::Setup {
                problem: "no certificate is trusted",
                cause: None,
            });
        }
        let verifier = Verifier::new(store, own, &provider);
        Ok(Self {
            provider,
            verifier: Arc::new(verifier),
        })
    }

    /// Makes TLS for the server, in the first of `protocols` that it knows.
    pub(super) fn to_server(
        &self,
        identity: Option<&Identity>,
        protocols: &[&str],
    ) -> Result<TlsConnector, Error> {
        let builder = self.builder()?;
        let mut config = match identity {
            Some(identity) => identity.load(builder)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        Ok(Arc::new(config).into())
    }

    /// Makes TLS for a proxy, which is spoken to in HTTP/1.1.
    pub(super) fn to_proxy(&self) -> Result<TlsConnector, Error> {
        Ok(Arc::new(self.builder()?.with_no_client_auth()).into())
    }

    fn builder(&self) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
        let builder: ConfigBuilder<ClientConfig, WantsVerifier> =
            ClientConfig::builder_with_provider(Arc::clone(&self.provider))
                .with_protocol_versions(&[&TLS13, &TLS12])
                .map_err(unavailable)?;
        let verifier = Arc::clone(&self.verifier);
        Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(verifier))
    }
}

fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Setup {
        problem: "TLS is not available",
        cause: Some(cause.into()),
    }
}
