//! One field of a JSON log line that holds JSON itself.
//!
//! Fields of events are numbers and texts, so that the usual formatter would write the summary of a sync as a text full
//! of escaped quotes, which nobody can query.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The field whose text is JSON.
const FIELD: &str = "summary";

/// Writes log lines as usual, and the text of one field as the JSON that it is.
pub(super) struct Embedded(pub(super) Format<Json>);

impl<S, N> FormatEvent<S, N> for Embedded
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut found = Found(None);
        event.record(&mut found);
        let Some(json) = found.0 else {
            return self.0.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        let quoted = serde_json::Value::from(json.as_str()).to_string();
        writer.write_str(&line.replacen(&quoted, &json, 1))
    }
}

/// The text of the field, if the event has it.
struct Found(Option<String>);

impl Visit for Found {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FIELD {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
