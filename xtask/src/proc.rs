//! What the kernel says of a process in `/proc`, where there is one. Of a process that has ended it says nothing.

use std::fs;

/// Clock ticks a second, the same on every Linux.
const TICKS: f64 = 100.0;

/// The numbers in `/proc/<process>/status`, all of one moment.
pub(crate) struct Status(String);

impl Status {
    pub(crate) fn of(process: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/status"));
        text.ok().map(Self)
    }

    /// Returns a number by its name, such as `Threads`, or `VmRSS`: memory is in KiB.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        let mut values = self.0.lines().filter_map(|line| {
            let value = line.strip_prefix(name)?.strip_prefix(':')?;
            value.split_whitespace().next()
        });
        values.next()?.parse().ok()
    }
}

/// Returns the most memory that a process had resident at a time so far, in bytes.
pub(crate) fn peak(process: u32) -> Option<u64> {
    let kibibytes = Status::of(process)?.number("VmHWM")?;
    kibibytes.checked_mul(1024)
}

/// Returns the processor time of the user and the system that a process has used so far, in seconds.
pub(crate) fn processor_time(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    used(&stat)
}

fn used(stat: &str) -> Option<f64> {
    // The name of the program may hold anything; what follows it has fixed places.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut ticks = after_name
        .split_whitespace()
        .skip(11)
        .map(str::parse::<u32>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some(f64::from(user.checked_add(system)?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_says() {
        let text =
            "Name:\tx\nVmPeak:\t  9000 kB\nVmHWM:\t    1536 kB\nVmRSS:\t 100 kB\nThreads:\t4\n";
        let status = Status(text.to_owned());
        for (name, expected) in [
            ("VmHWM", Some(1536)),
            ("VmRSS", Some(100)),
            ("Threads", Some(4)),
            ("Name", None),
            ("Vm", None),
        ] {
            assert_eq!(status.number(name), expected, "{name}");
        }
        let stat = "77 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 120 34 0 0 20 0 5";
        let used = used(stat).unwrap();
        assert!((used - 1.54).abs() < 1e-9, "{used}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sees_this_process() {
        let process = std::process::id();
        assert!(peak(process).unwrap() > 1 << 20);
        assert!(processor_time(process).is_some());
    }
}
