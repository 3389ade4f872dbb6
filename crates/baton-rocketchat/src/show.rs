//! What a file holds: tables for people and for programs, of one sync.
//!
//! Records are printed as they are read, so that memory does not grow with their number; only the identifiers that a filter
//! needs are kept. The JSON is that of the sinks, and so are the columns of the CSV.

mod counts;
mod filters;
mod grid;
mod listing;
mod people;
mod selection;
mod syncs;

use std::io::Write as _;
use std::path::Path;

use baton_c1z::{Reader, SyncRun};
use baton_model::{Record, ResourceTrait};

pub(crate) use self::counts::of_types;
use self::filters::Filters;
use self::listing::Listing;
use self::selection::Selection;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::stdout::{Output, Stop};
use crate::values::OutputFormat;
use crate::{checks, choices, stored};

/// What can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Users,
    Roles,
    Teams,
    Grants,
    Syncs,
    Stats,
}

impl Table {
    pub(crate) const ALL: [Self; 6] = [
        Self::Users,
        Self::Roles,
        Self::Teams,
        Self::Grants,
        Self::Syncs,
        Self::Stats,
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Roles => "roles",
            Self::Teams => "teams",
            Self::Grants => "grants",
            Self::Syncs => "syncs",
            Self::Stats => "stats",
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Users => "Show the users",
            Self::Roles => "Show the roles",
            Self::Teams => "Show the teams",
            Self::Grants => "Show who holds which role, and who is in which team",
            Self::Syncs => "Show the syncs of the file, unfinished ones too",
            Self::Stats => "Show how much the sync holds",
        }
    }

    /// Returns the table that a record has a row in.
    fn of(record: &Record) -> Option<Self> {
        match record {
            Record::Grant(_) => Some(Self::Grants),
            Record::Resource(it) => match it.details {
                ResourceTrait::User(_) => Some(Self::Users),
                ResourceTrait::Role => Some(Self::Roles),
                ResourceTrait::Group => Some(Self::Teams),
                _ => None,
            },
            Record::ResourceType(_) | Record::Entitlement(_) => None,
        }
    }
}

/// A sync in a file, and where to print what it holds.
struct Source<'r> {
    path: &'r Path,
    reader: &'r Reader,
    sync: &'r SyncRun,
}

/// Prints a table; without one, how much there is and what can be shown.
pub(crate) fn run(table: Option<Table>, settings: &Settings) -> Result<(), Failure> {
    checks::of_file(settings)?;
    let formats = [
        OutputFormat::Text,
        OutputFormat::Json,
        OutputFormat::Ndjson,
        OutputFormat::Csv,
    ];
    let format = choices::output_format(settings, &formats)?;
    let filters = Filters::of(table.unwrap_or(Table::Stats), settings)?;
    let path = choices::file(settings);
    let reader = stored::open(&path, settings, stored::NAME_IT)?;
    let mut output = Output::stdout();
    let printed = print(table, &filters, (&path, &reader), format, &mut output);
    Stop::settle(printed.and_then(|()| Ok(output.flush()?)))
}

fn print(
    table: Option<Table>,
    filters: &Filters,
    (path, reader): (&Path, &Reader),
    format: OutputFormat,
    output: &mut Output,
) -> Result<(), Stop> {
    if table == Some(Table::Syncs) {
        return syncs::print(reader, format, output);
    }
    let sync = stored::finished(reader, filters.sync.as_deref())?;
    let source = Source {
        path,
        reader,
        sync: &sync,
    };
    match table {
        None => {
            counts::print(&source, format, output)?;
            if format == OutputFormat::Text {
                guide(output)?;
            }
            Ok(())
        }
        Some(Table::Stats) => counts::print(&source, format, output),
        Some(table) => records(table, filters, &source, format, output),
    }
}

/// Says what else can be shown.
fn guide(output: &mut Output) -> Result<(), Stop> {
    writeln!(output, "\nTo see more: baton-rocketchat show TABLE -f FILE")?;
    for table in Table::ALL {
        writeln!(output, "  {:8}{}", table.name(), table.about())?;
    }
    Ok(())
}

/// Prints the records of a table that the filters let through.
fn records(
    table: Table,
    filters: &Filters,
    source: &Source<'_>,
    format: OutputFormat,
    output: &mut Output,
) -> Result<(), Stop> {
    let selection = Selection::find(table, filters, source)?;
    let mut listing = Listing::start(table, source, format, output)?;
    for record in source.reader.records(&source.sync.sync_id) {
        let record = record?;
        match &record {
            Record::Entitlement(_) | Record::Grant(_) if table != Table::Grants => break,
            Record::Entitlement(_) => listing.learn(&record),
            _ if selection.takes(&record) => listing.put(&record)?,
            _ => {}
        }
    }
    listing.end()
}
