//! What two syncs differ in.

use std::collections::BTreeMap;

use baton_c1z::diff::{Change, Difference, What, compare};
use baton_c1z::{Error, Limits, Reader};
use baton_model::{Profile, Record, Resource, ResourceId, ResourceTrait, Status};
use baton_proto::connector::v2;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

use crate::made_up;
use crate::support::{Place, database, tiny, vector_path};

/// Compares two syncs of one file.
fn differences(reader: &Reader, old: &str, new: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    compare((reader, old), (reader, new), |it| {
        found.push(it);
        Ok::<_, Error>(())
    })
    .unwrap();
    found
}

/// What a record is about, in the order in which differences come: its text first, then what that means.
fn key(record: &Record) -> (u8, Vec<String>) {
    let parts = |id: &ResourceId| [id.resource_type().to_string(), id.resource().to_owned()];
    match record {
        Record::ResourceType(it) => (0, vec![it.id.to_string()]),
        Record::Resource(it) => (1, [vec![it.id.to_string()], parts(&it.id).into()].concat()),
        Record::Entitlement(it) => (
            2,
            [vec![it.id.to_string()], parts(it.id.resource()).into()].concat(),
        ),
        Record::Grant(it) => {
            let entitlement = vec![it.entitlement.to_string()];
            let of = parts(it.entitlement.resource()).into();
            (3, [entitlement, parts(&it.principal).into(), of].concat())
        }
    }
}

/// The same as the library does, in memory and without any thought. What changed is left to the records themselves.
fn naive(old: &[Record], new: &[Record]) -> Vec<(Record, Option<bool>)> {
    let by_key = |records: &[Record]| -> BTreeMap<_, _> {
        records.iter().map(|it| (key(it), it.clone())).collect()
    };
    let (old, new) = (by_key(old), by_key(new));
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let found = keys
        .into_iter()
        .filter_map(|key| match (old.get(key), new.get(key)) {
            (Some(old), None) => Some((old.clone(), Some(false))),
            (None, Some(new)) => Some((new.clone(), Some(true))),
            (Some(old), Some(new)) if old != new => Some((new.clone(), None)),
            _ => None,
        });
    found.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_naive_comparison_finds_the_same(old in made_up::sync(), new in made_up::sync()) {
        let place = Place::new();
        let (first, second) = (place.add(place.options(), &old), place.add(place.options(), &new));
        let reader = place.reader();
        let found = differences(&reader, &first, &second);
        let short: Vec<_> = found
            .iter()
            .map(|it| (it.record.clone(), match &it.what { What::Added => Some(true), What::Removed => Some(false), What::Changed(_) => None }))
            .collect();
        prop_assert_eq!(short, naive(&old, &new));
        for it in &found {
            if let What::Changed(changes) = &it.what {
                prop_assert!(!changes.is_empty() && changes.is_sorted_by_key(|it| it.field.clone()));
                prop_assert!(changes.iter().all(|it| it.old != it.new));
            }
        }
        prop_assert_eq!(differences(&reader, &first, &first), []);
        prop_assert_eq!(differences(&reader, &second, &first).len(), found.len());
    }
}

fn team(id: ResourceId, name: &str) -> Record {
    Record::Resource(Resource {
        id,
        display_name: name.to_owned(),
        description: String::new(),
        status: None,
        created_at: None,
        details: ResourceTrait::Group,
        profile: Profile::default(),
    })
}

#[test]
fn changes_name_the_fact_and_both_values() {
    let place = Place::new();
    let old = tiny();
    let mut new = tiny();
    let Some(Record::Resource(alice)) = new.get_mut(5) else {
        panic!("an account")
    };
    alice.status = Some(Status::Disabled);
    alice.profile.set("rank", 3u64);
    let ResourceTrait::User(user) = &mut alice.details else {
        panic!("an account")
    };
    user.login = None;
    let alice = Record::Resource(alice.clone());
    let (first, second) = (
        place.add(place.options(), &old),
        place.add(place.options(), &new),
    );
    let change = |field: &str, old, new| Change {
        field: field.to_owned(),
        old,
        new,
    };
    let expected = Difference {
        record: alice,
        what: What::Changed(vec![
            change("login", json!("u-alice"), json!(null)),
            change("profile.rank", json!(null), json!(3)),
            change("status", json!("enabled"), json!("disabled")),
        ]),
    };
    assert_eq!(differences(&place.reader(), &first, &second), [expected]);
}

