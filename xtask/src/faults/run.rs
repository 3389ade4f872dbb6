//! One run of the program, and what is found afterwards.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_c1z::diff::{Difference, What, compare};
use baton_c1z::{Limits, Reader};
use serde_json::Value;

use super::canaries::Canaries;
use crate::proc::peak as peak_of;

/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How much longer than its limit a run may take: to start, and to keep what it has.
const GRACE: Duration = Duration::from_secs(10);
/// No sync of the small workspace may need more, whatever it is sent: a list may have a million rows, and several lists may come
/// at once.
const MOST_MEMORY: u64 = 512 << 20;

/// What to run.
pub(super) struct Invocation<'a> {
    pub(super) program: &'a Path,
    /// Where to run it, which is where its files are.
    pub(super) folder: &'a Path,
    pub(super) base_url: &'a str,
    pub(super) canaries: &'a Canaries,
    pub(super) arguments: Vec<String>,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// What was seen.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// `None` where a signal ended it.
    pub(super) code: Option<i32>,
    /// The error and its hint, where there is one.
    pub(super) failed: Option<Failed>,
    pub(super) wall: Duration,
    /// The most memory that was resident at a time, in bytes; 0 where the system does not say.
    pub(super) peak: u64,
    /// What it told of its secrets.
    told: Option<String>,
    file: PathBuf,
}

/// What a failed run says last.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    /// The error with its causes.
    pub(super) error: String,
    pub(super) hint: Option<String>,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The file holds what the workspace does.
    Truth,
    /// The same people, roles, teams and grants, of which some are named or described otherwise.
    AsSaid,
    /// An error with a hint and this exit code, and no finished sync.
    Error(u8),
    /// Anything else.
    Other(String),
}

impl Invocation<'_> {
    /// Runs the program to its end, or until it has had its time.
    pub(super) fn run(&self) -> anyhow::Result<Run> {
        let [log, out, file] = ["log", "out", "sync.c1z"].map(|it| self.folder.join(it));
        let mut child = Command::new(self.program)
            .args(&self.arguments)
            .arg(format!("--max-duration={}s", self.limit.as_secs()))
            .current_dir(self.folder)
            .env_clear()
            .env("TMPDIR", self.folder)
            .env("BATON_ROCKETCHAT_BASE_URL", self.base_url)
            .env("BATON_LOG_LEVEL", "debug")
            .envs(self.canaries.environment())
            .stdin(Stdio::null())
            .stdout(File::create(&out)?)
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start the program")?;
        let started = Instant::now();
        let mut peak = 0;
        let status = loop {
            // It only grows, but for the first look, which may still be at the memory that the process was started from.
            peak = peak_of(child.id()).unwrap_or(peak);
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if started.elapsed() > self.limit + GRACE {
                child.kill()?;
                break child.wait()?;
            }
            thread::sleep(LOOK);
        };
        let wall = started.elapsed();
        let told = self.canaries.told(self.folder, &[&log, &out], &file)?;
        let log = fs::read_to_string(&log).context("its log is no text")?;
        ensure!(!log.contains("panicked at"), "the program panicked: {log}");
        Ok(Run {
            code: status.code(),
            failed: log.lines().rev().find_map(Failed::read),
            wall,
            peak,
            told,
            file,
        })
    }
}

impl Run {
    /// Compares what a sync left with the file of one without faults.
    pub(super) fn judge(&self, truth: &Path, limit: Duration) -> Verdict {
        let other = |what: String| Verdict::Other(what);
        let code = match self.clean_code(limit) {
            Ok(code) => code,
            Err(what) => return other(what),
        };
        if code == 0 {
            return differences(truth, &self.file).unwrap_or_else(|it| other(format!("{it:#}")));
        }
        match finished(&self.file) {
            Err(error) => other(format!("code {code}, and the file: {error:#}")),
            Ok(1..) => other(format!("code {code}, and a finished sync")),
            Ok(0) => Verdict::Error(code),
        }
    }

    /// Returns the exit code, if the program kept to its time and memory, told no secret, and explained a failure.
    ///
    /// # Errors
    /// What it did instead.
    pub(super) fn clean_code(&self, limit: Duration) -> Result<u8, String> {
        if self.wall > limit + GRACE {
            return Err(format!("took {} s", self.wall.as_secs()));
        }
        if self.peak > MOST_MEMORY {
            return Err(format!("needed {} MiB", self.peak >> 20));
        }
        if let Some(told) = &self.told {
            return Err(told.clone());
        }
        let code = self.code.ok_or("ended by a signal")?;
        match &self.failed {
            None if code != 0 => Err(format!("code {code} without an error")),
            Some(it) if code != 0 && it.hint.is_none() => {
                Err(format!("code {code} without a hint: {}", it.error))
            }
            _ => u8::try_from(code).map_err(|_| format!("code {code}")),
        }
    }
}

