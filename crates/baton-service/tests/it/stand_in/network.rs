//! The ways to the stand-in, all with TLS: a certificate of a throw-away authority, for one host.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use baton_service::{BoxError, BoxFuture, Dial, Link, Stream, Versions};
use http::Uri;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

use super::{HOST, StandIn};

/// The connections to C1.
pub(crate) struct Network {
    acceptor: TlsAcceptor,
    h2: TlsConnector,
    any: TlsConnector,
    connections: Mutex<JoinSet<()>>,
    made: AtomicUsize,
    is_down: AtomicBool,
    /// Replaced when it has been used.
    frozen: Mutex<CancellationToken>,
}

impl Network {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([HOST.to_owned(), "localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self {
            h2: connector(issuer.der(), &[b"h2"]),
            any: connector(issuer.der(), &[b"h2", b"http/1.1"]),
            acceptor: Arc::new(config).into(),
            connections: Mutex::default(),
            made: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
            frozen: Mutex::default(),
        }
    }

    /// Returns how many connections there were, and how many are open.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let mut open = self.connections.lock().unwrap();
        while open.try_join_next().is_some() {}
        (self.made.load(Ordering::SeqCst), open.len())
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        self.connections.lock().unwrap().abort_all();
    }

    /// Lets all connections be as if the other machine were gone: nothing comes any more, not even an end.
    pub(crate) fn freeze(&self) {
        std::mem::take(&mut *self.frozen.lock().unwrap()).cancel();
    }

    /// Lets nobody connect, or does again.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }
}

fn connector(authority: &CertificateDer<'static>, protocols: &[&[u8]]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
    Arc::new(config).into()
}

impl StandIn {
    fn accept(&self, stream: impl Stream + 'static) {
        let network = &self.0.network;
        network.made.fetch_add(1, Ordering::SeqCst);
        let (c1, acceptor) = (self.clone(), network.acceptor.clone());
        let frozen = network.frozen.lock().unwrap().clone();
        network.connections.lock().unwrap().spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service = service_fn(move |request| {
                let c1 = c1.clone();
                async move { c1.answer(request).await }
            });
            let server = auto::Builder::new(TokioExecutor::new());
            let mut serving = pin!(server.serve_connection(TokioIo::new(stream), service));
            tokio::select! {
                // Broken connections are for the tests to notice.
                _ = &mut serving => {}
                () = frozen.cancelled() => std::future::pending().await,
            }
        });
    }
}

/// Within the process.
impl Dial for StandIn {
    fn dial(&self, target: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>> {
        let c1 = self.clone();
        Box::pin(async move {
            if c1.0.network.is_down.load(Ordering::SeqCst) {
                return Err("connection refused".into());
            }
            assert_eq!(target.port_u16(), Some(443));
            let (near, far) = tokio::io::duplex(1 << 16);
            c1.accept(far);
            secure(&c1, near, &target, versions).await
        })
    }
}

/// Over sockets.
pub(crate) struct Sockets {
    c1: StandIn,
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl Sockets {
    pub(crate) async fn of(c1: &StandIn) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        let accepting = c1.clone();
        server.spawn(async move {
            loop {
                accepting.accept(listener.accept().await.unwrap().0);
            }
        });
        Self {
            c1: c1.clone(),
            address,
            _server: server,
        }
    }
}

impl Dial for Sockets {
    fn dial(&self, target: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>> {
        let (c1, address) = (self.c1.clone(), self.address);
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            secure(&c1, stream, &target, versions).await
        })
    }
}

async fn secure(
    c1: &StandIn,
    stream: impl Stream + 'static,
    target: &Uri,
    versions: Versions,
) -> Result<Link, BoxError> {
    let name = ServerName::try_from(target.host().unwrap().to_owned())?;
    let connector = match versions {
        Versions::Http2 => &c1.0.network.h2,
        Versions::Any => &c1.0.network.any,
    };
    let stream = connector.connect(name, stream).await?;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    Ok(Link::new(stream, is_http2))
}
