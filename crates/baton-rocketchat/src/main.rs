//! Baton connector for Rocket.Chat: reads one workspace and writes what it finds to a c1z file.
//!
//! Only this crate reads the environment, the terminal and the wall clock. Everything else is handed what it needs.

mod cli;
mod clock;
mod code;
mod demo;
mod failure;
mod logging;
mod oneshot;
mod progress;
mod settings;
mod signals;
mod summary;
mod validate;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::logging::Logging;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let logs = logging::start(&cli.logs);
    match run(cli, &logs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli, logs: &Logging) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::other(error.into()))?;
    runtime.block_on(dispatch(cli, logs))
}

async fn dispatch(cli: Cli, logs: &Logging) -> Result<(), Failure> {
    let (connection, choices) = (cli.connection, &cli.choices);
    // Before anything that a signal must not cut short.
    let stop = signals::listen().map_err(|error| Failure::other(error.into()))?;
    match cli.command {
        None => oneshot::run(&connection, choices, logs, stop).await,
        Some(Command::Validate(it)) => {
            let connection = it.connection.or(connection);
            validate::run(&connection, choices, it.output_format, stop).await
        }
        Some(Command::Demo(demo)) => demo::run(&demo, &connection, choices, logs, stop).await,
    }
}
