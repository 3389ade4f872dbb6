//! What a task may ask for, and what the command line says besides.

use baton_proto::connector::v2::{Resource, ResourceId};
use baton_proto::connectorapi::baton::v1::task::{SyncFullTask, TaskType};

use super::place::{Contents, Place};

/// Syncs with a task, and into a file with arguments, and returns what the two hold.
async fn both(task: SyncFullTask, arguments: &[&str]) -> (Contents, Contents) {
    let place = Place::new().await;
    let uploaded = Contents::of(&place.sync(task, &[]).await);
    let run = place.binary.run(arguments).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    (uploaded, Contents::of(&place.binary.path("sync.c1z")))
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_can_be_enough() {
    let task = SyncFullTask {
        skip_entitlements_and_grants: true,
        ..SyncFullTask::default()
    };
    let (uploaded, ours) = both(task, &["--skip-entitlements-and-grants"]).await;
    assert_eq!(uploaded, ours);
    assert_eq!(uploaded.kind, "resources_only");
    assert!(uploaded.entitlements.is_empty() && uploaded.grants.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_can_be_left_out() {
    let task = SyncFullTask {
        skip_grants: true,
        ..SyncFullTask::default()
    };
    let (uploaded, whole) = both(task, &[]).await;
    assert_eq!(uploaded.resources, whole.resources);
    assert_eq!(uploaded.entitlements, whole.entitlements);
    assert!(uploaded.grants.is_empty() && !whole.grants.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn single_resources_can_be_named() {
    let place = Place::new().await;
    let team = place.chat.with(|it| it.teams[0].id.to_string());
    let id = ResourceId {
        resource_type: "team".to_owned(),
        resource: team.clone(),
        ..ResourceId::default()
    };
    let task = SyncFullTask {
        targeted_sync_resources: vec![Resource {
            id: Some(id),
            ..Resource::default()
        }],
        ..SyncFullTask::default()
    };
    let uploaded = Contents::of(&place.sync(task, &[]).await);
    let named = format!("bid:r:team/{team}");
    let run = place.binary.run(&["--sync-resources", &named]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(uploaded, Contents::of(&place.binary.path("sync.c1z")));
    assert_eq!(uploaded.kind, "partial");
    assert!(uploaded.resources.contains(&("team".to_owned(), team)));
    assert!(!uploaded.grants.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn types_of_a_task_win_over_those_of_the_command_line() {
    let place = Place::new().await.with("BATON_SYNC_RESOURCE_TYPES", "user");
    let task = SyncFullTask {
        sync_resource_type_ids: vec!["team".to_owned()],
        ..SyncFullTask::default()
    };
    let uploaded = Contents::of(&place.sync(task, &[]).await);
    assert_eq!(uploaded.types(), ["team"].into());

    let place = Place::new().await.with("BATON_SYNC_RESOURCE_TYPES", "user");
    let uploaded = Contents::of(&place.sync(SyncFullTask::default(), &[]).await);
    assert_eq!(uploaded.types(), ["user"].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_is_none_fails_the_task_alone() {
    let place = Place::new().await;
    place.c1.give(TaskType::SyncFull(SyncFullTask {
        sync_resource_type_ids: vec!["nope".to_owned()],
        ..SyncFullTask::default()
    }));
    let process = place.start(&[]);
    place.c1.until_finished(1).await;
    let (_, words) = place.failure();
    assert!(words.contains("nope"), "{words}");
    let polls = place.c1.times("GetTask").len();
    place.c1.until_called("GetTask", polls + 2).await;
    process.stop("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_that_is_not_written_is_advice() {
    let place = Place::new().await;
    place.c1.give(TaskType::SyncFull(SyncFullTask {
        storage_engine: "pebble".to_owned(),
        skip_expand_grants: true,
        ..SyncFullTask::default()
    }));
    let process = place.start(&[]);
    place.c1.until_finished(1).await;
    assert_eq!(place.c1.finished()[0].status, None);
    let run = process.stop("TERM").await;
    let line = run.stderr.lines().find(|it| it.contains("pebble"));
    assert!(
        line.is_some_and(|it| it.contains("sqlite")),
        "{}",
        run.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn full_syncs_can_be_answered_with_nothing() {
    let place = Place::new().await;
    let path = place
        .sync(SyncFullTask::default(), &["--skip-full-sync"])
        .await;
    let uploaded = Contents::of(&path);
    assert_eq!(uploaded.kind, "full");
    assert!(uploaded.resources.is_empty() && uploaded.grants.is_empty());
    let log = place.chat.log();
    let is_asked = |route: &str| log.iter().any(|it| it.route == route);
    assert!(is_asked("me") && !is_asked("users.listByStatus"));
}
