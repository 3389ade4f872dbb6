//! Baton connector for Rocket.Chat: reads one workspace and writes what it finds to a c1z file.
//!
//! Only this crate reads the environment, the terminal and the wall clock. Everything else is handed what it needs.

mod bid;
mod capabilities;
mod checks;
mod choices;
mod cli;
mod clock;
mod code;
mod config_file;
mod demo;
mod diff;
mod export;
mod failure;
mod field;
mod fields;
mod forms;
mod health;
mod help;
mod logging;
mod man;
mod on_demand;
mod oneshot;
mod part;
mod paths;
mod progress;
mod remote;
mod schema;
mod service;
mod settings;
mod show;
mod signals;
mod stdout;
mod stored;
mod summary;
#[cfg_attr(not(feature = "otel"), path = "telemetry/absent.rs")]
mod telemetry;
mod typed;
mod usage;
mod validate;
mod values;
mod words;
mod yaml;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::cli::{Ended, Line, Word};
use crate::config_file::ConfigFile;
use crate::failure::Failure;
use crate::logging::Logging;
use crate::settings::Settings;
use crate::telemetry::Telemetry;

fn main() -> ExitCode {
    let outcome = match cli::read(std::env::args_os()) {
        Ok(line) => run(&line),
        Err(Ended::Printed(text)) => stdout::print(&text).map(|()| ExitCode::SUCCESS),
        Err(Ended::Refused(text)) => Err(Failure::usage(text)),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(line: &Line) -> Result<ExitCode, Failure> {
    let file = ConfigFile::find(".".as_ref(), settings::variable("BATON_CONFIG_PATH"))?;
    let settings = Settings::gather(&line.flags, settings::variable, file);
    let done = match line.word {
        Word::Diff => {
            start_log(line, &settings, None)?;
            return diff::run(line, &settings);
        }
        Word::Show(table) => {
            start_log(line, &settings, None)?;
            show::run(table, &settings)
        }
        Word::Capabilities => stdout::print(&capabilities::json()?),
        Word::Config => stdout::print(&schema::json()?),
        Word::Export => {
            start_log(line, &settings, None)?;
            export::run(&settings)
        }
        Word::Man => man::run(&line.arguments),
        Word::HealthCheck => health::run(&settings),
        Word::Completion(shell) => stdout::print(&completion(shell, &settings)),
        Word::Sync | Word::Validate | Word::Demo => return run_watched(line, &settings),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Starts the log, and says there what the configuration file has that nobody can use.
fn start_log(
    line: &Line,
    settings: &Settings,
    telemetry: Option<&Telemetry>,
) -> Result<Logging, Failure> {
    let logs = logging::start(settings, &files(line, settings), telemetry)?;
    settings.warn();
    Ok(logs)
}

/// Returns the c1z files that a command reads or writes.
fn files(line: &Line, settings: &Settings) -> Vec<PathBuf> {
    match line.word {
        Word::Demo => vec![demo::file(settings)],
        Word::Diff => diff::files(line, settings),
        _ => vec![choices::file(settings)],
    }
}

/// Runs a command that a collector may be told of, failures included.
fn run_watched(line: &Line, settings: &Settings) -> Result<ExitCode, Failure> {
    let is_service = line.word == Word::Sync && settings.text(&fields::CLIENT_ID).is_some();
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::other(error.into()))?;
    let telemetry = Telemetry::start(settings, runtime.handle());
    // A collector that cannot be is told of in the log.
    let logs = start_log(line, settings, telemetry.as_ref().ok())?;
    let telemetry = telemetry?;
    let outcome = runtime.block_on(dispatch(line.word, is_service, settings, logs));
    let code = outcome.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS);
    // A service has said goodbye to C1 before, and has 10 s for all of it.
    let farewell = Duration::from_secs(if is_service { 2 } else { 5 });
    runtime.block_on(telemetry.close(farewell));
    // What still blocks a thread, such as a name server that does not answer, keeps nobody from leaving.
    runtime.shutdown_background();
    Ok(code)
}

async fn dispatch(
    word: Word,
    is_service: bool,
    settings: &Settings,
    logs: Logging,
) -> Result<(), Failure> {
    // Before anything that a signal must not cut short.
    let stop = signals::listen().map_err(|error| Failure::other(error.into()))?;
    match word {
        Word::Validate => validate::run(settings, stop).await,
        Word::Demo => demo::run(settings, &logs, stop).await,
        _ if is_service => service::run(settings, logs, stop).await,
        _ => oneshot::run(settings, &logs, stop).await,
    }
}

/// Makes the completion script of a shell.
fn completion(shell: clap_complete::Shell, settings: &Settings) -> String {
    let mut command = if settings.is_on(&fields::ALL_FLAGS) {
        cli::command()
    } else {
        cli::shown()
    };
    if settings.is_on(&fields::NO_DESCRIPTIONS) {
        command = cli::without_descriptions(command);
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, cli::NAME, &mut script);
    // In the script for bash, clap_complete spells a name with a hyphen in two ways, so that nothing below a command is found.
    String::from_utf8_lossy(&script).replace("baton__subcmd__rocketchat", "baton__rocketchat")
}
