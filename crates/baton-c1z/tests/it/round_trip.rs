//! Whatever is written is read back.

use std::collections::{BTreeMap, BTreeSet};

use baton_model::{
    AccountType, Email, Entitlement, EntitlementId, Grant, Profile, ProfileValue, Purpose, Record,
    Resource, ResourceId, ResourceTrait, ResourceType, Status, Timestamp, Trait, UserTrait,
};
use baton_proto::connector::v2;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use prost::Message as _;
use prost_types::value::Kind;

use crate::support::Place;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,8}",
        Just("é".repeat(600)),
        Just("名".repeat(900))
    ]
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_.-]{1,8}"
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000, 0u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).unwrap())
}

fn profile() -> impl Strategy<Value = Profile> {
    let value = prop_oneof![
        any::<bool>().prop_map(ProfileValue::from),
        (0u64..1 << 53).prop_map(ProfileValue::from),
        text().prop_map(ProfileValue::from),
    ];
    let attribute = (
        select(vec!["name", "user_id", "a", "Z", "ü", "member_count"]),
        value,
    );
    prop::collection::vec(attribute, 0..5).prop_map(|attributes| {
        let mut profile = Profile::default();
        for (name, value) in attributes {
            profile.set(name, value);
        }
        profile
    })
}

fn details() -> impl Strategy<Value = ResourceTrait> {
    let account_type = select(vec![AccountType::Human, AccountType::Service]);
    let email = (id(), any::<bool>()).prop_map(|(address, is_primary)| Email {
        address,
        is_primary,
    });
    let user = (
        prop::collection::vec(email, 0..3),
        prop::option::of(id()),
        prop::option::of(instant()),
        account_type,
    )
        .prop_map(|(emails, login, last_login, account_type)| {
            ResourceTrait::User(UserTrait {
                emails,
                login,
                last_login,
                account_type,
            })
        });
    prop_oneof![user, Just(ResourceTrait::Group), Just(ResourceTrait::Role)]
}

fn resource() -> impl Strategy<Value = Resource> {
    let status = prop::option::of(select(vec![Status::Enabled, Status::Disabled]));
    (
        id(),
        text(),
        text(),
        status,
        prop::option::of(instant()),
        details(),
        profile(),
    )
        .prop_map(
            |(id, display_name, description, status, created_at, details, profile)| Resource {
                id: ResourceId::new(type_of(&details), id),
                display_name,
                description,
                status,
                created_at,
                details,
                profile,
            },
        )
}

fn type_of(details: &ResourceTrait) -> &'static str {
    match details.kind() {
        Trait::User => "user",
        Trait::Group => "team",
        _ => "role",
    }
}

fn types() -> Vec<Record> {
    let make = |id: &'static str, kind| ResourceType {
        id: id.into(),
        display_name: id.to_uppercase(),
        traits: vec![kind],
        skip_entitlements_and_grants: kind == Trait::User,
    };
    let types = [
        make("user", Trait::User),
        make("team", Trait::Group),
        make("role", Trait::Role),
    ];
    types.into_iter().map(Record::ResourceType).collect()
}

/// Makes a sync in which every reference holds and no identifier occurs twice.
fn records() -> impl Strategy<Value = Vec<Record>> {
    let entitlement = (any::<Index>(), id(), text(), text(), any::<bool>());
    let grant = (any::<Index>(), any::<Index>());
    let resources = prop::collection::vec(resource(), 0..12);
    (
        resources,
        prop::collection::vec(entitlement, 0..8),
        prop::collection::vec(grant, 0..12),
    )
        .prop_map(|(resources, entitlements, grants)| {
            let resources: Vec<_> = resources
                .into_iter()
                .map(|it| (it.id.clone(), it))
                .collect::<BTreeMap<_, _>>()
                .into_values()
                .collect();
            let entitlements: Vec<Entitlement> = entitlements
                .into_iter()
                .filter(|_| !resources.is_empty())
                .map(
                    |(of, slug, display_name, description, is_power)| Entitlement {
                        id: EntitlementId::new(of.get(&resources).id.clone(), slug),
                        display_name,
                        description,
                        grantable_to: vec!["user".into(), "team".into()],
                        purpose: if is_power {
                            Purpose::Permission
                        } else {
                            Purpose::Assignment
                        },
                    },
                )
                .map(|it| (it.id.clone(), it))
                .collect::<BTreeMap<_, _>>()
                .into_values()
                .collect();
            let grants: BTreeSet<Grant> = grants
                .into_iter()
                .filter(|_| !entitlements.is_empty())
                .map(|(of, to)| Grant {
                    entitlement: of.get(&entitlements).id.clone(),
                    principal: to.get(&resources).id.clone(),
                })
                .collect();
            let mut records = types();
            records.extend(resources.into_iter().map(Record::Resource));
            records.extend(entitlements.into_iter().map(Record::Entitlement));
            records.extend(grants.into_iter().map(Record::Grant));
            records
        })
}

fn is_cut(stored: &str, written: &str, limit: usize) -> bool {
    stored == written
        || (stored.len() <= limit && stored.len() + 4 > limit && written.starts_with(stored))
}

fn same_profile(stored: Option<&prost_types::Struct>, written: &Profile) -> bool {
    let Some(stored) = stored else {
        return written.is_empty();
    };
    stored.fields.len() == written.iter().count()
        && written.iter().all(|(name, value)| {
            match (stored.fields[name].kind.as_ref().unwrap(), value) {
                (Kind::BoolValue(stored), ProfileValue::Bool(written)) => stored == written,
                (Kind::NumberValue(stored), ProfileValue::Number(written)) => {
                    format!("{stored}") == written.to_string()
                }
                (Kind::StringValue(stored), ProfileValue::Text(written)) => stored == written,
                _ => false,
            }
        })
}

