//! Logs, on stderr unless another place is named: stdout is for data.

mod line;
mod place;

use std::io::{self, IsTerminal as _};

use indicatif::{MultiProgress, ProgressDrawTarget};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::failure::Failure;
use crate::fields;
use crate::settings::Settings;

use line::Lines;
use place::Places;

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
}

/// Starts logging as the settings say, and returns how.
///
/// # Errors
/// A file to log to cannot be opened.
pub(crate) fn start(settings: &Settings) -> Result<Logging, Failure> {
    let level = level(&settings.text(&fields::LOG_LEVEL).unwrap_or_default());
    let format = match settings.text(&fields::LOG_FORMAT).as_deref() {
        Some("console") => Format::Console,
        None if io::stdout().is_terminal() => Format::Console,
        _ => Format::Json,
    };
    let paths = settings.list(&fields::LOG_PATH);
    let lively = format == Format::Console && level != "debug" && can_redraw();
    let terminal = lively.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
    let writer = if paths.is_empty() {
        stderr(terminal.clone())
    } else {
        let places = Places::open(&paths)?;
        BoxMakeWriter::new(move || places.clone())
    };
    tracing_subscriber::fmt()
        .with_writer(writer)
        .with_env_filter(filter(level))
        .with_ansi(paths.is_empty() && colours())
        .event_format(Lines(format))
        .init();
    Ok(Logging { format, terminal })
}

/// Takes the names of other connectors, where an unknown one means info. The three that stand above error log what error
/// logs: nothing here is worse.
fn level(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "debug" => "debug",
        "warn" => "warn",
        "error" | "dpanic" | "panic" | "fatal" => "error",
        _ => "info",
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
fn filter(level: &str) -> EnvFilter {
    EnvFilter::new(format!(
        "{level},hyper=warn,hyper_util=warn,rustls=warn,h2=warn"
    ))
}

fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
