//! Development tasks of the workspace. `cargo xtask` lists them.

mod bench;
mod ci;
mod codegen;
mod deny;
mod dist;
mod docs;
mod faults;
mod package;
mod picture;
mod proc;
mod program;
mod record;
mod report;
mod sbom;
mod snapshot;
mod soak;
mod tidy;
#[cfg(test)]
mod tree;
mod workspace;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Development tasks of baton-rocketchat
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    subcommand_help_heading = "Tasks",
    subcommand_value_name = "TASK",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Check everything that the build server checks, but for advisories, the image and the units
    Ci,
    /// Check the crate graph, manifests, versions, file sizes, forbidden words, READMEs, examples, links, messages, fixtures,
    /// claims and generated files
    Tidy,
    /// Generate the protobuf types from the .proto files
    Codegen {
        /// Compare with the committed files and change nothing
        #[arg(long)]
        check: bool,
    },
    /// Make the reference pages and the files that Baton tools look for from the program itself
    Docs {
        /// Compare with the committed files instead, and run the commands that pages show
        #[arg(long)]
        check: bool,
    },
    /// Draw what the program shows on a terminal
    Picture(picture::Args),
    /// Replay every fixture through the whole engine and compare with the snapshots
    Snapshot {
        /// Take what comes out as the new snapshots
        #[arg(long)]
        accept: bool,
    },
    /// Record a live workspace as a scrubbed fixture
    Record(record::Args),
    /// Package the crates, build them from their packages, and list them in the order to publish them
    Package(package::Args),
    /// Print what the program is built from, in the CycloneDX format
    Sbom(sbom::Args),
    /// Print the licences of the libraries that the program is linked with
    Licenses,
    /// Build the program and pack it with manual pages, completions, licences and checksums, into dist/
    Dist(dist::Args),
    /// Measure how long a sync of a simulated workspace takes, and how much memory
    Bench(bench::Args),
    /// Give the program many syncs as a service, and print how much memory it has meanwhile
    Soak(soak::Args),
    /// Try the program against servers that do something wrong, at every endpoint
    Faults(faults::Args),
    #[command(hide = true)]
    BenchHost(bench::HostArgs),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        None => {
            report::data(Cli::command().render_help());
            Ok(())
        }
        Some(Task::Ci) => ci::run(),
        Some(Task::Tidy) => tidy::run(),
        Some(Task::Codegen { check }) => codegen::run(check),
        Some(Task::Docs { check }) => docs::run(check),
        Some(Task::Picture(args)) => picture::run(&args),
        Some(Task::Snapshot { accept }) => snapshot::run(accept),
        Some(Task::Record(args)) => record::run(&args),
        Some(Task::Package(args)) => package::run(&args),
        Some(Task::Sbom(args)) => sbom::run(&args),
        Some(Task::Licenses) => dist::print_licenses(),
        Some(Task::Dist(args)) => dist::run(&args),
        Some(Task::Bench(args)) => bench::run(&args),
        Some(Task::Soak(args)) => soak::run(&args),
        Some(Task::Faults(args)) => faults::run(&args),
        Some(Task::BenchHost(args)) => bench::run_host(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