impl Failed {
    fn read(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        if line.get("msg")? != "failed" {
            return None;
        }
        let text = |name| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let causes = line.get("causes").and_then(Value::as_array);
        let causes = causes.into_iter().flatten().filter_map(Value::as_str);
        let error = text("error")?;
        Some(Self {
            error: causes.fold(error, |said, it| format!("{said}: {it}")),
            hint: text("hint"),
        })
    }
}

/// Returns how many finished syncs a file holds, which need not exist.
fn finished(file: &Path) -> anyhow::Result<usize> {
    if !file.exists() {
        return Ok(0);
    }
    let syncs = Reader::open(file, Limits::default(), None)?.syncs()?;
    Ok(syncs.iter().filter(|it| it.ended_at.is_some()).count())
}

/// Compares the newest syncs of two files.
fn differences(truth: &Path, file: &Path) -> anyhow::Result<Verdict> {
    let open = |path: &Path| -> anyhow::Result<_> {
        let reader = Reader::open(path, Limits::default(), None)?;
        let newest = reader.newest_finished()?.context("no finished sync")?;
        Ok((reader, newest.sync_id))
    };
    let (truth, file) = (open(truth)?, open(file)?);
    let (mut told, mut wrong) = (0, None);
    compare::<anyhow::Error>((&truth.0, &truth.1), (&file.0, &file.1), |it| {
        if is_words(&it) {
            told += 1;
        } else {
            wrong.get_or_insert(it);
        }
        Ok(())
    })?;
    Ok(match (wrong, told) {
        (Some(it), _) => Verdict::Other(format!("not the truth: {:?} {:?}", it.what, it.record)),
        (None, 0) => Verdict::Truth,
        (None, _) => Verdict::AsSaid,
    })
}

/// Tells whether something is only described otherwise: the facts that decisions about access hang on are the same.
fn is_words(difference: &Difference) -> bool {
    let What::Changed(changes) = &difference.what else {
        return false;
    };
    let is_fact =
        |field: &str| ["status", "account_type", "trait", "purpose", "slug"].contains(&field);
    changes.iter().all(|it| !is_fact(&it.field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(code: Option<i32>, hint: Option<&str>, file: &Path) -> Run {
        Run {
            code,
            failed: Some(Failed {
                error: "no".to_owned(),
                hint: hint.map(str::to_owned),
            }),
            wall: Duration::from_secs(1),
            peak: 0,
            told: None,
            file: file.to_owned(),
        }
    }

    #[test]
    fn only_the_truth_and_clean_errors_pass() {
        let limit = Duration::from_secs(5);
        let missing = Path::new("no/such/file");
        let judge = |run: Run| run.judge(missing, limit);
        assert_eq!(
            judge(run(Some(14), Some("look"), missing)),
            Verdict::Error(14)
        );
        for bad in [
            run(Some(14), None, missing),
            run(Some(0), None, missing),
            run(None, Some("look"), missing),
            run(Some(256), Some("look"), missing),
            Run {
                wall: Duration::from_secs(16),
                ..run(Some(14), Some("look"), missing)
            },
            Run {
                peak: MOST_MEMORY + 1,
                ..run(Some(14), Some("look"), missing)
            },
            Run {
                told: Some("the log tells the token".to_owned()),
                ..run(Some(14), Some("look"), missing)
            },
            Run {
                failed: None,
                ..run(Some(14), None, missing)
            },
        ] {
            let verdict = judge(bad.clone());
            assert!(matches!(verdict, Verdict::Other(_)), "{bad:?}: {verdict:?}");
        }
    }

    #[test]
    fn the_error_is_read_from_the_log() {
        let line = r#"{"level":"error","msg":"failed","error":"a","causes":["b","c"],"hint":"d"}"#;
        let failed = Failed::read(line).unwrap();
        assert_eq!(
            (failed.error.as_str(), failed.hint.as_deref()),
            ("a: b: c", Some("d"))
        );
        assert!(Failed::read(r#"{"msg":"other","error":"a"}"#).is_none());
        assert!(Failed::read("runner: error").is_none());
    }
}
