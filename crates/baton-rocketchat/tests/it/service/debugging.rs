//! Tasks that are to be looked at closely.

use baton_proto::connectorapi::baton::v1::Task;
use c1_sim::task_id;
use serde_json::Value;

use super::place::{Place, full_sync};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_task_follows_its_sync() {
    let place = Place::new().await.with("BATON_LOG_LEVEL", "info");
    let id = task_id(5);
    place.c1.give_task(Task {
        id: id.clone(),
        debug: true,
        task_type: Some(full_sync()),
    });
    let process = place.start(&[]);
    place.c1.until_finished(1).await;
    let uploads = place.c1.uploads(&id);
    assert_eq!(uploads.len(), 2, "{}", process.log());
    let text = String::from_utf8(uploads[1].clone()).unwrap();
    process.assert_no_secret(&text);
    let lines = text.lines();
    let lines: Vec<Value> = lines.map(|it| serde_json::from_str(it).unwrap()).collect();
    let levels: Vec<_> = lines
        .iter()
        .map(|it| it["level"].as_str().unwrap())
        .collect();
    assert!(
        levels.contains(&"debug") && levels.contains(&"info"),
        "{text}"
    );

    // The next task is not looked at, and the log of the process stays as it was.
    let other = place.c1.give(full_sync());
    place.c1.until_finished(2).await;
    assert_eq!(place.c1.uploads(&other).len(), 1);
    let run = process.stop("TERM").await;
    assert!(
        run.logs().iter().all(|it| it["level"] != "debug"),
        "{}",
        run.stderr
    );
}
