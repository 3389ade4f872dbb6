//! Tasks that end well, badly, or not at all.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_proto::connector::v2::{Resource, ResourceId};
use baton_proto::connectorapi::baton::v1::baton_service_finish_task_request::FinalState;
use baton_proto::connectorapi::baton::v1::task::{HelloTask, NoneTask, SyncFullTask, TaskType};
use c1_sim::Status;

use crate::fake::{Fake, Plan, config, full_sync, refusal, run, run_with};
use crate::stand_in::StandIn;

#[tokio::test(start_paused = true)]
async fn a_panic_is_one_failed_task() {
    let c1 = StandIn::start();
    let ids = [
        c1.give(full_sync()),
        c1.give(full_sync()),
        c1.give(full_sync()),
    ];
    let fake = Fake::with([Plan::Panic, Plan::Fail(refusal().permanent())]);
    let mut config = config();
    config.concurrency = 1;
    run_with(config, &c1, &fake, c1.until_finished(3))
        .await
        .unwrap();
    let finished = c1.finished();
    let of = |index: usize| {
        let (task, status) = (&finished[index], finished[index].status.clone());
        assert_eq!(task.task_id, ids[index]);
        status.map(|it| (it.code, it.message))
    };
    assert_eq!(
        of(0),
        Some((13, "a fault of the connector: out of luck".to_owned()))
    );
    let words = "the token may not do that\ntask failed and is non-retryable";
    assert_eq!(of(1), Some((7, words.to_owned())));
    assert_eq!(of(2), None);
    assert!(matches!(&finished[1].final_state, Some(FinalState::Error(it)) if it.non_retryable));
}

#[tokio::test(start_paused = true)]
async fn options_of_a_sync_reach_the_connector() {
    let c1 = StandIn::start();
    let resource = Resource {
        id: Some(ResourceId {
            resource_type: "team".to_owned(),
            resource: "1".to_owned(),
            ..ResourceId::default()
        }),
        ..Resource::default()
    };
    c1.give(TaskType::SyncFull(SyncFullTask {
        skip_expand_grants: true,
        skip_entitlements_and_grants: true,
        targeted_sync_resources: vec![resource.clone()],
        sync_resource_type_ids: vec!["team".to_owned()],
        skip_grants: true,
        storage_engine: "pebble".to_owned(),
    }));
    let fake = Fake::with([]);
    run(&c1, &fake, c1.until_finished(1)).await.unwrap();
    let request = fake.requests.lock().unwrap().remove(0);
    assert!(
        request.skip_expand_grants && request.skip_entitlements_and_grants && request.skip_grants
    );
    assert_eq!(
        (request.resources, request.resource_types),
        (vec![resource], vec!["team".to_owned()])
    );
    assert_eq!(request.storage_engine.as_deref(), Some("pebble"));
}

#[tokio::test(start_paused = true)]
async fn tasks_of_unknown_kinds_are_refused_and_empty_ones_ignored() {
    let c1 = StandIn::start();
    c1.give(TaskType::None(NoneTask {}));
    c1.give_as(&"Z".repeat(27), None);
    run(&c1, &Fake::with([]), c1.until_called("GetTask", 4))
        .await
        .unwrap();
    let finished = c1.finished();
    assert_eq!(finished.len(), 1);
    assert_eq!(
        finished[0].status.as_ref().unwrap().message,
        "unsupported task type"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hello_task_that_fails_is_told() {
    let c1 = StandIn::start();
    c1.give(TaskType::Hello(HelloTask {}));
    let stop = async {
        c1.until_called("GetTask", 1).await;
        c1.behave(|state| {
            state
                .hello_answers
                .push_back(Status::unavailable("not now"));
        });
        c1.until_finished(1).await;
    };
    run(&c1, &Fake::with([]), stop).await.unwrap();
    let status = c1.finished()[0].status.clone().unwrap();
    assert_eq!(
        (status.code, status.message.as_str()),
        (14, "the Hello failed: not now")
    );
}

#[tokio::test(start_paused = true)]
async fn as_many_tasks_run_at_once_as_there_are_slots() {
    for get_tasks in [false, true] {
        let c1 = StandIn::start();
        for _ in 0..5 {
            c1.give(full_sync());
        }
        let fake = Fake::with((0..5).map(|_| Plan::Last(Duration::from_mins(10))));
        let mut config = config();
        config.concurrency = 2;
        config.get_tasks = get_tasks;
        run_with(config, &c1, &fake, c1.until_finished(5))
            .await
            .unwrap();
        assert_eq!(fake.most_under_way.load(Ordering::SeqCst), 2, "{get_tasks}");
        let mut ids: Vec<_> = c1.finished().into_iter().map(|it| it.task_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_c1_does_not_hear_is_told_once() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    c1.behave(|state| {
        state
            .finish_answers
            .push_back(Status::unavailable("not now"));
    });
    run(&c1, &Fake::with([]), c1.until_called("GetTask", 5))
        .await
        .unwrap();
    assert_eq!(c1.finished().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_in_the_temporary_folder() {
    let folder = tempfile::tempdir().unwrap();
    let c1 = StandIn::start();
    for _ in 0..3 {
        c1.give(full_sync());
    }
    let mut config = config();
    config.temp_dir = Some(folder.path().to_owned());
    let fake = Fake::with([Plan::Panic, Plan::Fail(refusal())]);
    run_with(config, &c1, &fake, c1.until_finished(3))
        .await
        .unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_sync_lies_where_its_owner_alone_can_look() {
    let folder = tempfile::tempdir().unwrap();
    let c1 = StandIn::start();
    c1.give(full_sync());
    let mut config = config();
    config.temp_dir = Some(folder.path().to_owned());
    let fake = Fake::with([Plan::Last(Duration::from_mins(10))]);
    let stop = async {
        c1.until_called("Heartbeat", 2).await;
        let places: Vec<_> = folder.path().read_dir().unwrap().collect();
        let [Ok(place)] = &places[..] else {
            panic!("{places:?}");
        };
        let mode = place.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    };
    run_with(config, &c1, &fake, stop).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_log_is_one_failed_task() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    c1.behave(|it| it.tasks[0].debug = true);
    let fake = Fake::with([]);
    fake.cannot_log.store(true, Ordering::SeqCst);
    run(&c1, &fake, c1.until_finished(1)).await.unwrap();
    let status = c1.finished()[0].status.clone().unwrap();
    assert_eq!(
        (status.code, status.message.as_str()),
        (13, "a fault of the connector: no pen")
    );
}
