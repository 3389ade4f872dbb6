//! Uploads.

use baton_service::Code;
use c1_sim::{Status, What};

use crate::fake::{Fake, Plan, full_sync, run};
use crate::stand_in::StandIn;

const PART: usize = 524_288;

async fn parts(length: usize) -> Vec<usize> {
    let c1 = StandIn::start();
    let id = c1.give(full_sync());
    let bytes: Vec<u8> = (0..length)
        .map(|it| u8::try_from(it % 251).unwrap())
        .collect();
    let fake = Fake::with([Plan::Write(bytes.clone())]);
    run(&c1, &fake, c1.until_finished(1)).await.unwrap();
    c1.names();
    assert_eq!(c1.uploads(&id), [bytes]);
    let sizes = c1.calls().into_iter().filter_map(|it| match it.what {
        What::UploadData(size) => Some(size),
        _ => None,
    });
    sizes.collect()
}

#[tokio::test(start_paused = true)]
async fn parts_have_half_a_mebibyte() {
    assert!(parts(0).await.is_empty());
    assert_eq!(parts(1).await, [1]);
    assert_eq!(parts(PART).await, [PART]);
    assert_eq!(parts(3 * PART + 5).await, [PART, PART, PART, 5]);
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_debugged_task_follows_the_sync() {
    let c1 = StandIn::start();
    let id = c1.give(full_sync());
    c1.behave(|state| state.tasks[0].debug = true);
    run(&c1, &Fake::with([]), c1.until_finished(1))
        .await
        .unwrap();
    assert_eq!(c1.times("UploadAsset eof").len(), 2);
    assert_eq!(c1.uploads(&id), [&b"c1z"[..], b"{\"msg\":\"closed\"}"]);
}

fn broken() -> Status {
    Status::resource_exhausted("no room")
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_breaks_twice_succeeds() {
    let c1 = StandIn::start();
    let id = c1.give(full_sync());
    c1.behave(|state| state.upload_answers.extend([broken(), broken()]));
    let fake = Fake::with([Plan::Write(vec![1; 3 * PART])]);
    run(&c1, &fake, c1.until_finished(1)).await.unwrap();
    assert_eq!(c1.finished()[0].status, None);
    assert_eq!(c1.uploads(&id), [vec![1; 3 * PART]]);
    let times = c1.times("UploadAsset metadata");
    assert_eq!(
        times.iter().map(|it| it - times[0]).collect::<Vec<_>>(),
        [0.0, 0.0, 1.0]
    );
}

#[tokio::test(start_paused = true)]
async fn the_third_failure_is_told() {
    let c1 = StandIn::start();
    c1.give(full_sync());
    c1.behave(|state| state.upload_answers.extend([broken(), broken(), broken()]));
    run(&c1, &Fake::with([]), c1.until_finished(1))
        .await
        .unwrap();
    let status = c1.finished()[0].status.clone().unwrap();
    assert_eq!(
        (status.code, status.message.as_str()),
        (8, "the upload failed: no room")
    );
    assert_eq!(c1.times("UploadAsset metadata").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_breaks_while_it_is_sent_does_not_count_as_whole() {
    let c1 = StandIn::start();
    let id = c1.give(full_sync());
    let fake = Fake::with([Plan::Unreadable]);
    run(&c1, &fake, c1.until_finished(1)).await.unwrap();
    let status = c1.finished()[0].status.clone().unwrap();
    let expected = "the file to upload cannot be read: ";
    assert_eq!(status.code, i32::from(Code::Internal));
    assert!(status.message.starts_with(expected), "{status:?}");
    assert_eq!(c1.times("UploadAsset metadata").len(), 3);
    assert!(c1.times("UploadAsset eof").is_empty());
    assert!(c1.uploads(&id).is_empty());
}
