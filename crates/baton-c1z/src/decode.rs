//! Turns protobuf messages into the vocabulary of `baton-model`: the reverse of [`encode`](crate::encode), also for what
//! other connectors write (`c1z.md` section 4).
//!
//! Newer writers put profile, status, picture and creation time on the resource, older ones on the trait, so the resource is
//! looked at first. What the messages of `baton-proto` say and the vocabulary has no words for is counted, not dropped
//! silently. Copies of other rows, which entitlements and grants have within them, are not looked at.

mod details;

use std::collections::BTreeMap;

use baton_model::{
    Entitlement, EntitlementId, Grant, Profile, ProfileValue, Purpose, Resource, ResourceId,
    ResourceType, ResourceTypeId, Status, Timestamp, Trait,
};
use baton_proto::connector::v2;
use prost::Name;
use prost_types::value::Kind;
use prost_types::{Any, Struct};

pub(crate) use self::details::Details;
use crate::rows;

/// How often something was read that records have no words for, by what it is. No resource, entitlement or grant is ever
/// among it, only details of some.
pub type LeftOut = BTreeMap<&'static str, u64>;

/// Values of enumerations that came up after this was written.
const UNKNOWN: &str = "values of enumerations that are not known";

/// What is wrong with a row, as the end of a sentence about it.
pub(crate) type Problem = &'static str;

/// Makes records, and counts what they cannot say.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pub(crate) left_out: LeftOut,
}

impl Decoder {
    fn leave_out(&mut self, what: &'static str, is_there: bool) {
        if is_there {
            *self.left_out.entry(what).or_default() += 1;
        }
    }

    pub(crate) fn resource_type(
        &mut self,
        row: &rows::ResourceType,
    ) -> Result<ResourceType, Problem> {
        let message = &row.message;
        let id = Some(&message.id).filter(|it| !it.is_empty());
        self.leave_out(
            "descriptions of resource types",
            !message.description.is_empty(),
        );
        self.leave_out(
            "marks of resource types that another system keeps",
            message.sourced_externally,
        );
        self.leave_out(
            "kinds of resource types that are none of accounts, groups and roles",
            message
                .traits
                .iter()
                .any(|it| *it != 0 && kind(*it) == Trait::Other),
        );
        let skip = v2::SkipEntitlementsAndGrants::full_name();
        self.leave_out(
            "annotations of resource types",
            message.annotations.iter().any(|it| type_name(it) != skip),
        );
        Ok(ResourceType {
            id: named(id.unwrap_or(&row.external_id))?.to_owned().into(),
            display_name: message.display_name.clone(),
            traits: message.traits.iter().map(|it| kind(*it)).collect(),
            skip_entitlements_and_grants: find::<v2::SkipEntitlementsAndGrants>(
                &message.annotations,
            )?
            .is_some(),
        })
    }

    pub(crate) fn resource(&mut self, row: &rows::Resource) -> Result<Resource, Problem> {
        let message = &row.message;
        let id = if let Some(id) = &message.id {
            resource_id(id)?
        } else {
            let of_type = row.external_id.strip_prefix(&row.resource_type_id);
            let bare = of_type.and_then(|it| it.strip_prefix(':'));
            joined(&row.resource_type_id, bare.unwrap_or_default())?
        };
        let details = Details::read(&message.annotations)?;
        let status = details.status(message);
        self.leave_out_of(message, &details);
        self.leave_out(
            "details of statuses",
            status.is_some_and(|it| !it.1.is_empty()),
        );
        let status = status.map(|it| it.0);
        self.leave_out(
            UNKNOWN,
            status.is_some_and(|it| self::status(it).is_none() && it != 0),
        );
        let profile = message.profile.as_ref().or(details.profile());
        let created_at = message.created_at.or(details.created_at());
        Ok(Resource {
            id,
            display_name: message.display_name.clone(),
            description: message.description.clone(),
            status: status.and_then(self::status),
            created_at: self.instant(created_at),
            profile: profile.map(self::profile).unwrap_or_default(),
            details: details.say(self),
        })
    }

    /// Counts what a resource says beside its details and the facts that it shares with them.
    fn leave_out_of(&mut self, message: &v2::Resource, details: &Details) {
        let (id, parent) = (&message.id, &message.parent_resource_id);
        self.leave_out("parents of resources", parent.is_some());
        self.leave_out(
            "pictures of resources",
            message.icon.is_some() || details.has_icon(),
        );
        self.leave_out(
            "marks of resources that Baton made",
            message.baton_resource || id.as_ref().is_some_and(|it| it.baton_resource),
        );
        self.leave_out(
            "identifiers of resources in other systems",
            message.external_id.is_some(),
        );
        self.leave_out("origins of resources", message.creation_source != 0);
        // All but the trait that was read, once.
        let read = usize::from(details.is_trait());
        self.leave_out("annotations of resources", message.annotations.len() > read);
    }

    /// A time that is none is as good as an unknown one: other facts of the row count more.
    fn instant(&mut self, it: Option<prost_types::Timestamp>) -> Option<Timestamp> {
        let it = it?;
        let instant = u32::try_from(it.nanos)
            .ok()
            .and_then(|nanos| Timestamp::new(it.seconds, nanos).ok());
        self.leave_out("times out of range", instant.is_none());
        instant
    }

