//! Turns the vocabulary of `baton-model` into protobuf messages (`c1z.md` sections 2.6 and 4).
//!
//! Newer readers look at the resource, older ones only at the trait, so profile, status and creation time are written
//! in both places, with equal values. The trait is present even when it says nothing: its absence fails a sync of the
//! same data by upstream. Putting messages into rows is left to the writer.
//!
//! Resources and grants are many, so no message is built for them: their fields are written straight into a buffer.

use baton_model::{
    AccountType, Entitlement, ProfileValue, Purpose, Resource, ResourceId, ResourceTrait,
    ResourceType, Status, Timestamp, Trait, UserTrait,
};
use baton_proto::connector::v2;
use prost::{Message, Name};
use prost_types::Any;

use crate::wire::Wire;

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
        display_name: cut(&it.display_name, MAX_NAME).to_owned(),
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

/// Encodes a resource with its trait, behind what `buffer` holds.
pub fn resource(it: &Resource, buffer: &mut Vec<u8>) {
    let profile = profile(it);
    let mut wire = Wire(buffer);
    wire.message(1, |wire| put_id(&it.id, wire));
    wire.text(3, cut(&it.display_name, MAX_NAME));
    if !matches!(it.details, ResourceTrait::Other) {
        wire.message(4, |wire| put_trait(it, profile.as_deref(), wire));
    }
    wire.text(5, cut(&it.description, MAX_DESCRIPTION));
    put_profile(9, profile.as_deref(), &mut wire);
    put_status(11, it.status, &mut wire);
    put_instant(12, it.created_at, &mut wire);
}

fn put_id(id: &ResourceId, wire: &mut Wire<'_>) {
    wire.text(1, id.resource_type().as_str());
    wire.text(2, id.resource());
}

/// Writes the trait as an `Any`, which has no value if the trait says nothing.
fn put_trait(it: &Resource, profile: Option<&[u8]>, wire: &mut Wire<'_>) {
    match &it.details {
        ResourceTrait::User(user) => {
            wire.text(1, "type.googleapis.com/c1.connector.v2.UserTrait");
            wire.message(2, |wire| put_user(it, user, profile, wire));
        }
        ResourceTrait::Role => {
            wire.text(1, "type.googleapis.com/c1.connector.v2.RoleTrait");
            if profile.is_some() {
                wire.message(2, |wire| put_profile(1, profile, wire));
            }
        }
        _ => {
            wire.text(1, "type.googleapis.com/c1.connector.v2.GroupTrait");
            if profile.is_some() {
                wire.message(2, |wire| put_profile(2, profile, wire));
            }
        }
    }
}

fn put_user(it: &Resource, user: &UserTrait, profile: Option<&[u8]>, wire: &mut Wire<'_>) {
    for email in user.emails.iter().filter(|it| !it.address.is_empty()) {
        wire.message(1, |wire| {
            wire.text(1, &email.address);
            wire.bool(2, email.is_primary);
        });
    }
    put_status(2, it.status, wire);
    put_profile(3, profile, wire);
    let account_type = match user.account_type {
        AccountType::Human => v2::user_trait::AccountType::Human,
        AccountType::Service => v2::user_trait::AccountType::Service,
        AccountType::System => v2::user_trait::AccountType::System,
        AccountType::Unspecified => v2::user_trait::AccountType::Unspecified,
    };
    wire.number(5, account_type as i64);
    wire.text(6, user.login.as_deref().unwrap_or_default());
    put_instant(8, it.created_at, wire);
    put_instant(9, user.last_login, wire);
}

/// Writes a status; resources and accounts have the same numbers for it.
fn put_status(field: u8, status: Option<Status>, wire: &mut Wire<'_>) {
    let number = match status {
        None => return,
        Some(Status::Enabled) => v2::status::ResourceStatus::Enabled,
        Some(Status::Disabled) => v2::status::ResourceStatus::Disabled,
        Some(Status::Deleted) => v2::status::ResourceStatus::Deleted,
    };
    wire.message(field, |wire| wire.number(1, number as i64));
}

