//! The syncs of a file.

use baton_c1z::{Error, Reader, Stats, StoredTime, SyncRun};
use baton_sinks::CsvTable;
use baton_sinks::tables::{Cell, Column, Kind};
use serde::Serialize;

use super::grid::{self, Grid};
use crate::stdout::{JsonLines, Output, Stop};
use crate::stored::{About, rfc3339, second};
use crate::values::OutputFormat;
use crate::words::number;

static TEXT: [grid::Column; 7] = [
    grid::text("Sync", 32),
    grid::text("Type", 20),
    grid::text("Began", 19),
    grid::text("Ended", 19),
    grid::number("Resources"),
    grid::number("Entitlements"),
    grid::number("Grants"),
];

const CSV: [Column; 8] = [
    column("sync_id", Kind::Text),
    column("type", Kind::Text),
    column("parent_sync_id", Kind::Text),
    column("started_at", Kind::Time),
    column("ended_at", Kind::Time),
    column("resources", Kind::Count),
    column("entitlements", Kind::Count),
    column("grants", Kind::Count),
];

/// A column for programs.
pub(super) const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        is_required: false,
    }
}

/// A sync and how much it holds.
#[derive(Serialize)]
struct Item<'a> {
    sync: About<'a>,
    resources: u64,
    entitlements: u64,
    grants: u64,
}

pub(super) fn print(
    reader: &Reader,
    format: OutputFormat,
    output: &mut Output,
) -> Result<(), Stop> {
    let syncs = reader.syncs()?;
    let counted = syncs
        .iter()
        .map(|run| Ok::<_, Error>((run, reader.stats(run)?)));
    match format {
        OutputFormat::Text => {
            let mut grid = Grid::new(&TEXT, output);
            for sync in counted {
                let (run, stats) = sync?;
                grid.put(row(run, &stats))?;
            }
            grid.end().map(drop)
        }
        OutputFormat::Json | OutputFormat::Ndjson => {
            let mut lines = JsonLines::start(format, output)?;
            for sync in counted {
                let (run, stats) = sync?;
                lines.put(Item {
                    sync: run.into(),
                    resources: stats.resources,
                    entitlements: stats.entitlements,
                    grants: stats.grants,
                })?;
            }
            lines.end("")
        }
        OutputFormat::Csv => {
            let mut table = CsvTable::new(output, &CSV)?;
            for sync in counted {
                let (run, stats) = sync?;
                table.put(&cells(run, &stats))?;
            }
            Ok(table.flush()?)
        }
    }
}

fn row(run: &SyncRun, stats: &Stats) -> Vec<String> {
    let ended = run.ended_at.as_ref().map(second);
    vec![
        run.sync_id.clone(),
        run.sync_type.clone(),
        second(&run.started_at),
        ended.unwrap_or_else(|| "not finished".to_owned()),
        number(stats.resources),
        number(stats.entitlements),
        number(stats.grants),
    ]
}

fn cells<'a>(run: &'a SyncRun, stats: &Stats) -> Vec<Cell<'a>> {
    let text = |it: &'a str| match it {
        "" => Cell::Null,
        it => Cell::Text(it.into()),
    };
    let time = |it: Option<&StoredTime>| it.map_or(Cell::Null, |it| Cell::Text(rfc3339(it).into()));
    vec![
        text(&run.sync_id),
        text(&run.sync_type),
        text(&run.parent_sync_id),
        time(Some(&run.started_at)),
        time(run.ended_at.as_ref()),
        count(stats.resources),
        count(stats.entitlements),
        count(stats.grants),
    ]
}

pub(super) fn count(it: u64) -> Cell<'static> {
    Cell::Count(i64::try_from(it).unwrap_or(i64::MAX))
}
