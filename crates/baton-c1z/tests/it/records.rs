//! A stored sync comes back as records: our own exactly, those of other connectors without losing access.

use baton_c1z::{Error, ErrorKind, Limits, Reader};
use baton_model::{
    AccountType, EntitlementId, Grant, ProfileValue, Purpose, Record, Resource, ResourceId,
    ResourceTrait, Status, Trait,
};
use baton_proto::connector::v2;
use proptest::prelude::*;
use prost::{Message, Name};
use prost_types::Any;
use rusqlite::{Connection, params};

use crate::made_up;
use crate::support::{Place, database, tiny, vector_path};

fn read(reader: &Reader) -> Vec<Record> {
    let sync = reader.finished(None).unwrap().sync_id;
    reader.records(&sync).map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_comes_back(records in made_up::sync()) {
        let place = Place::new();
        let sync = place.add(place.options(), &records);
        let reader = place.reader();
        let mut stream = reader.records(&sync);
        let found: Vec<_> = stream.by_ref().map(Result::unwrap).collect();
        prop_assert_eq!(found, records);
        prop_assert!(stream.left_out().is_empty(), "{:?}", stream.left_out());
    }
}

fn real(name: &str) -> Reader {
    Reader::open(&vector_path(name), Limits::default(), None).unwrap()
}

/// What a real connector wrote, and what the vocabulary says of it.
#[test]
fn a_file_of_a_real_connector() {
    let reader = real("tiny.c1z");
    let found = read(&reader);
    let is_user = |record: &&Record| matches!(record, Record::Resource(it) if it.details.kind() == Trait::User);
    let key = |record: &Record| format!("{record:?}");
    let mut others: Vec<_> = found.iter().filter(|it| !is_user(it)).map(key).collect();
    let mut expected: Vec<_> = tiny().iter().filter(|it| !is_user(it)).map(key).collect();
    others.sort();
    expected.sort();
    assert_eq!(others, expected);

    let user = |id: &str| {
        let of = found.iter().filter(is_user).map(|it| match it {
            Record::Resource(it) => it.clone(),
            _ => unreachable!(),
        });
        of.into_iter().find(|it| it.id.resource() == id).unwrap()
    };
    let alice = user("u-alice");
    let ResourceTrait::User(details) = &alice.details else {
        panic!("an account")
    };
    assert_eq!(details.login.as_deref(), Some("alice"));
    assert_eq!(
        details.last_login.unwrap().to_string(),
        "2024-02-03T04:05:06.007Z"
    );
    assert_eq!(
        alice.created_at.unwrap().to_string(),
        "2024-01-02T03:04:05Z"
    );
    assert_eq!(alice.profile.get("rank"), Some(&ProfileValue::Number(3)));
    // Its trait says that it is enabled, the resource itself knows better.
    let bob = user("u-bob");
    assert_eq!(bob.status, Some(Status::Disabled));
    assert!(
        matches!(&bob.details, ResourceTrait::User(it) if it.account_type == AccountType::Service)
    );
    assert_eq!(
        reader
            .display_name(&reader.finished(None).unwrap().sync_id, &bob.id)
            .unwrap()
            .as_deref(),
        Some("Bob Example")
    );
}

#[test]
fn what_records_cannot_say_is_counted() {
    let reader = real("expand.c1z");
    let sync = reader.finished(None).unwrap().sync_id;
    let mut records = reader.records(&sync);
    let grants = records
        .by_ref()
        .map(Result::unwrap)
        .filter(|it| matches!(it, Record::Grant(_)));
    assert_eq!(grants.count(), 4);
    let left_out: Vec<_> = records
        .left_out()
        .iter()
        .map(|(what, count)| (*what, *count))
        .collect();
    assert_eq!(
        left_out,
        [
            ("annotations of grants", 1),
            ("details of statuses", 1),
            ("expansions of grants", 1),
            ("names of accounts in parts", 1),
            ("other logins of accounts", 1),
            ("second factors of accounts", 1),
            ("sources of grants", 1),
            ("staff numbers of accounts", 1),
        ]
    );
}

fn any<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

fn id(resource_type: &str, resource: &str) -> v2::ResourceId {
    v2::ResourceId {
        resource_type: resource_type.to_owned(),
        resource: resource.to_owned(),
        ..v2::ResourceId::default()
    }
}

