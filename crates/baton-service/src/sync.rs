//! A sync under way, and how it is stopped.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{Cancellation, Code, Connector, Failure, SyncRequest};

/// How long a sync that nobody wants any more may take to end.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take when the process ends. Of the 10 s until that, some are left for telling C1.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// A sync that has a task of its own, so that one that is slow to yield holds up neither heartbeats nor its end.
pub(crate) struct Running {
    task: JoinSet<Result<(), Failure>>,
    stop: Cancellation,
}

impl Running {
    pub(crate) fn start(connector: &Arc<dyn Connector>, request: SyncRequest, file: &Path) -> Self {
        let stop = Cancellation::new();
        let (connector, file, told) = (Arc::clone(connector), file.to_owned(), stop.clone());
        let sync = async move { connector.sync(&request, &file, told).await };
        let mut task = JoinSet::new();
        task.spawn(sync.in_current_span());
        Self { task, stop }
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> Result<(), Failure> {
        match self.task.join_next().await {
            Some(Ok(end)) => end,
            Some(Err(error)) if error.is_panic() => {
                Err(Failure::of_panic(error.into_panic().as_ref()))
            }
            _ => Err(Failure::new(Code::Internal, "the sync ended by itself")),
        }
    }

    /// Stops it if it still goes on, and waits until it has stopped: C1 may give out the task again as soon as it knows
    /// of its end, and two syncs must not run for one task.
    pub(crate) async fn stop(mut self, stopping: &CancellationToken) {
        self.stop.cancel();
        let last = async {
            stopping.cancelled().await;
            sleep(LAST_PATIENCE).await;
        };
        tokio::select! {
            biased;
            _ = self.task.join_next() => {}
            () = last => dropped(),
            () = sleep(PATIENCE) => dropped(),
        }
    }
}

fn dropped() {
    tracing::warn!("a sync did not stop in time, and is left to itself");
}
