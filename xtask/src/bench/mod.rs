//! `cargo xtask bench`: how long the real program takes, and how much memory, against a simulated workspace.
//!
//! The workspace lives in a process of its own, so that nothing of it is counted. What is compared with an earlier
//! result is only printed: times depend on the machine, and no test depends on them.

mod figures;
mod floors;
mod host;
mod limited;
mod program;
mod shape;
mod speed;

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context as _, ensure};

use self::figures::Figures;
use self::program::Program;
use self::shape::Shape;
use crate::{report, workspace};

pub(crate) use host::{Args as HostArgs, run as run_host};

/// The result that others are compared with.
const KEPT: &str = "docs/performance.json";

/// What to measure. Without a choice: the speed without a rate limit, at the two sizes that goals are set for.
#[derive(Debug, Default, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub(crate) struct Args {
    /// Measure the speed from 1,000 to 1,000,000 users too, which takes minutes
    #[arg(long)]
    scale: bool,
    /// Measure the waiting under a rate limit too, in several variants
    #[arg(long)]
    limited: bool,
    /// Measure the parts of the work alone too: what no program could be faster than
    #[arg(long)]
    floors: bool,
    /// Measure the speed at this size instead
    #[arg(long, value_name = "N")]
    users: Option<usize>,
    /// Teams, with --users [default: one for 100 users]
    #[arg(long, value_name = "N", requires = "users")]
    teams: Option<usize>,
    /// Members of a team, on average
    #[arg(long, value_name = "N", default_value_t = 100)]
    members: usize,
    /// Runs of each case
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Print the figures as JSON to stdout; the tables go to stderr
    #[arg(long)]
    json: bool,
    /// Run everything once, tiny, and with debug builds: shows that the bench works, and nothing about speed
    #[arg(long)]
    quick: bool,
    /// Measure this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// Measures, and prints what came out.
///
/// # Errors
/// The program cannot be built or run, or what it syncs is not what the workspace holds.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if cfg!(debug_assertions) && !args.quick {
        return run_optimised();
    }
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let program = Program::get(args.program.as_deref(), args.quick, folder.path())?;
    let mut figures = Figures::of_this_machine();
    for (shape, runs) in speeds(args) {
        figures.speed.push(speed::measure(&program, &shape, runs)?);
    }
    if args.limited || args.quick {
        figures.limited = limited::measure(&program, args.quick)?;
    }
    if args.floors || args.quick {
        let shape = if args.quick {
            Shape::TINY
        } else {
            Shape::LARGE
        };
        figures.floors = Some(floors::measure(&program, &shape, args.quick)?);
    }
    let kept = kept()?;
    if args.json {
        report::note(figures.tables(kept.as_ref()));
        report::data(serde_json::to_string_pretty(&figures)?);
    } else {
        report::data(figures.tables(kept.as_ref()));
    }
    Ok(())
}

/// Runs everything once and tiny, for the build server.
pub(crate) fn run_quick() -> anyhow::Result<()> {
    run(&Args {
        quick: true,
        ..Args::default()
    })
}

/// The shapes to measure, and how often each.
fn speeds(args: &Args) -> Vec<(Shape, u32)> {
    if args.quick {
        return vec![(Shape::TINY, 1)];
    }
    if let Some(users) = args.users {
        let teams = args.teams.unwrap_or(users / 100);
        return vec![(Shape::new(users, teams, args.members), args.runs)];
    }
    let mut shapes = vec![(Shape::SMALL, args.runs), (Shape::LARGE, args.runs)];
    if args.scale {
        let few = args.runs.min(3);
        shapes.extend([1_000, 10_000, 300_000, 1_000_000].map(|users| (Shape::scaled(users), few)));
    }
    shapes
}

/// Starts this task again, optimised: the simulated workspace must not be what is waited for.
fn run_optimised() -> anyhow::Result<()> {
    let status = workspace::call_cargo()
        .current_dir(workspace::root()?)
        .args([
            "run",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "xtask",
            "--",
        ])
        .args(env::args_os().skip(1))
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the bench failed: {status}");
    Ok(())
}

fn kept() -> anyhow::Result<Option<Figures>> {
    let path = workspace::root()?.join(KEPT);
    match fs::read(&path) {
        Ok(bytes) => {
            let figures =
                serde_json::from_slice(&bytes).with_context(|| format!("cannot read {KEPT}"))?;
            Ok(Some(figures))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {KEPT}")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_result_can_be_compared_with() {
        let kept = super::kept().unwrap().unwrap();
        for shape in [super::Shape::SMALL, super::Shape::LARGE] {
            assert!(kept.speed.iter().any(|it| it.shape == shape), "{shape:?}");
        }
    }
}
