//! The steps of a sync in the words of other Baton connectors (`baton-runtime.md` sections 1.7 and 10).
//!
//! Those read one kind of thing after another. This one reads resources and grants side by side, and writes entitlements
//! and grants once everything is read: the lines about that come together at the end; their numbers are of resources, as with
//! others.

use rocketchat_sync::mapping::{ROLE, TEAM, USER};
use rocketchat_sync::{Scope, Stage};

use crate::oneshot::Synced;
use crate::words;

/// Returns the resource types that are synced, in the order in which others read them.
pub(super) fn types(scope: &Scope) -> impl Iterator<Item = &'static str> {
    let types = [TEAM, ROLE, USER].into_iter();
    types.filter(|kind| scope.has_type(&(*kind).into()))
}

/// Tells that a stage begins.
pub(super) fn begun(stage: Stage, types: usize, workers: usize) {
    if stage != Stage::Users {
        return;
    }
    tracing::info!("Syncing resource types...");
    tracing::info!(count = types, "Synced resource types");
    tracing::info!("Syncing resources...");
    if workers > 1 {
        tracing::info!(actions = types, workers, "syncing in parallel");
    }
}

/// Tells what a sync holds that is complete, and in its file.
pub(crate) fn complete(synced: &Synced, summary: Option<&str>) {
    let scope = &synced.options.scope;
    for kind in types(scope) {
        let count = synced.resources(kind);
        tracing::info!(resource_type_id = kind, count, "Synced resources");
    }
    if scope.has_grants() {
        tracing::info!("Syncing static entitlements...");
        for what in ["entitlements", "grants"] {
            tracing::info!("Syncing {what}...");
            for kind in types(scope).filter(|it| *it != USER) {
                let total = synced.resources(kind);
                tracing::info!(
                    resource_type_id = kind,
                    count = total,
                    total,
                    "Synced {what}"
                );
            }
        }
    }
    let (id, file) = (synced.sync_id, synced.file.display());
    // The field's name is how `logging::line` knows it; people read the sentence alone.
    tracing::info!(sync.id = %id, file = %file, summary, "{}", words::sentence(synced));
    let warnings = words::warnings(synced);
    if warnings.is_empty() {
        tracing::info!("Sync complete.");
    } else {
        let count = warnings.len();
        let warnings = serde_json::Value::from(warnings).to_string();
        tracing::warn!(
            warning_count = count,
            warnings,
            "sync completed with warnings"
        );
    }
    tracing::info!(path = %file, "c1z: saved");
}
