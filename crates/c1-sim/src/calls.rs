//! What was called.

use std::time::Duration;

use baton_proto::connectorapi::baton::v1::baton_service_upload_asset_request::UploadMetadata;
use baton_proto::connectorapi::baton::v1::{
    BatonServiceFinishTaskRequest as FinishTask, BatonServiceGetTaskRequest as GetTask,
    BatonServiceGetTasksRequest as GetTasks, BatonServiceHeartbeatRequest as Heartbeat,
    BatonServiceHelloRequest as Hello,
};
use http::HeaderMap;

/// A call that reached C1, or a part of an upload.
#[derive(Debug, Clone)]
pub struct Call {
    /// When it came, since the start.
    pub at: Duration,
    /// With what headers; the parts of an upload have those of the whole.
    pub headers: HeaderMap,
    /// What was wanted.
    pub what: What,
}

/// What a call wanted.
#[derive(Debug, Clone)]
pub enum What {
    /// A token, with these keys in the form, sorted.
    Token(Vec<String>),
    /// `Hello`.
    Hello(Box<Hello>),
    /// `GetTask`.
    GetTask(GetTask),
    /// `GetTasks`.
    GetTasks(GetTasks),
    /// `Heartbeat`.
    Heartbeat(Heartbeat),
    /// The begin of an upload.
    UploadMetadata(UploadMetadata),
    /// So many bytes of an upload.
    UploadData(usize),
    /// The end of an upload.
    UploadEof,
    /// `FinishTask`.
    FinishTask(FinishTask),
}

impl Call {
    /// Returns what `service_transcript.jsonl` calls it.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Token(_) => "POST /auth/v1/token",
            What::Hello(_) => "Hello",
            What::GetTask(_) => "GetTask",
            What::GetTasks(_) => "GetTasks",
            What::Heartbeat(_) => "Heartbeat",
            What::UploadMetadata(_) => "UploadAsset metadata",
            What::UploadData(_) => "UploadAsset data",
            What::UploadEof => "UploadAsset eof",
            What::FinishTask(_) => "FinishTask",
        }
    }

    /// Returns which host it says it comes from; a token and the later parts of an upload are asked without one.
    pub fn host_id(&self) -> Option<&str> {
        match &self.what {
            What::Hello(it) => Some(&it.host_id),
            What::GetTask(it) => Some(&it.host_id),
            What::GetTasks(it) => Some(&it.host_id),
            What::Heartbeat(it) => Some(&it.host_id),
            What::UploadMetadata(it) => Some(&it.host_id),
            What::FinishTask(it) => Some(&it.host_id),
            What::Token(_) | What::UploadData(_) | What::UploadEof => None,
        }
    }
}
