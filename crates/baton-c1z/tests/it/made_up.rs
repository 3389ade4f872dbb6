//! Syncs of everything that records can say, made up at random.

use std::collections::{BTreeMap, BTreeSet};

use baton_model::{
    AccountType, Email, Entitlement, EntitlementId, Grant, Profile, ProfileValue, Purpose, Record,
    Resource, ResourceId, ResourceTrait, ResourceType, Status, Timestamp, Trait, UserTrait,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How many different identifiers there are of a kind: few, so that two syncs have some in common.
const IDS: std::ops::Range<u8> = 0..6;

/// How texts are made.
pub(crate) trait Text: Strategy<Value = String> + Clone + 'static {}

impl<T: Strategy<Value = String> + Clone + 'static> Text for T {}

fn instant() -> impl Strategy<Value = Timestamp> {
    (-62_135_596_800i64..4_000_000_000, 0u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).unwrap())
}

fn value(text: impl Text) -> impl Strategy<Value = ProfileValue> {
    let plain = prop_oneof![
        any::<bool>().prop_map(ProfileValue::from),
        (0u64..=1 << 53).prop_map(ProfileValue::from),
        prop::num::f64::NORMAL.prop_map(ProfileValue::from),
        text.clone().prop_map(ProfileValue::from),
        Just(ProfileValue::Null),
    ];
    plain.prop_recursive(3, 8, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(ProfileValue::List),
            prop::collection::btree_map(text.clone(), inner, 0..3).prop_map(ProfileValue::Map),
        ]
    })
}

fn profile(text: impl Text) -> impl Strategy<Value = Profile> {
    prop::collection::vec((select(vec!["a", "name", "", "ü"]), value(text)), 0..3).prop_map(
        |attributes| {
            let mut profile = Profile::default();
            for (name, value) in attributes {
                profile.set(name, value);
            }
            profile
        },
    )
}

fn details() -> impl Strategy<Value = ResourceTrait> {
    let email = ("[a-z@]{1,6}", any::<bool>());
    let email = email.prop_map(|(address, is_primary)| Email {
        address,
        is_primary,
    });
    let account_type = select(vec![
        AccountType::Human,
        AccountType::Service,
        AccountType::System,
        AccountType::Unspecified,
    ]);
    let user = (
        prop::collection::vec(email, 0..3),
        prop::option::of("[a-z]{1,4}"),
        prop::option::of(instant()),
        account_type,
    );
    let user = user.prop_map(|(emails, login, last_login, account_type)| {
        ResourceTrait::User(UserTrait {
            emails,
            login,
            last_login,
            account_type,
        })
    });
    prop_oneof![
        user,
        Just(ResourceTrait::Group),
        Just(ResourceTrait::Role),
        Just(ResourceTrait::Other)
    ]
}

fn resource(text: impl Text) -> impl Strategy<Value = Resource> {
    let status = select(vec![Status::Enabled, Status::Disabled, Status::Deleted]);
    let parts = (
        IDS,
        text.clone(),
        text.clone(),
        prop::option::of(status),
        prop::option::of(instant()),
        details(),
        profile(text),
    );
    parts.prop_map(
        |(id, display_name, description, status, created_at, details, profile)| Resource {
            id: ResourceId::new(type_of(&details), format!("x:{id}")),
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
        Trait::Role => "role",
        _ => "app",
    }
}

fn types(name: String) -> impl Iterator<Item = Record> {
    let make = move |(id, kind): (&'static str, Trait)| {
        Record::ResourceType(ResourceType {
            id: id.into(),
            display_name: name.clone(),
            traits: vec![kind],
            skip_entitlements_and_grants: kind == Trait::User,
        })
    };
    let types = [
        ("user", Trait::User),
        ("team", Trait::Group),
        ("role", Trait::Role),
        ("app", Trait::Other),
    ];
    types.into_iter().map(make)
}

fn entitlement(
    (of, number, display_name, purpose): (Resource, u8, String, Purpose),
) -> Entitlement {
    let id = match number {
        // Of another shape.
        0 => EntitlementId::parse(of.id.clone(), &format!("ent/{}", of.id.resource())),
        _ => EntitlementId::new(of.id, format!("slug{number}")),
    };
    Entitlement {
        id,
        description: display_name.chars().rev().collect(),
        display_name,
        grantable_to: vec!["user".into(), "app".into()],
        purpose,
    }
}

/// Makes a sync with short texts, some of which two syncs have in common.
pub(crate) fn sync() -> impl Strategy<Value = Vec<Record>> {
    sync_with(prop_oneof!["[ -~]{0,6}", "\\PC{0,4}"], "[ab]")
}

/// Makes a sync in which every reference holds and no identifier occurs twice, with `text` in resources and `name` in types and
/// entitlements.
pub(crate) fn sync_with(text: impl Text, name: impl Text) -> impl Strategy<Value = Vec<Record>> {
    let purpose = select(vec![
        Purpose::Assignment,
        Purpose::Permission,
        Purpose::Ownership,
        Purpose::Unspecified,
    ]);
    let parts = (
        name.clone(),
        prop::collection::vec(resource(text), 1..12),
        prop::collection::vec((any::<Index>(), 0u8..3, name, purpose), 0..8),
        prop::collection::vec((any::<Index>(), any::<Index>()), 0..12),
    );
    parts.prop_map(|(name, resources, entitlements, grants)| {
        let resources: BTreeMap<_, _> = resources
            .into_iter()
            .map(|it| (it.id.clone(), it))
            .collect();
        let resources: Vec<_> = resources.into_values().collect();
        let entitlements: BTreeMap<String, _> = entitlements
            .into_iter()
            .map(|(of, number, name, purpose)| {
                entitlement((of.get(&resources).clone(), number, name, purpose))
            })
            .map(|it| (it.id.to_string(), it))
            .collect();
        let entitlements: Vec<_> = entitlements.into_values().collect();
        let grants: BTreeSet<Grant> = grants
            .into_iter()
            .filter(|_| !entitlements.is_empty())
            .map(|(of, to)| Grant {
                entitlement: of.get(&entitlements).id.clone(),
                principal: to.get(&resources).id.clone(),
            })
            .collect();
        types(name)
            .chain(resources.into_iter().map(Record::Resource))
            .chain(entitlements.into_iter().map(Record::Entitlement))
            .chain(grants.into_iter().map(Record::Grant))
            .collect()
    })
}
