//! Turns protobuf messages into the vocabulary of `baton-model`: the reverse of [`encode`](crate::encode), also for what
//! other connectors write (`c1z.md` section 4).
//!
//! Newer writers put profile, status and creation time on the resource, older ones on the trait, so the resource is
//! looked at first. What the vocabulary has no words for is counted, not dropped silently.

use std::collections::BTreeMap;

use baton_model::{
    AccountType, Email, Entitlement, EntitlementId, Grant, Profile, ProfileValue, Purpose,
    Resource, ResourceId, ResourceTrait, ResourceType, ResourceTypeId, Status, Timestamp, Trait,
    UserTrait,
};
use baton_proto::connector::v2;
use prost::Name;
use prost_types::value::Kind;
use prost_types::{Any, Struct};

use crate::rows;

/// How often something was read that records have no words for, by what it is. No resource, entitlement or grant is ever
/// among it, only details of some.
pub type LeftOut = BTreeMap<&'static str, u64>;

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
        let status = match &message.status {
            Some(it) if it.status != 0 => Some((it.status, &it.details)),
            _ => details.status.as_ref().map(|it| (it.status, &it.details)),
        };
        self.leave_out("parents of resources", message.parent_resource_id.is_some());
        self.leave_out(
            "details of statuses",
            status.is_some_and(|it| !it.1.is_empty()),
        );
        let profile = message.profile.as_ref().or(details.profile.as_ref());
        let created_at = message.created_at.or(details.created_at);
        let mut result = Resource {
            id,
            display_name: message.display_name.clone(),
            description: message.description.clone(),
            status: status.and_then(|it| self::status(it.0)),
            created_at: self.instant(created_at),
            details: details.kind,
            profile: profile.map(self::profile).unwrap_or_default(),
        };
        if let ResourceTrait::User(user) = &mut result.details {
            user.last_login = self.instant(details.last_login);
        }
        Ok(result)
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
            purpose: purpose(message.purpose),
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
        self.leave_out("sources of grants", message.sources.is_some());
        self.leave_out("expansions of grants", row.expansion.is_some());
        Ok(grant)
    }
}

/// The details of a resource, and what older writers put beside them.
struct Details {
    kind: ResourceTrait,
    status: Option<v2::user_trait::Status>,
    profile: Option<Struct>,
    created_at: Option<prost_types::Timestamp>,
    last_login: Option<prost_types::Timestamp>,
}

impl Details {
    fn read(annotations: &[Any]) -> Result<Self, Problem> {
        let of = |kind, profile| Self {
            kind,
            status: None,
            profile,
            created_at: None,
            last_login: None,
        };
        if let Some(it) = find::<v2::UserTrait>(annotations)? {
            return Ok(Self::of_user(it));
        }
        if let Some(it) = find::<v2::GroupTrait>(annotations)? {
            return Ok(of(ResourceTrait::Group, it.profile));
        }
        if let Some(it) = find::<v2::RoleTrait>(annotations)? {
            return Ok(of(ResourceTrait::Role, it.profile));
        }
        Ok(of(ResourceTrait::Other, None))
    }

    fn of_user(it: v2::UserTrait) -> Self {
        let account_type = match it.account_type() {
            v2::user_trait::AccountType::Human => AccountType::Human,
            v2::user_trait::AccountType::Service => AccountType::Service,
            v2::user_trait::AccountType::System => AccountType::System,
            v2::user_trait::AccountType::Unspecified => AccountType::Unspecified,
        };
        let email = |it: v2::user_trait::Email| Email {
            address: it.address,
            is_primary: it.is_primary,
        };
        Self {
            kind: ResourceTrait::User(UserTrait {
                emails: it.emails.into_iter().map(email).collect(),
                login: Some(it.login).filter(|it| !it.is_empty()),
                last_login: None,
                account_type,
            }),
            status: it.status,
            profile: it.profile,
            created_at: it.created_at,
            last_login: it.last_login,
        }
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
