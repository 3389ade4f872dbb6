//! Asking for one task at a time (`baton-runtime.md` section 4.5).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::Task;
use baton_proto::connectorapi::baton::v1::task::TaskType;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::Status;

use crate::timing;
use crate::worker::Worker;

/// Asks for tasks for ever, and works on up to `concurrency` of them at once beside that.
pub(crate) async fn run(
    worker: &Arc<Worker>,
    concurrency: usize,
    running: &mut JoinSet<()>,
) -> Infallible {
    let slots = Arc::new(Semaphore::new(concurrency));
    let mut failures = 0;
    loop {
        // The semaphore is never closed, so that there always comes a permit.
        let slot = Arc::clone(&slots).acquire_owned().await;
        while running.try_join_next().is_some() {}
        let wait = match worker.c1.get_task().await {
            Ok(answer) => {
                failures = 0;
                if let Some(task) = real(answer.task) {
                    let worker = Arc::clone(worker);
                    running.spawn(async move {
                        worker.work(task).await;
                        drop(slot);
                    });
                }
                timing::next_poll(answer.next_poll)
            }
            Err(status) => {
                failures += 1;
                failed(&status, failures)
            }
        };
        sleep(wait).await;
    }
}

/// Sorts out what only says that there is nothing to do.
pub(crate) fn real(task: Option<Task>) -> Option<Task> {
    task.filter(|task| !matches!(task.task_type, Some(TaskType::None(_))))
}

/// Logs that there was no answer, and returns how long to wait.
pub(crate) fn failed(status: &Status, failures: u32) -> Duration {
    let wait = timing::after_failures(failures);
    tracing::warn!(
        code = ?status.code(),
        error = status.message(),
        failures,
        wait_seconds = wait.as_secs(),
        "C1 could not be asked for tasks"
    );
    wait
}
