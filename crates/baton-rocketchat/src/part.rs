//! Which part of the workspace is asked for, if not all of it (`baton-runtime.md` section 3.4).

use std::collections::BTreeSet;

use baton_c1z::SyncKind;
use baton_model::{ResourceId, ResourceTypeId};
use rocketchat_sync::Scope;
use rocketchat_sync::mapping::resource_types;

use crate::bid::{self, Bid};
use crate::failure::Failure;
use crate::fields;
use crate::settings::Settings;

/// Returns the part that the settings name.
///
/// # Errors
/// A type or resource is none, or the settings contradict each other.
pub(crate) fn of(settings: &Settings) -> Result<Scope, Failure> {
    let ids = ids(settings)?;
    let types = types(settings)?;
    let access = !settings.is_on(&fields::SKIP_ENTITLEMENTS_AND_GRANTS);
    let skips_grants = settings.is_on(&fields::SKIP_GRANTS);
    if !ids.is_empty() {
        if !types.is_empty() {
            return Err(Failure::usage(
                "--sync-resources and --sync-resource-types cannot be set together",
            )
            .with_hint("the names of the resources hold their types already"));
        }
        let access = access && !skips_grants;
        return Ok(Scope::Resources { ids, access });
    }
    if skips_grants {
        return Err(failed("skip-grants can only be set within a targeted sync")
            .with_hint("name the resources with --sync-resources, or leave entitlements out too with --skip-entitlements-and-grants"));
    }
    Ok(match (types.is_empty(), access) {
        (true, true) => Scope::Workspace,
        (true, false) => Scope::Types {
            types: resource_types().into_iter().map(|it| it.id).collect(),
            access,
        },
        (false, access) => Scope::Types { types, access },
    })
}

/// Returns how a c1z file calls a sync of the part, and whether it lacks resource types.
pub(crate) fn kind(scope: &Scope) -> (SyncKind, bool) {
    match scope {
        Scope::Workspace => (SyncKind::Full, false),
        Scope::Types { types, access } => {
            let kind = if *access {
                SyncKind::Full
            } else {
                SyncKind::ResourcesOnly
            };
            (kind, types.len() < resource_types().len())
        }
        Scope::Resources { .. } => (SyncKind::Partial, false),
    }
}

fn ids(settings: &Settings) -> Result<BTreeSet<ResourceId>, Failure> {
    let mut ids = BTreeSet::new();
    for text in settings.list(&fields::SYNC_RESOURCES) {
        let bid: Bid = text
            .parse()
            .map_err(|error: bid::Error| Failure::usage(error.to_string()))?;
        let kind = known(&bid.kind).ok_or_else(|| {
            failed(&format!(
                "resource type {} of {text} does not exist",
                bid.kind
            ))
            .with_hint(KNOWN)
        })?;
        ids.insert(ResourceId::new(kind, bid.id));
    }
    Ok(ids)
}

fn types(settings: &Settings) -> Result<BTreeSet<ResourceTypeId>, Failure> {
    let names = settings.list(&fields::SYNC_RESOURCE_TYPES).into_iter();
    let find = |name: String| {
        known(&name).ok_or_else(|| {
            failed(&format!("invalid resource type '{name}' in filter")).with_hint(KNOWN)
        })
    };
    names.map(find).collect()
}

const KNOWN: &str = "the resource types are user, role and team";

fn known(name: &str) -> Option<ResourceTypeId> {
    let mut types = resource_types().into_iter();
    types.find(|it| it.id.as_str() == name).map(|it| it.id)
}

fn failed(text: &str) -> Failure {
    Failure::other(anyhow::Error::msg(text.to_owned()))
}
