//! Working on one task, and telling C1 how it ended (`baton-runtime.md` sections 4.7 and 4.8).

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use baton_proto::connectorapi::baton::v1::baton_service_finish_task_request::{
    Error as Failed, FinalState, Success,
};
use baton_proto::connectorapi::baton::v1::task::TaskType;
use baton_proto::connectorapi::baton::v1::{
    BatonServiceFinishTaskRequest as FinishTask, BatonServiceHelloRequest as Hello, Status, Task,
};
use futures_util::{FutureExt as _, TryFutureExt as _};
use prost_types::Any;
use tokio_util::sync::CancellationToken;
use tracing::field::{Empty, debug};
use tracing::{Instrument as _, Span};

use crate::answers::{self, Allowed};
use crate::c1::C1;
use crate::heart::Heart;
use crate::sync::Running;
use crate::{Code, Connector, Failure, SyncRequest, upload};

/// What every task needs.
pub(crate) struct Worker {
    pub(crate) c1: C1,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) introduction: Hello,
    pub(crate) allowed: Allowed,
    /// Where syncs are written before they are uploaded; the system's place for such files if nothing is named.
    pub(crate) temp_dir: Option<PathBuf>,
    /// Ends the tasks.
    pub(crate) stopping: CancellationToken,
}

/// How a task ended that did not fail.
enum Done {
    /// C1 knows already.
    Told,
    /// C1 is told, with what came of it if anything did.
    Success(Option<Any>),
}

impl Worker {
    /// Works on a task to its end, whatever that is: nothing that happens to one task ends the service.
    pub(crate) async fn work(&self, task: Task) {
        let kind = name(task.task_type.as_ref());
        // As loud as can be, so that a log of errors alone knows the task too.
        let span = tracing::error_span!(
            "task",
            otel.name = %format_args!("task {kind}"),
            task.id = task.id,
            task.kind = kind,
            error.type = Empty,
            otel.status_code = Empty,
        );
        Box::pin(self.work_and_tell(task, kind))
            .instrument(span)
            .await;
    }

    async fn work_and_tell(&self, task: Task, kind: &'static str) {
        let id = task.id.clone();
        tracing::info!(task.id = id, task.kind = kind, "a task begins");
        let attempt = AssertUnwindSafe(self.attempt(task)).catch_unwind();
        let outcome = attempt.boxed().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(Failure::of_panic(panic.as_ref())));
        match &outcome {
            Ok(_) => tracing::info!(task.id = id, task.kind = kind, "the task is done"),
            Err(failure) => {
                let span = Span::current();
                span.record("error.type", debug(failure.code()));
                span.record("otel.status_code", "error");
                tracing::error!(
                    task.id = id,
                    task.kind = kind,
                    code = ?failure.code(),
                    retryable = failure.is_retryable(),
                    error = failure.message(),
                    "the task failed"
                );
            }
        }
        if !matches!(outcome, Ok(Done::Told)) {
            self.tell(id, outcome).await;
        }
    }

    async fn attempt(&self, task: Task) -> Result<Done, Failure> {
        match task.task_type {
            None => Err(answers::unsupported()),
            Some(TaskType::None(_)) => Ok(Done::Told),
            Some(TaskType::Hello(_)) => self.hello(task.id).await,
            Some(TaskType::SyncFull(options)) => {
                self.sync(&task.id, options.into(), task.debug).await?;
                Ok(Done::Success(None))
            }
            Some(other) => answers::answer(&other, self.allowed).map(Done::Success),
        }
    }

    async fn hello(&self, task_id: String) -> Result<Done, Failure> {
        let hello = Hello {
            task_id,
            ..self.introduction.clone()
        };
        let hello = self.c1.hello(hello);
        let hello = hello.map_err(|status| Failure::of_call("the Hello", &status));
        self.unless_stopping(hello).await?;
        Ok(Done::Told)
    }

    /// Syncs into a file of its own and uploads that, until C1 does not want it any more.
    async fn sync(
        &self,
        task_id: &str,
        request: SyncRequest,
        is_debugged: bool,
    ) -> Result<(), Failure> {
        let folder = self.folder()?;
        let first_beat = Heart::start(&self.c1, task_id);
        let mut heart = self.unless_stopping(first_beat).await?;
        let log = is_debugged.then(|| folder.path().join("debug.log"));
        let recording = log.as_deref().and_then(|it| self.connector.record_log(it));
        let file = folder.path().join("sync.c1z");
        let mut sync = Running::start(&self.connector, request, &file);
        let synced = self.while_wanted(&mut heart, sync.ended()).await;
        if synced.is_err() {
            sync.stop(&self.stopping).await;
        }
        synced?;
        let upload = upload::send(&self.c1, task_id, &file);
        self.while_wanted(&mut heart, upload).await?;
        if let (Some(recording), Some(log)) = (recording, log) {
            drop(recording);
            let upload = upload::send(&self.c1, task_id, &log);
            // The second file of a task is its log. Without it, too, the sync is there.
            if let Err(failure) = self.while_wanted(&mut heart, upload).await {
                tracing::warn!(
                    task.id = task_id,
                    error = failure.message(),
                    "the log of the task could not be uploaded"
                );
            }
        }
        Ok(())
    }

    /// Does a part of a task, unless C1 does not want it any more.
    async fn while_wanted<T>(
        &self,
        heart: &mut Heart,
        part: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        let part = async {
            tokio::select! {
                biased;
                failure = heart.stopped() => Err(failure),
                done = part => done,
            }
        };
        // An upload is large as a future.
        self.unless_stopping(part.boxed()).await
    }

    /// Does a part of a task, unless the service is stopped.
    async fn unless_stopping<T>(
        &self,
        part: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => Err(stopped()),
            done = part => done,
        }
    }

    fn folder(&self) -> Result<tempfile::TempDir, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("baton-sdk-sync-upload");
        // It holds personal data, and the file in it has the mode of any c1z file, which others may read.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = match &self.temp_dir {
            Some(place) => builder.tempdir_in(place),
            None => builder.tempdir(),
        };
        folder.map_err(|error| {
            let message = format!("no temporary folder can be made: {error}");
            Failure::new(Code::Unknown, message)
        })
    }

    /// Tells C1 once. If it does not hear it, it notices by the missing heartbeats.
    async fn tell(&self, task_id: String, outcome: Result<Done, Failure>) {
        let (status, state) = match outcome {
            Ok(Done::Told) => return,
            Ok(Done::Success(response)) => {
                let success = Success {
                    response,
                    ..Success::default()
                };
                (None, FinalState::Success(success))
            }
            Err(failure) => failed(&failure),
        };
        let request = FinishTask {
            host_id: self.c1.host_id(),
            task_id,
            status,
            final_state: Some(state),
        };
        let task_id = request.task_id.clone();
        if let Err(status) = self.c1.finish_task(request).await {
            tracing::error!(
                task.id = task_id,
                code = ?status.code(),
                error = status.message(),
                "C1 could not be told how the task ended"
            );
        }
    }
}

