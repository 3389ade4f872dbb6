//! The shape of `manifest.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Origin;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) description: String,
    pub(super) origin: Origin,
    pub(super) server: String,
    #[serde(default)]
    pub(super) options: BTreeMap<String, serde_json::Value>,
    pub(super) exchanges: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    /// A file next to the manifest; absent for an empty body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
}

fn ok() -> u16 {
    200
}
