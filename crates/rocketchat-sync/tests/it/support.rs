//! What the tests share: running the engine into a file of NDJSON, and taking failures apart.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use baton_sinks::Ndjson;
use rocketchat_http::{Client, Policy, Transport};
use rocketchat_sync::{Error, Options, Progress, Report, sync_with_progress};

/// What a sync left: its report or error, and the lines of its output, if there is any.
pub(crate) struct Outcome {
    pub(crate) result: Result<Report, Error>,
    pub(crate) lines: Option<Vec<String>>,
}

/// Runs a sync over `transport`.
pub(crate) async fn run(transport: Arc<dyn Transport>, options: &Options) -> Outcome {
    run_until(transport, options, std::future::pending()).await
}

/// The same, until `stop` is ready.
pub(crate) async fn run_until(
    transport: Arc<dyn Transport>,
    options: &Options,
    stop: impl Future<Output = String>,
) -> Outcome {
    run_with_progress(transport, options, stop, &()).await
}

/// The same, and tells `progress` how far it is.
pub(crate) async fn run_with_progress(
    transport: Arc<dyn Transport>,
    options: &Options,
    stop: impl Future<Output = String>,
    progress: &dyn Progress,
) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sync.ndjson");
    let client = Client::new(transport, policy(), rocketchat_sync::verdict);
    let sink = Box::new(Ndjson::create(&path).unwrap());
    let result = sync_with_progress(&client, options, sink, stop, progress).await;
    let left = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(
        left,
        usize::from(result.is_ok()),
        "a sync leaves its file and nothing else"
    );
    Outcome {
        result,
        lines: read_lines(&path),
    }
}

/// Short pauses, so that tests over real sockets do not wait.
pub(crate) fn policy() -> Policy {
    Policy {
        backoff_base: std::time::Duration::from_millis(1),
        backoff_cap: std::time::Duration::from_millis(5),
        seed: Some(1),
        ..Policy::default()
    }
}

pub(crate) fn read_lines(path: &Path) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

/// An error as a user reads it: the message, its causes, the hint.
pub(crate) fn describe(error: &Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        writeln!(text, "  caused by: {error}").unwrap();
        cause = error.source();
    }
    if let Some(hint) = error.hint() {
        writeln!(text, "\nhint: {hint}").unwrap();
    }
    text
}
