//! What the tasks of C1 come to: a look at the workspace, or a sync of it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_model::Summary;
use baton_proto::connector::v2::ConnectorMetadata;
use baton_service::{BoxFuture, Cancellation, Connector, SyncRequest};
use baton_sinks::{C1z, Sink as _};
use rocketchat_http::Policy;
use rocketchat_sync::{Options, Scope, check};

use crate::choices::{self, Workspace};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::fields;
use crate::logging::Logging;
use crate::oneshot::{Terms, sync_to_file};
use crate::remote::Remote;
use crate::settings::Settings;
use crate::{capabilities, part};

/// Attempts at each request of a health check, whose answer is waited for.
const FEW: u32 = 2;

/// One workspace. All tasks share the budget of its rate limits.
pub(crate) struct RocketChat {
    remote: Remote,
    options: Options,
    container: baton_c1z::Options,
    max_duration: Option<Duration>,
    skips: bool,
    logs: Logging,
    /// What the last full sync held, to compare the next with.
    last: Mutex<Option<Summary>>,
}

impl RocketChat {
    /// Takes the settings, which were checked; nothing is sent yet.
    ///
    /// # Errors
    /// A proxy, certificate or variable cannot be used.
    pub(crate) fn of(
        settings: &Settings,
        workspace: Workspace,
        mut logs: Logging,
    ) -> Result<Self, Failure> {
        // Several syncs at once have no place to draw at.
        logs.terminal = None;
        let options = choices::options(settings, &workspace.user_id, None)?;
        let policy = Policy::default();
        Ok(Self {
            remote: Remote::of(workspace, policy, choices::http_config(settings))?,
            options,
            container: choices::container(settings)?,
            max_duration: choices::max_duration(settings),
            skips: settings.is_on(&fields::SKIP_FULL_SYNC),
            logs,
            last: Mutex::default(),
        })
    }

    async fn check(&self, policy: Policy) -> Result<(), Failure> {
        let remote = self.remote.sharing(policy);
        let outcome = check(&remote.client, &self.options).await;
        outcome.map_err(|error| Failure::of_sync(error, &remote.address))
    }

    async fn sync(
        &self,
        request: &SyncRequest,
        file: &Path,
        stop: Cancellation,
    ) -> Result<(), Failure> {
        if request.storage_engine.as_deref() == Some("pebble") {
            tracing::info!(
                "C1 would like a file of the format pebble; it is written as sqlite, which C1 reads too"
            );
        }
        let container = self.container.clone();
        if self.skips {
            tokio::select! {
                checked = self.check(Policy::default()) => checked?,
                () = stop.cancelled() => return Ok(()),
            }
            return write_nothing(file, container);
        }
        let scope = part::of_task(&self.options.scope, request)?;
        let is_whole = scope == Scope::Workspace;
        let mut options = self.options.clone();
        options.scope = scope;
        options.previous.clone_from(&self.last());
        let terms = Terms {
            file,
            forms: &[],
            container,
            resume: None,
            max_duration: self.max_duration,
            logs: &self.logs,
        };
        let remote = self.remote.sharing(Policy::default());
        let synced = sync_to_file(&remote, options, terms, not_wanted(stop)).await?;
        if is_whole {
            *self.last() = Some(synced.report.summary);
        }
        Ok(())
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Summary>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until nobody wants a sync any more, and says so.
async fn not_wanted(stop: Cancellation) -> String {
    stop.cancelled().await;
    "nobody waits for this sync any more".to_owned()
}

/// Writes a finished full sync without anything in it: what `--skip-full-sync` asks for.
fn write_nothing(file: &Path, container: baton_c1z::Options) -> Result<(), Failure> {
    let sink = C1z::open(file, container, Arc::new(SystemClock), None)?;
    Ok(Box::new(sink).finish(&Summary::default())?)
}

fn told(failure: &Failure) -> baton_service::Failure {
    baton_service::Failure::new(failure.code().status(), failure.sentence())
}

impl Connector for RocketChat {
    fn metadata(&self) -> ConnectorMetadata {
        capabilities::metadata()
    }

    fn validate(&self) -> BoxFuture<'_, Result<(), baton_service::Failure>> {
        Box::pin(async {
            let policy = Policy {
                attempts: FEW,
                ..Policy::default()
            };
            self.check(policy).await.map_err(|failure| told(&failure))
        })
    }

    fn sync<'a>(
        &'a self,
        request: &'a SyncRequest,
        file: &'a Path,
        stop: Cancellation,
    ) -> BoxFuture<'a, Result<(), baton_service::Failure>> {
        Box::pin(async {
            let done = RocketChat::sync(self, request, file, stop).await;
            done.map_err(|failure| told(&failure))
        })
    }

    fn record_log(&self, file: &Path) -> Option<Box<dyn Send>> {
        match self.logs.record(file) {
            Ok(recording) => Some(Box::new(recording)),
            Err(error) => {
                tracing::warn!(%error, "the log of the task cannot be written for C1");
                None
            }
        }
    }
}
