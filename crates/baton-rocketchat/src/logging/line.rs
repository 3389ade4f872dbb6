//! Log lines in the forms of other Baton connectors (`baton-runtime.md` section 1.7).

use std::fmt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use baton_model::Clock as _;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::Format;
use crate::clock::SystemClock;

/// Fields of events are numbers and texts. The texts of these are JSON, and stand in a line as what they are.
const JSON: [&str; 4] = ["summary", "warnings", "causes", "left_out"];

/// Writes one event as one line.
pub(super) struct Lines(pub(super) Format);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let (level, caller) = (*event.metadata().level(), caller(event));
        match self.0 {
            Format::Json => writeln!(
                writer,
                r#"{{"level":"{}","ts":{},"caller":{},"msg":{}{}{}}}"#,
                name(level).to_ascii_lowercase(),
                seconds(),
                Value::from(caller),
                Value::from(said.message),
                if said.fields.is_empty() { "" } else { "," },
                said.fields
            ),
            Format::Console => {
                let now = SystemClock.now();
                let (on, off) = if writer.has_ansi_escapes() {
                    (colour(level), "\x1b[0m")
                } else {
                    ("", "")
                };
                write!(
                    writer,
                    "{}\t{on}{}{off}\t{caller}\t{}",
                    milliseconds(&now.to_string()),
                    name(level),
                    said.message
                )?;
                if !said.fields.is_empty() {
                    write!(writer, "\t{{{}}}", said.fields)?;
                }
                writeln!(writer)
            }
        }
    }
}

/// The message of an event, and its fields as the inside of a JSON object.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Said {
    fn add(&mut self, field: &Field, value: &str) {
        if !self.fields.is_empty() {
            self.fields.push(',');
        }
        self.fields.push_str(&Value::from(field.name()).to_string());
        self.fields.push(':');
        self.fields.push_str(value);
    }
}

impl Visit for Said {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, &Value::from(value).to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &value.to_string());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field, &value.to_string());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, &value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name if JSON.contains(&name) => self.add(field, value),
            _ => self.add(field, &Value::from(value).to_string()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            _ => self.add(field, &Value::from(text).to_string()),
        }
    }
}

/// Names the place in the source: `crate/file.rs:line`.
fn caller(event: &Event<'_>) -> String {
    let metadata = event.metadata();
    let unit = metadata.target().split("::").next().unwrap_or_default();
    let file = metadata.file().map(Path::new).and_then(Path::file_name);
    let file = file.unwrap_or_default().to_string_lossy();
    format!("{unit}/{file}:{}", metadata.line().unwrap_or_default())
}

fn seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// Cuts or fills the fraction of a second to three digits.
fn milliseconds(time: &str) -> String {
    let whole = time.trim_end_matches('Z');
    let (whole, fraction) = whole.split_once('.').unwrap_or((whole, ""));
    format!("{whole}.{fraction:0<3.3}Z")
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        _ => "DEBUG",
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[34m",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_has_three_digits() {
        for (time, text) in [
            ("2026-06-01T12:00:23Z", "2026-06-01T12:00:23.000Z"),
            ("2026-06-01T12:00:23.5Z", "2026-06-01T12:00:23.500Z"),
            ("2026-06-01T12:00:23.123456789Z", "2026-06-01T12:00:23.123Z"),
        ] {
            assert_eq!(milliseconds(time), text);
        }
    }
}
