//! Files of older writers get what they lack, also when they are only read.

use baton_c1z::Options;
use baton_proto::connector::v2;
use prost::{Message, Name as _};
use prost_types::Any;
use rusqlite::{Connection, params};

use crate::support::{Place, database, pack, tiny};

const OLD_SYNC: &str = "9c1f0a52-7d4e-4d4b-9a55-0d2f5b1c7e10";

/// The schema before anything was added to it, with one sync in it, one of whose grants is expandable.
fn old_file(connection: &Connection) {
    connection
        .execute_batch(
            "create table v1_sync_runs (id integer primary key, sync_id text not null, started_at datetime not null, \
             ended_at datetime, sync_token text not null); \
             create unique index idx_sync_runs_sync_id_v1 on v1_sync_runs (sync_id); \
             create table v1_grants (id integer primary key, resource_type_id text not null, \
             resource_id text not null, entitlement_id text not null, principal_resource_type_id text not null, \
             principal_resource_id text not null, external_id text not null, data blob not null, \
             sync_id text not null, discovered_at datetime not null); \
             create unique index idx_grants_external_sync_v1 on v1_grants (external_id, sync_id);",
        )
        .unwrap();
    connection
        .execute(
            "insert into v1_sync_runs (sync_id, started_at, ended_at, sync_token) values (?1, ?2, ?3, '')",
            params![OLD_SYNC, "2024-01-01 00:00:00", "2024-01-01 00:00:09.5"],
        )
        .unwrap();
    let expandable = Any::from_msg(&expansion()).unwrap();
    for (principal, annotations) in [
        ("team", vec![expandable, immutable()]),
        ("user", vec![immutable()]),
    ] {
        let data = v2::Grant {
            id: format!("role:r:assigned:{principal}:x"),
            annotations,
            ..v2::Grant::default()
        };
        connection
            .execute(
                "insert into v1_grants (resource_type_id, resource_id, entitlement_id, principal_resource_type_id, \
                 principal_resource_id, external_id, data, sync_id, discovered_at) \
                 values ('role', 'r', 'role:r:assigned', ?1, 'x', ?2, ?3, ?4, '2024-01-01 00:00:01')",
                params![principal, data.id, data.encode_to_vec(), OLD_SYNC],
            )
            .unwrap();
    }
}

fn expansion() -> v2::GrantExpandable {
    v2::GrantExpandable {
        entitlement_ids: vec!["team:x:member".to_owned()],
        ..v2::GrantExpandable::default()
    }
}

/// Readers of annotations look behind the last slash, and take the whole where there is none.
#[test]
fn an_expansion_without_a_slash_in_its_type_is_moved_too() {
    let place = Place::new();
    pack(&place.file(), |connection| {
        old_file(connection);
        let bare = Any {
            type_url: v2::GrantExpandable::full_name(),
            value: expansion().encode_to_vec(),
        };
        let grant = v2::Grant {
            annotations: vec![bare, immutable()],
            ..v2::Grant::default()
        };
        connection
            .execute(
                "update v1_grants set data = ?1 where principal_resource_type_id = 'team'",
                [grant.encode_to_vec()],
            )
            .unwrap();
    });
    check_old_sync(&place);
}

fn immutable() -> Any {
    Any::from_msg(&v2::GrantImmutable::default()).unwrap()
}

#[track_caller]
fn check_old_sync(place: &Place) {
    let reader = place.reader();
    let run = reader.syncs().unwrap().remove(0);
    assert_eq!(
        (
            run.sync_id.as_str(),
            run.sync_type.as_str(),
            run.stats.as_deref()
        ),
        (OLD_SYNC, "full", None)
    );
    assert!(run.grants_backfilled);
    assert_eq!(
        reader.stats(&run).unwrap().grants_by_resource_type["role"],
        2
    );

    let grants: Vec<_> = reader.grants(OLD_SYNC).map(Result::unwrap).collect();
    assert_eq!(grants[0].expansion, Some(expansion()));
    assert!(grants[0].needs_expansion);
    assert_eq!(grants[1].expansion, None);
    assert!(!grants[1].needs_expansion);
    for grant in grants {
        assert_eq!(grant.message.annotations, [immutable()]);
    }
}

#[test]
fn an_old_file_is_read() {
    let place = Place::new();
    pack(&place.file(), old_file);
    let before = place.bytes();
    check_old_sync(&place);
    assert_eq!(place.bytes(), before);
}

#[test]
fn an_old_file_is_completed_when_a_sync_is_added() {
    let place = Place::new();
    pack(&place.file(), old_file);
    place.add(
        Options {
            keep_syncs: 2,
            ..place.options()
        },
        &tiny(),
    );
    check_old_sync(&place);
    assert_eq!(place.reader().syncs().unwrap().len(), 2);

    let database = database(&place.file());
    assert_eq!(
        database.number("select count(*) from sqlite_master where type = 'index'"),
        16
    );
    assert_eq!(
        database.number("select count(*) from sqlite_master where type = 'table'"),
        7
    );
    assert_eq!(
        database.number("select count(*) from v1_sync_runs where grants_backfilled = 1"),
        2
    );
    assert_eq!(
        database.number("select count(*) from v1_grants where length(expansion) = 0"),
        0
    );
}

#[test]
fn slim_grants_are_filled_in_from_their_columns() {
    let place = Place::new();
    pack(&place.file(), old_file);
    let grant = place.reader().grants(OLD_SYNC).next().unwrap().unwrap();
    let entitlement = grant.message.entitlement.unwrap();
    let resource = entitlement.resource.unwrap().id.unwrap();
    assert_eq!(entitlement.id, "role:r:assigned");
    assert_eq!(
        (resource.resource_type.as_str(), resource.resource.as_str()),
        ("role", "r")
    );
    let principal = grant.message.principal.unwrap().id.unwrap();
    assert_eq!(
        (
            principal.resource_type.as_str(),
            principal.resource.as_str()
        ),
        ("team", "x")
    );
}
