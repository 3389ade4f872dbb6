//! The collector: where it is, how it is reached, and the calls to it, each made once.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use baton_service::{BoxError, BoxFuture};
use http::Uri;
use http::header::{HeaderValue, USER_AGENT};
use http::uri::{Authority, PathAndQuery};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use rocketchat_http::{BaseUrl, Config, Dialer, Io, Proxies, Roots};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;
use tower_service::Service;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::{choices, fields};

/// The time that one call may take, a new connection included.
const LIMIT: Duration = Duration::from_secs(10);

/// A collector that can be called.
pub(super) struct Collector {
    grpc: Grpc<Client<Connector, Body>>,
    user_agent: HeaderValue,
    address: String,
}

/// Why something was not taken.
pub(super) struct Trouble {
    pub(super) words: String,
    /// Whether the same may be taken later.
    pub(super) may_pass: bool,
}

impl Collector {
    /// Prepares calls to `endpoint`, which is `host:port`; nothing is connected to yet.
    ///
    /// # Errors
    /// The endpoint is something else, or certificates or proxies cannot be used.
    pub(super) fn of(endpoint: &str, settings: &Settings) -> Result<Self, Failure> {
        let is_insecure = settings.is_on(&fields::OTEL_COLLECTOR_ENDPOINT_TLS_INSECURE);
        let authority: Option<Authority> = endpoint.parse().ok();
        let is_address = |it: &Authority| {
            !it.host().is_empty() && it.port().is_some() && !endpoint.contains('@')
        };
        if !authority.as_ref().is_some_and(is_address) {
            return Err(not_an_address());
        }
        let scheme = if is_insecure { "http" } else { "https" };
        let address = format!("{scheme}://{endpoint}");
        let server: BaseUrl = address.parse().map_err(|_| not_an_address())?;
        let origin = Uri::try_from(&address).map_err(|_| not_an_address())?;
        let config = config(settings, is_insecure);
        let user_agent = HeaderValue::try_from(&config.user_agent);
        let connector = Connector {
            dialer: Dialer::new(&server, &["h2"], &config)?,
            is_insecure,
        };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .http2_only(true)
            .build(connector);
        Ok(Self {
            grpc: Grpc::with_origin(client, origin),
            user_agent: user_agent.map_err(|error| Failure::other(error.into()))?,
            address,
        })
    }

    pub(super) async fn take_spans(&self, spans: ExportTraceServiceRequest) -> Result<(), Trouble> {
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        let answer: ExportTraceServiceResponse = self.call(path, spans).await?;
        let refused = answer.partial_success;
        refused.map_or(Ok(()), |it| judge(it.rejected_spans, &it.error_message))
    }

    pub(super) async fn take_lines(&self, lines: ExportLogsServiceRequest) -> Result<(), Trouble> {
        let path = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
        let answer: ExportLogsServiceResponse = self.call(path, lines).await?;
        let refused = answer.partial_success;
        refused.map_or(Ok(()), |it| {
            judge(it.rejected_log_records, &it.error_message)
        })
    }

    async fn call<Q, A>(&self, path: &'static str, message: Q) -> Result<A, Trouble>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let mut request = tonic::Request::new(message);
        let headers = request.metadata_mut().as_mut();
        headers.insert(USER_AGENT, self.user_agent.clone());
        let codec = ProstCodec::<Q, A>::default();
        let mut grpc = self.grpc.clone();
        let answer = grpc.unary(request, PathAndQuery::from_static(path), codec);
        // Lines about sending lines would never end.
        let answer = answer.with_subscriber(Dispatch::none());
        match timeout(LIMIT, answer).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(Trouble::of(&status)),
            Err(_) => Err(Trouble {
                words: format!("no answer within {} s", LIMIT.as_secs()),
                may_pass: true,
            }),
        }
    }
}

/// Shows where it is.
impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl Trouble {
    fn of(status: &Status) -> Self {
        let Some(cause) = std::error::Error::source(status) else {
            return Self {
                words: format!("{:?}: {}", status.code(), status.message()),
                may_pass: may_pass(status.code()),
            };
        };
        // There was no answer. Many libraries repeat their cause in their own words; the last one says it best.
        let chain = std::iter::successors(Some(cause), |it| it.source());
        let words = chain.last().map(ToString::to_string).unwrap_or_default();
        Self {
            words,
            may_pass: true,
        }
    }
}

/// Tells which refusals OTLP's specification says to try again after.
fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// Judges an answer that may have taken a part only.
fn judge(refused: i64, words: &str) -> Result<(), Trouble> {
    if refused == 0 {
        return Ok(());
    }
    Err(Trouble {
        words: format!("{refused} were refused: {words}"),
        may_pass: false,
    })
}

fn not_an_address() -> Failure {
    let text = "the value of --otel-collector-endpoint, or its variable, is not an address";
    Failure::usage(text).with_hint("give it as host:port, such as collector.example.org:4317")
}

/// Takes proxies and authorities as for a workspace, but not what is meant for the workspace alone. A connection without
/// TLS takes no proxy.
fn config(settings: &Settings, is_insecure: bool) -> Config {
    let config = choices::http_config(settings);
    let path = settings.path(&fields::OTEL_COLLECTOR_ENDPOINT_TLS_CERT_PATH);
    let text = settings.text(&fields::OTEL_COLLECTOR_ENDPOINT_TLS_CERT);
    let given = path
        .map(|path| Roots::Paths {
            file: Some(path),
            directories: Vec::new(),
        })
        .or(text.map(Roots::Pem));
    Config {
        connect_timeout: LIMIT,
        proxies: if is_insecure {
            Proxies::default()
        } else {
            config.proxies
        },
        roots: given.unwrap_or(config.roots),
        extra_roots: Vec::new(),
        identity: None,
        ..config
    }
}

/// Makes connections.
#[derive(Clone)]
struct Connector {
    dialer: Dialer,
    is_insecure: bool,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Wire>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<TokioIo<Wire>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connection = self.dialer.dial();
        let is_insecure = self.is_insecure;
        Box::pin(async move {
            let connection = connection.await?;
            if !connection.is_http2 && !is_insecure {
                return Err("the server does not offer HTTP/2".into());
            }
            Ok(TokioIo::new(Wire(connection.stream)))
        })
    }
}

/// Bytes that go both ways, and are HTTP/2.
struct Wire(Box<dyn Io>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new().negotiated_h2()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
