//! Syncs of a part of what there is.

use baton_c1z::{Options, SyncKind};
use baton_model::{Record, ResourceType, Trait};

use crate::support::{Place, database, resource_type, tiny};

fn options(place: &Place, kind: SyncKind) -> Options {
    Options {
        kind,
        ..place.options()
    }
}

fn resources() -> Vec<Record> {
    let mut records = tiny();
    records.retain(|it| matches!(it, Record::ResourceType(_) | Record::Resource(_)));
    records
}

/// The records of `tiny` without the users and their type.
fn without_users() -> Vec<Record> {
    let is_user = |it: &Record| match it {
        Record::ResourceType(ResourceType { id, .. }) => id.as_str() == "user",
        Record::Resource(it) => it.id.resource_type().as_str() == "user",
        _ => false,
    };
    tiny().into_iter().filter(|it| !is_user(it)).collect()
}

#[test]
fn resources_only_says_so() {
    let place = Place::new();
    let id = place.add(options(&place, SyncKind::ResourcesOnly), &resources());
    let run = place.reader().newest_finished().unwrap().unwrap();
    assert_eq!(
        (run.sync_id, run.sync_type.as_str()),
        (id, "resources_only")
    );
    assert_eq!(run.parent_sync_id, "");
    assert!(!run.supports_diff && run.ingest_invariant_generation.is_empty());
    // As upstream writes them for the same three types (`c1z.md` section 2.8).
    assert_eq!(
        run.sync_token,
        r#"{"current_action_id":6,"should_skip_entitlements_and_grants":true,"completed_actions_count":6,"ingest_quality":{},"version":1}"#
    );
    assert_eq!(
        run.stats.unwrap(),
        r#"{"resource_types":3,"resources":4,"resources_by_resource_type":{"role":1,"team":1,"user":2}}"#
    );
}

#[test]
fn a_partial_sync_refers_to_the_newest_full_one_and_drives_none_out() {
    let place = Place::new();
    let first = place.add(place.options(), &tiny());
    let second = place.add(place.options(), &tiny());
    // By the clock of these tests both end at the same moment, and then the identifier decides.
    let newest = first.clone().max(second.clone());
    let between = place.add(options(&place, SyncKind::ResourcesOnly), &resources());
    let partial = place.add(options(&place, SyncKind::Partial), &tiny());
    let runs = place.reader().syncs().unwrap();
    let found: Vec<_> = runs.iter().map(|run| run.sync_id.clone()).collect();
    assert_eq!(found, [first, second, between, partial]);
    let run = runs.last().unwrap();
    assert_eq!(
        (run.sync_type.as_str(), &run.parent_sync_id),
        ("partial", &newest)
    );
    assert!(
        run.sync_token
            .contains(r#""should_fetch_related_resources":true"#),
        "{}",
        run.sync_token
    );
    assert!(!run.supports_diff);
    // The next full one is compared with a full one.
    let store = place.open(place.options()).unwrap();
    assert_eq!(
        store
            .start_sync()
            .unwrap()
            .previous()
            .unwrap()
            .unwrap()
            .sync_id,
        newest
    );
}

#[test]
fn without_a_full_sync_a_partial_one_refers_to_none() {
    let place = Place::new();
    place.add(options(&place, SyncKind::Partial), &tiny());
    let run = place.reader().newest_finished().unwrap().unwrap();
    assert_eq!(run.parent_sync_id, "");
}

#[test]
fn some_types_may_have_grants_of_others() {
    let place = Place::new();
    let options = Options {
        some_types: true,
        ..place.options()
    };
    place.add(options.clone(), &without_users());
    let database = database(&place.file());
    assert_eq!(
        database.number("select count(*) from v1_grants where principal_resource_type_id = 'user'"),
        2
    );
    assert_eq!(database.number("select count(*) from v1_resources"), 2);

    // Each of them once all the same, and whole types whole.
    let mut writer = place.open(options).unwrap().start_sync().unwrap();
    for record in &without_users() {
        writer.put(record).unwrap();
    }
    let grant = without_users().pop().unwrap();
    assert!(matches!(grant, Record::Grant(_)));
    assert!(
        writer
            .put(&grant)
            .unwrap_err()
            .to_string()
            .contains("was already written")
    );
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    let refused = without_users().iter().any(|it| writer.put(it).is_err());
    assert!(refused);
}

#[test]
fn a_type_that_is_there_has_to_have_its_principals() {
    let place = Place::new();
    let options = Options {
        some_types: true,
        ..place.options()
    };
    let mut writer = place.open(options).unwrap().start_sync().unwrap();
    writer
        .put(&Record::ResourceType(resource_type(
            "user",
            "User",
            Trait::User,
        )))
        .unwrap();
    let outcome: Result<Vec<()>, _> = without_users().iter().map(|it| writer.put(it)).collect();
    assert!(outcome.unwrap_err().to_string().contains("was not written"));
}
