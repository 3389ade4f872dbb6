//! One sync of one workspace into one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_model::SyncId;
use baton_sinks::C1z;
use rocketchat_http::{Client, Config, HttpTransport, Policy};
use rocketchat_sync::{Options, Report, sync_until};

use crate::cli::{Choices, Connection, LogFormat};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::settings::{self, Workspace};
use crate::summary::{self, SummaryFile};
use crate::words;

/// A sync that is complete and in its file.
pub(crate) struct Synced {
    pub(crate) sync_id: SyncId,
    pub(crate) file: PathBuf,
    pub(crate) report: Report,
    /// What had been asked for.
    pub(crate) options: Options,
    pub(crate) took: Duration,
}

impl Synced {
    /// Returns the number of resources of a type.
    pub(crate) fn resources(&self, kind: &str) -> u64 {
        let counts = &self.report.summary.resources;
        counts.get(&kind.into()).copied().unwrap_or_default()
    }

    /// Returns the number of grants of entitlements to resources of a type.
    pub(crate) fn grants(&self, kind: &str) -> u64 {
        let counts = &self.report.summary.grants;
        counts.get(&kind.into()).copied().unwrap_or_default()
    }

    /// Returns the number of all grants.
    pub(crate) fn all_grants(&self) -> u64 {
        self.report.summary.grants.values().sum()
    }
}

/// Syncs the configured workspace.
pub(crate) async fn run(
    connection: &Connection,
    choices: &Choices,
    logs: LogFormat,
    stop: impl Future<Output = String>,
) -> Result<(), Failure> {
    let file = settings::file(choices, "sync.c1z");
    let summary = SummaryFile::check(settings::summary(choices), &file)?;
    let outcome = async {
        let workspace = Workspace::resolve(connection)?;
        let options = settings::options(choices, &workspace.user_id, None)?;
        sync_to_file(workspace, options, &file, logs, stop).await
    };
    summary.record(outcome.await)?;
    Ok(())
}

/// Runs a sync into `file` and logs what it did. The file is checked before the first request.
pub(crate) async fn sync_to_file(
    workspace: Workspace,
    mut options: Options,
    file: &Path,
    logs: LogFormat,
    stop: impl Future<Output = String>,
) -> Result<Synced, Failure> {
    let started = Instant::now();
    let address = workspace.base_url.to_string();
    let sink = C1z::open(file, container_options(), Arc::new(SystemClock))?;
    if options.max_shrink > 0 {
        options.previous = sink.previous()?.map(|previous| previous.summary);
    }
    let sync_id = sink.sync_id();
    let client = connect(workspace, Policy::default())?;
    tracing::info!(sync.id = %sync_id, file = %file.display(), "syncing");
    let report = sync_until(&client, &options, Box::new(sink), stop)
        .await
        .map_err(|error| Failure::of_sync(error, &address))?;
    let synced = Synced {
        sync_id,
        file: file.to_owned(),
        report,
        options,
        took: started.elapsed(),
    };
    let sentence = words::sentence(&synced);
    // The field's name is how `logging::embedded` knows it; people read the sentence alone.
    let summary = (logs == LogFormat::Json).then(|| summary::line(&synced));
    tracing::info!(sync.id = %sync_id, file = %file.display(), summary, "{sentence}");
    Ok(synced)
}

/// Makes a client; nothing is sent yet.
pub(crate) fn connect(workspace: Workspace, policy: Policy) -> Result<Client, Failure> {
    if workspace.base_url.is_cleartext_to_remote() {
        tracing::warn!(url = %workspace.base_url, "the token travels without encryption: the base URL is not https");
    }
    let config = Config {
        user_agent: words::user_agent(),
        ..Config::default()
    };
    let transport = HttpTransport::new(workspace.base_url, workspace.credentials, config)?;
    Ok(Client::new(
        Arc::new(transport),
        policy,
        rocketchat_sync::verdict,
    ))
}

/// Working copies go where the system wants temporary files; libraries do not look that up themselves.
fn container_options() -> baton_c1z::Options {
    baton_c1z::Options {
        temp_dir: Some(std::env::temp_dir()),
        ..baton_c1z::Options::default()
    }
}
