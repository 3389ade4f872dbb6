//! Service mode: the connector stays up, takes tasks from C1 and uploads what it syncs (`baton-runtime.md` section 4).

mod dial;
mod rocketchat;

use std::sync::Arc;

use baton_proto::connectorapi::baton::v1::baton_service_hello_request::BuildInfo;
use baton_service::{Config, Credentials, Service, describe_host};

use crate::choices::{self, Workspace};
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::field::Field;
use crate::logging::Logging;
use crate::settings::{Settings, variable};
use crate::values::parse_switch;
use crate::{checks, fields};

use dial::ToC1;
use rocketchat::RocketChat;

/// What C1 knows this connector by.
const PACKAGE: &str = "github.com/conductorone/baton-rocketchat";
/// Which instance this is on a machine without a name.
const NAMELESS: &str = "baton-sdk";

/// Serves until a signal comes, which is how it is meant to end.
pub(crate) async fn run(
    settings: &Settings,
    logs: Logging,
    stop: impl Future<Output = String>,
) -> Result<(), Failure> {
    checks::of_sync(settings)?;
    let Some(credentials) = checks::credentials(settings)? else {
        return Err(Failure::usage("service mode needs a client id"));
    };
    for field in without_effect(settings) {
        tracing::warn!("--{} has no effect in service mode", field.name);
    }
    let config = config(settings, credentials)?;
    let host = config
        .api_host
        .as_deref()
        .unwrap_or(config.credentials.host());
    let dial = ToC1::of(host, choices::http_config(settings));
    let workspace = Workspace::of(settings)?;
    let connector = RocketChat::of(settings, workspace, logs)?;
    let service = Service::new(
        config,
        Arc::new(connector),
        Arc::new(dial?),
        Arc::new(SystemClock),
    )?;
    let stop = async {
        let signal = stop.await;
        tracing::info!(signal, "asked to stop");
    };
    Ok(service.run(stop).await?)
}

fn config(settings: &Settings, credentials: Credentials) -> Result<Config, Failure> {
    let host = describe_host();
    let text = |name| variable(name).map(|it| it.to_string_lossy().into_owned());
    let host_id = text("BATON_HOST_ID").unwrap_or_else(|| match host.hostname.as_str() {
        "" | "unknown" => NAMELESS.to_owned(),
        name => name.to_owned(),
    });
    let expected = "true or false";
    let get_tasks = choices::parsed("BATON_GET_TASKS", expected, parse_switch)?;
    let health = settings.is_on(&fields::HEALTH_CHECK);
    Ok(Config {
        credentials,
        api_host: text("BATON_C1_API_HOST"),
        host_id,
        build: BuildInfo {
            lang_version: concat!("rustc ", env!("CARGO_PKG_RUST_VERSION")).to_owned(),
            package: PACKAGE.to_owned(),
            package_version: concat!("v", env!("CARGO_PKG_VERSION")).to_owned(),
        },
        host,
        concurrency: usize::try_from(settings.number(&fields::TASK_CONCURRENCY)).unwrap_or(1),
        get_tasks: get_tasks == Some(true),
        provisioning: settings.is_on(&fields::PROVISIONING),
        ticketing: settings.is_on(&fields::TICKETING),
        temp_dir: Some(choices::temp_dir(settings)),
        http_timeout: choices::http_config(settings).head_timeout,
        health: health.then(|| choices::health_address(settings)),
    })
}

/// Returns what was set and counts only where one sync is made into a file that stays.
fn without_effect(settings: &Settings) -> impl Iterator<Item = &'static Field> {
    let all: [&'static Field; 7] = [
        &fields::FILE,
        &fields::SINKS,
        &fields::SUMMARY,
        &fields::NO_RESUME,
        &fields::SYNC_RESOURCES,
        &fields::SKIP_ENTITLEMENTS_AND_GRANTS,
        &fields::SKIP_GRANTS,
    ];
    all.into_iter().filter(|it| settings.is_set(it))
}
