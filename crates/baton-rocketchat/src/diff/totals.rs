//! How many differences there are.

use baton_c1z::diff::{Difference, What};
use baton_model::Record;
use serde::Serialize;

/// Differences by the kind of thing.
#[derive(Default, Serialize)]
pub(super) struct Totals {
    resource_types: Counts,
    resources: Counts,
    entitlements: Counts,
    grants: Counts,
}

/// Differences by what became of the thing.
#[derive(Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) added: u64,
    pub(super) removed: u64,
    pub(super) changed: u64,
}

impl Totals {
    pub(super) fn add(&mut self, difference: &Difference) {
        let counts = match difference.record {
            Record::ResourceType(_) => &mut self.resource_types,
            Record::Resource(_) => &mut self.resources,
            Record::Entitlement(_) => &mut self.entitlements,
            Record::Grant(_) => &mut self.grants,
        };
        match difference.what {
            What::Added => counts.added += 1,
            What::Removed => counts.removed += 1,
            What::Changed(_) => counts.changed += 1,
        }
    }

    pub(super) fn are_none(&self) -> bool {
        self.named().next().is_none()
    }

    /// Returns the kinds that have any, with their names for people.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, Counts)> {
        let all = [
            ("Resource types", self.resource_types),
            ("Resources", self.resources),
            ("Entitlements", self.entitlements),
            ("Grants", self.grants),
        ];
        all.into_iter()
            .filter(|(_, counts)| *counts != Counts::default())
    }
}
