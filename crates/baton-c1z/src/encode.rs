//! Turns the vocabulary of `baton-model` into protobuf messages (`c1z.md` sections 2.6 and 4).
//!
//! Newer readers look at the resource, older ones only at the trait, so profile, status and creation time are written
//! in both places, with equal values. The trait is present even when it says nothing: its absence fails a sync of the
//! same data by upstream. Putting messages into rows is left to the writer.

use baton_model::{
    AccountType, Entitlement, Grant, Profile, ProfileValue, Purpose, Resource, ResourceId,
    ResourceTrait, ResourceType, Status, Timestamp, Trait, UserTrait,
};
use baton_proto::connector::v2;
use prost::{Message, Name};
use prost_types::value::Kind;
use prost_types::{Any, Struct, Value};

/// Most bytes of a name (`c1z.md` section 4.1).
const MAX_NAME: usize = 1024;
/// Most bytes of a description.
const MAX_DESCRIPTION: usize = 2048;

/// Encodes a resource type.
pub fn resource_type(it: &ResourceType) -> v2::ResourceType {
    let skip = it
        .skip_entitlements_and_grants
        .then(|| pack(&v2::SkipEntitlementsAndGrants {}));
    v2::ResourceType {
        id: it.id.to_string(),
        display_name: cut(&it.display_name, MAX_NAME),
        traits: it
            .traits
            .iter()
            .map(|kind| trait_number(*kind).into())
            .collect(),
        annotations: skip.into_iter().collect(),
        ..v2::ResourceType::default()
    }
}

fn trait_number(kind: Trait) -> v2::resource_type::Trait {
    use v2::resource_type::Trait as Number;
    match kind {
        Trait::User => Number::User,
        Trait::Group => Number::Group,
        Trait::Role => Number::Role,
        _ => Number::Unspecified,
    }
}

/// Encodes a resource with its trait.
pub fn resource(it: &Resource) -> v2::Resource {
    let profile = profile(&it.profile);
    // Older readers crash on an account without a profile, so that an empty one is written there.
    let is_user = matches!(it.details, ResourceTrait::User(_));
    let profile = Some(profile).filter(|profile| is_user || !profile.fields.is_empty());
    v2::Resource {
        id: Some(resource_id(&it.id)),
        display_name: cut(&it.display_name, MAX_NAME),
        annotations: vec![trait_annotation(it, profile.clone())],
        description: cut(&it.description, MAX_DESCRIPTION),
        profile,
        status: it.status.map(resource_status),
        created_at: it.created_at.map(timestamp),
        ..v2::Resource::default()
    }
}

fn trait_annotation(it: &Resource, profile: Option<Struct>) -> Any {
    match &it.details {
        ResourceTrait::User(user) => pack(&user_trait(it, user, profile)),
        ResourceTrait::Role => pack(&v2::RoleTrait {
            profile,
            ..v2::RoleTrait::default()
        }),
        _ => pack(&v2::GroupTrait {
            profile,
            ..v2::GroupTrait::default()
        }),
    }
}

fn user_trait(it: &Resource, user: &UserTrait, profile: Option<Struct>) -> v2::UserTrait {
    let known = user.emails.iter().filter(|email| !email.address.is_empty());
    let emails = known.map(|email| v2::user_trait::Email {
        address: email.address.clone(),
        is_primary: email.is_primary,
    });
    let account_type = match user.account_type {
        AccountType::Human => v2::user_trait::AccountType::Human,
        AccountType::Service => v2::user_trait::AccountType::Service,
    };
    v2::UserTrait {
        emails: emails.collect(),
        status: it.status.map(user_status),
        profile,
        account_type: account_type.into(),
        login: user.login.clone().unwrap_or_default(),
        created_at: it.created_at.map(timestamp),
        last_login: user.last_login.map(timestamp),
        ..v2::UserTrait::default()
    }
}

fn user_status(status: Status) -> v2::user_trait::Status {
    use v2::user_trait::status::Status as Number;
    let number = match status {
        Status::Enabled => Number::Enabled,
        Status::Disabled => Number::Disabled,
    };
    v2::user_trait::Status {
        status: number.into(),
        ..v2::user_trait::Status::default()
    }
}

fn resource_status(status: Status) -> v2::Status {
    use v2::status::ResourceStatus as Number;
    let number = match status {
        Status::Enabled => Number::Enabled,
        Status::Disabled => Number::Disabled,
    };
    v2::Status {
        status: number.into(),
        ..v2::Status::default()
    }
}

/// Encodes an entitlement, all but its resource, which is stored already: see [`embed_first`].
pub fn entitlement(it: &Entitlement, grantable_to: Vec<v2::ResourceType>) -> v2::Entitlement {
    let purpose = match it.purpose {
        Purpose::Assignment => v2::entitlement::PurposeValue::Assignment,
        Purpose::Permission => v2::entitlement::PurposeValue::Permission,
        _ => v2::entitlement::PurposeValue::Unspecified,
    };
    v2::Entitlement {
        id: it.id.to_string(),
        display_name: cut(&it.display_name, MAX_NAME),
        description: cut(&it.description, MAX_DESCRIPTION),
        grantable_to,
        purpose: purpose.into(),
        slug: it.id.slug().to_owned(),
        ..v2::Entitlement::default()
    }
}

/// Encodes an entitlement as grants embed it, with nothing but its identifier and, by [`embed_first`], its resource.
pub fn entitlement_stub(id: &str) -> v2::Entitlement {
    v2::Entitlement {
        id: id.to_owned(),
        ..v2::Entitlement::default()
    }
}

