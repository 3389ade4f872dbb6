//! A service between a simulated C1 and a simulated workspace, and the process that is one.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use baton_c1z::{Limits, Reader};
use baton_proto::connectorapi::baton::v1::task::{SyncFullTask, TaskType};
use c1_sim::{CLIENT_SECRET, client_id};
use rocketchat_sim::{Account, Action, Fault, Moment, Server, Settings, Shape, Workspace};
use tokio::time::sleep;

use crate::binary::{Binary, Run, server, until};

/// A stopped process ends within so long (issue text and `baton-runtime.md` section 4.5).
const FAREWELL: Duration = Duration::from_secs(10);

pub(crate) fn full_sync() -> TaskType {
    TaskType::SyncFull(SyncFullTask::default())
}

/// Where a service lives.
pub(crate) struct Place {
    pub(crate) c1: c1_sim::Server,
    pub(crate) chat: Server,
    /// Configured for one sync into a file.
    pub(crate) binary: Binary,
    variables: Vec<(String, String)>,
    secrets: Vec<String>,
}

impl Place {
    /// Makes a small workspace without a rate limit, and a C1 that wants to be asked often.
    pub(crate) async fn new() -> Self {
        Self::of(server().await, Account::Reader).await
    }

    /// Makes a workspace with many teams that takes its time for every answer.
    pub(crate) async fn slow() -> Self {
        let shape = Shape {
            users: 200,
            teams: 300,
            members: 5,
            seed: 3,
        };
        let pause = Action::Delay(Duration::from_millis(30));
        let settings = Settings {
            limiter: None,
            faults: vec![Fault::new("*", 1, pause).times(usize::MAX)],
            ..Settings::default()
        };
        let chat = Server::start(Workspace::generate(&shape), settings).await;
        Self::of(chat.unwrap(), Account::Reader).await
    }

    pub(crate) async fn of(chat: Server, account: Account) -> Self {
        let settings = c1_sim::Settings::default();
        let c1 = c1_sim::Server::new(settings).unwrap();
        c1.behave(|it| it.next_poll.seconds = 0);
        c1.behave(|it| it.next_poll.nanos = 100_000_000);
        let port = c1.listen().await.unwrap().port();
        let (user_id, token) = chat.credentials(account);
        let binary = Binary::for_account(&chat, account);
        let (authority, temp_dir) = (binary.path("c1.pem"), binary.path("tmp"));
        std::fs::write(&authority, c1.authority_pem()).unwrap();
        std::fs::create_dir(&temp_dir).unwrap();
        let place = Self {
            c1,
            chat,
            binary,
            variables: Vec::new(),
            secrets: vec![token, user_id],
        };
        place
            .with("BATON_CLIENT_ID", &client_id(&format!("localhost:{port}")))
            .with("BATON_CLIENT_SECRET", CLIENT_SECRET)
            .with("BATON_HOST_ID", "host-1")
            .with("BATON_LOG_LEVEL", "debug")
            .with("SSL_CERT_FILE", authority.to_str().unwrap())
            .with("TMPDIR", temp_dir.to_str().unwrap())
    }

    /// Sets a variable for the service.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts the service.
    pub(crate) fn start(&self, arguments: &[&str]) -> Process {
        let mut command = self.binary.command(arguments);
        command.envs(self.variables.iter().cloned());
        Process::start(command, self.binary.path("tmp"), self.secrets.clone())
    }

    /// Starts the service, gives it a task, waits for its end, and stops the service. Returns where the file that it has
    /// uploaded is.
    pub(crate) async fn sync(&self, task: SyncFullTask, arguments: &[&str]) -> PathBuf {
        let id = self.c1.give(TaskType::SyncFull(task));
        let process = self.start(arguments);
        self.c1.until_finished(1).await;
        assert_eq!(self.c1.finished()[0].status, None, "{}", process.log());
        process.stop("TERM").await;
        let path = self.binary.path("uploaded.c1z");
        std::fs::write(&path, &self.c1.uploads(&id)[0]).unwrap();
        path
    }

    /// Returns the code and the words of the last task, which has failed and may be given out again.
    pub(crate) fn failure(&self) -> (i32, String) {
        use baton_proto::connectorapi::baton::v1::baton_service_finish_task_request::FinalState;
        let finished = self.c1.finished().pop().unwrap();
        let state = finished.final_state.unwrap();
        assert!(matches!(state, FinalState::Error(it) if !it.non_retryable));
        let status = finished.status.unwrap();
        for secret in self.secrets.iter().map(String::as_str).chain(SECRETS) {
            assert!(!status.message.contains(secret), "{}", status.message);
        }
        (status.code, status.message)
    }

