//! Starting the binary in an empty directory with no settings but those given.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use baton_c1z::{Limits, Reader, SyncRun};
use rocketchat_sim::{Account, Server, Settings, Shape, Workspace};
use tempfile::TempDir;

/// A directory to run in, and the variables to run with.
pub(crate) struct Binary {
    dir: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run left.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Binary {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// Configures the binary for an account of a simulated workspace.
    pub(crate) fn for_account(server: &Server, account: Account) -> Self {
        let (user_id, token) = server.credentials(account);
        Self::new()
            .with("BATON_ROCKETCHAT_BASE_URL", &server.base_url())
            .with("BATON_ROCKETCHAT_USER_ID", &user_id)
            .with("BATON_ROCKETCHAT_AUTH_TOKEN", &token)
    }

    /// Configures the binary in full, but for a workspace that nobody can reach.
    pub(crate) fn unreachable() -> Self {
        Self::new()
            .with("BATON_ROCKETCHAT_BASE_URL", "http://127.0.0.1:1")
            .with("BATON_ROCKETCHAT_USER_ID", "u")
            .with("BATON_ROCKETCHAT_AUTH_TOKEN", "canary-token")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(existing, _)| existing != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn files(&self) -> Vec<String> {
        names(self.dir.path())
    }

    /// Runs the binary on a thread of its own, so that a simulated server in this runtime can answer.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        Run::of(output)
    }

    /// Runs the binary and sends it a signal as soon as it waits for a rate limit.
    pub(crate) async fn run_and_signal(&self, arguments: &[&str], signal: &'static str) -> Run {
        let mut command = self.command(arguments);
        command
            .args(["--log-level", "debug"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let run = move || {
            let mut child = command.spawn().unwrap();
            let mut lines = BufReader::new(child.stderr.take().unwrap())
                .lines()
                .map(Result::unwrap);
            let mut seen: Vec<_> = lines
                .by_ref()
                .take_while(|line| !line.contains("waiting for"))
                .collect();
            self::signal(child.id(), signal);
            seen.extend(lines);
            let mut output = child.wait_with_output().unwrap();
            output.stderr = seen.join("\n").into_bytes();
            output
        };
        Run::of(tokio::task::spawn_blocking(run).await.unwrap())
    }

    /// Runs the binary and kills it after a while, unless it is done by then. A process that is killed cannot remove its
    /// working files, so they are to be in `temp_dir`.
    pub(crate) async fn run_and_kill(&self, after: Duration, temp_dir: &Path) -> Run {
        let mut command = self.command(&[]);
        command
            .env("TMPDIR", temp_dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let run = move || {
            let mut child = command.spawn().unwrap();
            std::thread::sleep(after);
            child.kill().unwrap();
            child.wait_with_output().unwrap()
        };
        Run::of(tokio::task::spawn_blocking(run).await.unwrap())
    }

    /// Opens a c1z file.
    pub(crate) fn open(&self, file: &str) -> Reader {
        Reader::open(&self.path(file), Limits::default(), None).unwrap()
    }

    /// Opens a c1z file at its newest finished sync.
    pub(crate) fn newest(&self, file: &str) -> (Reader, SyncRun) {
        let reader = self.open(file);
        let newest = reader.newest_finished().unwrap().unwrap();
        (reader, newest)
    }

    /// Returns the finished syncs of sync.c1z, each with the number of its grants.
    pub(crate) fn finished_syncs(&self) -> Vec<(String, u64)> {
        let reader = self.open("sync.c1z");
        let syncs = reader.syncs().unwrap().into_iter();
        let finished = syncs.filter(|it| it.ended_at.is_some());
        let grants = |id: &str| reader.count(id).unwrap().grants_by_resource_type;
        finished
            .map(|it| {
                let grants = grants(&it.sync_id).values().sum();
                (it.sync_id, grants)
            })
            .collect()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton-rocketchat"));
        command.args(arguments).current_dir(self.dir.path());
        command.env_clear().envs(self.variables.iter().cloned());
        command.env("TMPDIR", temp_dir(self.dir.path()));
        command
    }
}

/// The directory above, so that working files left behind would not go unseen among the results.
fn temp_dir(dir: &Path) -> &Path {
    dir.parent().unwrap()
}

/// Returns the names of what a directory holds, in order.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, name: &str) {
    // Every shell has a kill of its own; not every machine has the program.
    let kill = format!("kill -s {name} {process}");
    let kill = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(kill.success());
}

/// Waits, not in the way of a server in this runtime, until something is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < end, "it never came to that: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Returns the log lines, read as JSON.
    pub(crate) fn logs(&self) -> Vec<serde_json::Value> {
        let lines = self.stderr.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Returns the error, if there is one, with causes and hint as a person at a terminal reads them, put together from the log.
    pub(crate) fn error(&self) -> String {
        let logs = self.logs();
        let Some(failed) = logs.iter().rfind(|line| line["msg"] == "failed") else {
            let words = self.last_words();
            let error = format!("error: {words}");
            return if words.is_empty() { words } else { error };
        };
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let mut said = format!("error: {}", text(&failed["error"]));
        for cause in failed["causes"].as_array().into_iter().flatten() {
            said = format!("{said}\n  caused by: {}", text(cause));
        }
        if !failed["hint"].is_null() {
            said = format!("{said}\n\nhint: {}", text(&failed["hint"]));
        }
        said
    }

    /// Returns everything on stderr that is no log line.
    pub(crate) fn last_words(&self) -> String {
        self.stderr
            .lines()
            .filter(|line| !line.starts_with('{'))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Starts a small workspace without a rate limiter.
pub(crate) async fn server() -> Server {
    server_with(Settings::default()).await
}

/// Starts a small workspace; the rate limiter is off.
pub(crate) async fn server_with(settings: Settings) -> Server {
    start(Settings {
        limiter: None,
        ..settings
    })
    .await
}

/// Starts a small workspace.
pub(crate) async fn start(settings: Settings) -> Server {
    let workspace = Workspace::generate(&Shape {
        users: 40,
        teams: 4,
        members: 6,
        seed: 3,
    });
    Server::start(workspace, settings).await.unwrap()
}

/// Deactivates an ordinary member of a team, and returns the team's id with the number of its deactivated members.
pub(crate) fn deactivate_a_member(workspace: &mut Workspace) -> (String, usize) {
    let accounts: Vec<_> = workspace.accounts.values().cloned().collect();
    let (team_id, user_id) = workspace
        .memberships()
        .filter(|(_, member)| !accounts.contains(&member.user_id))
        .find(|(_, member)| workspace.user(&member.user_id).is_some_and(|it| it.active))
        .map(|(team, member)| (team.id.clone(), member.user_id.clone()))
        .unwrap();
    workspace.user_mut(&user_id).unwrap().active = false;
    let team = workspace.team(&team_id).unwrap();
    let is_active = |id: &str| workspace.user(id).is_some_and(|it| it.active);
    let dormant = team.members.iter().filter(|it| !is_active(&it.user_id));
    (team_id.to_string(), dormant.count())
}
