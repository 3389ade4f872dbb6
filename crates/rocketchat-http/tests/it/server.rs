//! Servers on loopback sockets. Each runs in a thread and runtime of its own and lives as long as the test process.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

pub(crate) type Answer = Response<Full<Bytes>>;

pub(crate) struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// What a raw server does once it has sent its bytes.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    Close,
    Hang,
    /// Sends a byte now and then, for ever.
    Drip,
}

impl Server {
    /// Serves HTTP/1.1 or HTTP/2, whichever the client speaks.
    pub(crate) fn http(
        handle: impl Fn(&Request<Incoming>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let handle = Arc::new(handle);
        Self::start(move |stream| serve(stream, Arc::clone(&handle)))
    }

    /// The same over TLS.
    pub(crate) fn https(
        tls: ServerConfig,
        handle: impl Fn(&Request<Incoming>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (handle, tls) = (Arc::new(handle), TlsAcceptor::from(Arc::new(tls)));
        Self::start(move |stream| {
            let (handle, tls) = (Arc::clone(&handle), tls.clone());
            async move {
                if let Ok(stream) = tls.accept(stream).await {
                    serve(stream, handle).await;
                }
            }
        })
    }

    /// Answers the n-th connection with the n-th script, the last one for ever, whatever is asked.
    pub(crate) fn raw(scripts: Vec<(&'static str, Then)>) -> Self {
        let next = AtomicUsize::new(0);
        Self::start(move |mut stream| {
            let index = next.fetch_add(1, Ordering::SeqCst).min(scripts.len() - 1);
            let (bytes, then) = scripts[index];
            async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(bytes.as_bytes()).await;
                match then {
                    Then::Close => {}
                    Then::Hang => std::future::pending().await,
                    Then::Drip => {
                        while stream.write_all(b" ").await.is_ok() {
                            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                        }
                    }
                }
            }
        })
    }

    pub(crate) fn start<F: Future<Output = ()> + Send + 'static>(
        serve: impl Fn(TcpStream) -> F + Send + Sync + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    counter.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream));
                }
            });
        });
        Self {
            address,
            connections,
        }
    }

    /// The base URL, by address.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// The base URL, by name.
    pub(crate) fn named_url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.address.port())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve<S>(
    stream: S,
    handle: Arc<impl Fn(&Request<Incoming>) -> Answer + Send + Sync + 'static>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request| {
        let answer = handle(&request);
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

pub(crate) fn text(status: u16, body: &str) -> Answer {
    Response::builder()
        .status(status)
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap()
}
