//! What a sync has written so far, so that records can be checked without asking the database.

use std::fmt::Display;

use baton_model::{
    Entitlement, EntitlementId, Grant, Resource, ResourceId, ResourceType, ResourceTypeId, Summary,
    Trait,
};
use baton_proto::connector::v2;
// Identifiers come from the server, so that the hash has a random seed, as the standard one has; it takes less time.
use foldhash::{HashMap, HashSet};

use crate::{Error, encode};

/// Most bytes of an identifier (`c1z.md` section 4.1).
const MAX_ID: usize = 1024;

/// The row of a record in its table.
pub(crate) type RowId = i64;

/// Counts the resources or the entitlements of a sync, from 0; there is no memory for more of them.
pub(crate) type Number = u32;

/// Everything written, by identifier. Texts are shared with the records; a grant takes the numbers of the entitlement
/// and of the principal.
#[derive(Debug, Default)]
pub(crate) struct Known {
    types: HashMap<ResourceTypeId, KnownType>,
    resources: HashMap<ResourceId, Number>,
    entitlements: HashMap<EntitlementId, Number>,
    grants: HashSet<(Number, Number)>,
    /// Whether types that were not written may be named.
    some_types: bool,
    /// Principals of such types, counted down from the end.
    strangers: HashMap<ResourceId, Number>,
}

#[derive(Debug)]
struct KnownType {
    traits: Vec<Trait>,
    skipped: bool,
    message: v2::ResourceType,
}

impl Known {
    /// Starts with nothing. With `some_types`, types that are not written may be named all the same.
    pub(crate) fn new(some_types: bool) -> Self {
        Self {
            some_types,
            ..Self::default()
        }
    }

    pub(crate) fn check_type(&self, it: &ResourceType) -> Result<(), Error> {
        check_length("resource type", it.id.as_str())?;
        check_new("resource type", &it.id, self.types.contains_key(&it.id))
    }

    pub(crate) fn add_type(&mut self, it: &ResourceType) {
        let known = KnownType {
            traits: it.traits.clone(),
            skipped: it.skip_entitlements_and_grants,
            message: encode::resource_type(it),
        };
        self.types.insert(it.id.clone(), known);
    }

    pub(crate) fn check_resource(&self, it: &Resource) -> Result<(), Error> {
        check_length("resource", it.id.resource())?;
        check_new("resource", &it.id, self.resources.contains_key(&it.id))?;
        let known = self.types.get(it.id.resource_type());
        let known =
            known.ok_or_else(|| dangling("resource", &it.id, type_name(it.id.resource_type())))?;
        let kind = it.details.kind();
        if kind == Trait::Other || known.traits.contains(&kind) {
            return Ok(());
        }
        let missing = format!("the {kind:?} trait on {}", type_name(it.id.resource_type()));
        Err(dangling("resource", &it.id, missing))
    }

    pub(crate) fn add_resource(&mut self, it: &Resource) {
        let number = next(self.resources.len());
        self.resources.insert(it.id.clone(), number);
    }

    /// Returns the entitlement's resource. `id` is its identifier.
    pub(crate) fn check_entitlement(&self, it: &Entitlement, id: &str) -> Result<Number, Error> {
        check_length("entitlement", id)?;
        check_new(
            "entitlement",
            &it.id,
            self.entitlements.contains_key(&it.id),
        )?;
        self.resource("entitlement", &it.id, it.id.resource())
    }

    /// Returns the messages of the types that can hold the entitlement.
    pub(crate) fn grantable_types(&self, it: &Entitlement) -> Result<Vec<v2::ResourceType>, Error> {
        let message = |id| match self.types.get(id) {
            Some(known) => Ok(known.message.clone()),
            None if self.some_types => Ok(v2::ResourceType {
                id: id.to_string(),
                ..v2::ResourceType::default()
            }),
            None => Err(dangling("entitlement", &it.id, type_name(id))),
        };
        it.grantable_to.iter().map(message).collect()
    }

    pub(crate) fn add_entitlement(&mut self, it: &Entitlement) {
        let number = next(self.entitlements.len());
        self.entitlements.insert(it.id.clone(), number);
    }

    /// Returns the entitlement and the principal. `id` is the identifier of the grant.
    pub(crate) fn check_grant(&self, it: &Grant, id: &str) -> Result<(Number, Number), Error> {
        check_length("grant", id)?;
        let entitlement = self.entitlements.get(&it.entitlement).copied();
        let entitlement = entitlement
            .ok_or_else(|| dangling("grant", id, format!("entitlement {}", it.entitlement)))?;
        let principal = self.principal(&it.principal, id)?;
        check_new("grant", id, self.grants.contains(&(entitlement, principal)))?;
        Ok((entitlement, principal))
    }

    /// Returns the resource that an entitlement belongs to.
    pub(crate) fn resource_of(&self, it: &EntitlementId) -> Result<Number, Error> {
        self.resource("entitlement", it, it.resource())
    }

    pub(crate) fn add_grant(&mut self, it: &Grant, parts: (Number, Number)) {
        self.grants.insert(parts);
        if self.is_stranger(&it.principal) {
            self.strangers.insert(it.principal.clone(), parts.1);
        }
    }

    /// Counts the resources that can have entitlements and grants.
    pub(crate) fn asked_resources(&self, summary: &Summary) -> u64 {
        let skipped = |id| self.types.get(id).is_some_and(|known| known.skipped);
        summary
            .resources
            .iter()
            .filter(|(id, _)| !skipped(*id))
            .map(|(_, count)| count)
            .sum()
    }

    fn principal(&self, principal: &ResourceId, grant: &str) -> Result<Number, Error> {
        if !self.is_stranger(principal) {
            return self.resource("grant", grant, principal);
        }
        let known = self.strangers.get(principal).copied();
        Ok(known.unwrap_or(Number::MAX - next(self.strangers.len())))
    }

    /// Tells whether a principal need not have been written.
    fn is_stranger(&self, principal: &ResourceId) -> bool {
        self.some_types && !self.types.contains_key(principal.resource_type())
    }

    fn resource(
        &self,
        what: &'static str,
        id: impl Display,
        resource: &ResourceId,
    ) -> Result<Number, Error> {
        let number = self.resources.get(resource).copied();
        number.ok_or_else(|| dangling(what, id, format!("resource {resource}")))
    }
}

/// Numbers what comes after `count` others.
fn next(count: usize) -> Number {
    // The last number over and over would make grants look alike that are not, which is refused.
    Number::try_from(count).unwrap_or(Number::MAX)
}

fn type_name(id: &ResourceTypeId) -> String {
    format!("resource type {id}")
}

fn check_new(what: &'static str, id: impl Display, exists: bool) -> Result<(), Error> {
    if exists {
        Err(Error::Duplicate {
            what,
            id: id.to_string(),
        })
    } else {
        Ok(())
    }
}

fn check_length(what: &'static str, id: &str) -> Result<(), Error> {
    if (1..=MAX_ID).contains(&id.len()) {
        return Ok(());
    }
    Err(Error::IdLength {
        what,
        id: id.chars().take(40).collect(),
    })
}

fn dangling(what: &'static str, id: impl Display, missing: String) -> Error {
    Error::Dangling {
        what,
        id: id.to_string(),
        missing,
    }
}
