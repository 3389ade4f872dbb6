//! The program under measurement: run as a child, and watched.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::host::Address;
use super::shape::Contents;
use crate::{proc, program};

/// How often the child is looked at. What it does after the last look is missed.
const LOOK: Duration = Duration::from_millis(2);

/// The program, in a place where no build replaces it between two runs.
pub(super) struct Program {
    path: PathBuf,
    folder: PathBuf,
}

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) wall: Duration,
    /// Processor time of the user and the system, in seconds, to the hundredth; `None` where there is no `/proc`.
    pub(super) cpu: Option<f64>,
    /// The most memory that was resident at a time, in bytes.
    pub(super) peak: Option<u64>,
    /// The file it wrote.
    pub(super) file: PathBuf,
}

impl Program {
    /// Takes the program at `given`, or builds it, into `folder`.
    pub(super) fn get(given: Option<&Path>, debug: bool, folder: &Path) -> anyhow::Result<Self> {
        let built = program::get(given, debug)?;
        let path = folder.join(program::NAME);
        fs::copy(&built, &path).with_context(|| format!("cannot copy {}", built.display()))?;
        Ok(Self {
            path,
            folder: folder.to_owned(),
        })
    }

    /// Syncs the workspace at `address` into a new file. What was found has to be `expected`.
    pub(super) fn sync(
        &self,
        address: &Address,
        arguments: &[&str],
        expected: Contents,
    ) -> anyhow::Result<Run> {
        let [file, summary, log] =
            ["sync.c1z", "summary.json", "log"].map(|name| self.folder.join(name));
        let _ = fs::remove_file(&file);
        let mut command = Command::new(&self.path);
        command
            .args(["--log-level", "warn", "--file"])
            .arg(&file)
            .arg("--summary")
            .arg(&summary)
            .args(arguments)
            .env("BATON_ROCKETCHAT_BASE_URL", &address.base_url)
            .env("BATON_ROCKETCHAT_USER_ID", &address.user_id)
            .env("BATON_ROCKETCHAT_AUTH_TOKEN", &address.token)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        let (wall, seen, success) = watch(&mut command)?;
        ensure!(
            success,
            "the program failed: {}",
            fs::read_to_string(&log)?.trim()
        );
        let summary: Value = serde_json::from_slice(&fs::read(&summary)?)?;
        let found = contents(&summary);
        ensure!(
            found == expected,
            "the program found {found:?}, the workspace holds {expected:?}"
        );
        Ok(Run {
            wall,
            cpu: seen.map(|it| it.cpu),
            peak: seen.map(|it| it.peak),
            file,
        })
    }
}

fn contents(summary: &Value) -> Contents {
    let number = |path| {
        summary
            .pointer(path)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    Contents {
        users: number("/users/total"),
        teams: number("/teams"),
        role_grants: number("/grants/roles"),
        memberships: number("/grants/teams"),
    }
}

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy)]
struct Seen {
    cpu: f64,
    peak: u64,
}

impl Seen {
    fn of(process: u32) -> Option<Self> {
        Some(Self {
            cpu: proc::processor_time(process)?,
            peak: proc::peak(process)?,
        })
    }
}

/// Runs a command to its end, and says how long that took, what was seen of it last, and whether it succeeded.
fn watch(command: &mut Command) -> anyhow::Result<(Duration, Option<Seen>, bool)> {
    let started = Instant::now();
    let mut child = command.spawn().context("cannot start the program")?;
    let process = child.id();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut last = None;
            while !ended.load(Ordering::Relaxed) {
                last = Seen::of(process).or(last);
                thread::sleep(LOOK);
            }
            last
        });
        let status = child.wait();
        let wall = started.elapsed();
        ended.store(true, Ordering::Relaxed);
        let seen = watcher.join().ok().flatten();
        Ok((wall, seen, status?.success()))
    })
}