fn insert_resource(it: &Connection, sync: &str, id: (&str, &str), message: &v2::Resource) {
    it.execute(
        "insert into v1_resources (resource_type_id, external_id, data, sync_id, discovered_at) values (?1, ?2, ?3, ?4, '2026-01-01')",
        params![id.0, format!("{}:{}", id.0, id.1), message.encode_to_vec(), sync],
    )
    .unwrap();
}

fn insert_grant(it: &Connection, sync: &str, entitlement: &str, own_id: &str, message: &v2::Grant) {
    it.execute(
        "insert into v1_grants (resource_type_id, resource_id, entitlement_id, principal_resource_type_id, principal_resource_id, \
         external_id, data, sync_id, discovered_at) values ('app', 'a:1', ?1, 'person', 'p', ?2, ?3, ?4, '2026-01-01')",
        params![entitlement, own_id, message.encode_to_vec(), sync],
    )
    .unwrap();
}

/// A file to which a connector of another kind added rows.
fn foreign(fill: impl FnOnce(&Connection, &str)) -> (Place, Reader) {
    let place = Place::new();
    let sync = place.add(place.options(), &[]);
    let raw = database(&place.file());
    fill(&raw.connection, &sync);
    raw.pack(&place.file());
    let reader = place.reader();
    (place, reader)
}

/// Rows as only other connectors write them.
fn insert_foreign(raw: &Connection, sync: &str) {
    let mut trait_ = v2::UserTrait {
        account_type: 3,
        ..v2::UserTrait::default()
    };
    trait_.status = Some(v2::user_trait::Status {
        status: 3,
        details: "gone".to_owned(),
    });
    trait_.created_at = Some(prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    });
    let list = prost_types::ListValue {
        values: vec![1.5.into(), prost_types::Value { kind: None }],
    };
    let profile = prost_types::Struct {
        fields: [(
            "tags".to_owned(),
            prost_types::value::Kind::ListValue(list).into(),
        )]
        .into(),
    };
    trait_.profile = Some(profile);
    let person = v2::Resource {
        id: Some(id("person", "p")),
        annotations: vec![any(&v2::SkipEntitlementsAndGrants {}), any(&trait_)],
        ..v2::Resource::default()
    };
    insert_resource(raw, sync, ("person", "p"), &person);
    // Its identifier stands in the columns only, its trait is one we do not know.
    let app = v2::Resource {
        annotations: vec![any(&v2::AppTrait::default())],
        ..v2::Resource::default()
    };
    insert_resource(raw, sync, ("app", "a:1"), &app);
    let ent = v2::Entitlement {
        resource: Some(app),
        id: "E-77".to_owned(),
        slug: "use".to_owned(),
        purpose: 3,
        ..v2::Entitlement::default()
    };
    raw.execute(
        "insert into v1_entitlements (resource_type_id, resource_id, external_id, data, sync_id, discovered_at) values ('app', 'a:1', 'E-77', ?1, ?2, '2026-01-01')",
        params![ent.encode_to_vec(), sync],
    )
    .unwrap();
    // Slim grants, two that say the same, and one that nothing else knows of.
    insert_grant(raw, sync, "E-77", "g-1", &v2::Grant::default());
    insert_grant(raw, sync, "E-77", "g-2", &v2::Grant::default());
    insert_grant(
        raw,
        sync,
        "app:a:1:admin",
        "app:a:1:admin:person:p",
        &v2::Grant::default(),
    );
}

#[test]
fn other_traits_profiles_and_identifiers() {
    let (_place, reader) = foreign(insert_foreign);
    let sync = reader.finished(None).unwrap().sync_id;
    let mut stream = reader.records(&sync);
    let found: Vec<_> = stream.by_ref().map(Result::unwrap).collect();
    let [
        Record::Resource(person),
        Record::Resource(app),
        Record::Entitlement(ent),
        grants @ ..,
    ] = found.as_slice()
    else {
        panic!("{found:?}");
    };
    assert_eq!(
        (person.status, person.created_at),
        (Some(Status::Deleted), None)
    );
    assert!(
        matches!(&person.details, ResourceTrait::User(it) if it.account_type == AccountType::System)
    );
    let tags = ProfileValue::List(vec![ProfileValue::Decimal(1.5), ProfileValue::Null]);
    assert_eq!(person.profile.get("tags"), Some(&tags));
    assert_eq!(app.details, ResourceTrait::Other);
    assert_eq!(app.id, ResourceId::new("app", "a:1"));
    assert_eq!(
        (ent.id.to_string().as_str(), ent.purpose),
        ("E-77", Purpose::Ownership)
    );
    let grant = |entitlement| {
        Record::Grant(Grant {
            entitlement,
            principal: person.id.clone(),
        })
    };
    let admin = EntitlementId::new(app.id.clone(), "admin");
    assert_eq!(
        grants,
        [grant(ent.id.clone()), grant(ent.id.clone()), grant(admin)]
    );
    let left_out: Vec<_> = stream
        .left_out()
        .iter()
        .map(|(what, count)| (*what, *count))
        .collect();
    assert_eq!(
        left_out,
        [
            ("annotations of resources", 2),
            ("details of statuses", 1),
            (
                "identifiers of grants that do not follow from entitlement and principal",
                2
            ),
            (
                "slugs of entitlements that are no part of the identifier",
                1
            ),
            ("times out of range", 1),
        ]
    );
}

