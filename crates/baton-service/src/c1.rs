//! The calls to C1 (`baton-runtime.md` sections 4.4 and 4.10), each made once: what to do about a failure is left to
//! the callers.

use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::{
    BatonServiceFinishTaskRequest as FinishTask, BatonServiceFinishTaskResponse,
    BatonServiceGetTaskRequest as GetTask, BatonServiceGetTaskResponse,
    BatonServiceGetTasksRequest as GetTasks, BatonServiceGetTasksResponse,
    BatonServiceHeartbeatRequest as Heartbeat, BatonServiceHeartbeatResponse,
    BatonServiceHelloRequest as Hello, BatonServiceHelloResponse,
    BatonServiceUploadAssetRequest as UploadAsset, BatonServiceUploadAssetResponse,
};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _};
use http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use http_body_util::combinators::MapErr;
use hyper::body::{Body as HttpBody, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use prost::Message;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;
use tower_service::Service;

use crate::dial::{Dial, Dialer, Versions};
use crate::failure;
use crate::token::{Authorization, Tokens};

/// An idle connection is closed after this, before something on the way does so at an awkward moment.
const IDLE: Duration = Duration::from_secs(30);
/// A connection that is in use and silent for so long is checked: a call without a time limit must not wait for a machine
/// that is gone. Servers of gRPC end connections that are checked more often than every five minutes.
const PING: Duration = Duration::from_secs(310);
/// How long the answer to such a check may take.
const PONG: Duration = Duration::from_secs(20);
/// The time that a call may take, but for asking for tasks and uploads.
const SHORT: Duration = Duration::from_secs(30);

macro_rules! path {
    ($method:literal) => {
        PathAndQuery::from_static(concat!("/c1.connectorapi.baton.v1.BatonService/", $method))
    };
}

/// C1, as one instance of a connector sees it.
#[derive(Clone)]
pub(crate) struct C1 {
    client: Arc<RwLock<Client<Dialer, Body>>>,
    dial: Arc<dyn Dial>,
    origin: Uri,
    user_agent: HeaderValue,
    tokens: Arc<Tokens>,
    host_id: Arc<str>,
}

impl C1 {
    /// Prepares calls to `origin`, which has a scheme, a host and a port.
    pub(crate) fn new(
        origin: Uri,
        user_agent: HeaderValue,
        tokens: Tokens,
        dial: Arc<dyn Dial>,
        host_id: &str,
    ) -> Self {
        Self {
            client: Arc::new(RwLock::new(http_client(Arc::clone(&dial), Versions::Http2))),
            dial,
            origin,
            user_agent,
            tokens: Arc::new(tokens),
            host_id: host_id.into(),
        }
    }

    /// Returns which instance this is.
    pub(crate) fn host_id(&self) -> String {
        self.host_id.to_string()
    }

    pub(crate) async fn hello(&self, request: Hello) -> Result<(), Status> {
        let _: BatonServiceHelloResponse =
            self.short(self.shared(), path!("Hello"), request).await?;
        Ok(())
    }

    /// Asks for a task, for as long as C1 likes to think about it.
    pub(crate) async fn get_task(&self) -> Result<BatonServiceGetTaskResponse, Status> {
        let host_id = self.host_id();
        self.unary(self.shared(), path!("GetTask"), GetTask { host_id })
            .await
    }

    pub(crate) async fn get_tasks(
        &self,
        page_size: u32,
        known_task_ids: Vec<String>,
    ) -> Result<BatonServiceGetTasksResponse, Status> {
        let request = GetTasks {
            host_id: self.host_id(),
            page_size,
            known_task_ids,
            ..GetTasks::default()
        };
        self.unary(self.shared(), path!("GetTasks"), request).await
    }

    pub(crate) async fn heartbeat(
        &self,
        task_id: &str,
    ) -> Result<BatonServiceHeartbeatResponse, Status> {
        let request = Heartbeat {
            host_id: self.host_id(),
            task_id: task_id.to_owned(),
            ..Heartbeat::default()
        };
        self.short(self.shared(), path!("Heartbeat"), request).await
    }

    pub(crate) async fn finish_task(&self, request: FinishTask) -> Result<(), Status> {
        // It is told once, and so not on a connection that may have broken unnoticed.
        let _: BatonServiceFinishTaskResponse = self
            .short(self.alone(), path!("FinishTask"), request)
            .await?;
        Ok(())
    }

    pub(crate) async fn upload_asset(
        &self,
        parts: impl futures_util::Stream<Item = UploadAsset> + Send + 'static,
    ) -> Result<(), Status> {
        let authorization = self.tokens.authorization().await?;
        let request = self.request(parts, &authorization);
        let codec = ProstCodec::<UploadAsset, BatonServiceUploadAssetResponse>::default();
        // On a connection of its own, so that it stands in no heartbeat's way.
        let answer = self
            .alone()
            .client_streaming(request, path!("UploadAsset"), codec)
            .await;
        self.judge(answer, &authorization).map(drop)
    }

    /// Calls within a time limit.
    async fn short<Q, A>(
        &self,
        grpc: Grpc<Channel>,
        path: PathAndQuery,
        message: Q,
    ) -> Result<A, Status>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        if let Ok(answer) = timeout(SHORT, self.unary(grpc, path, message)).await {
            return answer;
        }
        // It may be the way to C1 that is broken: the next call gets another connection.
        let other = http_client(Arc::clone(&self.dial), Versions::Http2);
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = other;
        Err(Status::deadline_exceeded(format!(
            "C1 did not answer within {} s",
            SHORT.as_secs()
        )))
    }

    /// Calls, and calls again if C1 does not accept a token that has been used before: it may have been taken back, or have
    /// ended while the machine slept.
    async fn unary<Q, A>(
        &self,
        mut grpc: Grpc<Channel>,
        path: PathAndQuery,
        message: Q,
    ) -> Result<A, Status>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let authorization = self.tokens.authorization().await?;
        let answer = self
            .call(&mut grpc, &path, message.clone(), &authorization)
            .await;
        match answer {
            Err(status) if status.code() == Code::Unauthenticated && !authorization.is_new => {
                let authorization = self.tokens.authorization().await?;
                self.call(&mut grpc, &path, message, &authorization).await
            }
            answer => answer,
        }
    }

    async fn call<Q, A>(
        &self,
        grpc: &mut Grpc<Channel>,
        path: &PathAndQuery,
        message: Q,
        authorization: &Authorization,
    ) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let request = self.request(message, authorization);
        let codec = ProstCodec::<Q, A>::default();
        let answer = grpc.unary(request, path.clone(), codec).await;
        self.judge(answer, authorization)
    }

    /// Returns a way to C1 on the connection that there is.
    fn shared(&self) -> Grpc<Channel> {
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner);
        Grpc::with_origin(Channel(client.clone()), self.origin.clone())
    }

    /// Returns a way to C1 on a new connection.
    fn alone(&self) -> Grpc<Channel> {
        let client = http_client(Arc::clone(&self.dial), Versions::Http2);
        Grpc::with_origin(Channel(client), self.origin.clone())
    }

    fn request<T>(&self, message: T, authorization: &Authorization) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        let headers = request.metadata_mut().as_mut();
        headers.insert(AUTHORIZATION, authorization.value.clone());
        headers.insert(USER_AGENT, self.user_agent.clone());
        request
    }

    fn judge<T>(
        &self,
        answer: Result<tonic::Response<T>, Status>,
        authorization: &Authorization,
    ) -> Result<T, Status> {
        if let Err(status) = &answer
            && status.code() == Code::Unauthenticated
        {
            self.tokens.drop_refused(&authorization.value);
        }
        answer.map(tonic::Response::into_inner)
    }
}

