//! Heartbeats: telling C1 that a task is still worked on, and hearing that it is not wanted any more
//! (`baton-runtime.md` section 4.9).

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::Status;

use crate::c1::C1;
use crate::{Code, Failure, timing};

/// So many failures in a row end the task.
const MOST_FAILURES: u32 = 9;

/// Beats beside a task until it is dropped. It has a task of its own, so that work that is slow to yield does not stop it.
pub(crate) struct Heart {
    beats: JoinSet<Failure>,
}

impl Heart {
    /// Sends the first heartbeat, which has to succeed, and goes on with the others.
    pub(crate) async fn start(c1: &C1, task_id: &str) -> Result<Self, Failure> {
        let interval = beat(c1, task_id).await?;
        let mut beats = JoinSet::new();
        beats.spawn(keep_beating(c1.clone(), task_id.to_owned(), interval));
        Ok(Self { beats })
    }

    /// Waits until the task is not to be worked on any more.
    pub(crate) async fn stopped(&mut self) -> Failure {
        match self.beats.join_next().await {
            Some(Ok(failure)) => failure,
            _ => Failure::new(Code::Internal, "the heartbeats ended by themselves"),
        }
    }
}

async fn keep_beating(c1: C1, task_id: String, mut interval: Duration) -> Failure {
    let mut failures = 0;
    loop {
        sleep(interval).await;
        match beat(&c1, &task_id).await {
            Ok(next) => {
                interval = next;
                failures = 0;
            }
            Err(Missed::Cancelled) => return Missed::Cancelled.into(),
            Err(Missed::Failed(status)) => {
                failures += 1;
                tracing::warn!(
                    task.id = task_id,
                    error = status.message(),
                    failures,
                    "a heartbeat failed"
                );
                if failures == MOST_FAILURES {
                    return lost(&status);
                }
            }
        }
    }
}

/// Why there is nothing to wait for after a heartbeat.
enum Missed {
    Cancelled,
    Failed(Status),
}

/// Sends one heartbeat, and returns how long to wait for the next.
async fn beat(c1: &C1, task_id: &str) -> Result<Duration, Missed> {
    let answer = c1.heartbeat(task_id).await.map_err(Missed::Failed)?;
    if answer.cancelled {
        return Err(Missed::Cancelled);
    }
    Ok(timing::next_heartbeat(answer.next_heartbeat))
}

impl From<Missed> for Failure {
    fn from(missed: Missed) -> Self {
        match missed {
            // The code and the end of the text are those of other connectors.
            Missed::Cancelled => {
                Self::new(Code::Unknown, "C1 cancelled the task: context canceled")
            }
            Missed::Failed(status) => Self::of_call("the first heartbeat", &status),
        }
    }
}

fn lost(last: &Status) -> Failure {
    let message = format!(
        "{MOST_FAILURES} heartbeats in a row failed, at last with: {}",
        last.message()
    );
    Failure::new(Code::Cancelled, message)
}
