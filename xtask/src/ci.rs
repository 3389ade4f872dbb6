//! `cargo xtask ci`: everything that the build server checks but for advisories, the image and the units; in one order,
//! stopping at the first failure.

use std::time::Instant;
use std::{env, thread};

use anyhow::Context;

use crate::{bench, deny, docs, faults, report, snapshot, tidy, workspace};

/// One step.
struct Step {
    name: &'static str,
    action: Action,
}

enum Action {
    /// Cargo with these arguments, and with this much more in the environment.
    Cargo(
        &'static [&'static str],
        &'static [(&'static str, &'static str)],
    ),
    /// Clippy for all targets of what these arguments choose. It may not even warn.
    Clippy(&'static [&'static str]),
    /// A task of ours, run in this process.
    Task(fn() -> anyhow::Result<()>),
}

/// Cheap steps that need no build could go first, but formatting, lints and tests are what people break most.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        action: Action::Cargo(&["fmt", "--all", "--check"], &[]),
    },
    Step {
        name: "clippy",
        action: Action::Clippy(&["--workspace"]),
    },
    Step {
        name: "test",
        action: Action::Cargo(&["test", "--workspace", "--locked"], &[]),
    },
    // What only a build without the default features has.
    Step {
        name: "clippy, fewest features",
        action: Action::Clippy(&["-p", "baton-rocketchat", "--no-default-features"]),
    },
    Step {
        name: "test, fewest features",
        action: Action::Cargo(
            &[
                "test",
                "-p",
                "baton-rocketchat",
                "--no-default-features",
                "--locked",
                "build_without",
            ],
            &[],
        ),
    },
    Step {
        name: "deny",
        action: Action::Task(deny::run),
    },
    Step {
        name: "docs",
        action: Action::Task(|| docs::run(true)),
    },
    Step {
        name: "tidy",
        action: Action::Task(tidy::run),
    },
    Step {
        name: "snapshot",
        action: Action::Task(|| snapshot::run(false)),
    },
    Step {
        name: "faults",
        action: Action::Task(faults::run_sample),
    },
    Step {
        name: "bench",
        action: Action::Task(bench::run_quick),
    },
    Step {
        name: "doc",
        action: Action::Cargo(
            &["doc", "--workspace", "--no-deps", "--locked"],
            &[("RUSTDOCFLAGS", "-D warnings")],
        ),
    },
];

/// How many tests of a crate run at a time.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// Returns three for each processor unless somebody has chosen: many tests run programs that mostly wait.
fn test_threads() -> String {
    env::var(TEST_THREADS).unwrap_or_else(|_| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        (3 * processors).to_string()
    })
}

/// Runs all steps.
///
/// # Errors
/// The first step that fails, by name.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut passed = 0;
    for step in STEPS {
        report::note(format_args!("== {}", step.name));
        let started = Instant::now();
        let outcome = step.action.run();
        let seconds = started.elapsed().as_secs_f32();
        if let Err(error) = outcome {
            report::note(format_args!(
                "== {}: failed after {seconds:.1} s",
                step.name
            ));
            report::data(format_args!("{passed} passed, 1 failed"));
            return Err(error.context(format!("step failed: {}", step.name)));
        }
        report::note(format_args!("== {}: passed in {seconds:.1} s", step.name));
        passed += 1;
    }
    report::data(format_args!("{passed} passed, 0 failed"));
    Ok(())
}

fn cargo(args: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let status = workspace::call_cargo()
        .current_dir(workspace::root()?)
        .args(args)
        .envs(environment.iter().copied())
        .env(TEST_THREADS, test_threads())
        .status()
        .context("cannot start cargo")?;
    anyhow::ensure!(status.success(), "cargo {}: {status}", args.join(" "));
    Ok(())
}

impl Action {
    fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Task(task) => task(),
            Self::Cargo(args, environment) => cargo(args, environment),
            Self::Clippy(chosen) => {
                let strictly = ["--all-targets", "--locked", "--", "-D", "warnings"];
                cargo(&[&["clippy"], *chosen, &strictly].concat(), &[])
            }
        }
    }
}
