//! What is written is what a real connector writes, and contradictions are refused.

use baton_c1z::{Error, ErrorKind};
use baton_model::{EntitlementId, Grant, Record, Resource, ResourceId, Trait};
use baton_proto::connector::v2;
use prost::Message;
use prost_types::Any;
use serde_json::Value;

use crate::support::{
    Place, database, dump, entitlement, hex, resource_type, tiny, unhex, user, vector, vector_rows,
};

/// Changes the known bytes of a row in the one way in which we mean to differ: the profile of the role stands on its
/// trait too, which the connector of the vector left out.
fn with_role_profile(table: &str, data: &str) -> String {
    let data = unhex(data);
    let bytes = match table {
        "v1_resources" => {
            let mut resource = v2::Resource::decode(data.as_slice()).unwrap();
            add_role_profile(&mut resource);
            resource.encode_to_vec()
        }
        "v1_entitlements" => {
            let mut entitlement = v2::Entitlement::decode(data.as_slice()).unwrap();
            add_role_profile(entitlement.resource.as_mut().unwrap());
            entitlement.encode_to_vec()
        }
        "v1_grants" => {
            let mut grant = v2::Grant::decode(data.as_slice()).unwrap();
            add_role_profile(
                grant
                    .entitlement
                    .as_mut()
                    .unwrap()
                    .resource
                    .as_mut()
                    .unwrap(),
            );
            grant.encode_to_vec()
        }
        _ => data,
    };
    hex(&bytes)
}

fn add_role_profile(resource: &mut v2::Resource) {
    let Some(annotation) = resource
        .annotations
        .first_mut()
        .filter(|it| it.type_url.ends_with(".RoleTrait"))
    else {
        return;
    };
    let profile = resource.profile.clone();
    *annotation = Any::from_msg(&v2::RoleTrait {
        profile,
        ..v2::RoleTrait::default()
    })
    .unwrap();
}

#[test]
fn rows_of_tiny_are_upstreams_bytes() {
    let place = Place::new();
    let sync = place.add(place.options(), &tiny());
    let dump = dump(&place.reader(), &sync);
    let vector = vector("tiny");
    for table in [
        "v1_resource_types",
        "v1_resources",
        "v1_entitlements",
        "v1_grants",
    ] {
        let mut known = vector_rows(&vector, table);
        let known = known.as_array_mut().unwrap();
        let ours = dump[table].as_array().unwrap();
        assert_eq!(ours.len(), known.len());
        for (row, known) in ours.iter().zip(known) {
            known["sync_id"] = Value::from(sync.as_str());
            known["discovered_at"] = row["discovered_at"].clone();
            known["data"] = match row["resource_type_id"].as_str() {
                // The vocabulary cannot say all that the vector says about users.
                Some("user") if table == "v1_resources" => row["data"].clone(),
                _ => with_role_profile(table, known["data"].as_str().unwrap()).into(),
            };
            assert_eq!(row, known, "{table}");
        }
    }
}

#[test]
fn the_sync_itself_is_upstreams_but_for_times() {
    let place = Place::new();
    let sync = place.add(place.options(), &tiny());
    let mut known = vector_rows(&vector("tiny"), "v1_sync_runs");
    known[0]["sync_id"] = sync.as_str().into();
    known[0]["started_at"] = "2026-06-01 08:00:00.25".into();
    // The clock of these tests ticks for the start and for the two times that rows are inserted.
    known[0]["ended_at"] = "2026-06-01 08:00:03.25".into();
    assert_eq!(dump(&place.reader(), &sync)["v1_sync_runs"], known);
}

#[test]
fn rows_carry_the_time_they_were_inserted_at() {
    let place = Place::new();
    place.add(place.options(), &tiny());
    let database = database(&place.file());
    assert_eq!(
        database.text("select discovered_at from v1_resource_types where id = 1"),
        "2026-06-01 08:00:01.25"
    );
    // What is on top of a resource needs it in the database, so all before that is inserted.
    assert_eq!(
        database.text("select max(discovered_at) from v1_resources"),
        "2026-06-01 08:00:01.25"
    );
    assert_eq!(
        database.text("select min(discovered_at) from v1_entitlements"),
        "2026-06-01 08:00:02.25"
    );
    assert_eq!(
        database.text("select typeof(discovered_at) from v1_grants limit 1"),
        "text"
    );
}

/// Puts `records` of tiny and then `record`, and returns how that is refused.
fn refusal(records: usize, record: &Record) -> Error {
    let place = Place::new();
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    for record in &tiny()[..records] {
        writer.put(record).unwrap();
    }
    let error = writer.put(record).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Record);
    for record in &tiny()[records..] {
        writer.put(record).unwrap();
    }
    assert_eq!(
        writer.finish().unwrap().grants,
        2,
        "a refused record leaves no trace"
    );
    error
}

#[track_caller]
fn check(records: usize, record: &Record, expected: &str) {
    assert_eq!(refusal(records, record).to_string(), expected);
}

#[test]
fn duplicates_are_refused_by_name() {
    for (at, expected) in [
        (0, "resource type user was already written"),
        (3, "resource role:admin was already written"),
        (7, "entitlement team:t-eng:member was already written"),
        (9, "grant team:t-eng:member:user:u-bob was already written"),
    ] {
        check(at + 1, &tiny()[at].clone(), expected);
    }
}

