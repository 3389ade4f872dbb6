//! Logs, always on stderr: stdout is for data.

mod embedded;

use std::io::IsTerminal as _;

use clap::ValueEnum as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format;

use crate::cli::{LogFormat, LogLevel, Logs};
use crate::settings::variable;

use embedded::Embedded;

/// Starts logging as the flags or the environment say, and returns the format. Variables with a value that means nothing
/// count as not set, as with other connectors (`baton-runtime.md` section 1.4).
pub(crate) fn start(flags: &Logs) -> LogFormat {
    let level = flags
        .log_level
        .or_else(|| from_environment("log-level"))
        .unwrap_or(LogLevel::Info);
    let default_format = if std::io::stdout().is_terminal() {
        LogFormat::Console
    } else {
        LogFormat::Json
    };
    let format = flags
        .log_format
        .or_else(|| from_environment("log-format"))
        .unwrap_or(default_format);
    let logs = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter(level));
    match format {
        LogFormat::Console => logs.with_ansi(colours()).with_target(false).init(),
        LogFormat::Json => logs
            .json()
            .event_format(Embedded(format::format().json().flatten_event(true)))
            .init(),
    }
    format
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
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
