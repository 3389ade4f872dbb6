//! A workspace that does not let itself be read: C1 is told why and what to do, and the service goes on.

use rocketchat_sim::{Account, Workspace};

use super::place::{Place, full_sync};

/// Spoils a workspace, and checks how a task fails, and that the next one succeeds once all is well.
async fn check(code: i32, spoil: fn(&mut Workspace)) {
    let place = Place::new().await;
    let sound = place.chat.workspace();
    place.chat.update(spoil);
    place.c1.give(full_sync());
    let process = place.start(&[]);
    place.c1.until_finished(1).await;
    let (told, words) = place.failure();
    assert_eq!(told, code, "{words}");
    // What a sync into a file says.
    let run = place.binary.run(&[]).await;
    assert_eq!(run.code, Some(code));
    let logs = run.logs();
    let failed = logs.iter().rfind(|it| it["msg"] == "failed").unwrap();
    for part in ["error", "hint"] {
        let text = failed[part].as_str().unwrap();
        assert!(words.contains(text), "{text}: {words}");
    }

    place.chat.update(|it| *it = sound);
    place.c1.give(full_sync());
    place.c1.until_finished(2).await;
    assert_eq!(place.c1.finished()[1].status, None);
    let run = process.stop("TERM").await;
    let errors = run.logs().into_iter().filter(|it| it["level"] == "error");
    assert_eq!(errors.count(), 1, "one failure is one line: {}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused() {
    check(16, |it| {
        it.accounts.remove(&Account::Reader);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_missing() {
    check(7, |it| {
        it.permissions
            .insert("view-all-teams".to_owned(), Vec::new());
    })
    .await;
}
