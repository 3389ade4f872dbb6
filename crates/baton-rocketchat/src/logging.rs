//! Logs, on stderr unless another place is named: stdout is for data.

mod line;
mod place;
mod recording;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use indicatif::{MultiProgress, ProgressDrawTarget};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use crate::failure::Failure;
use crate::fields;
use crate::paths::taken;
use crate::settings::Settings;
use crate::telemetry::Telemetry;

use line::Lines;
#[cfg(feature = "otel")]
pub(crate) use line::{TASK_ID, caller, task_id};
use place::Places;
use recording::{Recording, Recordings, WhileRecording};

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Console,
    Json,
}

/// How the program logs.
pub(crate) struct Logging {
    pub(crate) format: Format,
    /// Where live lines may be drawn, if there is a terminal for people that can take them. Log lines go above them.
    pub(crate) terminal: Option<MultiProgress>,
    recordings: Recordings,
}

impl Logging {
    /// Writes down everything at the debug level as JSON, whatever else is logged and where, to a new file until the result
    /// is dropped.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn record(&self, file: &Path) -> io::Result<Recording> {
        self.recordings.start(file)
    }
}

/// Starts logging as the settings say, to `telemetry` too, and returns how. `files` are the c1z files of the run.
///
/// # Errors
/// A file to log to cannot be opened, or is something else of the run.
pub(crate) fn start(
    settings: &Settings,
    files: &[PathBuf],
    telemetry: Option<&Telemetry>,
) -> Result<Logging, Failure> {
    let level = level(&settings.text(&fields::LOG_LEVEL).unwrap_or_default());
    let format = match settings.text(&fields::LOG_FORMAT).as_deref() {
        Some("console") => Format::Console,
        None if io::stdout().is_terminal() => Format::Console,
        _ => Format::Json,
    };
    let paths = settings.list(&fields::LOG_PATH);
    let lively = format == Format::Console && level != LevelFilter::DEBUG && can_redraw();
    let terminal = lively.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
    let writer = if paths.is_empty() {
        stderr(terminal.clone())
    } else {
        let taken: Vec<_> = files.iter().flat_map(|it| taken(settings, it)).collect();
        let places = Places::open(&paths, &taken)?;
        BoxMakeWriter::new(move || places.clone())
    };
    let log = Lines {
        format,
        has_colours: paths.is_empty() && colours(),
        writer,
    };
    let recordings = Recordings::default();
    let watchers = telemetry.and_then(|it| it.layer(filter(level)));
    subscriber(log, level, &recordings, watchers).init();
    Ok(Logging {
        format,
        terminal,
        recordings,
    })
}