fn put_instant(field: u8, instant: Option<Timestamp>, wire: &mut Wire<'_>) {
    if let Some(instant) = instant {
        wire.message(field, |wire| {
            wire.number(1, instant.seconds());
            wire.number(2, instant.nanos().into());
        });
    }
}

/// Encodes the profile as a `Struct`, once for both places; `None` if it is left out.
///
/// Older readers crash on an account without a profile, so that an empty one is written there.
fn profile(it: &Resource) -> Option<Vec<u8>> {
    let is_user = matches!(it.details, ResourceTrait::User(_));
    if it.profile.is_empty() && !is_user {
        return None;
    }
    let mut encoded = Vec::with_capacity(256);
    let mut wire = Wire(&mut encoded);
    for (name, value) in it.profile.iter() {
        wire.message(1, |wire| put_attribute(name, value, wire));
    }
    Some(encoded)
}

fn put_attribute(name: &str, value: &ProfileValue, wire: &mut Wire<'_>) {
    wire.text(1, name);
    wire.message(2, |wire| put_value(value, wire));
}

fn put_profile(field: u8, profile: Option<&[u8]>, wire: &mut Wire<'_>) {
    if let Some(profile) = profile {
        wire.bytes(field, profile);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a Struct has no other numbers than doubles"
)]
fn put_value(value: &ProfileValue, wire: &mut Wire<'_>) {
    match value {
        ProfileValue::Number(value) => wire.chosen_double(2, *value as f64),
        ProfileValue::Text(value) => wire.bytes(3, value.as_bytes()),
        ProfileValue::Bool(value) => wire.chosen_bool(4, *value),
        ProfileValue::Decimal(value) => wire.chosen_double(2, *value),
        ProfileValue::Map(values) => wire.message(5, |wire| {
            for (name, value) in values {
                wire.message(1, |wire| put_attribute(name, value, wire));
            }
        }),
        ProfileValue::List(values) => wire.message(6, |wire| {
            for value in values {
                wire.message(1, |wire| put_value(value, wire));
            }
        }),
        _ => wire.chosen_bool(1, false),
    }
}

/// Encodes an entitlement, all but its resource, which is stored already: see `embed_first`.
pub(crate) fn entitlement(
    it: &Entitlement,
    grantable_to: Vec<v2::ResourceType>,
) -> v2::Entitlement {
    let purpose = match it.purpose {
        Purpose::Assignment => v2::entitlement::PurposeValue::Assignment,
        Purpose::Permission => v2::entitlement::PurposeValue::Permission,
        Purpose::Ownership => v2::entitlement::PurposeValue::Ownership,
        _ => v2::entitlement::PurposeValue::Unspecified,
    };
    v2::Entitlement {
        id: it.id.to_string(),
        display_name: cut(&it.display_name, MAX_NAME).to_owned(),
        description: cut(&it.description, MAX_DESCRIPTION).to_owned(),
        grantable_to,
        purpose: purpose.into(),
        slug: it.id.slug().to_owned(),
        ..v2::Entitlement::default()
    }
}

/// Encodes an entitlement as grants embed it, with nothing but its identifier and, by `embed_first`, its resource.
pub(crate) fn entitlement_stub(id: &str) -> v2::Entitlement {
    v2::Entitlement {
        id: id.to_owned(),
        ..v2::Entitlement::default()
    }
}

/// Encodes a grant behind what `buffer` holds. `entitlement` is encoded already, since many grants have the same.
///
/// The principal is only named, as connectors do.
pub fn grant(entitlement: &[u8], principal: &ResourceId, id: &str, buffer: &mut Vec<u8>) {
    let mut wire = Wire(buffer);
    wire.bytes(1, entitlement);
    wire.message(2, |wire| wire.message(1, |wire| put_id(principal, wire)));
    wire.text(3, id);
}

