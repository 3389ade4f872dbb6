//! Which part of the workspace is asked for, if not all of it (`baton-runtime.md` section 3.4).

use std::collections::BTreeSet;

use baton_c1z::SyncKind;
use baton_model::{ResourceId, ResourceTypeId};
use baton_service::SyncRequest;
use rocketchat_sync::mapping::resource_types;
use rocketchat_sync::{Access, Scope};

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
    let skips_grants = settings.is_on(&fields::SKIP_GRANTS);
    let access = if settings.is_on(&fields::SKIP_ENTITLEMENTS_AND_GRANTS) {
        Access::Nothing
    } else if skips_grants {
        Access::Entitlements
    } else {
        Access::Grants
    };
    if !ids.is_empty() {
        if !types.is_empty() {
            return Err(Failure::usage(
                "--sync-resources and --sync-resource-types cannot be set together",
            )
            .with_hint("the names of the resources hold their types already"));
        }
        return Ok(scope(ids, types, access));
    }
    if skips_grants {
        return Err(failed("skip-grants can only be set within a targeted sync")
            .with_hint("name the resources with --sync-resources, or set --skip-entitlements-and-grants in its place"));
    }
    Ok(scope(ids, types, access))
}

/// Returns the part that a task of C1 asks for. Of the settings only the resource types count, where the task names none
/// (`baton-runtime.md` section 4.8).
///
/// # Errors
/// A type or resource is none.
pub(crate) fn of_task(settings: &Scope, request: &SyncRequest) -> Result<Scope, Failure> {
    let mut ids = BTreeSet::new();
    for id in request.resources.iter().filter_map(|it| it.id.as_ref()) {
        let name = format!("{}/{}", id.resource_type, id.resource);
        ids.insert(resource(&id.resource_type, &id.resource, &name)?);
    }
    if ids.is_empty() && !request.resources.is_empty() {
        return Err(failed("the resources of the task have no names"));
    }
    let mut types = BTreeSet::new();
    for name in &request.resource_types {
        types.insert(resource_type(name)?);
    }
    if types.is_empty()
        && let Scope::Types { types: chosen, .. } = settings
    {
        types.clone_from(chosen);
    }
    let access = if request.skip_entitlements_and_grants {
        Access::Nothing
    } else if request.skip_grants {
        Access::Entitlements
    } else {
        Access::Grants
    };
    Ok(scope(ids, types, access))
}

fn scope(ids: BTreeSet<ResourceId>, types: BTreeSet<ResourceTypeId>, access: Access) -> Scope {
    match (ids.is_empty(), types.is_empty(), access) {
        (false, _, access) => Scope::Resources { ids, access },
        (true, true, Access::Grants) => Scope::Workspace,
        (true, true, access) => Scope::Types {
            types: resource_types().into_iter().map(|it| it.id).collect(),
            access,
        },
        (true, false, access) => Scope::Types { types, access },
    }
}

/// Returns how a c1z file calls a sync of the part, and whether it lacks resource types.
pub(crate) fn kind(scope: &Scope) -> (SyncKind, bool) {
    match scope {
        Scope::Workspace => (SyncKind::Full, false),
        Scope::Types { types, access } => {
            let kind = match access {
                Access::Nothing => SyncKind::ResourcesOnly,
                Access::Entitlements | Access::Grants => SyncKind::Full,
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
        ids.insert(resource(&bid.kind, &bid.id, &text)?);
    }
    Ok(ids)
}

fn types(settings: &Settings) -> Result<BTreeSet<ResourceTypeId>, Failure> {
    let names = settings.list(&fields::SYNC_RESOURCE_TYPES).into_iter();
    names.map(|name| resource_type(&name)).collect()
}

fn resource_type(name: &str) -> Result<ResourceTypeId, Failure> {
    known(name).ok_or_else(|| {
        failed(&format!("invalid resource type '{name}' in filter")).with_hint(KNOWN)
    })
}

fn resource(kind: &str, id: &str, name: &str) -> Result<ResourceId, Failure> {
    let known = known(kind).ok_or_else(|| {
        failed(&format!("resource type {kind} of {name} does not exist")).with_hint(KNOWN)
    })?;
    Ok(ResourceId::new(known, id))
}

const KNOWN: &str = "the resource types are user, role and team";

fn known(name: &str) -> Option<ResourceTypeId> {
    let mut types = resource_types().into_iter();
    types.find(|it| it.id.as_str() == name).map(|it| it.id)
}

fn failed(text: &str) -> Failure {
    Failure::other(anyhow::Error::msg(text.to_owned()))
}
