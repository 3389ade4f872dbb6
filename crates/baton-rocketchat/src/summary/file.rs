//! The file of `--summary`: looked at before the sync, replaced after it.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::page;
use crate::choices;
use crate::failure::Failure;
use crate::oneshot::Synced;
use crate::paths::{TAKEN, logs, taken, whole};
use crate::settings::Settings;

/// Where the summary goes, if anywhere.
pub(crate) struct SummaryFile(Option<PathBuf>);

impl SummaryFile {
    /// Refuses a path that could not be written at the end, or that something else of the run has. `file` is the c1z file.
    pub(crate) fn check(settings: &Settings, file: &Path) -> Result<Self, Failure> {
        let Some(path) = choices::summary(settings) else {
            return Ok(Self(None));
        };
        let refuse = |reason: &str| {
            let text = format!("cannot write a summary to {}: {reason}", path.display());
            Err(Failure::other(anyhow::anyhow!(text))
                .with_hint("give --summary, or BATON_SUMMARY, the path of a file of its own in a directory that can be written"))
        };
        match fs::metadata(&path) {
            Ok(it) if it.is_dir() => return refuse("it is a directory"),
            Ok(it) if !it.is_file() => return refuse("it is not a regular file"),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return refuse(&error.to_string());
            }
            Ok(_) | Err(_) => {}
        }
        let place = whole(&path);
        if taken(settings, file).contains(&place) || logs(settings).contains(&place) {
            return refuse(TAKEN);
        }
        match temporary(&path) {
            Ok(_removed_at_once) => Ok(Self(Some(path))),
            Err(error) => refuse(&error.to_string()),
        }
    }

    /// Writes down what became of the run, and returns it.
    ///
    /// # Errors
    /// The failure of the run; else that the summary could not be written, although the sync is complete.
    pub(crate) fn record(self, outcome: Result<Synced, Failure>) -> Result<Synced, Failure> {
        let Some(path) = self.0 else { return outcome };
        let Err(error) = replace(&path, &page(&outcome)) else {
            return outcome;
        };
        let synced = outcome.inspect_err(|_| {
            tracing::warn!(path = %path.display(), %error, "cannot write the summary");
        })?;
        let place = format!("cannot write the summary to {}", path.display());
        let complete = format!(
            "the sync is complete all the same, in {}",
            synced.file.display()
        );
        Err(Failure::other(anyhow::Error::from(error).context(place)).with_hint(complete))
    }
}

/// Puts a whole file in the place of `path`, so that nobody reads half of one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = temporary(path)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(whole(path))?;
    Ok(())
}

/// Creates a file beside `path` with the mode of any new file. It is removed unless it is persisted.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let path = whole(path);
    let mut builder = Builder::new();
    // The umask takes its share of this.
    builder.permissions(fs::Permissions::from_mode(0o666));
    builder.tempfile_in(path.parent().unwrap_or(Path::new("/")))
}