/// Encodes a message whose field 1 is the message already encoded in `first` and is unset in `rest`, behind what
/// `buffer` holds.
///
/// Entitlements begin with their resource, which is not encoded again.
pub(crate) fn embed_first(first: &[u8], rest: &impl Message, buffer: &mut Vec<u8>) {
    Wire(buffer).bytes(1, first);
    rest.encode_raw(buffer);
}

fn pack<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

/// Shortens a text to at most `limit` bytes without cutting a character in two.
fn cut(text: &str, limit: usize) -> &str {
    let end = text.floor_char_boundary(limit);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use baton_model::{Email, Profile};
    use prost_types::Struct;

    use super::*;

    fn encoded(it: &Resource) -> v2::Resource {
        let mut bytes = vec![7];
        resource(it, &mut bytes);
        let message = v2::Resource::decode(&bytes[1..]).unwrap();
        assert_eq!(message.encode_to_vec(), bytes[1..], "fields in order");
        message
    }

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
        let resource = encoded(&user(vec![email], "u"));
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
        let resource = encoded(&user(vec![email(""), email("a@b.c")], ""));
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
        assert_eq!(encoded(&role).annotations, [expected]);
    }

    #[test]
    fn traits_have_the_names_of_their_messages() {
        for (details, name) in [
            (ResourceTrait::Role, v2::RoleTrait::type_url()),
            (ResourceTrait::Group, v2::GroupTrait::type_url()),
            (user(vec![], "").details, v2::UserTrait::type_url()),
        ] {
            let mut it = user(vec![], "");
            it.details = details;
            assert_eq!(encoded(&it).annotations[0].type_url, name);
        }
    }

    #[test]
    fn a_profile_of_all_kinds_is_where_each_reader_looks() {
        let mut it = user(vec![], "");
        for (name, value) in [
            ("no", ProfileValue::Bool(false)),
            ("none", ProfileValue::Number(0)),
            ("some", ProfileValue::Number(9)),
            ("empty", ProfileValue::Text(String::new())),
            ("text", ProfileValue::Text("t".repeat(200))),
        ] {
            it.profile.set(name, value);
        }
        let whole = encoded(&it);
        let profile = whole.profile.unwrap();
        assert_eq!(profile.fields.len(), 5);
        assert_eq!(
            profile.fields["none"].kind,
            Some(prost_types::value::Kind::NumberValue(0.0))
        );
        let user: v2::UserTrait = whole.annotations[0].to_msg().unwrap();
        assert_eq!(user.profile.as_ref(), Some(&profile));
        it.details = ResourceTrait::Role;
        let role: v2::RoleTrait = encoded(&it).annotations[0].to_msg().unwrap();
        assert_eq!(role.profile.as_ref(), Some(&profile));
        it.details = ResourceTrait::Group;
        let group: v2::GroupTrait = encoded(&it).annotations[0].to_msg().unwrap();
        assert_eq!(group.profile.as_ref(), Some(&profile));
    }

    #[test]
    fn embedding_is_the_same_as_encoding_the_whole() {
        let team = v2::Resource {
            display_name: "T".repeat(200),
            ..v2::Resource::default()
        };
        let mut entitlement = entitlement_stub("team:t:member");
        let mut first = Vec::new();
        embed_first(&team.encode_to_vec(), &entitlement, &mut first);
        entitlement.resource = Some(team);
        assert_eq!(first, entitlement.encode_to_vec());

        let mut bytes = Vec::new();
        grant(
            &first,
            &ResourceId::new("user", "u"),
            "team:t:member:user:u",
            &mut bytes,
        );
        let user = v2::ResourceId {
            resource_type: "user".to_owned(),
            resource: "u".to_owned(),
            ..v2::ResourceId::default()
        };
        let expected = v2::Grant {
            entitlement: Some(entitlement),
            principal: Some(v2::Resource {
                id: Some(user),
                ..v2::Resource::default()
            }),
            id: "team:t:member:user:u".to_owned(),
            ..v2::Grant::default()
        };
        assert_eq!(bytes, expected.encode_to_vec());
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