/// Joined with a colon they look the same.
#[test]
fn identifiers_are_compared_by_meaning() {
    let (mut old, mut new) = (tiny(), tiny());
    old.truncate(3);
    new.truncate(3);
    let mut odd = new[1].clone();
    if let Record::ResourceType(it) = &mut odd {
        it.id = "team:a".into();
    }
    old.push(odd.clone());
    new.push(odd);
    let (left, right) = (
        team(ResourceId::new("team", "a:b"), "X"),
        team(ResourceId::new("team:a", "b"), "X"),
    );
    old.push(left.clone());
    new.push(right.clone());
    let place = Place::new();
    let (first, second) = (
        place.add(place.options(), &old),
        place.add(place.options(), &new),
    );
    let expected = [
        Difference {
            record: left,
            what: What::Removed,
        },
        Difference {
            record: right,
            what: What::Added,
        },
    ];
    assert_eq!(differences(&place.reader(), &first, &second), expected);
}

/// One file against another: other row numbers and times, other identifiers of grants, one grant twice.
#[test]
fn how_a_sync_is_stored_does_not_count() {
    let place = Place::new();
    let sync = place.add(place.options(), &tiny());
    let other = Place::new();
    let mut reversed = tiny();
    reversed[3..7].reverse();
    other.add(other.options(), &[]);
    let other_sync = other.add(other.options(), &reversed);
    let raw = database(&other.file());
    raw.connection
        .execute_batch(
            "update v1_grants set external_id = 'g-' || id;
             insert into v1_grants (resource_type_id, resource_id, entitlement_id, principal_resource_type_id, principal_resource_id, external_id, data, sync_id, discovered_at)
             select resource_type_id, resource_id, entitlement_id, principal_resource_type_id, principal_resource_id, 'again-' || id, data, sync_id, discovered_at from v1_grants;
             update v1_grants set data = substr(data, 1);
             drop index idx_grants_entitlement_id_principal_id_v1;",
        )
        .unwrap();
    raw.pack(&other.file());
    let (old, new) = (place.reader(), other.reader());
    let mut found = Vec::new();
    compare((&old, &sync), (&new, &other_sync), |it| {
        found.push(it);
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(found, []);
}

/// Changes the message of Alice in the newer of two equal syncs, and returns what differs.
fn after(change: impl FnOnce(&mut v2::Resource)) -> Vec<Change> {
    after_of("user:u-alice", change)
}

/// Changes the message of a resource in the newer of two equal syncs, and returns what differs.
fn after_of(id: &str, change: impl FnOnce(&mut v2::Resource)) -> Vec<Change> {
    let place = Place::new();
    let (first, second) = (
        place.add(place.options(), &tiny()),
        place.add(place.options(), &tiny()),
    );
    let raw = database(&place.file());
    let key = (&second, id);
    let sql = "select data from v1_resources where sync_id = ?1 and external_id = ?2";
    let data = raw.connection.query_row(sql, key, |row| row.get(0));
    let data: Vec<u8> = data.unwrap();
    let mut message = v2::Resource::decode(data.as_slice()).unwrap();
    change(&mut message);
    let sql = "update v1_resources set data = ?3 where sync_id = ?1 and external_id = ?2";
    let key = (&second, id, message.encode_to_vec());
    assert_eq!(raw.connection.execute(sql, key).unwrap(), 1);
    raw.pack(&place.file());
    let found = differences(&place.reader(), &first, &second);
    assert!(found.len() <= 1);
    let changes = found.into_iter().map(|it| match it.what {
        What::Changed(changes) => changes,
        other => panic!("{other:?}"),
    });
    changes.flatten().collect()
}

#[track_caller]
fn says(change: impl FnOnce(&mut v2::Resource), field: &str, new: serde_json::Value) {
    let (field, old) = (field.to_owned(), json!(null));
    assert_eq!(after(change), [Change { field, old, new }]);
}

/// Roles and teams can be frozen too.
#[test]
fn the_words_about_the_status_of_anything_count() {
    for id in ["role:admin", "team:t-eng"] {
        let found = after_of(id, |it| {
            it.status = Some(v2::Status {
                status: 1,
                details: "by the audit".to_owned(),
            });
        });
        let details = found.iter().find(|it| it.field == "status_details");
        assert_eq!(details.unwrap().new, json!("by the audit"), "{id}");
    }
}

/// Two files are not called the same for what only other connectors say.
#[test]
fn what_records_have_no_words_for_counts() {
    let icon = |id: &str| Some(v2::AssetRef { id: id.to_owned() });
    says(|it| it.icon = icon("i"), "icon", json!("i"));
    says(|it| it.baton_resource = true, "baton_resource", json!(true));
    says(
        |it| it.id.as_mut().unwrap().baton_resource = true,
        "id.baton_resource",
        json!(true),
    );
    says(
        |it| it.creation_source = 1,
        "creation_source",
        json!("CREATION_SOURCE_CONNECTOR_LIST_RESOURCES"),
    );
    let external = v2::ExternalId {
        id: "x-1".to_owned(),
        ..v2::ExternalId::default()
    };
    says(
        |it| it.external_id = Some(external),
        "external_id",
        json!({"id": "x-1", "link": "", "description": ""}),
    );
    let parent = v2::ResourceId {
        resource_type: "team".to_owned(),
        resource: "t-eng".to_owned(),
        baton_resource: false,
    };
    says(
        |it| it.parent_resource_id = Some(parent),
        "parent",
        json!("team:t-eng"),
    );
    // The picture of a trait is that of the resource, in the older of two places.
    let change = |it: &mut v2::Resource| {
        let mut user: v2::UserTrait = it.annotations[0].to_msg().unwrap();
        user.icon = icon("i");
        it.annotations[0] = prost_types::Any::from_msg(&user).unwrap();
    };
    says(change, "icon", json!("i"));
    // A second trait is an annotation like any other.
    let group = v2::GroupTrait {
        profile: Some(prost_types::Struct {
            fields: [("a".to_owned(), true.into())].into(),
        }),
        ..v2::GroupTrait::default()
    };
    says(
        |it| {
            it.annotations
                .push(prost_types::Any::from_msg(&group).unwrap());
        },
        "annotation.c1.connector.v2.GroupTrait",
        json!([crate::support::hex(&group.encode_to_vec())]),
    );
}

/// The second file is the first and one grant that was expanded into another.
#[test]
fn files_of_a_real_connector() {
    let open = |name| Reader::open(&vector_path(name), Limits::default(), None).unwrap();
    let (old, new) = (open("tiny.c1z"), open("expand.c1z"));
    let (first, second) = (old.finished(None).unwrap(), new.finished(None).unwrap());
    let mut found = Vec::new();
    compare((&old, &first.sync_id), (&new, &second.sync_id), |it| {
        found.push(it);
        Ok::<_, Error>(())
    })
    .unwrap();
    let texts = found.iter().map(|it| match &it.record {
        Record::Grant(grant) => (grant.id(), it.what.clone()),
        other => panic!("{other:?}"),
    });
    let texts: Vec<_> = texts.collect();
    assert_eq!(
        texts,
        [
            ("role:admin:assigned:team:t-eng".to_owned(), What::Added),
            ("role:admin:assigned:user:u-bob".to_owned(), What::Added),
        ]
    );
}

#[test]
fn the_first_failure_ends_the_comparison() {
    let place = Place::new();
    let (first, second) = (
        place.add(place.options(), &[]),
        place.add(place.options(), &tiny()),
    );
    let reader = place.reader();
    let mut calls = 0;
    let result = compare((&reader, &first), (&reader, &second), |_| {
        calls += 1;
        Err(Error::Failed)
    });
    assert!(matches!(result, Err(Error::Failed)));
    assert_eq!(calls, 1);
}
