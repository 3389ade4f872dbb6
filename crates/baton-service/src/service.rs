//! The service as a whole.

use std::convert::Infallible;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use baton_model::Clock;
use baton_proto::connectorapi::baton::v1::BatonServiceHelloRequest as Hello;
use baton_proto::connectorapi::baton::v1::baton_service_hello_request::{BuildInfo, OsInfo};
use http::uri::Authority;
use http::{HeaderValue, Uri};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::answers::Allowed;
use crate::c1::C1;
use crate::health::Health;
use crate::polling::Tasks;
use crate::token::Tokens;
use crate::worker::Worker;
use crate::{Connector, Credentials, Dial, Error, agent, startup};

/// The time that running tasks have to tell C1 about their end. Whoever stops a process waits 10 s or longer, and whoever runs
/// the service may have something to finish too.
const FAREWELL: Duration = Duration::from_secs(8);

/// How a service runs.
#[derive(Debug)]
pub struct Config {
    /// Who the connector is to C1.
    pub credentials: Credentials,
    /// Where C1 is instead of where the client id says: `BATON_C1_API_HOST`.
    pub api_host: Option<String>,
    /// Which of several instances with the same client id this is, 1 to 256 characters: `BATON_HOST_ID`, or else the
    /// machine's name.
    pub host_id: String,
    /// What the connector is built from.
    pub build: BuildInfo,
    /// What it runs on; [`describe_host`](crate::describe_host) finds it out.
    pub host: OsInfo,
    /// So many tasks are worked on at once; at least one.
    pub concurrency: usize,
    /// Whether C1 is asked for several tasks at a time: `BATON_GET_TASKS`.
    pub get_tasks: bool,
    /// Whether `--provisioning` is set. It changes how such tasks are refused.
    pub provisioning: bool,
    /// Whether `--ticketing` is set. It changes how such tasks are refused.
    pub ticketing: bool,
    /// Where syncs are written before they are uploaded; the system's place for such files if nothing is named.
    pub temp_dir: Option<PathBuf>,
    /// How long an answer to the request for a token may take.
    pub http_timeout: Duration,
    /// `host:port` to answer health checks at.
    pub health: Option<String>,
}

/// A connector that takes tasks from C1.
pub struct Service {
    worker: Arc<Worker>,
    concurrency: usize,
    get_tasks: bool,
    health: Option<String>,
    clock: Arc<dyn Clock>,
}

impl Service {
    /// Prepares a service; nothing is connected to yet.
    ///
    /// # Errors
    ///
    /// When the host of C1, the host id or the client id cannot be used.
    pub fn new(
        config: Config,
        connector: Arc<dyn Connector>,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let length = config.host_id.chars().count();
        if !(1..=256).contains(&length) {
            return Err(Error::HostId { length });
        }
        let given = config.api_host.as_deref();
        let host = given.unwrap_or(config.credentials.host());
        let bad_host = || Error::Host {
            host: host.to_owned(),
        };
        let authority = authority(host).ok_or_else(bad_host)?;
        let at = |path: &str| Uri::try_from(format!("https://{authority}{path}"));
        let origin = at("/").map_err(|_| bad_host())?;
        let token_address = at("/auth/v1/token").map_err(|_| bad_host())?;
        let agent = agent::of_calls(config.credentials.name());
        let agent = HeaderValue::try_from(agent).map_err(|_| Error::ClientId)?;
        let introduction = Hello {
            host_id: config.host_id.clone(),
            build_info: Some(config.build),
            os_info: Some(config.host),
            connector_metadata: Some(connector.metadata()),
            ..Hello::default()
        };
        let tokens = Tokens::new(
            config.credentials,
            token_address,
            Arc::clone(&dial),
            config.http_timeout,
            Arc::clone(&clock),
        );
        let worker = Worker {
            c1: C1::new(origin, agent, tokens, dial, &config.host_id),
            connector,
            introduction,
            allowed: Allowed {
                provisioning: config.provisioning,
                ticketing: config.ticketing,
            },
            temp_dir: config.temp_dir,
            stopping: CancellationToken::new(),
        };
        Ok(Self {
            worker: Arc::new(worker),
            concurrency: config.concurrency.max(1),
            get_tasks: config.get_tasks,
            health: config.health,
            clock,
        })
    }

    /// Works until `stop`. Then no more tasks are taken, C1 is told that those that are running failed and can be given
    /// out again, and within 10 s it is over. What a connector left on threads that block is not waited for: for a process
    /// that has to end in time, nor must whoever drops the runtime.
    ///
    /// # Errors
    ///
    /// When C1 does not take the connector, cannot be reached at the start, or health checks cannot be answered. Nothing
    /// that happens later is an error here.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let mut stop = pin!(stop);
        let mut tasks = Tasks::new(&self.worker, self.concurrency, self.get_tasks);
        tokio::select! {
            biased;
            () = &mut stop => {}
            never = self.work(&mut tasks) => match never? {},
        }
        tracing::info!(tasks = tasks.len(), "stopping");
        self.worker.stopping.cancel();
        if timeout(FAREWELL, tasks.all_end()).await.is_err() {
            tracing::warn!("C1 did not listen to how all tasks ended");
        }
        Ok(())
    }

    async fn work(&self, tasks: &mut Tasks) -> Result<Infallible, Error> {
        let worker = &self.worker;
        startup::hello(&worker.c1, &worker.introduction).await?;
        // Dropped with this future, which closes the port.
        let mut server = JoinSet::new();
        if let Some(address) = &self.health {
            let connector = Arc::clone(&worker.connector);
            let health = Health::bind(address, connector, Arc::clone(&self.clock)).await?;
            server.spawn(health.serve());
        }
        Ok(tasks.run().await)
    }
}

/// Returns host and port, which is 443 if none is given.
fn authority(host: &str) -> Option<Authority> {
    let given: Authority = host.parse().ok()?;
    if given.host().is_empty() || host.contains('@') {
        return None;
    }
    match given.port() {
        Some(_) => given.port_u16().map(|_| given),
        None => format!("{host}:443").parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_have_a_port() {
        let of = |host| authority(host).map(|it| it.to_string());
        assert_eq!(
            of("acme.conductor.one").as_deref(),
            Some("acme.conductor.one:443")
        );
        assert_eq!(of("localhost:8443").as_deref(), Some("localhost:8443"));
        assert_eq!(of("[::1]").as_deref(), Some("[::1]:443"));
        for bad in [
            "",
            ":443",
            "a b",
            "user@host",
            "host:99999",
            "host:",
            "https://host",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
