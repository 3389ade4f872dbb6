//! Role assignments, and the ids among them that no role has.

use std::collections::{BTreeMap, BTreeSet};

use baton_model::{Grant, Record};
use rocketchat_api::{Role, RoleId, User};

use crate::mapping;

/// Keeps the roles that were written and the grants that wait for theirs.
#[derive(Default)]
pub(super) struct Assignments {
    written: BTreeSet<RoleId>,
    pending: BTreeMap<RoleId, Vec<Grant>>,
}

impl Assignments {
    /// Returns the records of `roles`, in the order of their ids.
    pub(super) fn add_roles(&mut self, mut roles: Vec<Role>) -> Vec<Record> {
        roles.sort_by(|a, b| a.id.cmp(&b.id));
        roles.iter().flat_map(|role| self.add(role)).collect()
    }

    /// Returns the grants of a user whose roles were written, and keeps the others.
    pub(super) fn grants(&mut self, user: &User) -> Vec<Record> {
        let mut records = Vec::new();
        for (role_id, grant) in mapping::user::role_grants(user) {
            if self.written.contains(&role_id) {
                records.push(Record::Grant(grant));
            } else {
                self.pending.entry(role_id).or_default().push(grant);
            }
        }
        records
    }

    pub(super) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Tells whether a role was written.
    pub(super) fn has(&self, role_id: &RoleId) -> bool {
        self.written.contains(role_id)
    }

    /// Returns the grants that waited, and the ids that got a role of their own because no role has them.
    pub(super) fn settle(&mut self) -> (Vec<Record>, Vec<RoleId>) {
        let (mut records, mut unknown) = (Vec::new(), Vec::new());
        for (role_id, grants) in std::mem::take(&mut self.pending) {
            if !self.written.contains(&role_id) {
                // So that the assignment is not lost.
                records.extend(self.add(&Role::with_id(role_id.clone())));
                unknown.push(role_id);
            }
            records.extend(grants.into_iter().map(Record::Grant));
        }
        (records, unknown)
    }

    /// Returns the number of roles written.
    pub(super) fn roles(&self) -> usize {
        self.written.len()
    }

    fn add(&mut self, role: &Role) -> Vec<Record> {
        if !self.written.insert(role.id.clone()) {
            return Vec::new();
        }
        vec![
            Record::Resource(mapping::role::resource(role)),
            Record::Entitlement(mapping::role::entitlement(role)),
        ]
    }
}
