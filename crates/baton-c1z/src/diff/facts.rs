//! All that a row says, by name, so that two rows can be compared.
//!
//! That is what the messages of `baton-proto` have fields for. What a trait says once more is not looked at where the resource
//! itself says it, nor are copies of other rows, which entitlements and grants have within them.

use std::collections::BTreeMap;

use baton_model::{Entitlement, Profile, ProfileValue, Resource, ResourceTrait, ResourceType};
use baton_proto::connector::v2;
use prost::{Message, Name};
use prost_types::Any;
use serde::Serialize;
use serde_json::{Value, json};

use super::Change;
use crate::decode::{Details, find, type_name};
use crate::rows;

/// What is said of a thing; nothing is said by null and by what is empty.
#[derive(Debug, Default)]
pub(super) struct Facts(BTreeMap<String, Value>);

impl Facts {
    fn put(&mut self, name: impl Into<String>, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        let says_nothing = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            _ => false,
        };
        if !says_nothing {
            self.0.insert(name.into(), value);
        }
    }

    fn put_profile(&mut self, profile: &Profile) {
        for (name, value) in profile.iter() {
            // Here an empty text differs from none, and null does too.
            let value = match value {
                ProfileValue::Null => json!({"null": true}),
                other => json!(other),
            };
            self.0.insert(format!("profile.{name}"), value);
        }
    }

    /// Puts annotations, which have no name of their own, as their bytes.
    fn put_annotations<'a>(&mut self, annotations: impl IntoIterator<Item = &'a Any>) {
        let mut by_name = BTreeMap::<&str, Vec<String>>::new();
        for it in annotations {
            by_name
                .entry(type_name(it))
                .or_default()
                .push(hex(&canonical(it)));
        }
        for (name, mut bytes) in by_name {
            bytes.sort_unstable();
            self.put(format!("annotation.{name}"), bytes);
        }
    }
}

/// Lists in which facts two descriptions of one thing differ.
pub(super) fn changes(Facts(old): Facts, Facts(mut new): Facts) -> Vec<Change> {
    let mut both: BTreeMap<String, (Value, Value)> = BTreeMap::new();
    for (field, old) in old {
        let new = new.remove(&field).unwrap_or_default();
        both.insert(field, (old, new));
    }
    let added = new
        .into_iter()
        .map(|(field, new)| (field, (Value::Null, new)));
    both.extend(added);
    let changed = both.into_iter().filter(|(_, (old, new))| old != new);
    changed
        .map(|(field, (old, new))| Change { field, old, new })
        .collect()
}

pub(super) fn of_resource_type(it: &ResourceType, row: &rows::ResourceType) -> Facts {
    let mut facts = Facts::default();
    facts.put("display_name", &it.display_name);
    facts.put("description", &row.message.description);
    // Which of the traits without details it is counts here.
    let traits = row.message.traits.iter();
    let traits: Vec<_> = traits
        .map(|number| match v2::resource_type::Trait::try_from(*number) {
            Ok(known) => known.as_str_name().to_owned(),
            Err(_) => number.to_string(),
        })
        .collect();
    facts.put("traits", traits);
    facts.put("sourced_externally", row.message.sourced_externally);
    facts.put_annotations(&row.message.annotations);
    facts
}

pub(super) fn of_resource(it: &Resource, row: &rows::Resource) -> Facts {
    let mut facts = Facts::default();
    facts.put("display_name", &it.display_name);
    facts.put("description", &it.description);
    facts.put("status", it.status);
    let traits = Details::read(&row.message.annotations);
    let said = traits.as_ref().ok().and_then(|it| it.status(&row.message));
    facts.put("status_details", said.map(|it| it.1));
    facts.put("created_at", it.created_at);
    facts.put("trait", it.details.kind());
    put_origin(&mut facts, &row.message);
    facts.put_profile(&it.profile);
    let annotations = &row.message.annotations;
    let described = match &it.details {
        ResourceTrait::User(user) => {
            facts.put("login", &user.login);
            facts.put("emails", &user.emails);
            facts.put("last_login", user.last_login);
            facts.put("account_type", user.account_type);
            put_user(&mut facts, row, message(annotations).unwrap_or_default());
            Some(v2::UserTrait::full_name())
        }
        ResourceTrait::Group => {
            let group: v2::GroupTrait = message(annotations).unwrap_or_default();
            facts.put("group_source_type", group.group_source_type);
            facts.put("raw_group_source_type", group.raw_group_source_type);
            put_icon(&mut facts, row, group.icon.as_ref());
            Some(v2::GroupTrait::full_name())
        }
        ResourceTrait::Role => {
            let role: v2::RoleTrait = message(annotations).unwrap_or_default();
            let conditions = role.role_scope_conditions;
            let conditions = conditions.map(|it| hex(&it.encode_to_vec()));
            facts.put("role_scope_conditions", conditions);
            put_icon(&mut facts, row, None);
            Some(v2::RoleTrait::full_name())
        }
        _ => {
            put_icon(&mut facts, row, None);
            None
        }
    };
    // The first trait of that kind is described; any other is an annotation like all.
    let described = annotations
        .iter()
        .position(|it| described.as_deref() == Some(type_name(it)));
    let others = annotations.iter().enumerate();
    let others = others.filter(|(at, _)| Some(*at) != described);
    facts.put_annotations(others.map(|(_, it)| it));
    facts
}

