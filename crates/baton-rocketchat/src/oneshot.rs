//! One sync of one workspace into one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_model::{Clock as _, SyncId};
use baton_sinks::{C1z, Recalled, Resume, Sink};
use rocketchat_http::Policy;
use rocketchat_sync::{Error, Options, Report, sync_with_progress};

use crate::choices::{self, Workspace};
use crate::clock::SystemClock;
use crate::code::Code;
use crate::failure::Failure;
use crate::forms::Form;
use crate::logging::{Format, Logging};
use crate::progress::{self, Board};
use crate::remote::Remote;
use crate::settings::Settings;
use crate::summary::{self, SummaryFile};
use crate::{checks, on_demand, part, words};

/// Where a sync goes, how long it may take, and how it is told.
pub(crate) struct Terms<'a> {
    pub(crate) file: &'a Path,
    /// In which other forms it is written.
    pub(crate) forms: &'a [Form],
    /// How the file is read and written.
    pub(crate) container: baton_c1z::Options,
    /// Whether an interrupted sync of the file is continued; `None` keeps nothing of an interrupted one either.
    pub(crate) resume: Option<bool>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) logs: &'a Logging,
}

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
    pub(crate) fn resources(&self, kind: &'static str) -> u64 {
        let counts = &self.report.summary.resources;
        counts.get(&kind.into()).copied().unwrap_or_default()
    }

    /// Returns the number of grants of entitlements to resources of a type.
    pub(crate) fn grants(&self, kind: &'static str) -> u64 {
        let counts = &self.report.summary.grants;
        counts.get(&kind.into()).copied().unwrap_or_default()
    }

    /// Returns the number of all grants.
    pub(crate) fn all_grants(&self) -> u64 {
        self.report.summary.grants.values().sum()
    }
}

/// Syncs the configured workspace, or does what else the flags ask for.
pub(crate) async fn run(
    settings: &Settings,
    logs: &Logging,
    stop: impl Future<Output = String>,
) -> Result<(), Failure> {
    let file = choices::file(settings);
    let summary = SummaryFile::check(settings, &file)?;
    let checked = checks::of_sync(settings);
    if checked.is_ok()
        && let Some(done) = on_demand::run(settings)
    {
        return done;
    }
    let outcome = async {
        checked?;
        let workspace = Workspace::of(settings)?;
        let options = choices::options(settings, &workspace.user_id, None)?;
        let remote = Remote::of(workspace, Policy::default(), choices::http_config(settings))?;
        let terms = Terms {
            file: &file,
            forms: &Form::all(settings, &file)?,
            container: choices::container(settings)?,
            resume: Some(choices::resume(settings)),
            max_duration: choices::max_duration(settings),
            logs,
        };
        sync_to_file(&remote, options, terms, stop).await
    };
    summary.record(outcome.await)?;
    Ok(())
}

const KEPT: &str = "what was read is kept: run the same command again to continue, or with --no-resume to start over";
const NOT_KEPT: &str = "nothing of it is kept, and the next sync starts over";

/// Runs a sync into a file and logs what it did. The file is checked before the first request.
pub(crate) async fn sync_to_file(
    remote: &Remote,
    mut options: Options,
    terms: Terms<'_>,
    stop: impl Future<Output = String>,
) -> Result<Synced, Failure> {
    let started = Instant::now();
    let Terms { file, logs, .. } = terms;
    let resume = terms.resume.map(|allowed| Resume {
        // Interrupted syncs in files have it in their keys.
        connector: "rocketchat",
        subject: format!("{} as {}", remote.address, options.user_id),
        allowed,
    });
    let clock = Arc::new(SystemClock);
    let (kind, some_types) = part::kind(&options.scope);
    let container = baton_c1z::Options {
        kind,
        some_types,
        ..terms.container.clone()
    };
    let sink = C1z::open(file, container, clock, resume.as_ref())?;
    if options.max_shrink > 0
        && let Some(previous) = sink.previous()?
    {
        options.previous = Some(previous.summary);
    }
    let sync_id = sink.sync_id();
    tracing::info!(sync.id = %sync_id, file = %file.display(), "syncing");
    if let Some(recalled) = sink.recalled() {
        tell(recalled);
    }
    let journal = sink.journal();
    let sink = Form::beside(Box::new(sink), terms.forms)?;
    let report = watch(remote, &options, sink, &terms, stop).await;
    // By now the sink has decided what becomes of the work.
    let report = report.map_err(|ended| ended.failure(&remote.address, journal.holds_work()))?;
    let synced = Synced {
        sync_id,
        file: file.to_owned(),
        report,
        options,
        took: started.elapsed(),
    };
    for form in terms.forms {
        tracing::info!(output = %form, "wrote the sync in another form");
    }
    let summary = (logs.format == Format::Json).then(|| summary::line(&synced));
    progress::complete(&synced, summary.as_deref());
    Ok(synced)
}

/// Why there is no report.
enum Ended {
    Failed(Error),
    OutOfTime(Error),
}

impl Ended {
    fn failure(self, address: &str, is_kept: bool) -> Failure {
        let was_stopped = matches!(
            self,
            Self::OutOfTime(_) | Self::Failed(Error::Stopped { .. })
        );
        let failure = match self {
            Self::Failed(error) => Failure::of_sync(error, address),
            Self::OutOfTime(error) => too_long(error),
        };
        match (is_kept, was_stopped) {
            (true, _) => failure.and_hint(KEPT),
            (false, true) => failure.and_hint(NOT_KEPT),
            (false, false) => failure,
        }
    }
}

/// Says what the sync goes on with.
fn tell(recalled: Recalled) {
    let Recalled { pieces, oldest } = recalled;
    let age = SystemClock.now().seconds().saturating_sub(oldest.seconds());
    let age = Duration::from_secs(age.try_into().unwrap_or_default());
    tracing::info!(
        resume.pieces = pieces,
        resume.age_seconds = age.as_secs(),
        "resumed previous sync"
    );
}

/// Runs a sync for as long as it may take, and shows how far it is.
async fn watch(
    remote: &Remote,
    options: &Options,
    sink: Box<dyn Sink>,
    terms: &Terms<'_>,
    stop: impl Future<Output = String>,
) -> Result<Report, Ended> {
    let board = Board::new(options);
    let is_out_of_time = AtomicBool::new(false);
    let stop = async {
        tokio::select! {
            signal = stop => signal,
            limit = elapsed(terms.max_duration) => {
                is_out_of_time.store(true, Ordering::Relaxed);
                format!("--max-duration {}, with {}", words::duration(limit), board.so_far())
            }
        }
    };
    let outcome = tokio::select! {
        outcome = sync_with_progress(&remote.client, options, sink, stop, &board) => outcome,
        never = progress::show(&board, &remote.client, terms.logs.terminal.as_ref()) => match never {},
    };
    outcome.map_err(|error| {
        if is_out_of_time.load(Ordering::Relaxed) {
            Ended::OutOfTime(error)
        } else {
            Ended::Failed(error)
        }
    })
}

/// Waits for the end of the time allowed, and returns how much it was.
pub(crate) async fn elapsed(limit: Option<Duration>) -> Duration {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    tokio::time::sleep(limit).await;
    limit
}

fn too_long(error: Error) -> Failure {
    Failure::new(Code::DeadlineExceeded, error.into()).with_hint(
        "`baton-rocketchat validate` says how long a sync takes, and what would make it faster",
    )
}