/// Rows that say everything that records have no words for.
fn insert_all(raw: &Connection, sync: &str) {
    let icon = Some(v2::AssetRef { id: "i".to_owned() });
    let immutable = any(&v2::GrantImmutable::default());
    let of_type = v2::ResourceType {
        id: "app".to_owned(),
        description: "Programs".to_owned(),
        sourced_externally: true,
        traits: vec![v2::resource_type::Trait::App.into()],
        annotations: vec![
            any(&v2::SkipEntitlementsAndGrants {}),
            any(&v2::SkipGrants {}),
        ],
        ..v2::ResourceType::default()
    };
    raw.execute(
        "insert into v1_resource_types (external_id, data, sync_id, discovered_at) values ('app', ?1, ?2, '2026-01-01')",
        params![of_type.encode_to_vec(), sync],
    )
    .unwrap();
    let user = v2::UserTrait {
        account_type: 9,
        login_aliases: vec!["annie".to_owned()],
        employee_ids: vec!["7".to_owned()],
        mfa_status: Some(v2::user_trait::MfaStatus::default()),
        sso_status: Some(v2::user_trait::SsoStatus::default()),
        structured_name: Some(v2::user_trait::StructuredName::default()),
        icon: icon.clone(),
        ..v2::UserTrait::default()
    };
    let group = v2::GroupTrait {
        raw_group_source_type: "LDAP".to_owned(),
        ..v2::GroupTrait::default()
    };
    let role = v2::RoleTrait {
        role_scope_conditions: Some(v2::RoleScopeConditions::default()),
        ..v2::RoleTrait::default()
    };
    let person = v2::Resource {
        id: Some(id("person", "p")),
        parent_resource_id: Some(id("app", "a:1")),
        baton_resource: true,
        external_id: Some(v2::ExternalId::default()),
        creation_source: 2,
        icon,
        status: Some(v2::Status {
            status: 9,
            details: "asleep".to_owned(),
        }),
        // Of two traits the first of our order is read.
        annotations: vec![any(&group), any(&user)],
        ..v2::Resource::default()
    };
    insert_resource(raw, sync, ("person", "p"), &person);
    for (name, of) in [("g", any(&group)), ("r", any(&role))] {
        let it = v2::Resource {
            id: Some(id("app", name)),
            annotations: vec![of],
            ..v2::Resource::default()
        };
        insert_resource(raw, sync, ("app", name), &it);
    }
    let ent = v2::Entitlement {
        id: "app:a:1:use".to_owned(),
        purpose: 9,
        annotations: vec![any(&v2::EntitlementImmutable::default())],
        ..v2::Entitlement::default()
    };
    raw.execute(
        "insert into v1_entitlements (resource_type_id, resource_id, external_id, data, sync_id, discovered_at) \
         values ('app', 'a:1', ?1, ?2, ?3, '2026-01-01')",
        params![ent.id, ent.encode_to_vec(), sync],
    )
    .unwrap();
    let grant = v2::Grant {
        annotations: vec![immutable],
        ..v2::Grant::default()
    };
    let own_id = "app:a:1:use:person:p";
    insert_grant(raw, sync, "app:a:1:use", own_id, &grant);
}

