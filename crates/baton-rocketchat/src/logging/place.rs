//! The places that `--log-path` names.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::Stderr;
use crate::failure::Failure;
use crate::paths::{TAKEN, is_stream, whole};

/// Writes every line to several places.
#[derive(Debug, Clone)]
pub(super) struct Places(Arc<[Place]>);

#[derive(Debug)]
enum Place {
    Stdout,
    Stderr,
    File(File),
}

impl Places {
    /// Opens files for appending; `stdout` and `stderr` are the streams. What is `taken` is not opened.
    pub(super) fn open(paths: &[String], taken: &[PathBuf]) -> Result<Self, Failure> {
        let is_taken =
            |it: &&String| !is_stream(it) && taken.contains(&whole(it.as_str().as_ref()));
        if let Some(path) = paths.iter().find(is_taken) {
            let text = format!("cannot log to {path}: {TAKEN}");
            let hint = "give --log-path, or BATON_LOG_PATH, the path of a file of its own";
            return Err(Failure::usage(text).with_hint(hint));
        }
        let open = |path: &String| match path.as_str() {
            "stdout" => Ok(Place::Stdout),
            "stderr" => Ok(Place::Stderr),
            path => private()
                .create(true)
                .append(true)
                .open(path)
                .map(Place::File)
                .map_err(|error| {
                    Failure::usage(format!("cannot open the log file {path}: {error}"))
                }),
        };
        let places: Result<Vec<_>, _> = paths.iter().map(open).collect();
        Ok(Self(places?.into()))
    }
}

/// Makes new files readable by their owner alone: lines name accounts.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

impl Write for Places {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        for place in self.0.iter() {
            let written = match place {
                Place::Stdout => io::stdout().write_all(line),
                Place::Stderr => Stderr.write_all(line),
                Place::File(file) => (&*file).write_all(line),
            };
            // The other places still want the line, and it has to be somewhere.
            if written.is_err() {
                Stderr.write_all(line)?;
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
