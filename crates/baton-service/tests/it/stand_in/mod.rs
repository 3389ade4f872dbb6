//! A stand-in for C1: the token endpoint and the gRPC service behind real TLS, over sockets or within the process. It
//! writes down every call, checks what C1 checks, and can be told to misbehave.

mod calls;
mod grpc;
mod network;
mod oauth;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::task::TaskType;
use baton_proto::connectorapi::baton::v1::{
    BatonServiceFinishTaskRequest as FinishTask, BatonServiceHeartbeatResponse as Heartbeat, Task,
};
use http::StatusCode;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tonic::Status;

pub(crate) use self::calls::Call;
pub(crate) use self::network::{Network, Sockets};

/// The host of the made-up client id.
pub(crate) const HOST: &str = "acme.conductor.one";

/// C1.
#[derive(Clone)]
pub(crate) struct StandIn(Arc<Inner>);

struct Inner {
    start: Instant,
    network: Network,
    state: Mutex<State>,
    called: Notify,
}

/// What C1 knows, and what it is told to do. What lists hold is used up from the front; without any it behaves.
pub(crate) struct State {
    /// Every call, with the time since the start.
    pub(crate) calls: Vec<(Duration, Call)>,
    /// What was wrong with calls.
    pub(crate) problems: Vec<String>,
    pub(crate) uploads: BTreeMap<String, Vec<u8>>,
    pub(crate) tasks: VecDeque<Task>,
    pub(crate) next_poll: prost_types::Duration,
    pub(crate) next_heartbeat: prost_types::Duration,
    pub(crate) expires_in: u64,
    pub(crate) token_answers: VecDeque<StatusCode>,
    pub(crate) hello_answers: VecDeque<Status>,
    pub(crate) task_answers: VecDeque<Status>,
    pub(crate) heartbeat_answers: VecDeque<Result<Heartbeat, Status>>,
    /// Each breaks an upload, after its first data.
    pub(crate) upload_answers: VecDeque<Status>,
    pub(crate) finish_answers: VecDeque<Status>,
    /// How long C1 thinks about anything.
    pub(crate) slowness: Duration,
    tokens: Vec<(String, Instant)>,
    nonces: Vec<String>,
}

impl StandIn {
    /// Starts within this process, where time can be paused.
    pub(crate) fn start() -> Self {
        let state = State {
            calls: Vec::new(),
            problems: Vec::new(),
            uploads: BTreeMap::new(),
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
            tokens: Vec::new(),
            nonces: Vec::new(),
        };
        Self(Arc::new(Inner {
            start: Instant::now(),
            network: Network::new(),
            state: Mutex::new(state),
            called: Notify::new(),
        }))
    }

    /// Looks at, or changes, what C1 knows and does.
    pub(crate) fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.state.lock().unwrap())
    }

    pub(crate) fn network(&self) -> &Network {
        &self.0.network
    }

    /// Queues a task, and returns its id.
    pub(crate) fn give(&self, kind: TaskType) -> String {
        let number = self.state(|state| state.tasks.len() + 1);
        let id = task_id(number);
        self.give_as(&id, Some(kind));
        id
    }

    pub(crate) fn give_as(&self, id: &str, kind: Option<TaskType>) {
        let task = Task {
            id: id.to_owned(),
            task_type: kind,
            ..Task::default()
        };
        self.state(|state| state.tasks.push_back(task));
    }

    /// Waits until the calls so far are as wanted; for an hour at most.
    pub(crate) async fn until(&self, wanted: impl Fn(&[(Duration, Call)]) -> bool) {
        let wait = async {
            loop {
                let called = self.0.called.notified();
                if self.state(|state| wanted(&state.calls)) {
                    return;
                }
                called.await;
            }
        };
        let end = timeout(Duration::from_hours(1), wait).await;
        end.unwrap_or_else(|_| panic!("it never came to that: {:?}", self.names()));
    }

    /// Waits until so many tasks are finished.
    pub(crate) async fn until_finished(&self, tasks: usize) {
        self.until(|calls| {
            calls
                .iter()
                .filter(|it| matches!(it.1, Call::FinishTask(_)))
                .count()
                == tasks
        })
        .await;
    }

    /// Waits until there were so many calls with a name.
    pub(crate) async fn until_called(&self, name: &str, times: usize) {
        self.until(|calls| calls.iter().filter(|it| it.1.name() == name).count() >= times)
            .await;
    }

    /// Returns the names of the calls in their order, and fails if any of them was wrong.
    pub(crate) fn names(&self) -> Vec<String> {
        self.state(|state| {
            assert_eq!(state.problems, Vec::<String>::new());
            state.calls.iter().map(|it| it.1.name()).collect()
        })
    }

    /// Returns when there was a call with a name, in seconds since the start.
    pub(crate) fn times(&self, name: &str) -> Vec<f64> {
        self.names();
        self.state(|state| {
            let named = state.calls.iter().filter(|it| it.1.name() == name);
            named
                .map(|it| (it.0.as_secs_f64() * 10.0).round() / 10.0)
                .collect()
        })
    }

    /// Returns how tasks were finished.
    pub(crate) fn finished(&self) -> Vec<FinishTask> {
        self.names();
        self.state(|state| {
            let finished = state.calls.iter().filter_map(|it| match &it.1 {
                Call::FinishTask(request) => Some(request.clone()),
                _ => None,
            });
            finished.collect()
        })
    }

    fn write_down(&self, call: Call) {
        let at = self.0.start.elapsed();
        self.state(|state| state.calls.push((at, call)));
        self.0.called.notify_waiters();
    }

    /// Remembers what is wrong with a call, if anything is.
    fn check(&self, is_right: bool, problem: &str) -> Result<(), Status> {
        if is_right {
            return Ok(());
        }
        self.state(|state| state.problems.push(problem.to_owned()));
        Err(Status::invalid_argument(problem))
    }
}

/// Makes a task id.
pub(crate) fn task_id(number: usize) -> String {
    format!("{}{number:02}", "A".repeat(25))
}

pub(crate) fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}
