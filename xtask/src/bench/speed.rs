//! The speed without a rate limit: time is our own work.

use super::figures::{Speed, Spread, number};
use super::host::Host;
use super::program::Program;
use super::shape::Shape;
use crate::report;

const MEGABYTE: f64 = 1_000_000.0;

/// Syncs a workspace several times.
pub(super) fn measure(program: &Program, shape: &Shape, runs: u32) -> anyhow::Result<Speed> {
    report::note(format_args!(
        "{} users, {} teams: {runs} run(s)",
        shape.users, shape.teams
    ));
    let host = Host::start(shape, None)?;
    let expected = host.address.resolved;
    let runs = (0..runs)
        .map(|_| program.sync(&host.address, &[], expected))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Speed {
        shape: *shape,
        contents: expected,
        runs: runs.len(),
        wall_seconds: Spread::of(runs.iter().map(|run| run.wall.as_secs_f64())),
        cpu_seconds: Spread::of(runs.iter().filter_map(|run| run.cpu)),
        peak_megabytes: Spread::of(
            runs.iter()
                .filter_map(|run| run.peak)
                .map(|bytes| number(bytes) / MEGABYTE),
        ),
    })
}
