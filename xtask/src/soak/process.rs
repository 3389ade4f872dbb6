//! A program that stays up, and what the kernel says of it.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::proc::Status;

/// A running program, killed when this is dropped.
pub(super) struct Process(Child);

impl Process {
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Self(command.spawn().context("cannot start the program")?))
    }

    pub(super) fn look(&self) -> anyhow::Result<Seen> {
        let process = self.0.id();
        let status = Status::of(process)
            .context("the program cannot be looked at: it is gone, or there is no /proc")?;
        let files = fs::read_dir(format!("/proc/{process}/fd"))?.count();
        Seen::of(&status, files).context("the kernel does not say how much memory it has")
    }

    /// Asks it to end, and fails unless it does so in time and well.
    pub(super) fn stop(&mut self, limit: Duration) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::TERM).context("cannot ask it to end")?;
        let end = Instant::now() + limit;
        while Instant::now() < end {
            if let Some(status) = self.0.try_wait()? {
                ensure!(status.success(), "the program ended with {status}");
                return Ok(());
            }
            sleep(Duration::from_millis(10));
        }
        bail!(
            "the program has not ended {} s after SIGTERM",
            limit.as_secs()
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the kernel says: memory in KiB.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    resident: u64,
    peak: u64,
    threads: u64,
    files: usize,
}

impl Seen {
    pub(super) const HEADING: &str = "syncs  resident KiB  peak KiB  threads  open files  seconds";

    fn of(status: &Status, files: usize) -> Option<Self> {
        Some(Self {
            resident: status.number("VmRSS")?,
            peak: status.number("VmHWM")?,
            threads: status.number("Threads")?,
            files,
        })
    }

    pub(super) fn row(&self, syncs: u32, time: Duration) -> String {
        let Self {
            resident,
            peak,
            threads,
            files,
        } = self;
        let seconds = time.as_secs_f64();
        format!("{syncs:>5}  {resident:>12}  {peak:>8}  {threads:>7}  {files:>10}  {seconds:>7.1}")
    }

    /// Says how much more there is than at `first`.
    pub(super) fn grown(&self, first: &Self) -> String {
        let more = i128::from(self.resident) - i128::from(first.resident);
        format!("Resident since the first look: {more:+} KiB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_grown_is_told_with_its_sign() {
        let seen = |resident| Seen {
            resident,
            peak: 1536,
            threads: 4,
            files: 9,
        };
        for (last, words) in [(100, "+0 KiB"), (160, "+60 KiB"), (40, "-60 KiB")] {
            let told = seen(last).grown(&seen(100));
            assert_eq!(told, format!("Resident since the first look: {words}"));
        }
    }
}
