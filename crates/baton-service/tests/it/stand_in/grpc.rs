//! The calls of `BatonService`, with the limits that the real one declares.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};

use baton_proto::connectorapi::baton::v1::baton_service_upload_asset_request::Msg;
use baton_proto::connectorapi::baton::v1::{
    BatonServiceFinishTaskRequest as FinishTask, BatonServiceFinishTaskResponse,
    BatonServiceGetTaskRequest as GetTask, BatonServiceGetTaskResponse,
    BatonServiceGetTasksRequest as GetTasks, BatonServiceGetTasksResponse,
    BatonServiceHeartbeatRequest as Heartbeat, BatonServiceHeartbeatResponse,
    BatonServiceHelloRequest as Hello, BatonServiceHelloResponse,
    BatonServiceUploadAssetRequest as UploadAsset, BatonServiceUploadAssetResponse,
};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use ring::digest::{SHA256, digest};
use tokio::time::sleep;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;
use tower_service::Service;

use super::{Call, StandIn};

const PART: usize = 524_288;

impl StandIn {
    /// Answers whatever is called.
    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let slowness = self.state(|state| state.slowness);
        if !slowness.is_zero() {
            sleep(slowness).await;
        }
        let path = request.uri().path().to_owned();
        if path == "/auth/v1/token" {
            return Ok(self.token(request).await);
        }
        if let Err(status) = self.admit(request.headers()) {
            return Ok(status.into_http());
        }
        let headers = request.headers().clone();
        let prefix = "/c1.connectorapi.baton.v1.BatonService/";
        Ok(match path.strip_prefix(prefix).unwrap_or_default() {
            "Hello" => unary(request, |it| self.hello(headers.clone(), it)).await,
            "GetTask" => unary(request, |it| self.get_task(&it)).await,
            "GetTasks" => unary(request, |it| self.get_tasks(it)).await,
            "Heartbeat" => unary(request, |it| self.heartbeat(&it)).await,
            "FinishTask" => unary(request, |it| self.finish_task(&it)).await,
            "UploadAsset" => {
                let codec = ProstCodec::<BatonServiceUploadAssetResponse, UploadAsset>::default();
                let handler = Handler(|parts: tonic::Request<Streaming<UploadAsset>>| {
                    let c1 = self.clone();
                    async move { c1.upload(parts.into_inner()).await }
                });
                Grpc::new(codec).client_streaming(handler, request).await
            }
            _ => Status::unimplemented(path).into_http(),
        })
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Status> {
        let text = |name| {
            headers
                .get(name)
                .map_or("", |it: &http::HeaderValue| it.to_str().unwrap())
        };
        let is_agent = text(USER_AGENT) == "happy-otter-12345 baton-sdk/v0.25.0 grpc-go/1.83.0";
        self.check(is_agent, "user agent")?;
        if self.is_good(text(AUTHORIZATION)) {
            return Ok(());
        }
        Err(Status::unauthenticated("no such token"))
    }

    fn check_ids(&self, host_id: &str, task_id: &str) -> Result<(), Status> {
        self.check((1..=256).contains(&host_id.chars().count()), "host id")?;
        let is_id = task_id.len() == 27 && task_id.bytes().all(|it| it.is_ascii_alphanumeric());
        self.check(is_id, "task id")
    }

    fn hello(
        &self,
        headers: HeaderMap,
        request: Hello,
    ) -> Result<BatonServiceHelloResponse, Status> {
        self.write_down(Call::Hello(headers, Box::new(request.clone())));
        if !request.task_id.is_empty() {
            self.check_ids(&request.host_id, &request.task_id)?;
        }
        let metadata = request.connector_metadata.unwrap_or_default();
        self.check(
            (1..=1024).contains(&metadata.display_name.len()),
            "display name",
        )?;
        let os = request.os_info.unwrap_or_default();
        let build = request.build_info.unwrap_or_default();
        for text in [
            build.lang_version,
            build.package,
            build.package_version,
            os.hostname,
            os.os,
            os.platform,
            os.platform_version,
            os.platform_family,
            os.kernel_version,
            os.kernel_arch,
            os.virtualization_system,
        ] {
            self.check((1..=256).contains(&text.chars().count()), "text of a hello")?;
        }
        match self.state(|state| state.hello_answers.pop_front()) {
            Some(status) => Err(status),
            None => Ok(BatonServiceHelloResponse::default()),
        }
    }

    fn get_task(&self, request: &GetTask) -> Result<BatonServiceGetTaskResponse, Status> {
        self.write_down(Call::GetTask);
        self.check_ids(&request.host_id, &super::task_id(0))?;
        self.state(|state| match state.task_answers.pop_front() {
            Some(status) => Err(status),
            None => Ok(BatonServiceGetTaskResponse {
                task: state.tasks.pop_front(),
                next_poll: Some(state.next_poll),
                ..BatonServiceGetTaskResponse::default()
            }),
        })
    }

