//! Whether two paths lead to one file, and which files a run has names for.

use std::fs;
use std::path::{Path, PathBuf};

use baton_sinks::C1z;

use crate::settings::{Settings, variable};
use crate::{choices, fields};

/// Why a path is refused that is among the others of a run.
pub(crate) const TAKEN: &str = "something else is written there, or read";

/// Returns the absolute path with links followed as far as it exists, so that a link stays one.
pub(crate) fn whole(path: &Path) -> PathBuf {
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    canonical(&absolute)
        .or_else(|| Some(canonical(absolute.parent()?)?.join(absolute.file_name()?)))
        .unwrap_or(absolute)
}

/// Returns what a run reads, and the c1z file with its journal: what no log, summary or other form may be written to, since
/// that would be the end of a key or of earlier syncs. Terminals, pipes and other devices can lose nothing.
pub(crate) fn taken(settings: &Settings, file: &Path) -> Vec<PathBuf> {
    let read = [
        &fields::AUTH_TOKEN_FILE,
        &fields::CA_BUNDLE,
        &fields::CLIENT_CERTIFICATE,
        &fields::CLIENT_KEY,
        &fields::OTEL_COLLECTOR_ENDPOINT_TLS_CERT_PATH,
    ];
    let read = read.into_iter().filter_map(|it| settings.path(it));
    let read = read
        // That is stdin.
        .filter(|it| it != Path::new("-"))
        .chain(variable("SSL_CERT_FILE").map(PathBuf::from))
        .chain(settings.configuration().map(Path::to_owned));
    read.chain([file.to_owned(), C1z::journal_path(file)])
        .map(|it| whole(&it))
        .filter(|it| fs::metadata(it).map_or(true, |it| it.is_file()))
        .collect()
}

/// Returns where a run logs to.
pub(crate) fn logs(settings: &Settings) -> Vec<PathBuf> {
    let logs = settings.list(&fields::LOG_PATH);
    let files = logs.iter().filter(|it| !is_stream(it));
    files.map(|it| whole(it.as_ref())).collect()
}

/// Tells whether what `--log-path` names is no file.
pub(crate) fn is_stream(log: &str) -> bool {
    matches!(log, "stdout" | "stderr")
}

/// Returns where the summary of a run goes.
pub(crate) fn summary(settings: &Settings) -> Option<PathBuf> {
    choices::summary(settings).map(|it| whole(&it))
}