/// Encodes a grant, all but its entitlement, which is the same for many grants: see [`embed_first`].
///
/// The principal is only named, as connectors do.
pub fn grant(it: &Grant, id: String) -> v2::Grant {
    let principal = v2::Resource {
        id: Some(resource_id(&it.principal)),
        ..v2::Resource::default()
    };
    v2::Grant {
        principal: Some(principal),
        id,
        ..v2::Grant::default()
    }
}

/// Encodes a message whose field 1 is the message already encoded in `first` and is unset in `rest`.
///
/// Entitlements begin with their resource and grants with their entitlement, which are not encoded again.
pub fn embed_first(first: &[u8], rest: &impl Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(first.len() + rest.encoded_len() + 8);
    prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut bytes);
    prost::encoding::encode_varint(first.len() as u64, &mut bytes);
    bytes.extend_from_slice(first);
    rest.encode_raw(&mut bytes);
    bytes
}

fn resource_id(id: &ResourceId) -> v2::ResourceId {
    v2::ResourceId {
        resource_type: id.resource_type().to_string(),
        resource: id.resource().to_owned(),
        ..v2::ResourceId::default()
    }
}

fn profile(profile: &Profile) -> Struct {
    let fields = profile.iter().map(|(name, value)| {
        (
            name.to_owned(),
            Value {
                kind: Some(kind(value)),
            },
        )
    });
    Struct {
        fields: fields.collect(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a Struct has no other numbers than doubles"
)]
fn kind(value: &ProfileValue) -> Kind {
    match value {
        ProfileValue::Bool(value) => Kind::BoolValue(*value),
        ProfileValue::Number(value) => Kind::NumberValue(*value as f64),
        ProfileValue::Text(value) => Kind::StringValue(value.clone()),
        _ => Kind::NullValue(0),
    }
}

fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.seconds(),
        nanos: instant.nanos().try_into().unwrap_or_default(),
    }
}

fn pack<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

/// Shortens a text to at most `limit` bytes without cutting a character in two.
fn cut(text: &str, limit: usize) -> String {
    let end = text.floor_char_boundary(limit);
    text.get(..end).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use baton_model::{Email, EntitlementId};

    use super::*;

    fn user(emails: Vec<Email>, login: &str) -> Resource {
        Resource {
            id: ResourceId::new("user", "u"),
            display_name: "U".to_owned(),
            description: String::new(),
            status: Some(Status::Disabled),
            created_at: Some(Timestamp::new(1_700_000_000, 7_000_000).unwrap()),
            details: ResourceTrait::User(UserTrait {
                emails,
                login: Some(login.to_owned()),
                last_login: None,
                account_type: AccountType::Service,
            }),
            profile: Profile::default(),
        }
    }

    #[test]
    fn an_account_is_described_twice_with_equal_values() {
        let email = Email {
            address: "u@example.com".to_owned(),
            is_primary: true,
        };
        let resource = resource(&user(vec![email], "u"));
        let details: v2::UserTrait = resource.annotations[0].to_msg().unwrap();
        assert_eq!(
            resource.annotations[0].type_url,
            "type.googleapis.com/c1.connector.v2.UserTrait"
        );
        assert_eq!(
            (
                resource.status.unwrap().status,
                details.status.unwrap().status
            ),
            (2, 2)
        );
        assert_eq!(details.created_at, resource.created_at);
        assert_eq!(
            details.profile,
            Some(Struct::default()),
            "present though empty"
        );
        assert_eq!(details.profile, resource.profile);
        assert_eq!(details.emails[0].address, "u@example.com");
        assert!(details.emails[0].is_primary);
        assert_eq!((details.login.as_str(), details.account_type), ("u", 2));
    }

    #[test]
    fn empty_addresses_and_logins_are_left_out() {
        let email = |address: &str| Email {
            address: address.to_owned(),
            is_primary: false,
        };
        let resource = resource(&user(vec![email(""), email("a@b.c")], ""));
        let details: v2::UserTrait = resource.annotations[0].to_msg().unwrap();
        assert_eq!(details.emails.len(), 1);
        assert_eq!(details.login, "");
    }

    #[test]
    fn a_trait_without_content_is_still_there() {
        let role = Resource {
            details: ResourceTrait::Role,
            ..user(vec![], "")
        };
        let expected = Any {
            type_url: "type.googleapis.com/c1.connector.v2.RoleTrait".to_owned(),
            value: vec![],
        };
        assert_eq!(resource(&role).annotations, [expected]);
    }

    #[test]
    fn embedding_is_the_same_as_encoding_the_whole() {
        let it = Grant {
            entitlement: EntitlementId::new(ResourceId::new("team", "t"), "member"),
            principal: ResourceId::new("user", "u"),
        };
        let mut message = grant(&it, it.id());
        let stub = entitlement_stub("team:t:member");
        let bytes = embed_first(&stub.encode_to_vec(), &message);
        message.entitlement = Some(stub);
        assert_eq!(bytes, message.encode_to_vec());
    }

    #[track_caller]
    fn cuts(text: &str, limit: usize, expected: &str) {
        assert_eq!(cut(text, limit), expected);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        cuts("abc", 3, "abc");
        cuts("abcd", 3, "abc");
        cuts("aé", 2, "a");
        cuts("aéb", 3, "aé");
        cuts("名", 2, "");
    }
}
