//! Log lines in the forms of other Baton connectors (`baton-runtime.md` section 1.7).

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::Path;

use baton_model::Clock as _;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Format;
use crate::clock::{SystemClock, since_1970};
use crate::words::plain;

/// Fields of events are numbers and texts. The texts of these are JSON, and stand in a line as what they are.
const JSON: [&str; 4] = ["summary", "warnings", "causes", "left_out"];

/// The field that names a task: of the span of its work, and of lines that tell of it.
pub(crate) const TASK_ID: &str = "task.id";

/// Writes each event as one line. Lines written within a task have its id.
pub(super) struct Lines<W> {
    pub(super) format: Format,
    pub(super) has_colours: bool,
    pub(super) writer: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let fields = attributes.metadata().fields();
        if let (Some(_), Some(span)) = (fields.field(TASK_ID), context.span(id)) {
            let mut task = TaskId::default();
            attributes.record(&mut task);
            span.extensions_mut().replace(task);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        if !said.names_task
            && let Some(id) = task_id(event, &context)
        {
            said.add(TASK_ID, &Value::from(id).to_string());
        }
        let line = match self.format {
            Format::Json => json(event, said),
            Format::Console => self.console(event, &said),
        };
        // Where a line can be written it was; there is nobody to tell otherwise.
        let _ = self.writer.make_writer().write_all(line.as_bytes());
    }
}

impl<W> Lines<W> {
    fn console(&self, event: &Event<'_>, said: &Said) -> String {
        let level = *event.metadata().level();
        let (on, off) = if self.has_colours {
            (colour(level), "\x1b[0m")
        } else {
            ("", "")
        };
        let mut line = format!(
            "{}\t{on}{}{off}\t{}\t{}",
            milliseconds(&SystemClock.now().to_string()),
            name(level),
            caller(event),
            plain(&said.message)
        );
        if !said.fields.is_empty() {
            let _ = write!(line, "\t{{{}}}", said.fields);
        }
        line.push('\n');
        line
    }
}

fn json(event: &Event<'_>, said: Said) -> String {
    format!(
        "{{\"level\":\"{}\",\"ts\":{},\"caller\":{},\"msg\":{}{}{}}}\n",
        name(*event.metadata().level()).to_ascii_lowercase(),
        since_1970().as_secs_f64(),
        Value::from(caller(event)),
        Value::from(said.message),
        if said.fields.is_empty() { "" } else { "," },
        said.fields
    )
}

/// Returns the id of the task that something is logged within.
pub(crate) fn task_id<S>(event: &Event<'_>, context: &Context<'_, S>) -> Option<String>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut scope = context.event_scope(event)?;
    let task: TaskId = scope.find_map(|span| span.extensions().get().cloned())?;
    Some(task.0)
}

/// The id of the task that a span is of.
#[derive(Clone, Default)]
struct TaskId(String);

impl Visit for TaskId {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == TASK_ID {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// The message of an event, and its fields as the inside of a JSON object.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
    names_task: bool,
}

impl Said {
    fn add(&mut self, name: &str, value: &str) {
        self.names_task |= name == TASK_ID;
        if !self.fields.is_empty() {
            self.fields.push(',');
        }
        self.fields.push_str(&Value::from(name).to_string());
        self.fields.push(':');
        for character in value.chars() {
            // JSON lets these controls stand, and terminals obey them.
            if matches!(character, '\u{7f}'..='\u{9f}') {
                let _ = write!(self.fields, "\\u{:04x}", u32::from(character));
            } else {
                self.fields.push(character);
            }
        }
    }
}

impl Visit for Said {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &Value::from(value).to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value.to_string());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field.name(), &value.to_string());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field.name(), &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name if JSON.contains(&name) => self.add(name, value),
            name => self.add(name, &Value::from(value).to_string()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            name => self.add(name, &Value::from(text).to_string()),
        }
    }
}

/// Names the place in the source: `crate/file.rs:line`.
pub(crate) fn caller(event: &Event<'_>) -> String {
    let metadata = event.metadata();
    let unit = metadata.target().split("::").next().unwrap_or_default();
    let file = metadata.file().map(Path::new).and_then(Path::file_name);
    let file = file.unwrap_or_default().to_string_lossy();
    format!("{unit}/{file}:{}", metadata.line().unwrap_or_default())
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
    fn no_field_steers_a_terminal() {
        let mut said = Said::default();
        said.add("a", &Value::from("\u{1b}[1m\u{9b}J\u{7f}ü").to_string());
        assert_eq!(said.fields, r#""a":"\u001b[1m\u009bJ\u007fü""#);
    }

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