    pub(crate) fn entitlement(&mut self, row: &rows::Entitlement) -> Result<Entitlement, Problem> {
        let message = &row.message;
        let resource = match message.resource.as_ref().and_then(|it| it.id.as_ref()) {
            Some(id) => resource_id(id)?,
            None => joined(&row.resource_type_id, &row.resource_id)?,
        };
        let id = Some(&message.id).filter(|it| !it.is_empty());
        let id = EntitlementId::parse(resource, named(id.unwrap_or(&row.external_id))?);
        self.leave_out(
            "annotations of entitlements",
            !message.annotations.is_empty(),
        );
        let purpose = purpose(message.purpose);
        self.leave_out(
            UNKNOWN,
            purpose == Purpose::Unspecified && message.purpose != 0,
        );
        self.leave_out(
            "slugs of entitlements that are no part of the identifier",
            !message.slug.is_empty() && message.slug != id.slug(),
        );
        let types = message.grantable_to.iter();
        Ok(Entitlement {
            id,
            display_name: message.display_name.clone(),
            description: message.description.clone(),
            grantable_to: types
                .map(|it| ResourceTypeId::from(it.id.clone()))
                .collect(),
            purpose,
        })
    }

    pub(crate) fn grant(&mut self, row: &rows::Grant) -> Result<Grant, Problem> {
        let message = &row.message;
        let entitlement = message.entitlement.as_ref();
        let resource = entitlement
            .and_then(|it| it.resource.as_ref())
            .and_then(|it| it.id.as_ref());
        let resource = match resource {
            Some(id) => resource_id(id)?,
            None => joined(&row.resource_type_id, &row.resource_id)?,
        };
        let id = entitlement.map(|it| &it.id).filter(|it| !it.is_empty());
        let principal = match message.principal.as_ref().and_then(|it| it.id.as_ref()) {
            Some(id) => resource_id(id)?,
            None => joined(&row.principal_resource_type_id, &row.principal_resource_id)?,
        };
        let grant = Grant {
            entitlement: EntitlementId::parse(resource, named(id.unwrap_or(&row.entitlement_id))?),
            principal,
        };
        self.leave_out(
            "identifiers of grants that do not follow from entitlement and principal",
            row.external_id != grant.id(),
        );
        self.leave_out("annotations of grants", !message.annotations.is_empty());
        self.leave_out("sources of grants", message.sources.is_some());
        self.leave_out("expansions of grants", row.expansion.is_some());
        Ok(grant)
    }
}

/// Finds the annotation of a type.
pub(crate) fn find<M: Name + Default>(annotations: &[Any]) -> Result<Option<M>, Problem> {
    let name = M::full_name();
    let found = annotations.iter().find(|it| type_name(it) == name);
    let decoded = found.map(|it| M::decode(it.value.as_slice())).transpose();
    decoded.map_err(|_| "holds an annotation that cannot be decoded")
}

/// Returns the full name of the message that an annotation holds.
pub(crate) fn type_name(it: &Any) -> &str {
    it.type_url.rsplit('/').next().unwrap_or_default()
}

fn named(id: &str) -> Result<&str, Problem> {
    Some(id)
        .filter(|it| !it.is_empty())
        .ok_or("names nothing: an identifier is empty")
}

fn resource_id(id: &v2::ResourceId) -> Result<ResourceId, Problem> {
    joined(&id.resource_type, &id.resource)
}

fn joined(resource_type: &str, resource: &str) -> Result<ResourceId, Problem> {
    Ok(ResourceId::new(
        named(resource_type)?.to_owned(),
        named(resource)?,
    ))
}

fn kind(number: i32) -> Trait {
    use v2::resource_type::Trait as Number;
    match Number::try_from(number) {
        Ok(Number::User) => Trait::User,
        Ok(Number::Group) => Trait::Group,
        Ok(Number::Role) => Trait::Role,
        _ => Trait::Other,
    }
}

/// Reads a status; resources and accounts have the same numbers for it.
fn status(number: i32) -> Option<Status> {
    match v2::status::ResourceStatus::try_from(number) {
        Ok(v2::status::ResourceStatus::Enabled) => Some(Status::Enabled),
        Ok(v2::status::ResourceStatus::Disabled) => Some(Status::Disabled),
        Ok(v2::status::ResourceStatus::Deleted) => Some(Status::Deleted),
        _ => None,
    }
}

fn purpose(number: i32) -> Purpose {
    use v2::entitlement::PurposeValue;
    match PurposeValue::try_from(number) {
        Ok(PurposeValue::Assignment) => Purpose::Assignment,
        Ok(PurposeValue::Permission) => Purpose::Permission,
        Ok(PurposeValue::Ownership) => Purpose::Ownership,
        _ => Purpose::Unspecified,
    }
}

fn profile(it: &Struct) -> Profile {
    let mut profile = Profile::default();
    for (name, it) in &it.fields {
        profile.set(name.clone(), value(it));
    }
    profile
}

/// The depth is limited by that of messages that can be decoded.
fn value(it: &prost_types::Value) -> ProfileValue {
    match &it.kind {
        None | Some(Kind::NullValue(_)) => ProfileValue::Null,
        Some(Kind::NumberValue(number)) => (*number).into(),
        Some(Kind::StringValue(text)) => text.as_str().into(),
        Some(Kind::BoolValue(truth)) => (*truth).into(),
        Some(Kind::ListValue(list)) => ProfileValue::List(list.values.iter().map(value).collect()),
        Some(Kind::StructValue(it)) => {
            let fields = it.fields.iter();
            ProfileValue::Map(fields.map(|(name, it)| (name.clone(), value(it))).collect())
        }
    }
}
