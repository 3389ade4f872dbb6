//! Counts of a sync, and the JSON in which the file keeps them (`c1z.md` section 2.8).

use std::collections::BTreeMap;

use baton_model::{ResourceTypeId, Summary};
use serde::{Deserialize, Serialize};

/// How much a sync holds. Zeroes and empty maps are left out of the JSON, as upstream does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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

fn by_text(counts: &BTreeMap<ResourceTypeId, u64>) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(id, count)| (id.to_string(), *count))
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
    }

    #[test]
    fn unknown_keys_are_tolerated_and_other_spellings_refused() {
        let stats: Stats =
            serde_json::from_str(r#"{"grants":1,"step_durations_ms":{"x":1}}"#).unwrap();
        assert_eq!(stats.grants, 1);
        assert!(serde_json::from_str::<Stats>(r#"{"grants":"1"}"#).is_err());
    }
}
