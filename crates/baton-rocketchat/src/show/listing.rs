//! The rows of a table of records, in the form that was asked for.

use std::io::Write as _;

use baton_model::Record;
use baton_sinks::tables::{self, Tables};
use baton_sinks::{CsvTable, json};
use rocketchat_sync::mapping::ATTRIBUTES;

use super::grid::Grid;
use super::people::{People, columns};
use super::{Source, Table};
use crate::stdout::{JsonLines, Output, Stop};
use crate::values::OutputFormat;
use crate::words;

/// A table that is being printed.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, which is not moved about"
)]
pub(super) enum Listing<'o> {
    Text {
        grid: Grid<&'o mut Output>,
        people: People<'o>,
        table: Table,
        count: u64,
    },
    Json(JsonLines<'o>),
    Csv {
        rows: CsvTable<&'o mut Output>,
        tables: Tables,
    },
}

impl<'o> Listing<'o> {
    pub(super) fn start(
        table: Table,
        source: &'o Source<'o>,
        format: OutputFormat,
        output: &'o mut Output,
    ) -> Result<Self, Stop> {
        Ok(match format {
            OutputFormat::Text => Self::Text {
                grid: Grid::new(columns(table), output),
                people: People::new(table, source)?,
                table,
                count: 0,
            },
            OutputFormat::Json | OutputFormat::Ndjson => {
                Self::Json(JsonLines::start(format, output)?)
            }
            OutputFormat::Csv => {
                let tables = Tables::new(ATTRIBUTES);
                let rows = CsvTable::new(output, &tables.columns(of_sinks(table)))?;
                Self::Csv { rows, tables }
            }
        })
    }

    /// Remembers what rows of later grants say of it.
    pub(super) fn learn(&mut self, entitlement: &Record) {
        if let Self::Csv { tables, .. } = self {
            // It has no row of its own.
            tables.row(entitlement);
        }
    }

    /// Adds the row of a record of the table.
    pub(super) fn put(&mut self, record: &Record) -> Result<(), Stop> {
        match self {
            Self::Text {
                grid,
                people,
                count,
                ..
            } => {
                if let Some(row) = people.row(record)? {
                    grid.put(row)?;
                    *count += 1;
                }
                Ok(())
            }
            Self::Json(lines) => lines.put(json(record)),
            Self::Csv { rows, tables } => match tables.row(record) {
                Some((_, row)) => Ok(rows.put(&row)?),
                None => Ok(()),
            },
        }
    }

    pub(super) fn end(self) -> Result<(), Stop> {
        match self {
            Self::Text {
                grid, table, count, ..
            } => {
                let name = table.name().trim_end_matches('s');
                let output = grid.end()?;
                Ok(writeln!(output, "\n{}", words::counted(count, name))?)
            }
            Self::Json(lines) => lines.end(""),
            Self::Csv { mut rows, .. } => Ok(rows.flush()?),
        }
    }
}

fn of_sinks(table: Table) -> tables::Table {
    match table {
        Table::Roles => tables::Table::Roles,
        Table::Teams => tables::Table::Teams,
        Table::Grants => tables::Table::Grants,
        Table::Users | Table::Syncs | Table::Stats => tables::Table::Users,
    }
}
