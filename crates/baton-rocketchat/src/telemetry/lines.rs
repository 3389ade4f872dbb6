//! Log lines as OpenTelemetry's log records.

use std::fmt;

use opentelemetry::Context as Trace;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::courier::{Item, Queue};
use crate::clock::since_1970;
use crate::logging::{TASK_ID, caller, task_id};

/// Puts each line into the queue, with the span that it was written in.
pub(super) struct Lines(pub(super) Queue);

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut record = record(*event.metadata().level());
        event.record(&mut Attributes(&mut record));
        let mut add = |name: &str, text: String| {
            if !record.attributes.iter().any(|it| it.key == name) {
                record
                    .attributes
                    .push(attribute(name, Value::StringValue(text)));
            }
        };
        add("caller", caller(event));
        if let Some(id) = task_id(event, &context) {
            add(TASK_ID, id);
        }
        let trace = Trace::current();
        let span = trace.span().span_context().clone();
        if span.is_valid() {
            record.trace_id = span.trace_id().to_bytes().to_vec();
            record.span_id = span.span_id().to_bytes().to_vec();
            record.flags = span.trace_flags().to_u8().into();
        }
        self.0.put(Item::Line(record));
    }
}

fn record(level: Level) -> LogRecord {
    let severity = match level {
        Level::ERROR => SeverityNumber::Error,
        Level::WARN => SeverityNumber::Warn,
        Level::INFO => SeverityNumber::Info,
        Level::DEBUG => SeverityNumber::Debug,
        Level::TRACE => SeverityNumber::Trace,
    };
    let now = u64::try_from(since_1970().as_nanos()).unwrap_or_default();
    LogRecord {
        time_unix_nano: now,
        observed_time_unix_nano: now,
        severity_number: severity.into(),
        severity_text: level.to_string(),
        ..LogRecord::default()
    }
}

fn attribute(name: &str, value: Value) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// Takes the message as the body and everything else as attributes.
struct Attributes<'a>(&'a mut LogRecord);

impl Attributes<'_> {
    fn add(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.0.body = Some(AnyValue { value: Some(value) });
        } else {
            self.0.attributes.push(attribute(field.name(), value));
        }
    }

    /// Numbers that OTLP has no room for are texts.
    fn add_number(&mut self, field: &Field, value: impl TryInto<i64> + fmt::Display + Copy) {
        let number = value.try_into().map(Value::IntValue);
        self.add(
            field,
            number.unwrap_or_else(|_| Value::StringValue(value.to_string())),
        );
    }
}

impl Visit for Attributes<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::DoubleValue(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::IntValue(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_number(field, value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add_number(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add_number(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::BoolValue(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Value::StringValue(value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, Value::StringValue(format!("{value:?}")));
    }
}
