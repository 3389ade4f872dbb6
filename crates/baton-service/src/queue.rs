//! Asking for several tasks at a time, as `BATON_GET_TASKS` wants it (`baton-runtime.md` section 4.5).

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::Task;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::worker::Worker;
use crate::{polling, timing};

/// The least time between two questions.
const PAUSE: Duration = Duration::from_millis(100);
/// C1 gives no more tasks at once.
const LARGEST_PAGE: usize = 100;

/// Asks for tasks for ever, keeps those that have to wait, and works on up to `concurrency` at once beside that.
pub(crate) async fn run(
    worker: &Arc<Worker>,
    concurrency: usize,
    running: &mut JoinSet<()>,
) -> Infallible {
    let mut known = Known::default();
    let (mut next, mut failures) = (Instant::now(), 0);
    loop {
        while let Some(ended) = running.try_join_next_with_id() {
            known.forget(ended);
        }
        known.start(worker, concurrency, running);
        if known.len() >= concurrency {
            if let Some(ended) = running.join_next_with_id().await {
                known.forget(ended);
            }
            continue;
        }
        if Instant::now() >= next {
            let page = (2 * concurrency - known.len()).min(LARGEST_PAGE);
            let page = u32::try_from(page).unwrap_or(1);
            let wait = match worker.c1.get_tasks(page, known.ids()).await {
                Ok(answer) => {
                    failures = 0;
                    known.add(answer.tasks);
                    timing::next_poll(answer.next_poll).max(PAUSE)
                }
                Err(status) => {
                    failures += 1;
                    polling::failed(&status, failures)
                }
            };
            next = Instant::now() + wait;
            continue;
        }
        tokio::select! {
            () = sleep_until(next) => {}
            Some(ended) = running.join_next_with_id() => known.forget(ended),
        }
    }
}

/// The tasks that C1 need not give out again.
#[derive(Default)]
struct Known {
    waiting: VecDeque<Task>,
    running: HashMap<Id, String>,
}

impl Known {
    fn len(&self) -> usize {
        self.waiting.len() + self.running.len()
    }

    fn ids(&self) -> Vec<String> {
        let waiting = self.waiting.iter().map(|task| &task.id);
        waiting.chain(self.running.values()).cloned().collect()
    }

    fn add(&mut self, tasks: Vec<Task>) {
        for task in tasks.into_iter().filter_map(|it| polling::real(Some(it))) {
            if !self.ids().contains(&task.id) {
                self.waiting.push_back(task);
            }
        }
    }

    fn start(&mut self, worker: &Arc<Worker>, concurrency: usize, running: &mut JoinSet<()>) {
        while self.running.len() < concurrency
            && let Some(task) = self.waiting.pop_front()
        {
            let (worker, id) = (Arc::clone(worker), task.id.clone());
            let handle = running.spawn(async move { worker.work(task).await });
            self.running.insert(handle.id(), id);
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.running.remove(&id);
    }
}
