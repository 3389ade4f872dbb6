//! The ways to C1, all with TLS: a certificate of a throw-away authority, for the hosts of the settings.

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

use crate::Secure;
use crate::service::Service;

/// The connections to C1.
pub(crate) struct Network {
    service: Arc<Service>,
    acceptor: TlsAcceptor,
    client: ClientConfig,
    pub(crate) pem: String,
    connections: Mutex<JoinSet<()>>,
    made: AtomicUsize,
    is_down: AtomicBool,
    /// Replaced when it has been used.
    frozen: Mutex<CancellationToken>,
}

impl Network {
    pub(crate) fn new(service: Arc<Service>) -> io::Result<Self> {
        let issuer = authority().map_err(io::Error::other)?;
        let config = server_config(&issuer, &service.settings.hosts)?;
        Ok(Self {
            service,
            acceptor: Arc::new(config).into(),
            client: client_config(issuer.der()).map_err(io::Error::other)?,
            pem: issuer.pem(),
            connections: Mutex::default(),
            made: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
            frozen: Mutex::default(),
        })
    }

    pub(crate) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::SeqCst)
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    pub(crate) fn made_and_open(&self) -> (usize, usize) {
        let mut open = lock(&self.connections);
        while open.try_join_next().is_some() {}
        (self.made.load(Ordering::SeqCst), open.len())
    }

    pub(crate) fn cut(&self) {
        lock(&self.connections).abort_all();
    }

    pub(crate) fn freeze(&self) {
        std::mem::take(&mut *lock(&self.frozen)).cancel();
    }

    /// Serves a connection from its handshake on.
    pub(crate) fn accept(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        self.made.fetch_add(1, Ordering::SeqCst);
        let (service, acceptor) = (Arc::clone(&self.service), self.acceptor.clone());
        let frozen = lock(&self.frozen).clone();
        lock(&self.connections).spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service = service_fn(move |request| {
                let service = Arc::clone(&service);
                async move { service.answer(request).await }
            });
            let server = auto::Builder::new(TokioExecutor::new());
            let mut serving = pin!(server.serve_connection(TokioIo::new(stream), service));
            tokio::select! {
                // Broken connections are for the client to notice.
                _ = &mut serving => {}
                () = frozen.cancelled() => std::future::pending().await,
            }
        });
    }

    /// Accepts connections for ever.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            // A connection that could not be accepted is the client's trouble; the next one may be fine.
            if let Ok((stream, _)) = listener.accept().await
                && !self.is_down()
            {
                self.accept(stream);
            }
            self.made_and_open();
        }
    }

    pub(crate) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        host: &str,
        protocols: &[&str],
    ) -> io::Result<Secure<S>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut config = self.client.clone();
        config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.map(Secure::new)
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server_config(
    issuer: &CertifiedIssuer<'static, KeyPair>,
    hosts: &[String],
) -> io::Result<ServerConfig> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = CertificateParams::new(hosts)
        .and_then(|params| params.signed_by(&key, issuer))
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            let config = config.with_no_client_auth();
            config.with_single_cert(vec![certificate.der().clone()], key)
        })
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn client_config(authority: &CertificateDer<'static>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone())?;
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