#[test]
fn all_that_records_cannot_say_is_counted() {
    let (_place, reader) = foreign(insert_all);
    let sync = reader.finished(None).unwrap().sync_id;
    let mut stream = reader.records(&sync);
    assert_eq!(stream.by_ref().map(Result::unwrap).count(), 6);
    let once = [
        "annotations of entitlements",
        "annotations of grants",
        "annotations of resource types",
        "annotations of resources",
        "conditions of roles",
        "descriptions of resource types",
        "details of statuses",
        "identifiers of resources in other systems",
        "kinds of resource types that are none of accounts, groups and roles",
        "marks of resource types that another system keeps",
        "marks of resources that Baton made",
        "names of accounts in parts",
        "origins of groups",
        "origins of resources",
        "other logins of accounts",
        "parents of resources",
        "pictures of resources",
        "second factors of accounts",
        "single sign-on of accounts",
        "staff numbers of accounts",
        "values of enumerations that are not known",
    ];
    let mut left_out = stream.left_out().clone();
    let unknown = left_out.get_mut(once[20]).unwrap();
    assert_eq!(std::mem::replace(unknown, 1), 3);
    assert_eq!(left_out, once.map(|it| (it, 1)).into());
}

#[track_caller]
fn breaks(fill: impl FnOnce(&Connection, &str), expected: &str) {
    let (_place, reader) = foreign(fill);
    let sync = reader.finished(None).unwrap().sync_id;
    let mut records = reader.records(&sync);
    let error = records.by_ref().find_map(Result::err).unwrap();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    let text = error.to_string();
    assert!(text.starts_with("row 1 of v1_resources in "), "{text}");
    assert!(text.ends_with(expected), "{text}");
    assert!(records.next().is_none(), "nothing after an error");
}

#[test]
fn rows_that_cannot_be_read_are_named() {
    let nameless = v2::Resource {
        id: Some(id("user", "")),
        ..v2::Resource::default()
    };
    breaks(
        |raw, sync| insert_resource(raw, sync, ("user", "u"), &nameless),
        "names nothing: an identifier is empty",
    );
    let mut broken = any(&v2::UserTrait::default());
    broken.value = vec![0xff];
    let broken = v2::Resource {
        id: Some(id("user", "u")),
        annotations: vec![broken],
        ..v2::Resource::default()
    };
    breaks(
        |raw, sync| insert_resource(raw, sync, ("user", "u"), &broken),
        "holds an annotation that cannot be decoded",
    );
    breaks(
        |raw, sync| {
            insert_resource(raw, sync, ("user", "u"), &v2::Resource::default());
            raw.execute("update v1_resources set data = x'ff'", [])
                .unwrap();
        },
        "holds no valid message",
    );
}

#[test]
fn a_sync_is_chosen_by_its_identifier() {
    let place = Place::new();
    let first = place.add(place.options(), &tiny());
    let second = place.add(place.options(), &[]);
    let raw = database(&place.file());
    let sql = "update v1_sync_runs set ended_at = '2030-01-01' where sync_id = ?1";
    raw.connection.execute(sql, [&second]).unwrap();
    raw.pack(&place.file());
    let reader = place.reader();
    assert_eq!(reader.finished(None).unwrap().sync_id, second);
    assert_eq!(reader.finished(Some(&first)).unwrap().sync_id, first);
    let Err(error @ Error::NoSync { .. }) = reader.finished(Some("elsewhere")) else {
        panic!("there is none")
    };
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert!(
        error.to_string().ends_with("holds no sync elsewhere"),
        "{error}"
    );

    let raw = database(&place.file());
    raw.connection
        .execute("update v1_sync_runs set ended_at = null", [])
        .unwrap();
    raw.pack(&place.file());
    let reader = place.reader();
    assert!(matches!(
        reader.finished(None),
        Err(Error::NoSync { sync_id: None, .. })
    ));
    assert!(matches!(
        reader.finished(Some(&first)),
        Err(Error::NotFinished { .. })
    ));
}

#[test]
fn names_are_looked_up_by_meaning() {
    let place = Place::new();
    let mut records = tiny();
    records.truncate(3);
    let team = Resource {
        id: ResourceId::new("team", "a:b"),
        display_name: "Colon".to_owned(),
        description: String::new(),
        status: None,
        created_at: None,
        details: ResourceTrait::Group,
        profile: baton_model::Profile::default(),
    };
    records.push(Record::Resource(team.clone()));
    let sync = place.add(place.options(), &records);
    let reader = place.reader();
    assert_eq!(
        reader.display_name(&sync, &team.id).unwrap().as_deref(),
        Some("Colon")
    );
    for other in [
        ResourceId::new("team:a", "b"),
        ResourceId::new("team", "none"),
    ] {
        assert_eq!(reader.display_name(&sync, &other).unwrap(), None);
    }
}
