//! What does the work.

use std::path::Path;

use baton_proto::connector::v2::{ConnectorMetadata, Resource};
use baton_proto::connectorapi::baton::v1::task::SyncFullTask;
use futures_util::future::BoxFuture;

use crate::{Cancellation, Failure};

/// A connector that reads a source system. Its calls can be made several times at once, and a panic in one of them is
/// the failure of that one.
pub trait Connector: Send + Sync + 'static {
    /// Returns how the connector presents itself to C1. The display name must not be empty.
    fn metadata(&self) -> ConnectorMetadata;

    /// Asks the source system whether a sync could begin. The future can be dropped at any time, and its requests with
    /// it.
    fn validate(&self) -> BoxFuture<'_, Result<(), Failure>>;

    /// Syncs into a new file, which has to be complete when the future ends well. Its folder belongs to this sync
    /// alone, and is removed afterwards with whatever is in it.
    ///
    /// `stop` is cancelled when nobody wants the file any more: C1 took the task back or is gone, or the process ends.
    /// Then the sync has to send no more requests, and to end, with any result, as soon as nothing that it began goes
    /// on, on other threads too. Only then C1 is told, which may give out the task again. What has not ended after 60 s,
    /// or 5 s if the process ends, is dropped.
    ///
    /// The future is a task of its own, so that on a runtime with several threads it holds up nothing by being slow to
    /// yield.
    fn sync<'a>(
        &'a self,
        request: &'a SyncRequest,
        file: &'a Path,
        stop: Cancellation,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Begins to write down what is logged, in every detail and as JSON, to a new file, until the result is dropped. C1
    /// asks for that with single tasks, and is sent the file after the sync. A connector need not be able to.
    fn record_log(&self, file: &Path) -> Option<Box<dyn Send>> {
        let _ = file;
        None
    }
}

/// What C1 wants of a sync (`baton-runtime.md` section 4.8). What the command line says besides is the connector's.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SyncRequest {
    /// Whether C1 works out by itself which grants follow from others.
    pub skip_expand_grants: bool,
    /// Whether resources are enough.
    pub skip_entitlements_and_grants: bool,
    /// Whether grants are left out.
    pub skip_grants: bool,
    /// If there are any, only these resources.
    pub resources: Vec<Resource>,
    /// If there are any, only resources of these types, whatever the command line says.
    pub resource_types: Vec<String>,
    /// The format that C1 would like, `pebble` or `sqlite`. It is advice: files say themselves what they are.
    pub storage_engine: Option<String>,
}

impl From<SyncFullTask> for SyncRequest {
    fn from(task: SyncFullTask) -> Self {
        Self {
            skip_expand_grants: task.skip_expand_grants,
            skip_entitlements_and_grants: task.skip_entitlements_and_grants,
            skip_grants: task.skip_grants,
            resources: task.targeted_sync_resources,
            resource_types: task.sync_resource_type_ids,
            storage_engine: Some(task.storage_engine).filter(|engine| !engine.is_empty()),
        }
    }
}
