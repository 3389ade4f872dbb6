//! Picks the records of the scope out of those of the workspace.

use std::collections::{BTreeSet, HashMap};

use baton_model::{Record, Resource, ResourceId};

use crate::scope::{Access, Scope};

/// Everything that a scope leaves out, and what it still lacks.
pub(super) struct Selection<'a> {
    scope: &'a Scope,
    /// Resources that a grant may name, though they are not synced for their own sake.
    held: Option<HashMap<ResourceId, Resource>>,
    /// Resources that were asked for and have not come.
    absent: BTreeSet<&'a ResourceId>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        let (ids, has_principals) = match scope {
            Scope::Resources { ids, .. } => (ids.iter().collect(), scope.has_grants()),
            Scope::Workspace | Scope::Types { .. } => (BTreeSet::new(), false),
        };
        let may_name = has_principals && scope.has_holdable();
        Self {
            scope,
            held: may_name.then(HashMap::new),
            absent: ids,
        }
    }

    /// Returns those of the next records that are synced, each principal before its first grant.
    pub(super) fn pick(&mut self, records: Vec<Record>) -> Vec<Record> {
        if self.scope.is_whole() {
            return records;
        }
        let mut picked = Vec::with_capacity(records.len());
        for record in records {
            match record {
                Record::ResourceType(it) if !self.scope.has_type(&it.id) => {}
                Record::Resource(it) if !self.scope.has(&it.id) => self.hold(it),
                Record::Entitlement(it) if !self.has(Access::Entitlements, it.id.resource()) => {}
                Record::Grant(it) => {
                    if self.has(Access::Grants, it.entitlement.resource()) {
                        let held = self.held.as_mut();
                        let principal = held.and_then(|held| held.remove(&it.principal));
                        picked.extend(principal.map(Record::Resource));
                        picked.push(Record::Grant(it));
                    }
                }
                other => {
                    if let Record::Resource(it) = &other {
                        self.absent.remove(&it.id);
                    }
                    picked.push(other);
                }
            }
        }
        picked
    }

    /// Returns the resources that were asked for and do not exist.
    pub(super) fn absent(&self) -> Vec<ResourceId> {
        self.absent.iter().copied().cloned().collect()
    }

    fn has(&self, access: Access, id: &ResourceId) -> bool {
        self.scope.access() >= access && self.scope.has(id)
    }

    fn hold(&mut self, it: Resource) {
        if let Some(held) = &mut self.held {
            held.insert(it.id.clone(), it);
        }
    }
}
