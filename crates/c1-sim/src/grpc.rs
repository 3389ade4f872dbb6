//! The calls of `BatonService`, with the limits that the real one declares (`proto-tables.md`).

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
use http::header::{AUTHORIZATION, HeaderName, USER_AGENT};
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use ring::digest::{SHA256, digest};
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;

use crate::service::Service;
use crate::{Status as Refusal, What, client};

/// Every part of an upload but the last has so many bytes.
const PART: usize = 524_288;

impl Service {
    pub(crate) async fn grpc(&self, request: Request<Incoming>) -> Response<Body> {
        if let Err(status) = self.admit(request.headers()) {
            return status.into_http();
        }
        let path = request.uri().path().to_owned();
        let headers = request.headers().clone();
        let prefix = "/c1.connectorapi.baton.v1.BatonService/";
        match path.strip_prefix(prefix).unwrap_or_default() {
            "Hello" => unary(request, |it| self.hello(&headers, it)).await,
            "GetTask" => unary(request, |it| self.get_task(&headers, &it)).await,
            "GetTasks" => unary(request, |it| self.get_tasks(&headers, &it)).await,
            "Heartbeat" => unary(request, |it| self.heartbeat(&headers, &it)).await,
            "FinishTask" => unary(request, |it| self.finish_task(&headers, &it)).await,
            "UploadAsset" => {
                let codec = ProstCodec::<BatonServiceUploadAssetResponse, UploadAsset>::default();
                let handler = Handler(|parts: tonic::Request<Streaming<UploadAsset>>| {
                    self.upload(&headers, parts.into_inner())
                });
                Grpc::new(codec).client_streaming(handler, request).await
            }
            _ => Status::unimplemented(path).into_http(),
        }
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Status> {
        let text = |name: HeaderName| {
            let value = headers.get(name).and_then(|it| it.to_str().ok());
            value.unwrap_or_default()
        };
        self.check(text(USER_AGENT) == client::USER_AGENT, "user agent")?;
        if self.is_good(text(AUTHORIZATION)) {
            return Ok(());
        }
        Err(Status::unauthenticated("no such token"))
    }

    fn check_host(&self, host_id: &str) -> Result<(), Status> {
        self.check((1..=256).contains(&host_id.chars().count()), "host id")
    }

    fn check_task(&self, task_id: &str) -> Result<(), Status> {
        let is_id = task_id.len() == 27 && task_id.bytes().all(|it| it.is_ascii_alphanumeric());
        self.check(is_id, "task id")
    }

    fn hello(
        &self,
        headers: &HeaderMap,
        request: Hello,
    ) -> Result<BatonServiceHelloResponse, Status> {
        self.write_down(headers, What::Hello(Box::new(request.clone())));
        self.check_host(&request.host_id)?;
        if !request.task_id.is_empty() {
            self.check_task(&request.task_id)?;
        }
        let metadata = request.connector_metadata.unwrap_or_default();
        let is_name = (1..=1024).contains(&metadata.display_name.len());
        self.check(is_name, "display name")?;
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
        let refusal = self.behaviour().hello_answers.pop_front();
        refused(refusal)?;
        Ok(BatonServiceHelloResponse::default())
    }

    fn get_task(
        &self,
        headers: &HeaderMap,
        request: &GetTask,
    ) -> Result<BatonServiceGetTaskResponse, Status> {
        self.write_down(headers, What::GetTask(request.clone()));
        self.check_host(&request.host_id)?;
        let mut behaviour = self.behaviour();
        refused(behaviour.task_answers.pop_front())?;
        Ok(BatonServiceGetTaskResponse {
            task: behaviour.tasks.pop_front(),
            next_poll: Some(behaviour.next_poll),
            ..BatonServiceGetTaskResponse::default()
        })
    }

    fn get_tasks(
        &self,
        headers: &HeaderMap,
        request: &GetTasks,
    ) -> Result<BatonServiceGetTasksResponse, Status> {
        self.write_down(headers, What::GetTasks(request.clone()));
        self.check_host(&request.host_id)?;
        self.check((1..=100).contains(&request.page_size), "page size")?;
        for id in &request.known_task_ids {
            self.check_task(id)?;
        }
        let mut behaviour = self.behaviour();
        refused(behaviour.task_answers.pop_front())?;
        let page = behaviour.tasks.len().min(request.page_size as usize);
        Ok(BatonServiceGetTasksResponse {
            tasks: behaviour.tasks.drain(..page).collect(),
            next_poll: Some(behaviour.next_poll),
            ..BatonServiceGetTasksResponse::default()
        })
    }

    fn heartbeat(
        &self,
        headers: &HeaderMap,
        request: &Heartbeat,
    ) -> Result<BatonServiceHeartbeatResponse, Status> {
        self.write_down(headers, What::Heartbeat(request.clone()));
        self.check_host(&request.host_id)?;
        self.check_task(&request.task_id)?;
        let mut behaviour = self.behaviour();
        let answer = behaviour.heartbeat_answers.pop_front();
        let answer = answer.unwrap_or(Ok(BatonServiceHeartbeatResponse {
            next_heartbeat: Some(behaviour.next_heartbeat),
            ..BatonServiceHeartbeatResponse::default()
        }));
        answer.map_err(Refusal::sent)
    }

    fn finish_task(
        &self,
        headers: &HeaderMap,
        request: &FinishTask,
    ) -> Result<BatonServiceFinishTaskResponse, Status> {
        self.write_down(headers, What::FinishTask(request.clone()));
        self.check_host(&request.host_id)?;
        self.check_task(&request.task_id)?;
        self.check(request.final_state.is_some(), "final state")?;
        let refusal = self.behaviour().finish_answers.pop_front();
        refused(refusal)?;
        Ok(BatonServiceFinishTaskResponse::default())
    }

    async fn upload(
        &self,
        headers: &HeaderMap,
        mut parts: Streaming<UploadAsset>,
    ) -> Result<tonic::Response<BatonServiceUploadAssetResponse>, Status> {
        let mut refusal = self.behaviour().upload_answers.pop_front();
        let Some(Msg::Metadata(metadata)) = parts.message().await?.and_then(|it| it.msg) else {
            self.check(false, "upload without metadata")?;
            return Err(Status::internal("not reached"));
        };
        self.write_down(headers, What::UploadMetadata(metadata.clone()));
        self.check_host(&metadata.host_id)?;
        self.check_task(&metadata.task_id)?;
        let (mut data, mut is_last) = (Vec::new(), false);
        while let Some(part) = parts.message().await? {
            match part.msg {
                Some(Msg::Data(part)) => {
                    let size = part.data.len();
                    self.write_down(headers, What::UploadData(size));
                    let is_size = (1..=PART).contains(&size) && !is_last;
                    self.check(is_size, "size of a part")?;
                    is_last = size < PART;
                    data.extend(part.data);
                    refused(refusal.take())?;
                }
                Some(Msg::Eof(end)) => {
                    self.write_down(headers, What::UploadEof);
                    let checksum = digest(&SHA256, &data);
                    self.check(checksum.as_ref() == end.sha256_checksum, "checksum")?;
                    self.check(parts.message().await?.is_none(), "more after the end")?;
                    let mut memory = self.memory();
                    memory
                        .uploads
                        .entry(metadata.task_id)
                        .or_default()
                        .push(data);
                    return Ok(tonic::Response::new(
                        BatonServiceUploadAssetResponse::default(),
                    ));
                }
                _ => self.check(false, "order of an upload")?,
            }
        }
        Err(Status::aborted("the upload ended early"))
    }
}

/// Fails if a test wants it so.
fn refused(refusal: Option<Refusal>) -> Result<(), Status> {
    refusal.map_or(Ok(()), |it| Err(it.sent()))
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

impl<F, Q, A, R> tower_service::Service<tonic::Request<Q>> for Handler<F>
where
    F: FnMut(tonic::Request<Q>) -> R,
    R: Future<Output = Result<tonic::Response<A>, Status>>,
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
