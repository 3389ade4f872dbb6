//! A collector of OpenTelemetry that keeps what it is sent.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::network::Authority;

/// What was sent.
#[derive(Debug, Default)]
pub(crate) struct Got {
    pub(crate) spans: Vec<ResourceSpans>,
    pub(crate) lines: Vec<ResourceLogs>,
    pub(crate) headers: Vec<hyper::HeaderMap>,
}

impl Got {
    pub(crate) fn spans(&self) -> Vec<&Span> {
        let scopes = self.spans.iter().flat_map(|it| &it.scope_spans);
        scopes.flat_map(|it| &it.spans).collect()
    }

    pub(crate) fn lines(&self) -> Vec<&LogRecord> {
        let scopes = self.lines.iter().flat_map(|it| &it.scope_logs);
        scopes.flat_map(|it| &it.log_records).collect()
    }
}

/// Returns an attribute as a text.
pub(crate) fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let mut values = attributes.iter().filter(|it| it.key == name);
    let value = values.next()?.value.clone()?.value?;
    assert_eq!(values.next(), None, "{name} is there twice");
    Some(text(value))
}

pub(crate) fn text(value: Value) -> String {
    match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// How it behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Mood {
    #[default]
    Good,
    /// Knows no logs.
    WithoutLogs,
    /// Takes connections and says nothing.
    Silent,
}

/// A collector, which is gone when this is.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    got: Arc<Mutex<Got>>,
    _server: JoinSet<()>,
}

impl Collector {
    pub(crate) async fn start(mood: Mood) -> Self {
        Self::serve(mood, None).await
    }

    /// Starts one behind TLS, at `localhost`.
    pub(crate) async fn secured_by(authority: &Authority) -> Self {
        let (certificate, key) = authority.issue("localhost");
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self::serve(Mood::Good, Some(Arc::new(config).into())).await
    }

    async fn serve(mood: Mood, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Got::default()));
        let its = Arc::clone(&got);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            let mut silent = Vec::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, got) = (tls.clone(), Arc::clone(&its));
                match tls {
                    _ if mood == Mood::Silent => silent.push(stream),
                    None => drop(connections.spawn(answer(stream, got, mood))),
                    Some(tls) => drop(connections.spawn(async move {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream, got, mood).await;
                        }
                    })),
                }
            }
        });
        Self {
            address,
            got,
            _server: server,
        }
    }

    pub(crate) fn got(&self) -> MutexGuard<'_, Got> {
        self.got.lock().unwrap()
    }
}

async fn answer<S>(stream: S, got: Arc<Mutex<Got>>, mood: Mood)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let got = Arc::clone(&got);
        async move {
            got.lock().unwrap().headers.push(request.headers().clone());
            Ok::<_, Infallible>(export(request, got, mood).await)
        }
    });
    let server = auto::Builder::new(TokioExecutor::new());
    // The other side may leave at any time.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn export(
    request: hyper::Request<Incoming>,
    got: Arc<Mutex<Got>>,
    mood: Mood,
) -> hyper::Response<Body> {
    match request.uri().path() {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => {
            let codec =
                ProstCodec::<ExportTraceServiceResponse, ExportTraceServiceRequest>::default();
            Grpc::new(codec).unary(Traces(got), request).await
        }
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" if mood == Mood::Good => {
            let codec =
                ProstCodec::<ExportLogsServiceResponse, ExportLogsServiceRequest>::default();
            Grpc::new(codec).unary(Logs(got), request).await
        }
        path => Status::unimplemented(path).into_http(),
    }
}

struct Traces(Arc<Mutex<Got>>);

impl UnaryService<ExportTraceServiceRequest> for Traces {
    type Response = ExportTraceServiceResponse;
    type Future = std::future::Ready<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, request: Request<ExportTraceServiceRequest>) -> Self::Future {
        let spans = request.into_inner().resource_spans;
        self.0.lock().unwrap().spans.extend(spans);
        std::future::ready(Ok(Response::new(ExportTraceServiceResponse::default())))
    }
}

struct Logs(Arc<Mutex<Got>>);

impl UnaryService<ExportLogsServiceRequest> for Logs {
    type Response = ExportLogsServiceResponse;
    type Future = std::future::Ready<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, request: Request<ExportLogsServiceRequest>) -> Self::Future {
        let lines = request.into_inner().resource_logs;
        self.0.lock().unwrap().lines.extend(lines);
        std::future::ready(Ok(Response::new(ExportLogsServiceResponse::default())))
    }
}
