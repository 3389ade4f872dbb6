//! Asking C1 for tasks, and keeping them until they have ended (`baton-runtime.md` section 4.5).

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::Task;
use baton_proto::connectorapi::baton::v1::task::TaskType;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use crate::timing;
use crate::worker::Worker;

/// The least time between two questions for several tasks.
const PAUSE: Duration = Duration::from_millis(100);
/// C1 gives no more tasks at once.
const LARGEST_PAGE: usize = 100;

/// The tasks that C1 has given out to this instance.
pub(crate) struct Tasks {
    worker: Arc<Worker>,
    /// So many are worked on at once.
    concurrency: usize,
    /// Whether C1 is asked for more than one at a time: `BATON_GET_TASKS`.
    several: bool,
    waiting: VecDeque<Task>,
    running: JoinSet<()>,
    running_ids: HashMap<Id, String>,
    /// The ids of those that wait and those that run.
    known: HashSet<String>,
}

impl Tasks {
    pub(crate) fn new(worker: &Arc<Worker>, concurrency: usize, several: bool) -> Self {
        Self {
            worker: Arc::clone(worker),
            concurrency,
            several,
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            running_ids: HashMap::new(),
            known: HashSet::new(),
        }
    }

    /// Returns how many have not ended.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// Asks for tasks for ever, and works on them beside that.
    pub(crate) async fn run(&mut self) -> Infallible {
        let (mut next, mut failures) = (Instant::now(), 0);
        loop {
            self.forget_ended();
            self.start(self.concurrency);
            if self.len() >= self.concurrency {
                self.one_ends().await;
            } else if Instant::now() < next {
                tokio::select! {
                    () = sleep_until(next) => {}
                    () = self.one_ends(), if !self.running.is_empty() => {}
                }
            } else {
                let wait = match self.ask().await {
                    Ok(wait) => {
                        failures = 0;
                        wait
                    }
                    Err(status) => {
                        failures += 1;
                        failed(&status, failures)
                    }
                };
                next = Instant::now() + wait;
            }
        }
    }

    /// Waits until all have ended. The worker is stopping, so that those that wait end as they begin: C1 is told.
    pub(crate) async fn all_end(&mut self) {
        self.start(usize::MAX);
        while !self.running.is_empty() {
            self.one_ends().await;
        }
    }

    /// Takes what C1 has to do, and returns when it wants to be asked again.
    async fn ask(&mut self) -> Result<Duration, Status> {
        let c1 = &self.worker.c1;
        if self.several {
            let page = self.concurrency.saturating_mul(2) - self.len();
            let page = u32::try_from(page.min(LARGEST_PAGE)).unwrap_or(1);
            let known = self.known.iter().cloned().collect();
            let answer = c1.get_tasks(page, known).await?;
            self.add(answer.tasks);
            Ok(timing::next_poll(answer.next_poll).max(PAUSE))
        } else {
            let answer = c1.get_task().await?;
            self.add(answer.task);
            Ok(timing::next_poll(answer.next_poll))
        }
    }

    /// Keeps tasks, unless they only say that there is nothing to do or are known.
    fn add(&mut self, tasks: impl IntoIterator<Item = Task>) {
        // What has ended while C1 thought about its answer can be given out again.
        self.forget_ended();
        for task in tasks {
            if matches!(task.task_type, Some(TaskType::None(_))) {
                continue;
            }
            if self.known.insert(task.id.clone()) {
                self.waiting.push_back(task);
            } else {
                tracing::debug!(task.id = task.id, "a task that is known was given out");
            }
        }
    }

    /// Begins with those that wait, while fewer than `most` run.
    fn start(&mut self, most: usize) {
        while self.running.len() < most
            && let Some(task) = self.waiting.pop_front()
        {
            let (worker, id) = (Arc::clone(&self.worker), task.id.clone());
            let handle = self.running.spawn(async move { worker.work(task).await });
            self.running_ids.insert(handle.id(), id);
        }
    }

    async fn one_ends(&mut self) {
        if let Some(ended) = self.running.join_next_with_id().await {
            self.forget(ended);
        }
    }

    fn forget_ended(&mut self) {
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.forget(ended);
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        if let Some(id) = self.running_ids.remove(&id) {
            self.known.remove(&id);
        }
    }
}

/// Logs that there was no answer, and returns how long to wait.
fn failed(status: &Status, failures: u32) -> Duration {
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