fn same_resource(stored: &v2::Resource, written: &Resource) -> bool {
    let number = written
        .status
        .map(|status| if status == Status::Enabled { 1 } else { 2 });
    let instant =
        |stored: &prost_types::Timestamp| (stored.seconds, u32::try_from(stored.nanos).unwrap());
    let created = written.created_at.map(|it| (it.seconds(), it.nanos()));
    let annotation = &stored.annotations[0];
    let details = match &written.details {
        ResourceTrait::User(user) => {
            let stored: v2::UserTrait = annotation.to_msg().unwrap();
            same_profile(stored.profile.as_ref(), &written.profile)
                && stored.profile.is_some()
                && stored.status.as_ref().map(|it| it.status) == number
                && stored.created_at.as_ref().map(instant) == created
                && stored.last_login.as_ref().map(instant)
                    == user.last_login.map(|it| (it.seconds(), it.nanos()))
                && stored.login == user.login.clone().unwrap_or_default()
                && stored
                    .emails
                    .iter()
                    .map(|it| (&it.address, it.is_primary))
                    .eq(user.emails.iter().map(|it| (&it.address, it.is_primary)))
                && stored.account_type
                    == if user.account_type == AccountType::Human {
                        1
                    } else {
                        2
                    }
        }
        ResourceTrait::Group => {
            let stored: v2::GroupTrait = annotation.to_msg().unwrap();
            same_profile(stored.profile.as_ref(), &written.profile)
        }
        _ => {
            let stored: v2::RoleTrait = annotation.to_msg().unwrap();
            same_profile(stored.profile.as_ref(), &written.profile)
        }
    };
    details
        && stored.annotations.len() == 1
        && same_id(stored, &written.id)
        && is_cut(&stored.display_name, &written.display_name, 1024)
        && is_cut(&stored.description, &written.description, 2048)
        && same_profile(stored.profile.as_ref(), &written.profile)
        && stored.status.as_ref().map(|it| it.status) == number
        && stored.created_at.as_ref().map(instant) == created
}

fn same_id(stored: &v2::Resource, written: &ResourceId) -> bool {
    let id = stored.id.as_ref().unwrap();
    id.resource_type == written.resource_type().as_str() && id.resource == written.resource()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_back(records in records()) {
        let place = Place::new();
        let sync = place.add(place.options(), &records);
        let reader = place.reader();
        let run = reader.newest_finished().unwrap().unwrap();
        prop_assert_eq!(&run.sync_id, &sync);
        prop_assert_eq!(reader.stats(&run).unwrap(), reader.count(&sync).unwrap());

        let mut resources = reader.resources(&sync).map(Result::unwrap);
        let mut entitlements = reader.entitlements(&sync).map(Result::unwrap);
        let mut grants = reader.grants(&sync).map(Result::unwrap);
        let stored: BTreeMap<_, _> = reader.resources(&sync).map(Result::unwrap).map(|it| (it.external_id, it.message)).collect();
        for record in &records {
            match record {
                Record::ResourceType(_) => {}
                Record::Resource(it) => {
                    let row = resources.next().unwrap();
                    prop_assert_eq!(&row.external_id, &it.id.to_string());
                    prop_assert_eq!(&row.resource_type_id, it.id.resource_type().as_str());
                    prop_assert!(same_resource(&row.message, it), "{:?}", row.message);
                    prop_assert_eq!(row.message.encode_to_vec(), row.data, "fields in order");
                }
                Record::Entitlement(it) => {
                    let row = entitlements.next().unwrap();
                    prop_assert_eq!(&row.external_id, &it.id.to_string());
                    prop_assert_eq!(&row.message.id, &row.external_id);
                    prop_assert_eq!(&row.message.slug, it.id.slug());
                    prop_assert_eq!((row.resource_type_id.as_str(), row.resource_id.as_str()), (it.id.resource().resource_type().as_str(), it.id.resource().resource()));
                    prop_assert_eq!(row.message.resource.as_ref(), stored.get(&it.id.resource().to_string()));
                    prop_assert_eq!(row.message.purpose, if it.purpose == Purpose::Assignment { 1 } else { 2 });
                    prop_assert!(is_cut(&row.message.display_name, &it.display_name, 1024));
                    prop_assert!(is_cut(&row.message.description, &it.description, 2048));
                    prop_assert_eq!(row.message.grantable_to.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["user", "team"]);
                }
                Record::Grant(it) => {
                    let row = grants.next().unwrap();
                    prop_assert_eq!(&row.external_id, &it.id());
                    prop_assert_eq!(row.message.encode_to_vec(), row.data, "fields in order");
                    prop_assert_eq!(&row.message.id, &row.external_id);
                    prop_assert_eq!(&row.entitlement_id, &it.entitlement.to_string());
                    let of = it.entitlement.resource();
                    prop_assert_eq!((row.resource_type_id.as_str(), row.resource_id.as_str()), (of.resource_type().as_str(), of.resource()));
                    prop_assert_eq!((row.principal_resource_type_id.as_str(), row.principal_resource_id.as_str()), (it.principal.resource_type().as_str(), it.principal.resource()));
                    let entitlement = row.message.entitlement.unwrap();
                    prop_assert_eq!(&entitlement.id, &row.entitlement_id);
                    prop_assert_eq!(entitlement.resource.as_ref(), stored.get(&of.to_string()));
                    let principal = row.message.principal.unwrap();
                    prop_assert!(same_id(&principal, &it.principal));
                    prop_assert_eq!(principal.display_name, "");
                    prop_assert_eq!((row.expansion, row.needs_expansion), (None, false));
                }
            }
        }
        prop_assert!(resources.next().is_none() && entitlements.next().is_none() && grants.next().is_none());
    }
}