/// Takes the names of other connectors, where an unknown one means info. The three that stand above error log what error
/// logs: nothing here is worse.
fn level(name: &str) -> LevelFilter {
    match name.to_ascii_lowercase().as_str() {
        "debug" => LevelFilter::DEBUG,
        "warn" => LevelFilter::WARN,
        "error" | "dpanic" | "panic" | "fatal" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

/// Makes log lines that go above what is drawn on the terminal, if anything is.
fn stderr(terminal: Option<MultiProgress>) -> BoxMakeWriter {
    match terminal {
        Some(terminal) => BoxMakeWriter::new(move || Above(terminal.clone())),
        None => BoxMakeWriter::new(|| Stderr),
    }
}

/// Stderr, if anybody reads there: a sync does not fail because nobody does. A log line comes in one piece.
struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes to stderr while nothing is drawn there.
struct Above(MultiProgress);

impl io::Write for Above {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| Stderr.write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells whether stderr is a terminal that can move its cursor.
fn can_redraw() -> bool {
    io::stderr().is_terminal()
        && std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// The HTTP libraries' own debug output would repeat addresses and drown ours.
fn filter(level: LevelFilter) -> Targets {
    let quiet = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(level)
        .with_targets(["hyper", "hyper_util", "rustls", "h2"].map(|library| (library, quiet)))
}

/// Makes what takes lines: the log, beside it the recordings, and whoever else watches.
fn subscriber<W>(
    log: Lines<W>,
    level: LevelFilter,
    recordings: &Recordings,
    watchers: Option<Box<dyn Layer<Registry> + Send + Sync>>,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let recorder = Lines {
        format: Format::Json,
        has_colours: false,
        writer: recordings.clone(),
    };
    let while_recording = WhileRecording {
        recordings: recordings.clone(),
        lines: filter(LevelFilter::DEBUG),
    };
    tracing_subscriber::registry()
        .with(watchers)
        .with(log.with_filter(filter(level)))
        .with(recorder.with_filter(while_recording))
}

fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use serde_json::Value;
    use tempfile::TempDir;
    use tracing::{debug, error, info};

    use super::*;

    /// What is wanted of each line is remembered for the whole process. While several threads have a subscriber of their own, as
    /// in tests only, it can be remembered wrongly for a moment.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    /// A log, and a directory for it and for recordings.
    struct Place {
        dir: TempDir,
        logging: Logging,
        _turn: MutexGuard<'static, ()>,
    }

    impl Place {
        fn new() -> Self {
            let logging = Logging {
                format: Format::Json,
                terminal: None,
                recordings: Recordings::default(),
            };
            let dir = tempfile::tempdir().unwrap();
            let turn = ONE_AT_A_TIME.lock();
            Self {
                dir,
                logging,
                _turn: turn.unwrap_or_else(PoisonError::into_inner),
            }
        }

        fn run(&self, format: Format, level: LevelFilter, lines: impl FnOnce()) {
            let log = Lines {
                format,
                has_colours: false,
                writer: File::create(self.dir.path().join("log")).unwrap(),
            };
            let subscriber = subscriber(log, level, &self.logging.recordings, None);
            tracing::subscriber::with_default(subscriber, lines);
        }

        fn record(&self, name: &str) -> Recording {
            self.logging.record(&self.dir.path().join(name)).unwrap()
        }

        fn text(&self, name: &str) -> String {
            std::fs::read_to_string(self.dir.path().join(name)).unwrap()
        }

        fn messages(&self, name: &str) -> Vec<String> {
            let text = self.text(name);
            let lines = text.lines().map(|line| {
                let line: Value = serde_json::from_str(line).unwrap();
                line["msg"].as_str().unwrap().to_owned()
            });
            lines.collect()
        }
    }

    /// Logs within two tasks, and outside of them.
    fn two_tasks() {
        for id in ["one", "two"] {
            tracing::error_span!("task", task.id = id).in_scope(|| {
                tracing::info_span!("sync").in_scope(|| error!(code = 7, "failed"));
                error!(task.id = "its own", "ended");
            });
        }
        error!("no task");
    }

    #[test]
    fn lines_within_a_task_have_its_id() {
        let place = Place::new();
        place.run(Format::Json, LevelFilter::ERROR, two_tasks);
        let lines: Vec<Value> = place
            .text("log")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids: Vec<_> = lines.iter().map(|it| it["task.id"].as_str()).collect();
        let own = Some("its own");
        assert_eq!(ids, [Some("one"), own, Some("two"), own, None]);

        place.run(Format::Console, LevelFilter::INFO, two_tasks);
        let text = place.text("log");
        assert!(
            text.contains("\tfailed\t{\"code\":7,\"task.id\":\"one\"}\n"),
            "{text}"
        );
        assert!(
            text.contains("\tended\t{\"task.id\":\"its own\"}\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_recorded_is_what_the_debug_level_logs() {
        let place = Place::new();
        place.run(Format::Console, LevelFilter::WARN, || {
            debug!("before");
            let span = tracing::error_span!("task", task.id = "one");
            let _task = span.enter();
            let first = place.record("first");
            debug!("at the start");
            let second = place.record("second");
            info!("of both");
            debug!(target: "hyper_util::client", "of a library");
            tracing::trace!("too much");
            drop(first);
            error!("at the end");
            drop(second);
            debug!("after");
        });
        assert_eq!(place.messages("first"), ["at the start", "of both"]);
        assert_eq!(place.messages("second"), ["of both", "at the end"]);
        let log = place.text("log");
        assert!(
            log.contains("at the end") && log.lines().count() == 1,
            "{log}"
        );
        for line in place.text("first").lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["task.id"], "one");
        }
    }

    #[test]
    fn a_recording_is_a_new_file_for_its_owner_alone() {
        let place = Place::new();
        let path = place.dir.path().join("debug.log");
        let recording = place.record("debug.log");
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(place.logging.record(&path).is_err());
        assert!(place.logging.record(&path.join("below")).is_err());
        drop(recording);
    }

    #[test]
    fn nothing_is_looked_at_while_nothing_is_recorded() {
        let place = Place::new();
        place.run(Format::Json, LevelFilter::WARN, || {
            let is_made = |looked: &std::cell::Cell<bool>| {
                looked.set(false);
                debug!(
                    text = {
                        looked.set(true);
                        ""
                    }
                );
                looked.get()
            };
            let looked = std::cell::Cell::new(false);
            assert!(!is_made(&looked));
            let recording = place.record("debug.log");
            assert!(is_made(&looked));
            drop(recording);
            assert!(!is_made(&looked));
        });
    }
}
