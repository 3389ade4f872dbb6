//! Logs, always on stderr: stdout is for data.

mod embedded;

use std::io::{self, IsTerminal as _};

use clap::ValueEnum as _;
use indicatif::{MultiProgress, ProgressDrawTarget};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::cli::{LogFormat, LogLevel, Logs};
use crate::settings::variable;

use embedded::Embedded;

/// How the program logs.
pub(crate) struct Logging {
    pub(crate) format: LogFormat,
    /// Where live lines may be drawn, if there is a terminal for people that can take them. Log lines go above them.
    pub(crate) terminal: Option<MultiProgress>,
}

/// Starts logging as the flags or the environment say, and returns how. Variables with a value that means nothing
/// count as not set, as with other connectors (`baton-runtime.md` section 1.4).
pub(crate) fn start(flags: &Logs) -> Logging {
    let level = flags
        .log_level
        .or_else(|| from_environment("log-level"))
        .unwrap_or(LogLevel::Info);
    let default_format = if io::stdout().is_terminal() {
        LogFormat::Console
    } else {
        LogFormat::Json
    };
    let format = flags
        .log_format
        .or_else(|| from_environment("log-format"))
        .unwrap_or(default_format);
    let lively = format == LogFormat::Console && level != LogLevel::Debug && can_redraw();
    let terminal = lively.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
    let logs = tracing_subscriber::fmt()
        .with_writer(writer(terminal.clone()))
        .with_env_filter(filter(level));
    match format {
        LogFormat::Console => logs.with_ansi(colours()).with_target(false).init(),
        LogFormat::Json => logs
            .json()
            .event_format(Embedded(format::format().json().flatten_event(true)))
            .init(),
    }
    Logging { format, terminal }
}

/// Makes log lines that go above what is drawn on the terminal, if anything is.
fn writer(terminal: Option<MultiProgress>) -> BoxMakeWriter {
    match terminal {
        Some(terminal) => BoxMakeWriter::new(move || Above(terminal.clone())),
        None => BoxMakeWriter::new(io::stderr),
    }
}

/// Writes to stderr while nothing is drawn there. A log line comes in one piece.
struct Above(MultiProgress);

impl io::Write for Above {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Tells whether stderr is a terminal that can move its cursor.
fn can_redraw() -> bool {
    io::stderr().is_terminal()
        && std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

fn from_environment<T: clap::ValueEnum>(field: &str) -> Option<T> {
    variable(field).and_then(|value| T::from_str(&value, true).ok())
}

/// The HTTP libraries' own debug output would repeat addresses and drown ours.
fn filter(level: LogLevel) -> EnvFilter {
    let level = level
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default();
    EnvFilter::new(format!(
        "{level},hyper=warn,hyper_util=warn,rustls=warn,h2=warn"
    ))
}

fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
