//! Logs of single tasks, in every detail (`baton-runtime.md` section 4.8, "Debug tasks").

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, callsite};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Filter};

use super::place::private;

/// The files that lines are recorded to, of which there are none most of the time.
#[derive(Clone, Default)]
pub(super) struct Recordings(Arc<RwLock<Vec<Arc<File>>>>);

/// A file that is recorded to until this is dropped.
pub(crate) struct Recording {
    file: Arc<File>,
    all: Recordings,
}

impl Recordings {
    /// Begins to record to a new file that only its owner may read.
    pub(super) fn start(&self, path: &Path) -> io::Result<Recording> {
        let file = private().append(true).create_new(true).open(path)?;
        let file = Arc::new(file);
        self.change(|files| files.push(Arc::clone(&file)));
        Ok(Recording {
            file,
            all: self.clone(),
        })
    }

    fn change(&self, how: impl FnOnce(&mut Vec<Arc<File>>)) {
        how(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
        // Who writes lines asks only once which of them are wanted.
        callsite::rebuild_interest_cache();
    }

    fn files(&self) -> Vec<Arc<File>> {
        let files = self.0.read().unwrap_or_else(PoisonError::into_inner);
        files.clone()
    }

    fn are_there(&self) -> bool {
        let files = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !files.is_empty()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let is_other = |file: &Arc<File>| !Arc::ptr_eq(file, &self.file);
        self.all.change(|files| files.retain(is_other));
    }
}

impl MakeWriter<'_> for Recordings {
    type Writer = Files;

    fn make_writer(&self) -> Files {
        Files(self.files())
    }
}

/// Writes each line to every file. One that cannot be written costs no other its line.
pub(super) struct Files(Vec<Arc<File>>);

impl io::Write for Files {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        for file in &self.0 {
            let _ = io::Write::write_all(&mut file.as_ref(), line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lets lines through while there are recordings, and costs nothing else.
pub(super) struct WhileRecording {
    pub(super) recordings: Recordings,
    pub(super) lines: Targets,
}

impl WhileRecording {
    fn wants(&self, it: &Metadata<'_>) -> bool {
        // A task is under way by the time it is recorded.
        let may_be_task = it.is_span() && *it.level() == Level::ERROR;
        let is_wanted = may_be_task || self.recordings.are_there();
        is_wanted && self.lines.would_enable(it.target(), it.level())
    }
}

impl<S> Filter<S> for WhileRecording {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.recordings.are_there() {
            LevelFilter::DEBUG
        } else {
            LevelFilter::ERROR
        })
    }
}
