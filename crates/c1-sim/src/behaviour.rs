//! What C1 does, good or bad.

use std::collections::VecDeque;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::{BatonServiceHeartbeatResponse as Heartbeat, Task};
use http::StatusCode;

use crate::Status;

/// What C1 does. Answers in lists are used up from the front, one a call; where there is none left it behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Tasks to hand out, in this order.
    pub tasks: VecDeque<Task>,
    /// When C1 wants to be asked for tasks again; a second at first.
    pub next_poll: prost_types::Duration,
    /// When C1 wants the next heartbeat; at first nothing is said about it.
    pub next_heartbeat: prost_types::Duration,
    /// How long tokens are good for, in seconds; an hour at first.
    pub expires_in: u64,
    /// Refusals of a token.
    pub token_answers: VecDeque<StatusCode>,
    /// Refusals of `Hello`.
    pub hello_answers: VecDeque<Status>,
    /// Refusals of `GetTask` and `GetTasks`.
    pub task_answers: VecDeque<Status>,
    /// Answers to heartbeats.
    pub heartbeat_answers: VecDeque<Result<Heartbeat, Status>>,
    /// Refusals of an upload, each after its first data.
    pub upload_answers: VecDeque<Status>,
    /// Refusals of `FinishTask`.
    pub finish_answers: VecDeque<Status>,
    /// How long C1 thinks about any call.
    pub slowness: Duration,
}

impl Behaviour {
    /// Answers the next heartbeat with a cancel.
    pub fn cancel(&mut self) {
        self.heartbeat_answers.push_back(Ok(Heartbeat {
            next_heartbeat: Some(self.next_heartbeat),
            cancelled: true,
            ..Heartbeat::default()
        }));
    }
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            tasks: VecDeque::new(),
            next_poll: seconds(1),
            next_heartbeat: seconds(0),
            expires_in: 3600,
            token_answers: VecDeque::new(),
            hello_answers: VecDeque::new(),
            task_answers: VecDeque::new(),
            heartbeat_answers: VecDeque::new(),
            upload_answers: VecDeque::new(),
            finish_answers: VecDeque::new(),
            slowness: Duration::ZERO,
        }
    }
}

/// Makes a time as C1 says it.
pub fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}
