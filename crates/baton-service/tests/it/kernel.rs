//! What the kernel says of this process.

/// Returns how much memory is resident, in KiB.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let size = line.unwrap().split_whitespace().next();
    size.unwrap().parse().unwrap()
}
