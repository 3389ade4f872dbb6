//! Stands in for OpenTelemetry in a build without the feature `otel`.

use std::future::{Ready, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::{Layer, Registry};

use crate::failure::Failure;
use crate::fields;
use crate::settings::Settings;

/// Sends nothing.
pub(crate) struct Telemetry;

#[expect(clippy::unused_self, reason = "that which sends something needs it")]
impl Telemetry {
    /// Refuses to send anything.
    ///
    /// # Errors
    /// The settings name a collector.
    pub(crate) fn start(settings: &Settings, _: &Handle) -> Result<Self, Failure> {
        if settings.text(&fields::OTEL_COLLECTOR_ENDPOINT).is_none() {
            return Ok(Self);
        }
        let text = "--otel-collector-endpoint is not supported by this build";
        Err(Failure::usage(text).with_hint(
            "leave it out, or take a release; builds with the cargo feature otel know it",
        ))
    }

    pub(crate) fn layer(&self, _: Targets) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        None
    }

    pub(crate) fn close(self, _: Duration) -> Ready<()> {
        ready(())
    }
}
