//! What was called.

use baton_proto::connectorapi::baton::v1::{
    BatonServiceFinishTaskRequest as FinishTask, BatonServiceGetTasksRequest as GetTasks,
    BatonServiceHelloRequest as Hello,
};
use http::HeaderMap;

/// A call, or a part of an upload.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// Who called, and the keys of the form.
    Token(HeaderMap, Vec<String>),
    /// With what metadata.
    Hello(HeaderMap, Box<Hello>),
    GetTask,
    GetTasks(GetTasks),
    Heartbeat,
    UploadMetadata,
    UploadData(usize),
    UploadEof,
    FinishTask(FinishTask),
}

impl Call {
    /// Returns what the transcript of a real connector calls it.
    pub(crate) fn name(&self) -> String {
        let name = match self {
            Self::Token(..) => "POST /auth/v1/token",
            Self::Hello(..) => "Hello",
            Self::GetTask => "GetTask",
            Self::GetTasks(_) => "GetTasks",
            Self::Heartbeat => "Heartbeat",
            Self::UploadMetadata => "UploadAsset metadata",
            Self::UploadData(_) => "UploadAsset data",
            Self::UploadEof => "UploadAsset eof",
            Self::FinishTask(_) => "FinishTask",
        };
        name.to_owned()
    }
}
