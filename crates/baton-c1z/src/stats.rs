//! Counts of a sync, and the JSON in which the file keeps them (`c1z.md` section 2.8).

use std::collections::BTreeMap;

use baton_model::{ResourceTypeId, Summary};
use rusqlite::{Connection, Result as SqlResult, Row};
use serde::{Deserialize, Serialize};

use crate::SyncRun;
use crate::room::Room;

/// How much a sync holds. Zeroes and empty maps are left out of the JSON, as upstream does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Stats {
    /// Resource types.
    #[serde(skip_serializing_if = "is_zero")]
    pub resource_types: u64,
    /// Resources of all types.
    #[serde(skip_serializing_if = "is_zero")]
    pub resources: u64,
    /// Entitlements on all resources.
    #[serde(skip_serializing_if = "is_zero")]
    pub entitlements: u64,
    /// Grants of all entitlements.
    #[serde(skip_serializing_if = "is_zero")]
    pub grants: u64,
    /// Resources by type; a type without resources is present with 0.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resources_by_resource_type: BTreeMap<String, u64>,
    /// Grants by the type of the entitlement's resource; only types that occur.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub grants_by_resource_type: BTreeMap<String, u64>,
    /// Entitlements by the type of their resource; only types that occur.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub entitlements_by_resource_type: BTreeMap<String, u64>,
    /// Pictures.
    #[serde(skip_serializing_if = "is_zero")]
    pub assets: u64,
}

impl Stats {
    /// Returns the counts of `sync`: the stored ones if they are of use, else fresh ones.
    pub(crate) fn of(connection: &Connection, sync: &SyncRun) -> SqlResult<Self> {
        match sync.stats.as_deref().and_then(Self::stored) {
            Some(stats) => Ok(stats),
            None => Self::count(connection, &sync.sync_id),
        }
    }

    /// Counts the rows of a sync.
    pub(crate) fn count(connection: &Connection, sync_id: &str) -> SqlResult<Self> {
        let groups = |sql: &str| -> SqlResult<BTreeMap<String, u64>> {
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([sync_id])?;
            let (mut groups, mut room) = (BTreeMap::new(), Room::of("list of types"));
            while let Some(row) = rows.next()? {
                room.take(row)?;
                groups.insert(row.get(0)?, counted(row, 1)?);
            }
            Ok(groups)
        };
        let by_type = |table: &str| {
            groups(&format!(
                "select resource_type_id, count(*) from {table} where sync_id = ?1 group by resource_type_id"
            ))
        };
        let types = groups("select external_id, 0 from v1_resource_types where sync_id = ?1")?;
        let assets = connection.query_row(
            "select count(*) from v1_assets where sync_id = ?1",
            [sync_id],
            |row| counted(row, 0),
        )?;
        let (resources, entitlements, grants) = (
            by_type("v1_resources")?,
            by_type("v1_entitlements")?,
            by_type("v1_grants")?,
        );
        Ok(Self {
            resource_types: types.len() as u64,
            resources: resources.values().sum(),
            entitlements: entitlements.values().sum(),
            grants: grants.values().sum(),
            resources_by_resource_type: types.into_iter().chain(resources).collect(),
            grants_by_resource_type: grants,
            entitlements_by_resource_type: entitlements,
            assets,
        })
    }

    /// Reads stored counts, unless they cannot be those of a sync.
    fn stored(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().filter(Self::is_plausible)
    }

    /// Tells whether there are types, and whether the parts make up the whole.
    fn is_plausible(&self) -> bool {
        let sum = |parts: &BTreeMap<String, u64>| {
            parts
                .values()
                .try_fold(0_u64, |sum, count| sum.checked_add(*count))
        };
        self.resource_types > 0
            && sum(&self.resources_by_resource_type) == Some(self.resources)
            && sum(&self.entitlements_by_resource_type) == Some(self.entitlements)
            && sum(&self.grants_by_resource_type) == Some(self.grants)
    }
}

/// Reads a count, which SQLite has as a signed number.
fn counted(row: &Row<'_>, column: usize) -> SqlResult<u64> {
    row.get(column).map(i64::unsigned_abs)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl From<&Summary> for Stats {
    fn from(summary: &Summary) -> Self {
        Self {
            resource_types: summary.resources.len() as u64,
            resources: summary.resources.values().sum(),
            entitlements: summary.entitlements.values().sum(),
            grants: summary.grants.values().sum(),
            resources_by_resource_type: by_text(&summary.resources),
            grants_by_resource_type: by_text(&summary.grants),
            entitlements_by_resource_type: by_text(&summary.entitlements),
            assets: 0,
        }
    }
}

impl From<Stats> for Summary {
    fn from(stats: Stats) -> Self {
        Self {
            resources: by_id(stats.resources_by_resource_type),
            entitlements: by_id(stats.entitlements_by_resource_type),
            grants: by_id(stats.grants_by_resource_type),
        }
    }
}

fn by_text(counts: &BTreeMap<ResourceTypeId, u64>) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(id, count)| (id.to_string(), *count))
        .collect()
}

fn by_id(counts: BTreeMap<String, u64>) -> BTreeMap<ResourceTypeId, u64> {
    counts
        .into_iter()
        .map(|(id, count)| (id.into(), count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_upstreams_json() {
        let mut summary = Summary::default();
        summary
            .resources
            .extend([("user".into(), 2), ("role".into(), 1), ("team".into(), 0)]);
        summary.grants.insert("role".into(), 3);
        let json = serde_json::to_string(&Stats::from(&summary)).unwrap();
        let expected = r#"{"resource_types":3,"resources":3,"grants":3,"resources_by_resource_type":{"role":1,"team":0,"user":2},"grants_by_resource_type":{"role":3}}"#;
        assert_eq!(json, expected);
        assert_eq!(
            serde_json::from_str::<Stats>(&json).unwrap(),
            Stats::from(&summary)
        );
        assert_eq!(Summary::from(Stats::from(&summary)), summary);
    }

    #[track_caller]
    fn check_stored(json: &str, of_use: bool) {
        assert_eq!(Stats::stored(json).is_some(), of_use, "{json}");
    }

    #[test]
    fn stored_counts_are_of_use_when_they_add_up() {
        check_stored(r#"{"resource_types":1}"#, true);
        check_stored(r#"{"resource_types":1,"grants":2}"#, false);
        check_stored(
            r#"{"resource_types":1,"grants":2,"grants_by_resource_type":{"a":1,"b":1}}"#,
            true,
        );
        check_stored(
            r#"{"resource_types":1,"entitlements_by_resource_type":{"a":18446744073709551615,"b":1}}"#,
            false,
        );
        check_stored("{}", false);
        check_stored("[]", false);
        check_stored("", false);
    }

    #[test]
    fn unknown_keys_are_tolerated_and_other_spellings_refused() {
        let stats: Stats =
            serde_json::from_str(r#"{"grants":1,"step_durations_ms":{"x":1}}"#).unwrap();
        assert_eq!(stats.grants, 1);
        assert!(serde_json::from_str::<Stats>(r#"{"grants":"1"}"#).is_err());
    }
}
