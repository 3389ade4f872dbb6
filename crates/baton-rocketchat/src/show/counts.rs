//! How much a sync holds.

use std::collections::BTreeMap;
use std::io::Write as _;

use baton_c1z::Stats;
use baton_model::{AccountType, Record, Resource, ResourceTrait, Status};
use baton_sinks::CsvTable;
use baton_sinks::tables::{Cell, Column, Kind};
use serde::Serialize;

use super::Source;
use super::grid::{self, Grid};
use super::selection::is_federated;
use super::syncs::{column, count};
use crate::stdout::{JsonLines, Output, Stop};
use crate::stored::{About, in_words};
use crate::values::OutputFormat;
use crate::words::{number, plain};

static TEXT: [grid::Column; 4] = [
    grid::text("Type", 32),
    grid::number("Resources"),
    grid::number("Entitlements"),
    grid::number("Grants"),
];

const CSV: [Column; 4] = [
    column("type", Kind::Text),
    column("resources", Kind::Count),
    column("entitlements", Kind::Count),
    column("grants", Kind::Count),
];

#[derive(Serialize)]
struct Document<'a> {
    sync: About<'a>,
    types: Vec<OfType<'a>>,
    users: OfUsers,
}

/// The numbers of one resource type.
#[derive(Serialize)]
pub(crate) struct OfType<'a> {
    pub(crate) r#type: &'a str,
    pub(crate) resources: u64,
    pub(crate) entitlements: u64,
    pub(crate) grants: u64,
}

/// What accounts there are among the users.
#[derive(Default, Serialize)]
struct OfUsers {
    disabled: u64,
    service: u64,
    federated: u64,
}

impl OfUsers {
    fn count(source: &Source<'_>) -> Result<Self, Stop> {
        let mut counts = Self::default();
        for record in source.reader.records(&source.sync.sync_id) {
            match record? {
                Record::Resource(it) => counts.add(&it),
                Record::ResourceType(_) => {}
                Record::Entitlement(_) | Record::Grant(_) => break,
            }
        }
        Ok(counts)
    }

    fn add(&mut self, it: &Resource) {
        if let ResourceTrait::User(account) = &it.details {
            self.disabled += u64::from(it.status == Some(Status::Disabled));
            self.service += u64::from(account.account_type == AccountType::Service);
            self.federated += u64::from(is_federated(it));
        }
    }
}

/// Returns the numbers of the resource types that there are resources of.
pub(crate) fn of_types(stats: &Stats) -> Vec<OfType<'_>> {
    let of = |counts: &BTreeMap<String, u64>, name| counts.get(name).copied().unwrap_or_default();
    let types = stats.resources_by_resource_type.iter();
    types
        .map(|(name, resources)| OfType {
            r#type: name,
            resources: *resources,
            entitlements: of(&stats.entitlements_by_resource_type, name),
            grants: of(&stats.grants_by_resource_type, name),
        })
        .collect()
}

pub(super) fn print(
    source: &Source<'_>,
    format: OutputFormat,
    output: &mut Output,
) -> Result<(), Stop> {
    let stats = source.reader.stats(source.sync)?;
    let types = of_types(&stats);
    match format {
        OutputFormat::Text => text(source, &types, output),
        OutputFormat::Json => {
            let document = Document {
                sync: source.sync.into(),
                types,
                users: OfUsers::count(source)?,
            };
            serde_json::to_writer_pretty(&mut *output, &document)?;
            Ok(output.write_all(b"\n")?)
        }
        OutputFormat::Ndjson => {
            let mut lines = JsonLines::start(format, output)?;
            types.iter().try_for_each(|it| lines.put(it))?;
            lines.end("")
        }
        OutputFormat::Csv => {
            let mut table = CsvTable::new(output, &CSV)?;
            for it in types {
                let name = Cell::Text(it.r#type.into());
                table.put(&[
                    name,
                    count(it.resources),
                    count(it.entitlements),
                    count(it.grants),
                ])?;
            }
            Ok(table.flush()?)
        }
    }
}

fn text(source: &Source<'_>, types: &[OfType<'_>], output: &mut Output) -> Result<(), Stop> {
    let file = source.path.display().to_string();
    writeln!(output, "File: {}", plain(&file))?;
    writeln!(output, "Sync: {}\n", in_words(source.sync))?;
    let mut grid = Grid::new(&TEXT, &mut *output);
    for it in types {
        grid.put(vec![
            it.r#type.to_owned(),
            number(it.resources),
            number(it.entitlements),
            number(it.grants),
        ])?;
    }
    grid.end()?;
    let users = OfUsers::count(source)?;
    writeln!(
        output,
        "\nUsers: {} disabled, {} service, {} federated",
        number(users.disabled),
        number(users.service),
        number(users.federated)
    )?;
    Ok(())
}
