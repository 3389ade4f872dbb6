//! What a finished sync holds, counted.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Record, ResourceTypeId};

/// Counts the records of one sync, by resource type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Resources of each type; a type without resources is present with 0.
    pub resources: BTreeMap<ResourceTypeId, u64>,
    /// Entitlements by the type of their resource.
    pub entitlements: BTreeMap<ResourceTypeId, u64>,
    /// Grants by the type of the entitlement's resource.
    pub grants: BTreeMap<ResourceTypeId, u64>,
}

impl Summary {
    /// Counts one more record.
    pub fn add(&mut self, record: &Record) {
        match record {
            Record::ResourceType(it) => {
                self.resources.entry(it.id.clone()).or_default();
            }
            Record::Resource(it) => increment(&mut self.resources, it.id.resource_type()),
            Record::Entitlement(it) => {
                increment(&mut self.entitlements, it.id.resource().resource_type());
            }
            Record::Grant(it) => {
                increment(&mut self.grants, it.entitlement.resource().resource_type());
            }
        }
    }
}

fn increment(counts: &mut BTreeMap<ResourceTypeId, u64>, of: &ResourceTypeId) {
    if let Some(count) = counts.get_mut(of) {
        *count += 1;
    } else {
        counts.insert(of.clone(), 1);
    }
}
