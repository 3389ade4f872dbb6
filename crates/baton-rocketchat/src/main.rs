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
mod export;
mod failure;
mod field;
mod fields;
mod health;
mod help;
mod logging;
mod on_demand;
mod oneshot;
mod outputs;
mod part;
mod progress;
mod schema;
mod settings;
mod signals;
mod summary;
mod usage;
mod validate;
mod values;
mod words;

use std::process::ExitCode;

use crate::cli::{Ended, Line, Word};
use crate::config_file::ConfigFile;
use crate::failure::Failure;
use crate::settings::Settings;

fn main() -> ExitCode {
    let outcome = match cli::read(std::env::args_os()) {
        Ok(line) => run(&line),
        Err(Ended::Printed(text)) => words::print(&text),
        Err(Ended::Refused(text)) => Err(Failure::usage(text)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(line: &Line) -> Result<(), Failure> {
    let file = ConfigFile::find(".".as_ref(), settings::variable("BATON_CONFIG_PATH"))?;
    let settings = Settings::gather(&line.flags, settings::variable, file);
    match line.word {
        Word::Capabilities => words::print(&capabilities::json()?),
        Word::Config => words::print(&schema::json()?),
        Word::Export => {
            let _logs = logging::start(&settings)?;
            settings.warn();
            export::run(&settings)
        }
        Word::HealthCheck => health::run(&settings),
        Word::Completion(shell) => words::print(&completion(shell, &settings)),
        Word::Sync | Word::Validate | Word::Demo => {
            let runtime =
                tokio::runtime::Runtime::new().map_err(|error| Failure::other(error.into()))?;
            runtime.block_on(dispatch(line.word, &settings))
        }
    }
}

async fn dispatch(word: Word, settings: &Settings) -> Result<(), Failure> {
    let logs = logging::start(settings)?;
    settings.warn();
    // Before anything that a signal must not cut short.
    let stop = signals::listen().map_err(|error| Failure::other(error.into()))?;
    match word {
        Word::Validate => validate::run(settings, stop).await,
        Word::Demo => demo::run(settings, &logs, stop).await,
        _ => oneshot::run(settings, &logs, stop).await,
    }
}

/// Makes the completion script of a shell.
fn completion(shell: clap_complete::Shell, settings: &Settings) -> String {
    let mut command = cli::command();
    if settings.is_on(&fields::NO_DESCRIPTIONS) {
        command = cli::without_descriptions(command);
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, cli::NAME, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
