//! One JSON object a line.

use std::io::Write as _;
use std::path::Path;

use baton_model::{Record, Summary};
use serde::Serialize;

use crate::replacement::Replacement;
use crate::view::View;
use crate::{Error, Sink};

/// Writes each record as a line of JSON, in the order they come, and a last line of kind `summary`.
pub struct Ndjson {
    file: Replacement,
    has_summary: bool,
}

impl Ndjson {
    /// Starts a file that replaces `path` when the sync is finished.
    ///
    /// # Errors
    /// The directory is missing or not writable, or `path` is a directory.
    pub fn create(path: &Path) -> Result<Self, Error> {
        Replacement::create(path).map(|file| Self {
            file,
            has_summary: false,
        })
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let mut line = serde_json::to_vec(value).map_err(Error::encode)?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .map_err(Error::io(self.file.target()))
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum LastLine<'a> {
    Summary(&'a Summary),
}

impl Sink for Ndjson {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        self.line(&View::from(record))
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.file.empty()
    }

    fn prepare(&mut self, summary: &Summary) -> Result<(), Error> {
        if !self.has_summary {
            self.line(&LastLine::Summary(summary))?;
            self.has_summary = true;
        }
        self.file.sync()
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Error> {
        self.prepare(summary)?;
        self.file.commit()
    }

    fn abort(self: Box<Self>) {}
}