#[test]
fn a_resource_needs_its_type_and_the_trait_on_it() {
    check(
        0,
        &Record::Resource(user("u", "U")),
        "resource user:u needs resource type user, which was not written",
    );
    let mut team = user("t", "T");
    team.id = ResourceId::new("team", "t");
    let expected =
        "resource team:t needs the User trait on resource type team, which was not written";
    check(3, &Record::Resource(team), expected);
}

#[test]
fn an_entitlement_needs_its_resource_and_its_types() {
    let somebody = user("nobody", "N");
    let lonely = entitlement(&somebody, "x", "X", "");
    let expected = "entitlement user:nobody:x needs resource user:nobody, which was not written";
    check(7, &Record::Entitlement(lonely), expected);
    let mut odd = entitlement(&user("u-bob", ""), "x", "X", "");
    odd.grantable_to.push("robot".into());
    let expected = "entitlement user:u-bob:x needs resource type robot, which was not written";
    check(7, &Record::Entitlement(odd), expected);
}

#[test]
fn a_grant_needs_its_entitlement_and_its_principal() {
    let member = EntitlementId::new(ResourceId::new("team", "t-eng"), "member");
    let grant = Grant {
        entitlement: member,
        principal: ResourceId::new("user", "ghost"),
    };
    let expected =
        "grant team:t-eng:member:user:ghost needs resource user:ghost, which was not written";
    check(9, &Record::Grant(grant), expected);
    let owner = EntitlementId::new(ResourceId::new("team", "t-eng"), "owner");
    let grant = Grant {
        entitlement: owner,
        principal: ResourceId::new("user", "u-bob"),
    };
    let expected = "grant team:t-eng:owner:user:u-bob needs entitlement team:t-eng:owner, which was not written";
    check(9, &Record::Grant(grant), expected);
}

#[test]
fn empty_and_endless_identifiers_are_refused() {
    check(
        3,
        &Record::Resource(user("", "")),
        "resource \"\" is not 1 to 1024 bytes long",
    );
    let endless = user(&"x".repeat(1025), "");
    let expected = format!("resource {:?} is not 1 to 1024 bytes long", "x".repeat(40));
    check(3, &Record::Resource(endless), &expected);
    check(
        0,
        &Record::ResourceType(resource_type("", "", Trait::Role)),
        "resource type \"\" is not 1 to 1024 bytes long",
    );
}

#[test]
fn different_records_with_the_same_identifier_are_found_at_the_end() {
    let place = Place::new();
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    writer
        .put(&Record::ResourceType(resource_type(
            "user",
            "User",
            Trait::User,
        )))
        .unwrap();
    let (first, second): (Resource, Resource) = (user("a", "A"), user("a:b", "AB"));
    let twins = [
        entitlement(&first, "b:c", "1", ""),
        entitlement(&second, "c", "2", ""),
    ];
    assert_eq!(twins[0].id.to_string(), twins[1].id.to_string());
    writer.put(&Record::Resource(first)).unwrap();
    writer.put(&Record::Resource(second)).unwrap();
    for twin in twins {
        writer.put(&Record::Entitlement(twin)).unwrap();
    }
    let error = writer.finish().unwrap_err();
    assert_eq!(
        error.to_string(),
        "entitlement user:a:b:c was already written"
    );
    assert!(!place.file().exists());
    place.assert_no_working_copy();
}

#[test]
fn a_writer_can_move_to_another_thread() {
    let place = Place::new();
    let writer = place.open(place.options()).unwrap().start_sync().unwrap();
    let stats = std::thread::spawn(|| writer.finish())
        .join()
        .unwrap()
        .unwrap();
    assert_eq!(stats, baton_c1z::Stats::default());
}

#[test]
fn rows_beyond_a_batch_are_all_there() {
    let place = Place::new();
    let users: Vec<_> = (0..2000)
        .map(|number| user(&format!("user-{number}"), "U"))
        .collect();
    let mut records = tiny();
    records.extend(users.iter().cloned().map(Record::Resource));
    let member = EntitlementId::new(ResourceId::new("team", "t-eng"), "member");
    records.extend(users.iter().map(|user| {
        Record::Grant(Grant {
            entitlement: member.clone(),
            principal: user.id.clone(),
        })
    }));
    let sync = place.add(place.options(), &records);
    let reader = place.reader();
    let resources = reader.resources(&sync).map(|row| row.unwrap().external_id);
    let names: Vec<_> = resources.skip(4).collect();
    let expected: Vec<_> = users.iter().map(|user| user.id.to_string()).collect();
    assert_eq!(names, expected);
    let grants = reader.grants(&sync).skip(2).map(|row| row.unwrap());
    for (row, user) in grants.zip(&users) {
        assert_eq!(row.external_id, format!("team:t-eng:member:{}", user.id));
        assert_eq!(row.entitlement_id, "team:t-eng:member");
        assert_eq!(row.message.id, row.external_id);
        let entitlement = row.message.entitlement.unwrap();
        assert_eq!(entitlement.resource.unwrap().display_name, "Engineering");
    }
    assert_eq!(reader.grants(&sync).count(), 2002);
}