    fn get_tasks(&self, request: GetTasks) -> Result<BatonServiceGetTasksResponse, Status> {
        let page = request.page_size as usize;
        let known = request.known_task_ids.clone();
        self.check_ids(&request.host_id, &super::task_id(0))?;
        self.write_down(Call::GetTasks(request));
        self.check((1..=100).contains(&page), "page size")?;
        for id in &known {
            self.check_ids("host", id)?;
        }
        self.state(|state| match state.task_answers.pop_front() {
            Some(status) => Err(status),
            None => Ok(BatonServiceGetTasksResponse {
                tasks: {
                    let page = page.min(state.tasks.len());
                    state.tasks.drain(..page).collect()
                },
                next_poll: Some(state.next_poll),
                ..BatonServiceGetTasksResponse::default()
            }),
        })
    }

    fn heartbeat(&self, request: &Heartbeat) -> Result<BatonServiceHeartbeatResponse, Status> {
        self.write_down(Call::Heartbeat);
        self.check_ids(&request.host_id, &request.task_id)?;
        self.state(|state| {
            let answer = state.heartbeat_answers.pop_front();
            answer.unwrap_or(Ok(BatonServiceHeartbeatResponse {
                next_heartbeat: Some(state.next_heartbeat),
                ..BatonServiceHeartbeatResponse::default()
            }))
        })
    }

    fn finish_task(&self, request: &FinishTask) -> Result<BatonServiceFinishTaskResponse, Status> {
        self.write_down(Call::FinishTask(request.clone()));
        self.check_ids(&request.host_id, &request.task_id)?;
        self.check(request.final_state.is_some(), "final state")?;
        match self.state(|state| state.finish_answers.pop_front()) {
            Some(status) => Err(status),
            None => Ok(BatonServiceFinishTaskResponse::default()),
        }
    }

    async fn upload(
        self,
        mut parts: Streaming<UploadAsset>,
    ) -> Result<tonic::Response<BatonServiceUploadAssetResponse>, Status> {
        let failure = self.state(|state| state.upload_answers.pop_front());
        let Some(Msg::Metadata(metadata)) = parts.message().await?.and_then(|it| it.msg) else {
            return Err(self.check(false, "upload without metadata").unwrap_err());
        };
        self.write_down(Call::UploadMetadata);
        self.check_ids(&metadata.host_id, &metadata.task_id)?;
        let (mut data, mut is_last) = (Vec::new(), false);
        while let Some(part) = parts.message().await? {
            match part.msg {
                Some(Msg::Data(part)) => {
                    self.write_down(Call::UploadData(part.data.len()));
                    let is_size = (1..=PART).contains(&part.data.len());
                    self.check(is_size && !is_last, "size of a part")?;
                    is_last = part.data.len() < PART;
                    data.extend(part.data);
                    if let Some(failure) = failure {
                        return Err(failure);
                    }
                }
                Some(Msg::Eof(end)) => {
                    self.write_down(Call::UploadEof);
                    let checksum = digest(&SHA256, &data);
                    self.check(checksum.as_ref() == end.sha256_checksum, "checksum")?;
                    self.check(parts.message().await?.is_none(), "more after the end")?;
                    self.state(|state| state.uploads.insert(metadata.task_id, data));
                    return Ok(tonic::Response::new(
                        BatonServiceUploadAssetResponse::default(),
                    ));
                }
                _ => return Err(self.check(false, "order of an upload").unwrap_err()),
            }
        }
        Err(Status::aborted("the upload ended early"))
    }
}

async fn unary<Q, A>(
    request: Request<Incoming>,
    mut answer: impl FnMut(Q) -> Result<A, Status>,
) -> Response<Body>
where
    Q: prost::Message + Default + 'static,
    A: prost::Message + Default + 'static,
{
    let handler = Handler(|request: tonic::Request<Q>| {
        ready(answer(request.into_inner()).map(tonic::Response::new))
    });
    let codec = ProstCodec::<A, Q>::default();
    Grpc::new(codec).unary(handler, request).await
}

/// A closure as the service that tonic wants.
struct Handler<F>(F);

impl<F, Q, A, R> Service<tonic::Request<Q>> for Handler<F>
where
    F: FnMut(tonic::Request<Q>) -> R,
    R: Future<Output = Result<tonic::Response<A>, Status>> + Send + 'static,
{
    type Response = tonic::Response<A>;
    type Error = Status;
    type Future = Pin<Box<R>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: tonic::Request<Q>) -> Self::Future {
        Box::pin((self.0)(request))
    }
}
