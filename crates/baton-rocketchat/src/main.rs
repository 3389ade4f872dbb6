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
    match cli.command {
        None => oneshot::run(&connection, choices, logs, interrupted()).await,
        Some(Command::Validate(it)) => {
            let connection = it.connection.or(connection);
            validate::run(&connection, choices, it.output_format, interrupted()).await
        }
        Some(Command::Demo(demo)) => {
            demo::run(&demo, &connection, choices, logs, interrupted()).await
        }
    }
}

/// Waits for a signal that asks to stop, and returns its name.
async fn interrupted() -> String {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => "SIGINT".to_owned(),
        () = terminate => "SIGTERM".to_owned(),
    }
}