/// Puts where a resource belongs and comes from.
fn put_origin(facts: &mut Facts, message: &v2::Resource) {
    let (id, parent) = (message.id.as_ref(), message.parent_resource_id.as_ref());
    let is_made = |id: Option<&v2::ResourceId>| id?.baton_resource.then_some(true);
    facts.put(
        "parent",
        parent.map(|it| format!("{}:{}", it.resource_type, it.resource)),
    );
    facts.put("parent.baton_resource", is_made(parent));
    facts.put("id.baton_resource", is_made(id));
    facts.put("baton_resource", message.baton_resource.then_some(true));
    let source = message.creation_source;
    let source = match v2::resource::CreationSource::try_from(source) {
        Ok(v2::resource::CreationSource::Unspecified) => None,
        Ok(known) => Some(known.as_str_name().to_owned()),
        Err(_) => Some(source.to_string()),
    };
    facts.put("creation_source", source);
    let external = message.external_id.as_ref();
    facts.put(
        "external_id",
        external.map(|it| json!({"id": it.id, "link": it.link, "description": it.description})),
    );
}

/// Puts the picture, which older writers have on the trait.
fn put_icon(facts: &mut Facts, row: &rows::Resource, of_trait: Option<&v2::AssetRef>) {
    let icon = row.message.icon.as_ref().or(of_trait);
    facts.put("icon", icon.map(|it| &it.id));
}

/// Puts what only other connectors say of an account.
fn put_user(facts: &mut Facts, row: &rows::Resource, user: v2::UserTrait) {
    put_icon(facts, row, user.icon.as_ref());
    facts.put("login_aliases", user.login_aliases);
    facts.put("employee_ids", user.employee_ids);
    facts.put("mfa_enabled", user.mfa_status.map(|it| it.mfa_enabled));
    facts.put("sso_enabled", user.sso_status.map(|it| it.sso_enabled));
    let name = user.structured_name.unwrap_or_default();
    facts.put("given_name", name.given_name);
    facts.put("family_name", name.family_name);
    facts.put("middle_names", name.middle_names);
    facts.put("name_prefix", name.prefix);
    facts.put("name_suffix", name.suffix);
}

pub(super) fn of_entitlement(it: &Entitlement, row: &rows::Entitlement) -> Facts {
    let mut facts = Facts::default();
    facts.put("display_name", &it.display_name);
    facts.put("description", &it.description);
    facts.put("purpose", it.purpose);
    facts.put("slug", &row.message.slug);
    facts.put("grantable_to", &it.grantable_to);
    facts.put_annotations(&row.message.annotations);
    facts
}

pub(super) fn of_grant(row: &rows::Grant) -> Facts {
    let mut facts = Facts::default();
    if let Some(sources) = &row.message.sources {
        let sources = sources.sources.iter();
        let direct: BTreeMap<_, _> = sources
            .map(|(id, it)| (id, json!({"is_direct": it.is_direct})))
            .collect();
        facts.put("sources", direct);
    }
    if let Some(it) = &row.expansion {
        facts.put("expansion", json!({"entitlement_ids": it.entitlement_ids, "shallow": it.shallow, "resource_type_ids": it.resource_type_ids}));
    }
    facts.put_annotations(&row.message.annotations);
    facts
}

/// Reads the annotation of a type. What cannot be decoded was refused when the record was made.
fn message<M: Name + Default>(annotations: &[Any]) -> Option<M> {
    find(annotations).ok().flatten()
}

/// Returns the bytes of an annotation. Upstream writes the maps in it in a random order (`c1z.md` section 2.6), so those
/// that have some are written again.
fn canonical(it: &Any) -> Vec<u8> {
    rewritten::<v2::UserTrait>(it)
        .or_else(|| rewritten::<v2::GroupTrait>(it))
        .or_else(|| rewritten::<v2::RoleTrait>(it))
        .or_else(|| rewritten::<v2::AppTrait>(it))
        .or_else(|| rewritten::<v2::SecretTrait>(it))
        .or_else(|| rewritten::<v2::GrantImmutable>(it))
        .or_else(|| rewritten::<v2::EntitlementImmutable>(it))
        .or_else(|| rewritten::<v2::GrantMetadata>(it))
        .unwrap_or_else(|| it.value.clone())
}

fn rewritten<M: Name + Default>(it: &Any) -> Option<Vec<u8>> {
    let message = Some(it).filter(|it| type_name(it) == M::full_name())?;
    Some(M::decode(message.value.as_slice()).ok()?.encode_to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
