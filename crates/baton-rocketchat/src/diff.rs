//! What changed between two syncs, of one file or of two; as with `diff`, the exit code tells whether anything did.

mod side;
mod text;
mod totals;
mod written;

use std::io::Write as _;
use std::process::ExitCode;

use baton_c1z::diff::compare;

pub(crate) use self::side::files;
use self::side::{Side, sides};
use self::totals::Totals;
use self::written::Written;
use crate::cli::Line;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::stdout::{Output, Stop};
use crate::values::OutputFormat;
use crate::{checks, choices, fields};

/// The exit code of syncs that differ.
const DIFFERENT: u8 = 1;

/// Compares two syncs and prints how they differ.
pub(crate) fn run(line: &Line, settings: &Settings) -> Result<ExitCode, Failure> {
    checks::of_file(settings)?;
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Ndjson];
    let format = choices::output_format(settings, &formats)?;
    let (old, new) = sides(line, settings)?;
    if old.sync.sync_type != new.sync.sync_type {
        tracing::warn!(
            old = old.sync.sync_type,
            new = new.sync.sync_type,
            "the syncs are of different types, so that what one of them leaves out counts as a difference"
        );
    }
    let mut totals = Totals::default();
    let printed = if settings.is_on(&fields::QUIET) {
        search(&old, &new, &mut totals)
    } else {
        print(&old, &new, format, &mut totals)
    };
    Stop::settle(printed)?;
    Ok(if totals.are_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DIFFERENT)
    })
}

/// Stops at the first difference.
fn search(old: &Side, new: &Side, totals: &mut Totals) -> Result<(), Stop> {
    compare(old.pair(), new.pair(), |difference| {
        totals.add(&difference);
        Err(Stop::Enough)
    })
}

fn print(old: &Side, new: &Side, format: OutputFormat, totals: &mut Totals) -> Result<(), Stop> {
    let mut output = Output::stdout();
    let mut written = Written::start(old, new, format, &mut output)?;
    compare(old.pair(), new.pair(), |difference| {
        totals.add(&difference);
        written.put(&difference)
    })?;
    written.end(totals)?;
    Ok(output.flush()?)
}