    /// Waits until the workspace was asked so often.
    pub(crate) async fn until_asked(&self, times: usize) {
        until("the workspace is asked", || self.chat.log().len() >= times).await;
    }

    /// Fails if the workspace was asked anything later than a second after a moment.
    pub(crate) fn assert_silent_since(&self, moment: Moment) {
        let last = self.chat.log().pop().unwrap();
        let late = last.at.0 - moment.0;
        assert!(late <= 1000, "{late} ms later: {last:?}");
    }
}

/// What no log may hold: the client's secret, the private half of its key, and any token that C1 gives.
const SECRETS: [&str; 3] = [
    CLIENT_SECRET,
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    "Bearer",
];

/// A service that runs, for as long as this is there.
pub(crate) struct Process {
    child: Child,
    /// What came on stderr.
    lines: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    temp_dir: PathBuf,
    secrets: Vec<String>,
}

impl Process {
    fn start(mut command: Command, temp_dir: PathBuf, secrets: Vec<String>) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines: Arc<Mutex<String>> = Arc::default();
        let (stderr, written) = (child.stderr.take().unwrap(), Arc::clone(&lines));
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let mut written = written.lock().unwrap();
                written.push_str(&line.unwrap());
                written.push('\n');
            }
        });
        Self {
            child,
            lines,
            reader: Some(reader),
            temp_dir,
            secrets,
        }
    }

    /// Returns what it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) fn signal(&self, signal: &str) {
        crate::binary::signal(self.child.id(), signal);
    }

    /// Sends a signal, and fails unless the process ends in time, well, and without leaving anything behind.
    pub(crate) async fn stop(self, signal: &str) -> Run {
        let begun = Instant::now();
        self.signal(signal);
        let run = self.ended().await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(begun.elapsed() < FAREWELL, "{:?}", begun.elapsed());
        run
    }

    /// Waits for its end. It must not have logged a secret, and leaves nothing behind.
    pub(crate) async fn ended(mut self) -> Run {
        let end = Instant::now() + Duration::from_mins(1);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "it does not end: {}", self.log());
            sleep(Duration::from_millis(5)).await;
        };
        self.reader.take().unwrap().join().unwrap();
        let left: Vec<_> = std::fs::read_dir(&self.temp_dir).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let run = Run {
            code: status.code(),
            stdout: String::new(),
            stderr: self.log(),
        };
        self.assert_no_secret(&run.stderr);
        run
    }

    pub(crate) fn assert_no_secret(&self, text: &str) {
        let secrets = self.secrets.iter().map(String::as_str).chain(SECRETS);
        for secret in secrets {
            let line = text.lines().find(|it| it.contains(secret));
            assert_eq!(line, None, "it holds {secret}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a file holds, by the identifiers alone.
#[derive(Debug, PartialEq)]
pub(crate) struct Contents {
    pub(crate) kind: String,
    pub(crate) resources: BTreeSet<(String, String)>,
    pub(crate) entitlements: BTreeSet<String>,
    pub(crate) grants: BTreeSet<String>,
}

impl Contents {
    /// Reads a file with one finished sync.
    pub(crate) fn of(path: &std::path::Path) -> Self {
        let reader = Reader::open(path, Limits::default(), None).unwrap();
        assert_eq!(reader.syncs().unwrap().len(), 1);
        let sync = reader.newest_finished().unwrap().unwrap();
        let id = &sync.sync_id;
        let resources = reader.resources(id).map(|it| {
            let id = it.unwrap().message.id.unwrap();
            (id.resource_type, id.resource)
        });
        Self {
            resources: resources.collect(),
            entitlements: reader
                .entitlements(id)
                .map(|it| it.unwrap().external_id)
                .collect(),
            grants: reader
                .grants(id)
                .map(|it| it.unwrap().external_id)
                .collect(),
            kind: sync.sync_type,
        }
    }

    /// Returns the types of the resources.
    pub(crate) fn types(&self) -> BTreeSet<&str> {
        self.resources.iter().map(|it| it.0.as_str()).collect()
    }
}
