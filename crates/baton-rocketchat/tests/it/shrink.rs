//! A sync that holds much less than the one before is refused, unless that is asked for.

use rocketchat_sim::{Account, Server, Workspace};

use crate::binary::{Binary, server};

/// Removes everybody but the accounts, and all teams but one.
fn lose_most(workspace: &mut Workspace) {
    let accounts: Vec<_> = workspace.accounts.values().cloned().collect();
    workspace.users.retain(|it| accounts.contains(&it.id));
    workspace.teams.truncate(1);
}

/// Returns the finished syncs of the file, the newest last.
fn finished(binary: &Binary) -> Vec<String> {
    let (reader, newest) = binary.newest("sync.c1z");
    let syncs = reader.syncs().unwrap().into_iter();
    let mut ids: Vec<_> = syncs
        .filter(|it| it.ended_at.is_some())
        .map(|it| it.sync_id)
        .collect();
    let newest = newest.sync_id;
    ids.retain(|it| *it != newest);
    ids.push(newest);
    ids
}

async fn synced() -> (Server, Binary) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&[]).await.code, Some(0));
    (server, binary)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_shrank_is_refused_and_the_old_sync_stays_the_newest() {
    let (server, binary) = synced().await;
    let before = finished(&binary);
    server.update(lose_most);
    for _ in 0..2 {
        let run = binary.run(&[]).await;
        assert_eq!(run.code, Some(9), "{}", run.stderr);
        let (users, teams) = server.with(|it| (it.users.len(), it.teams.len()));
        let error = run.error();
        for words in [
            format!("users went from 40 to {users}"),
            format!("teams went from 4 to {teams}"),
            "over 50 % less".to_owned(),
            "--max-shrink 0".to_owned(),
        ] {
            assert!(error.contains(&words), "{words}: {error}");
        }
        assert_eq!(finished(&binary), before);
        assert_eq!(binary.files(), ["sync.c1z"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_measured_by_the_same_part() {
    let (server, binary) = synced().await;
    let part = ["--sync-resource-types", "team"];
    let run = binary.run(&part).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let one = ["--sync-resources", "bid:r:role/admin"];
    let run = binary.run(&one).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    server.update(lose_most);
    let run = binary.run(&part).await;
    assert_eq!(run.code, Some(9), "{}", run.stderr);
    let error = run.error();
    assert!(error.contains("teams went from 4 to 1") && !error.contains("users"));
}

#[tokio::test(flavor = "multi_thread")]
async fn zero_turns_it_off_and_the_smaller_sync_is_the_next_measure() {
    let (server, binary) = synced().await;
    server.update(lose_most);
    let run = binary.run(&["--max-shrink", "0"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(finished(&binary).len(), 2);
    assert_eq!(binary.run(&[]).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_percentage_is_what_may_be_lost() {
    let (server, binary) = synced().await;
    // One team of four: a loss of exactly a quarter, and of fewer memberships than there are in all.
    server.update(|it| {
        let smallest = it.teams.iter().min_by_key(|team| team.members.len());
        let id = smallest.unwrap().id.clone();
        it.remove_team(&id);
    });
    let run = binary.run(&["--max-shrink", "24"]).await;
    assert_eq!(run.code, Some(9), "{}", run.stderr);
    assert!(run.error().contains("teams went from 4 to 3"));
    let binary = binary.with("BATON_MAX_SHRINK", "25");
    assert_eq!(binary.run(&[]).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_teams_where_the_file_has_some_is_refused() {
    let (server, binary) = synced().await;
    let before = finished(&binary);
    server.update(|it| it.teams.clear());
    let run = binary.run(&["--max-shrink", "100"]).await;
    assert_eq!(run.code, Some(9), "{}", run.stderr);
    assert!(run.error().contains("the previous sync had 4"));
    assert_eq!(finished(&binary), before);
    assert_eq!(binary.run(&["--max-shrink", "0"]).await.code, Some(0));
}