fn failed(failure: &Failure) -> (Option<Status>, FinalState) {
    let mut message = failure.message().to_owned();
    if !failure.is_retryable() {
        message.push_str("\ntask failed and is non-retryable");
    }
    let status = Status {
        code: failure.code().into(),
        message,
        details: Vec::new(),
    };
    let error = Failed {
        non_retryable: !failure.is_retryable(),
        ..Failed::default()
    };
    (Some(status), FinalState::Error(error))
}

fn stopped() -> Failure {
    Failure::new(Code::Cancelled, "the connector is being stopped")
}

fn name(task: Option<&TaskType>) -> &'static str {
    match task {
        None => "unknown",
        Some(TaskType::None(_)) => "none",
        Some(TaskType::Hello(_)) => "hello",
        Some(TaskType::SyncFull(_)) => "sync_full",
        Some(TaskType::Grant(_)) => "grant",
        Some(TaskType::Revoke(_)) => "revoke",
        Some(TaskType::CreateAccount(_)) => "create_account",
        Some(TaskType::CreateResource(_)) => "create_resource",
        Some(TaskType::DeleteResource(_)) => "delete_resource",
        Some(TaskType::RotateCredentials(_)) => "rotate_credentials",
        Some(TaskType::EventFeed(_)) => "event_feed",
        Some(TaskType::CreateTicketTask(_)) => "create_ticket_task",
        Some(TaskType::ListTicketSchemas(_)) => "list_ticket_schemas",
        Some(TaskType::GetTicket(_)) => "get_ticket",
        Some(TaskType::BulkCreateTickets(_)) => "bulk_create_tickets",
        Some(TaskType::BulkGetTickets(_)) => "bulk_get_tickets",
        Some(TaskType::ActionListSchemas(_)) => "action_list_schemas",
        Some(TaskType::ActionGetSchema(_)) => "action_get_schema",
        Some(TaskType::ActionInvoke(_)) => "action_invoke",
        Some(TaskType::ActionStatus(_)) => "action_status",
        Some(TaskType::CreateSyncDiff(_)) => "create_sync_diff",
        Some(TaskType::CompactSyncs(_)) => "compact_syncs",
        Some(TaskType::ListEventFeeds(_)) => "list_event_feeds",
        Some(TaskType::ListEvents(_)) => "list_events",
        Some(TaskType::IssueCredential(_)) => "issue_credential",
    }
}
