//! Full syncs: what is called, and what is uploaded.

use baton_proto::connectorapi::baton::v1::Task;
use baton_proto::connectorapi::baton::v1::task::{GrantTask, HelloTask, SyncFullTask, TaskType};
use c1_sim::{What, seconds, task_id};
use rocketchat_sim::{Account, Server, Settings, Shape, Workspace};

use super::place::{Contents, Place, full_sync};

const PART: usize = 524_288;

/// Compares an upload with a sync into a file, in every fact.
async fn assert_same_as_one_shot(place: &Place) {
    let run = place.binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let compared = place
        .binary
        .run(&["diff", "sync.c1z", "uploaded.c1z"])
        .await;
    assert_eq!(compared.code, Some(0), "{}", compared.stdout);
    let [ours, uploaded] =
        ["sync.c1z", "uploaded.c1z"].map(|it| Contents::of(&place.binary.path(it)));
    assert_eq!(uploaded.kind, "full");
    assert_eq!(ours, uploaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_equals_a_sync_into_a_file() {
    let place = Place::new().await;
    place.c1.behave(|it| it.next_poll = seconds(60));
    place.sync(SyncFullTask::default(), &[]).await;
    // What service_transcript.jsonl begins with.
    let expected = [
        "POST /auth/v1/token",
        "Hello",
        "GetTask",
        "Heartbeat",
        "UploadAsset metadata",
        "UploadAsset data",
        "UploadAsset eof",
        "FinishTask",
    ];
    assert_eq!(place.c1.names(), expected);
    // What this test has written itself: all else may be read-only.
    assert_eq!(place.binary.files(), ["c1.pem", "tmp", "uploaded.c1z"]);
    assert_same_as_one_shot(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_comes_in_parts() {
    let shape = Shape {
        users: 12_000,
        teams: 20,
        members: 100,
        seed: 4,
    };
    let settings = Settings {
        limiter: None,
        ..Settings::default()
    };
    let chat = Server::start(Workspace::generate(&shape), settings).await;
    let place = Place::of(chat.unwrap(), Account::Reader).await;
    let path = place.sync(SyncFullTask::default(), &[]).await;
    let sizes = place.c1.calls().into_iter().filter_map(|it| match it.what {
        What::UploadData(size) => Some(size),
        _ => None,
    });
    let sizes: Vec<_> = sizes.collect();
    let (last, others) = sizes.split_last().unwrap();
    assert!(!others.is_empty() && others.iter().all(|it| *it == PART));
    assert!((1..=PART).contains(last));
    let length = std::fs::metadata(path).unwrap().len();
    assert_eq!(sizes.iter().sum::<usize>() as u64, length);
    assert_same_as_one_shot(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_it_is_stands_in_every_call() {
    let place = Place::new().await.with("BATON_HOST_ID", "west-2");
    let hello = place.c1.give(TaskType::Hello(HelloTask {}));
    place.sync(SyncFullTask::default(), &[]).await;
    let calls = place.c1.calls();
    let hosts: Vec<_> = calls.iter().filter_map(|it| it.host_id()).collect();
    assert!(hosts.len() > 5 && hosts.iter().all(|it| *it == "west-2"));
    let hellos = calls.iter().filter_map(|it| match &it.what {
        What::Hello(hello) => Some(hello.clone()),
        _ => None,
    });
    let hellos: Vec<_> = hellos.collect();
    let ids: Vec<_> = hellos.iter().map(|it| it.task_id.as_str()).collect();
    assert_eq!(ids, ["", &hello]);
    let capabilities = place.binary.run(&["capabilities"]).await.stdout;
    let metadata = hellos[0].connector_metadata.clone().unwrap();
    assert_eq!(metadata.display_name, "Rocket.Chat");
    let types = metadata.capabilities.unwrap().resource_type_capabilities;
    assert_eq!(types.len(), 3);
    for kind in types {
        let id = kind.resource_type.unwrap().id;
        assert!(
            capabilities.contains(&format!("\"{id}\"")),
            "{capabilities}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tasks_are_answered_and_syncs_go_on() {
    let place = Place::new().await;
    // A task of a kind that nobody knows.
    let id = task_id(77);
    place.c1.give_task(Task {
        id: id.clone(),
        ..Task::default()
    });
    let grant = place.c1.give(TaskType::Grant(GrantTask::default()));
    let sync = place.c1.give(full_sync());
    let process = place.start(&[]);
    place.c1.until_finished(3).await;
    process.stop("TERM").await;
    let of = |id: &str| {
        let finished = place.c1.finished();
        let status = finished
            .into_iter()
            .find(|it| it.task_id == id)
            .unwrap()
            .status;
        status.map(|it| (it.code, it.message))
    };
    assert_eq!(of(&id), Some((2, "unsupported task type".to_owned())));
    let words = "malformed grant task\ntask failed and is non-retryable";
    assert_eq!(of(&grant), Some((2, words.to_owned())));
    assert_eq!(of(&sync), None);
}
