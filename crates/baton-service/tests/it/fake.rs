//! A connector without a source system, and a service that runs it.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use baton_model::{FixedClock, Timestamp};
use baton_proto::connector::v2::ConnectorMetadata;
use baton_proto::connectorapi::baton::v1::baton_service_hello_request::BuildInfo;
use baton_proto::connectorapi::baton::v1::task::{SyncFullTask, TaskType};
use baton_service::{
    BoxFuture, Cancellation, Code, Config, Connector, Credentials, Dial, Error, Failure, Service,
    SyncRequest, describe_host,
};
use c1_sim::{CLIENT_ID, CLIENT_SECRET};
use tokio::time::sleep;

use crate::stand_in::StandIn;

/// What the connector's clock shows.
pub(crate) const NOW: i64 = 1_700_000_000;

/// A connector that does as it is told.
#[derive(Default)]
pub(crate) struct Fake {
    /// What each sync does; writes a few bytes when there is nothing left.
    pub(crate) plans: Mutex<VecDeque<Plan>>,
    /// What the syncs were asked for.
    pub(crate) requests: Mutex<Vec<SyncRequest>>,
    /// Syncs under way.
    pub(crate) under_way: Arc<AtomicUsize>,
    pub(crate) most_under_way: AtomicUsize,
    pub(crate) validations: AtomicUsize,
    /// How many seconds a validation takes.
    pub(crate) thinks: AtomicU64,
    /// Whether logs cannot be recorded, and nobody thought of that.
    pub(crate) cannot_log: AtomicBool,
    /// What is wrong with the source system.
    pub(crate) trouble: Mutex<Option<Failure>>,
}

pub(crate) enum Plan {
    Write(Vec<u8>),
    /// Writes so many zeros, without taking room.
    Sparse(u64),
    /// Makes a folder in place of the file: it can be opened, and not read.
    Unreadable,
    Fail(Failure),
    Panic,
    /// Goes on for so long, or until it is stopped.
    Last(Duration),
    /// Goes on until it is stopped, and then for so long.
    Tidy(Duration),
}

impl Fake {
    pub(crate) fn with(plans: impl IntoIterator<Item = Plan>) -> Arc<Self> {
        let plans = Mutex::new(plans.into_iter().collect());
        Arc::new(Self {
            plans,
            ..Self::default()
        })
    }

    async fn follow(&self, file: &Path, stop: Cancellation) -> Result<(), Failure> {
        let plan = self.plans.lock().unwrap().pop_front();
        match plan.unwrap_or(Plan::Write(b"c1z".to_vec())) {
            Plan::Write(bytes) => std::fs::write(file, bytes).unwrap(),
            Plan::Sparse(length) => File::create(file).unwrap().set_len(length).unwrap(),
            Plan::Unreadable => std::fs::create_dir(file).unwrap(),
            Plan::Fail(failure) => return Err(failure),
            Plan::Panic => panic!("out of luck"),
            Plan::Last(time) => {
                tokio::select! {
                    () = sleep(time) => {}
                    () = stop.cancelled() => {
                        return Err(Failure::new(Code::Aborted, "told to stop"));
                    }
                }
                std::fs::write(file, "late").unwrap();
            }
            Plan::Tidy(time) => {
                stop.cancelled().await;
                sleep(time).await;
                std::fs::write(file, "not wanted").unwrap();
            }
        }
        Ok(())
    }
}

/// Counts down when a sync ends, however it does.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A log that is complete when it is closed.
struct Closing(PathBuf);

impl Drop for Closing {
    fn drop(&mut self) {
        std::fs::write(&self.0, "{\"msg\":\"closed\"}").unwrap();
    }
}

impl Connector for Fake {
    fn metadata(&self) -> ConnectorMetadata {
        ConnectorMetadata {
            display_name: "Rocket.Chat".to_owned(),
            ..ConnectorMetadata::default()
        }
    }

    fn validate(&self) -> BoxFuture<'_, Result<(), Failure>> {
        self.validations.fetch_add(1, Ordering::SeqCst);
        let trouble = self.trouble.lock().unwrap().clone();
        Box::pin(async {
            sleep(Duration::from_secs(self.thinks.load(Ordering::SeqCst))).await;
            trouble.map_or(Ok(()), Err)
        })
    }

    fn sync<'a>(
        &'a self,
        request: &'a SyncRequest,
        file: &'a Path,
        stop: Cancellation,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            let _under_way = UnderWay(Arc::clone(&self.under_way));
            self.most_under_way.fetch_max(now, Ordering::SeqCst);
            self.requests.lock().unwrap().push(request.clone());
            self.follow(file, stop).await
        })
    }

    fn record_log(&self, file: &Path) -> Option<Box<dyn Send>> {
        assert!(!self.cannot_log.load(Ordering::SeqCst), "no pen");
        std::fs::write(file, "{}").unwrap();
        Some(Box::new(Closing(file.to_owned())))
    }
}

pub(crate) fn full_sync() -> TaskType {
    TaskType::SyncFull(SyncFullTask::default())
}

pub(crate) fn refusal() -> Failure {
    Failure::new(Code::PermissionDenied, "the token may not do that")
}

pub(crate) fn config() -> Config {
    Config {
        credentials: Credentials::parse(CLIENT_ID, CLIENT_SECRET).unwrap(),
        api_host: None,
        host_id: "host-1".to_owned(),
        build: BuildInfo {
            lang_version: "rustc 1.95".to_owned(),
            package: "example".to_owned(),
            package_version: "v0.0.1".to_owned(),
        },
        host: describe_host(),
        concurrency: 3,
        get_tasks: false,
        provisioning: false,
        ticketing: false,
        temp_dir: None,
        http_timeout: Duration::from_mins(5),
        health: None,
    }
}

pub(crate) fn service(config: Config, fake: &Arc<Fake>, dial: Arc<dyn Dial>) -> Service {
    let clock = FixedClock(Timestamp::new(NOW, 0).unwrap());
    let connector: Arc<Fake> = Arc::clone(fake);
    Service::new(config, connector, dial, Arc::new(clock)).unwrap()
}

/// Runs a service with ordinary settings until `stop`.
pub(crate) async fn run(
    c1: &StandIn,
    fake: &Arc<Fake>,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    run_with(config(), c1, fake, stop).await
}

pub(crate) async fn run_with(
    config: Config,
    c1: &StandIn,
    fake: &Arc<Fake>,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    service(config, fake, Arc::new(c1.clone())).run(stop).await
}
