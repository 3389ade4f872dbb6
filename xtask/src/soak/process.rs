//! A program that stays up, and what the kernel says of it.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// A running program, killed when this is dropped.
pub(super) struct Process(Child);

impl Process {
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Self(command.spawn().context("cannot start the program")?))
    }

    pub(super) fn look(&self) -> anyhow::Result<Seen> {
        let folder = format!("/proc/{}", self.0.id());
        let status = fs::read_to_string(format!("{folder}/status"))
            .context("the program cannot be looked at: it is gone, or there is no /proc")?;
        let files = fs::read_dir(format!("{folder}/fd"))?.count();
        Seen::parse(&status, files).context("the kernel does not say how much memory it has")
    }

    /// Asks it to end, and fails unless it does so in time and well.
    pub(super) fn stop(&mut self, limit: Duration) -> anyhow::Result<()> {
        // Every shell has a kill of its own.
        let kill = format!("kill -s TERM {}", self.0.id());
        Command::new("sh").args(["-c", &kill]).status()?;
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

    fn parse(status: &str, files: usize) -> Option<Self> {
        let number = |name: &str| {
            let line = status.lines().find_map(|it| it.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            resident: number("VmRSS:")?,
            peak: number("VmHWM:")?,
            threads: number("Threads:")?,
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
    use super::Seen;

    #[test]
    fn reads_what_the_kernel_says() {
        let status = "Name:\tx\nVmHWM:\t    1536 kB\nVmRSS:\t 100 kB\nThreads:\t4\n";
        let seen = Seen::parse(status, 9).unwrap();
        let expected = Seen {
            resident: 100,
            peak: 1536,
            threads: 4,
            files: 9,
        };
        assert_eq!(seen, expected);
        assert_eq!(
            expected.grown(&seen),
            "Resident since the first look: +0 KiB"
        );
        assert_eq!(Seen::parse("Name:\tx\n", 9), None);
    }
}
