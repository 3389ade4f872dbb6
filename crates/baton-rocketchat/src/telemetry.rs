//! Logs and traces for an OpenTelemetry collector: OTLP over gRPC (`baton-runtime.md` section 6.6).
//!
//! Nothing here may fail or slow down a run: what cannot be sent is kept for a while and then lost.

mod collector;
mod courier;
mod lines;
mod spans;

use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tokio::runtime::Handle;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::{Layer, Registry};

use crate::failure::Failure;
use crate::fields;
use crate::settings::{Settings, variable};

use collector::Collector;
use courier::{Courier, Queue};

/// What the service is called, as other connectors are called by theirs.
const SERVICE: &str = "baton-rocketchat-server";

/// What is sent to a collector, if there is one.
pub(crate) struct Telemetry {
    export: Option<Export>,
}

struct Export {
    queue: Queue,
    courier: Courier,
    resource: Resource,
    traces: bool,
    logs: bool,
    /// The span that the caller of this process is in.
    _caller: ContextGuard,
}

impl Telemetry {
    /// Begins to send, if the settings name a collector. This thread's spans become part of the caller's trace, if the
    /// environment has one; those of tasks, which are worked on elsewhere, have traces of their own.
    ///
    /// # Errors
    /// The address is none, or certificates or proxies cannot be used.
    pub(crate) fn start(settings: &Settings, runtime: &Handle) -> Result<Self, Failure> {
        let traces = !settings.is_on(&fields::OTEL_TRACING_DISABLED);
        let logs = !settings.is_on(&fields::OTEL_LOGGING_DISABLED);
        let endpoint = settings.text(&fields::OTEL_COLLECTOR_ENDPOINT);
        let Some(endpoint) = endpoint.filter(|_| traces || logs) else {
            return Ok(Self { export: None });
        };
        let collector = Collector::of(&endpoint, settings)?;
        let resource = resource();
        let (queue, courier) = courier::start(collector, &resource, runtime);
        let export = Export {
            queue,
            courier,
            resource,
            traces,
            logs,
            _caller: caller().attach(),
        };
        Ok(Self {
            export: Some(export),
        })
    }

    /// Returns what takes spans, and those `lines` that are logged.
    pub(crate) fn layer(&self, lines: Targets) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        let export = self.export.as_ref()?;
        // In a list, because layers that are put together in pairs hide from each other what they want.
        let mut layers = Vec::new();
        if export.traces {
            let resource = export.resource.clone();
            layers.push(spans::layer(export.queue.clone(), resource).boxed());
        }
        if export.logs {
            let all = lines::Lines(export.queue.clone());
            layers.push(all.with_filter(lines).boxed());
        }
        Some(layers.boxed())
    }

    /// Sends what is left, for so long at most.
    pub(crate) async fn close(self, farewell: Duration) {
        if let Some(export) = self.export {
            export.courier.close(farewell).await;
        }
    }
}

/// Describes this process. `OTEL_RESOURCE_ATTRIBUTES` may add to it.
fn resource() -> Resource {
    Resource::builder()
        .with_service_name(SERVICE)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Returns the span of whoever started this process, as the environment tells it in W3C's form.
fn caller() -> Context {
    let names = ["TRACEPARENT", "TRACESTATE"];
    let given = names.into_iter().filter_map(|name| {
        let value = variable(name)?.to_string_lossy().into_owned();
        Some((name.to_ascii_lowercase(), value))
    });
    TraceContextPropagator::new().extract(&given.collect::<HashMap<_, _>>())
}
