//! The program under measurement: built, run as a child, and watched.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cargo_metadata::Message;
use serde_json::Value;

use super::host::Address;
use super::shape::Contents;
use crate::workspace;

const NAME: &str = "baton-rocketchat";
/// All that any part of the bench runs.
const EVERYTHING: &[&str] = &["--workspace", "--bin", NAME, "--example", "floors"];
/// How often the child is looked at. What it does after the last look is missed.
const LOOK: Duration = Duration::from_millis(2);
/// Clock ticks a second in `/proc`, the same on every Linux.
const TICKS: f64 = 100.0;

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
        let built = match given {
            Some(path) => path.to_owned(),
            None => build(&["--package", NAME], NAME, debug)?,
        };
        let path = folder.join(NAME);
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

/// Builds what cargo's `selection` names, and returns where the program `name` is.
pub(crate) fn build(selection: &[&str], name: &str, debug: bool) -> anyhow::Result<PathBuf> {
    // Of the whole workspace for the build server, which has built it like that already: for one package alone cargo
    // would choose other features and build anew. The real program has its own features only.
    let selection = if debug { EVERYTHING } else { selection };
    let output = workspace::call_cargo()
        .current_dir(workspace::root()?)
        .args([
            "build",
            "--locked",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(selection)
        .args((!debug).then_some("--release"))
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo build: {}", output.status);
    Message::parse_stream(output.stdout.as_slice())
        .filter_map(Result::ok)
        .find_map(|message| match message {
            Message::CompilerArtifact(artifact) if artifact.target.name == name => {
                artifact.executable.map(Into::into)
            }
            _ => None,
        })
        .with_context(|| format!("cargo did not build {name}"))
}

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy)]
struct Seen {
    cpu: f64,
    peak: u64,
}

impl Seen {
    fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        Self::parse(&status, &stat)
    }

    fn parse(status: &str, stat: &str) -> Option<Self> {
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?
            .trim();
        let kibibytes: u64 = peak.strip_suffix(" kB")?.trim().parse().ok()?;
        // The name of the program may hold anything; what follows it has fixed places.
        let (_, after_name) = stat.rsplit_once(')')?;
        let mut ticks = after_name
            .split_whitespace()
            .skip(11)
            .map(str::parse::<u32>);
        let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
        Some(Self {
            cpu: f64::from(user.checked_add(system)?) / TICKS,
            peak: kibibytes * 1024,
        })
    }
}

/// Returns the most memory that a process had resident at a time so far, in bytes; `None` where there is no `/proc`.
pub(crate) fn peak(process: u32) -> Option<u64> {
    Seen::of(process).map(|it| it.peak)
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

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn reads_what_the_kernel_says() {
        let status = "Name:\tx\nVmPeak:\t  9000 kB\nVmHWM:\t    1536 kB\nVmRSS:\t 100 kB\n";
        let stat = "77 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 120 34 0 0 20 0 5";
        let seen = Seen::parse(status, stat).unwrap();
        assert_eq!(seen.peak, 1536 * 1024);
        assert!((seen.cpu - 1.54).abs() < 1e-9, "{seen:?}");
        assert!(Seen::parse("Name:\tx\nState:\tZ (zombie)\n", stat).is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sees_this_process() {
        assert!(Seen::of(std::process::id()).unwrap().peak > 0);
    }
}
