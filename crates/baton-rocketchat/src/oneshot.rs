//! One sync of one workspace into one file.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use baton_sinks::C1z;
use rocketchat_http::{Client, Config, HttpTransport, Policy};
use rocketchat_sync::{Options, Report, sync_until};

use crate::cli::{Common, Connector};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::settings::{self, Settings};
use crate::words;

/// Syncs the configured workspace.
pub(crate) async fn run(
    connector: &Connector,
    common: &Common,
    stop: impl Future<Output = String>,
) -> Result<(), Failure> {
    let settings = Settings::resolve(connector)?;
    let file = settings::file(common, "sync.c1z");
    let report = sync_to_file(settings, &file, stop).await?;
    tracing::debug!(?report, "the whole report");
    Ok(())
}

/// Runs a sync of `settings` into `file` and logs what it did. The file is checked before the first request.
pub(crate) async fn sync_to_file(
    settings: Settings,
    file: &Path,
    stop: impl Future<Output = String>,
) -> Result<Report, Failure> {
    let started = Instant::now();
    if settings.base_url.is_cleartext_to_remote() {
        tracing::warn!(url = %settings.base_url, "the token travels without encryption: the base URL is not https");
    }
    let address = settings.base_url.to_string();
    let mut options = Options::new(settings.user_id.as_str().into());
    options.team_roles = settings.team_roles;
    let sink = C1z::open(file, container_options(), Arc::new(SystemClock))?;
    let sync_id = sink.sync_id();
    let config = Config {
        user_agent: words::user_agent(),
        ..Config::default()
    };
    let transport = HttpTransport::new(settings.base_url, settings.credentials, config)?;
    let client = Client::new(
        Arc::new(transport),
        Policy::default(),
        rocketchat_sync::verdict,
    );
    tracing::info!(sync.id = %sync_id, file = %file.display(), "syncing");
    let report = sync_until(&client, &options, Box::new(sink), stop)
        .await
        .map_err(|error| Failure::of_sync(error, &address))?;
    tracing::info!(sync.id = %sync_id, file = %file.display(), "{}", words::summary(&report, started.elapsed()));
    Ok(report)
}

/// Working copies go where the system wants temporary files; libraries do not look that up themselves.
fn container_options() -> baton_c1z::Options {
    baton_c1z::Options {
        temp_dir: Some(std::env::temp_dir()),
        ..baton_c1z::Options::default()
    }
}
