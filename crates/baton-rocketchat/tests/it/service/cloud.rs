//! A C1 that misbehaves.

use std::time::Duration;

use baton_proto::connectorapi::baton::v1::task::SyncFullTask;
use c1_sim::{Behaviour, Status, StatusCode, seconds};
use tokio::time::sleep;

use super::place::{Place, full_sync};
use crate::binary::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_stops_the_requests_and_nothing_else() {
    let place = Place::slow().await;
    place.c1.behave(|it| it.next_heartbeat = seconds(1));
    place.c1.give(full_sync());
    let process = place.start(&[]);
    place.until_asked(20).await;
    place.c1.behave(Behaviour::cancel);
    let has_answered = || place.c1.behave(|it| it.heartbeat_answers.is_empty());
    until("C1 cancels the task", has_answered).await;
    let moment = place.chat.clock().now();
    place.c1.until_finished(1).await;
    let (code, words) = place.failure();
    assert!(
        code == 2 && words.contains("context canceled"),
        "{code} {words}"
    );
    sleep(Duration::from_millis(1500)).await;
    place.assert_silent_since(moment);

    place.c1.give(full_sync());
    place.c1.until_finished(2).await;
    assert_eq!(place.c1.finished()[1].status, None);
    process.stop("TERM").await;
}

fn broken() -> Status {
    Status::resource_exhausted("no room")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_twice_succeeds() {
    let place = Place::new().await;
    let answers = [broken(), broken()];
    place.c1.behave(|it| it.upload_answers.extend(answers));
    place.sync(SyncFullTask::default(), &[]).await;
    assert_eq!(place.c1.times("UploadAsset metadata").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_three_times_fails_the_task_alone() {
    let place = Place::new().await;
    let answers = [broken(), broken(), broken()];
    place.c1.behave(|it| it.upload_answers.extend(answers));
    place.c1.give(full_sync());
    let process = place.start(&[]);
    place.c1.until_finished(1).await;
    assert_eq!(
        place.failure(),
        (8, "the upload failed: no room".to_owned())
    );
    place.c1.give(full_sync());
    place.c1.until_finished(2).await;
    assert_eq!(place.c1.finished()[1].status, None);
    process.stop("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_passes_is_waited_out() {
    let place = Place::new().await;
    place.c1.behave(|it| {
        it.token_answers.push_back(StatusCode::SERVICE_UNAVAILABLE);
        it.hello_answers.push_back(Status::unavailable("not now"));
        it.task_answers.push_back(Status::unavailable("not now"));
    });
    let process = place.start(&[]);
    place.c1.until_called("GetTask", 2).await;
    // A token that was taken back, and connections that are cut.
    place.c1.revoke_tokens();
    place.c1.until_called("POST /auth/v1/token", 3).await;
    place.c1.give(full_sync());
    place.c1.until_finished(1).await;
    let made = place.c1.connections().0;
    place.c1.cut();
    until("C1 is connected to", || place.c1.connections().0 > made).await;
    place.c1.give(full_sync());
    place.c1.until_finished(2).await;
    let failed = place.c1.finished().into_iter().filter_map(|it| it.status);
    assert_eq!(failed.collect::<Vec<_>>(), [], "{}", process.log());
    assert_eq!(place.c1.times("POST /auth/v1/token").len(), 3);
    process.stop("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_that_is_refused_ends_it() {
    let place = Place::new().await;
    let refusal = Status::permission_denied("not you");
    place.c1.behave(|it| it.hello_answers.push_back(refusal));
    let run = place.start(&[]).ended().await;
    assert_eq!(run.code, Some(7), "{}", run.stderr);
    let words = run.last_words();
    assert!(words.contains("PermissionDenied desc = not you"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_refused_ends_it() {
    let place = Place::new().await;
    let refusal = StatusCode::UNAUTHORIZED;
    place.c1.behave(|it| it.token_answers.push_back(refusal));
    let run = place.start(&[]).ended().await;
    assert_eq!(run.code, Some(16), "{}", run.stderr);
    assert!(run.error().contains("hint: "), "{}", run.error());
    let words = run.last_words();
    assert!(words.contains("failed to get token: 401"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_tasks_may_be_asked_for_at_once() {
    let place = Place::new().await.with("BATON_GET_TASKS", "true");
    let ids = [place.c1.give(full_sync()), place.c1.give(full_sync())];
    let process = place.start(&[]);
    place.c1.until_finished(2).await;
    process.stop("TERM").await;
    assert!(place.c1.times("GetTask").is_empty());
    assert!(!place.c1.times("GetTasks").is_empty());
    for id in ids {
        assert_eq!(place.c1.uploads(&id).len(), 1);
    }
}
