//! `capabilities`: what the connector can do (`baton-runtime.md` section 2.1).

use baton_c1z::encode;
use baton_model::ResourceType;
use baton_proto::connector::v2::resource_type::Trait;
use rocketchat_sync::mapping::resource_types;
use serde::Serialize;

use crate::failure::Failure;
use crate::words;

/// It reads, and nothing else.
const SYNC: &[&str] = &["CAPABILITY_SYNC"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "@type")]
    kind: &'static str,
    resource_type_capabilities: Vec<OfType>,
    connector_capabilities: &'static [&'static str],
    credential_details: Nothing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfType {
    resource_type: Type,
    capabilities: &'static [&'static str],
    permissions: Nothing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Type {
    id: String,
    display_name: String,
    traits: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
}

#[derive(Serialize)]
struct Annotation {
    #[serde(rename = "@type")]
    kind: String,
}

#[derive(Serialize)]
struct Nothing {}

/// Returns the capabilities as JSON, without a line break at the end.
pub(crate) fn json() -> Result<String, Failure> {
    let mut types: Vec<_> = resource_types().into_iter().map(OfType::from).collect();
    types.sort_by(|a, b| a.resource_type.id.cmp(&b.resource_type.id));
    words::json(&Document {
        kind: "type.googleapis.com/c1.connector.v2.ConnectorCapabilities",
        resource_type_capabilities: types,
        connector_capabilities: SYNC,
        credential_details: Nothing {},
    })
}

impl From<ResourceType> for OfType {
    /// Tells what a sync writes of the type.
    fn from(it: ResourceType) -> Self {
        let it = encode::resource_type(&it);
        let resource_type = Type {
            traits: it.traits().map(|it| Trait::as_str_name(&it)).collect(),
            annotations: it
                .annotations
                .into_iter()
                .map(|it| Annotation { kind: it.type_url })
                .collect(),
            id: it.id,
            display_name: it.display_name,
        };
        Self {
            resource_type,
            capabilities: SYNC,
            permissions: Nothing {},
        }
    }
}