/// Makes a client that keeps its connections while they are used.
pub(crate) fn http_client<B>(dial: Arc<dyn Dial>, versions: Versions) -> Client<Dialer, B>
where
    B: HttpBody + Send + 'static,
    B::Data: Send,
{
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .http2_only(versions == Versions::Http2)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PONG)
        .build(Dialer::new(dial, versions))
}

/// The way that gRPC takes. It gives the failures of connections a status that tells them from C1's own.
#[derive(Clone)]
struct Channel(Client<Dialer, Body>);

type Answer = Response<MapErr<Incoming, fn(hyper::Error) -> Status>>;

impl Service<Request<Body>> for Channel {
    type Response = Answer;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Answer, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0
            .request(request)
            .map_ok(|response| response.map(|body| body.map_err(broken as fn(_) -> _)))
            .map_err(|error| unreachable("no answer from C1", &error))
            .boxed()
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "that is how bodies hand it over"
)]
fn broken(error: hyper::Error) -> Status {
    Status::unavailable(format!(
        "the answer of C1 broke off: {}",
        failure::chain(&error)
    ))
}

/// The mark of a status that was made because no connection could be.
#[derive(Debug, thiserror::Error)]
#[error("no connection")]
struct NoConnection;

/// Turns the failure of a request into a status.
pub(crate) fn unreachable(what: &str, error: &hyper_util::client::legacy::Error) -> Status {
    let mut status = Status::unavailable(format!("{what}: {}", failure::chain(error)));
    if error.is_connect() {
        status.set_source(Arc::new(NoConnection));
    }
    status
}

/// Tells whether C1 was not even connected to.
pub(crate) fn is_unreachable(status: &Status) -> bool {
    let cause = std::error::Error::source(status);
    cause.is_some_and(<dyn std::error::Error>::is::<NoConnection>)
}
