//! What changed between two syncs, and the exit code that tells whether anything did.

use rocketchat_sim::{Account, Member, Server, Text, User, Workspace};
use serde_json::Value;

use crate::binary::{Binary, Run, server};
use crate::show::a_closed_pipe_is_no_error;
use crate::snapshot::{self, SYNC_ID, TIME};

/// Changes a bit of everything.
fn change(workspace: &mut Workspace) {
    let accounts: Vec<_> = workspace.accounts.values().cloned().collect();
    let mut others = workspace.users.iter_mut();
    let mut others = others.by_ref().filter(|it| !accounts.contains(&it.id));
    let renamed = others.find(|it| it.active).unwrap();
    renamed.name = Text::Is("Captain Cat".to_owned());
    let deactivated = others.find(|it| it.active).unwrap();
    deactivated.active = false;
    let gone = others.find(|it| it.active).unwrap().id.clone();
    workspace.remove_user(&gone);
    let newcomer = User::person("newcomer123456789", "new.comer", "New Comer");
    workspace.users.push(newcomer);
    let team = &mut workspace.teams[0];
    team.members.retain(|it| it.user_id != gone);
    team.members.push(Member::plain("newcomer123456789"));
}

/// Syncs a workspace into two files, with changes between.
async fn two_files() -> (Server, Binary) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    for file in ["old.c1z", "new.c1z"] {
        let run = binary.run(&["-f", file]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        server.update(change_once(file));
    }
    (server, binary)
}

fn change_once(file: &str) -> fn(&mut Workspace) {
    if file == "old.c1z" { change } else { |_| {} }
}

async fn diff(binary: &Binary, arguments: &[&str]) -> Run {
    binary.run(&[&["diff"], arguments].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_what_changed() {
    let (_server, binary) = two_files().await;
    let run = diff(&binary, &["old.c1z", "new.c1z"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    snapshot::check("diff-text", &run.stdout, &[SYNC_ID, TIME]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_do_not_steer_the_terminal() {
    let (server, binary) = two_files().await;
    server.update(|it| it.users[0].name = Text::Is("Ann\u{1b}[31m\nnobody".to_owned()));
    assert_eq!(binary.run(&["-f", "new.c1z"]).await.code, Some(0));
    let run = diff(&binary, &["new.c1z"]).await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stdout.contains("-> Ann\u{fffd}[31m\u{fffd}nobody\n"));
    let is_control = |it: char| it.is_control() && it != '\n';
    assert!(!run.stdout.contains(is_control), "{:?}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_the_same() {
    let (_server, binary) = two_files().await;
    let json = diff(&binary, &["old.c1z", "new.c1z", "--output-format", "json"]).await;
    assert_eq!((json.code, json.stderr.as_str()), (Some(1), ""));
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["old"]["file"], "old.c1z");
    assert_eq!(document["new"]["sync"]["type"], "full");
    let lines = diff(&binary, &["old.c1z", "new.c1z", "--output-format=ndjson"]).await;
    assert_eq!(lines.code, Some(1));
    let lines: Vec<Value> = lines
        .stdout
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let differences = document["differences"].as_array().unwrap();
    assert_eq!(&lines, differences);
    let with = |what: &str| differences.iter().filter(|it| it["what"] == what).count() as u64;
    for what in ["added", "removed", "changed"] {
        let totals = document["totals"].as_object().unwrap().values();
        let sum: u64 = totals.map(|it| it[what].as_u64().unwrap()).sum();
        assert_eq!(sum, with(what), "{what}");
        assert!(sum > 0, "{what}");
    }
    let deactivated = differences.iter().find_map(|it| {
        let changes = it["changes"].as_array()?;
        changes.iter().find(|it| it["field"] == "status")
    });
    let expected = serde_json::json!({"field": "status", "old": "enabled", "new": "disabled"});
    assert_eq!(deactivated, Some(&expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_newest_syncs_of_one_file() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let only_one = diff(&binary, &[]).await;
    assert_eq!(only_one.code, Some(2));
    assert!(
        only_one
            .error()
            .contains("holds only one finished full sync")
    );
    assert_eq!(binary.run(&[]).await.code, Some(0));
    for arguments in [&[][..], &["sync.c1z"], &["-f", "sync.c1z"]] {
        let same = diff(&binary, arguments).await;
        assert_eq!((same.code, same.stderr.as_str()), (Some(0), ""));
        assert!(
            same.stdout.ends_with("\n\nNo differences\n"),
            "{}",
            same.stdout
        );
    }
    let same = diff(&binary, &["--output-format", "json"]).await;
    let document: Value = serde_json::from_str(&same.stdout).unwrap();
    assert_eq!(document["differences"], serde_json::json!([]));
    server.update(change);
    // A part is not compared with the whole.
    let run = binary.run(&["--skip-entitlements-and-grants"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(diff(&binary, &["--quiet"]).await.code, Some(0));
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let changed = diff(&binary, &["--quiet"]).await;
    assert_eq!(
        (
            changed.code,
            changed.stdout.as_str(),
            changed.stderr.as_str()
        ),
        (Some(1), "", "")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn syncs_can_be_named() {
    let (server, binary) = two_files().await;
    let first = binary.newest("old.c1z").1.sync_id;
    assert_eq!(binary.run(&["-f", "old.c1z"]).await.code, Some(0));
    let named = format!("old.c1z#{first}");
    assert_eq!(diff(&binary, &["old.c1z", "new.c1z"]).await.code, Some(0));
    let run = diff(&binary, &[&named, "new.c1z"]).await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stdout
            .contains(&format!("Old: old.c1z, sync {first}, full"))
    );
    // What is removed one way is added the other way.
    let back = diff(&binary, &["new.c1z", &named]).await;
    let count = |run: &Run, mark: &str| run.stdout.matches(mark).count();
    assert_eq!(count(&run, "\n  + "), count(&back, "\n  - "));
    assert_eq!(count(&run, "\n  ~ "), count(&back, "\n  ~ "));
    let part = ["-f", "part.c1z", "--skip-entitlements-and-grants"];
    assert_eq!(binary.run(&part).await.code, Some(0));
    let run = diff(&binary, &["new.c1z", "part.c1z"]).await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("of different types"), "{}", run.stderr);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_told() {
    let (_server, binary) = two_files().await;
    std::fs::write(binary.path("cut.c1z"), b"C1ZF\0\x28\xb5\x2f\xfd").unwrap();
    std::fs::write(binary.path("pebble.c1z"), b"C1Z3\0rest").unwrap();
    for (arguments, words) in [
        (&["old.c1z", "none.c1z"][..], "cannot open none.c1z"),
        (&["old.c1z", "none.c1z#x"], "cannot open none.c1z"),
        (&["old.c1z", "new.c1z#x"], "holds no sync x"),
        (&["old.c1z", "cut.c1z"], "cut.c1z is damaged"),
        (&["pebble.c1z", "old.c1z"], "Pebble"),
        (&["old.c1z#x"], "nothing to be compared with"),
        (&["a", "b", "c"], "accepts at most 2 arg(s), received 3"),
        (
            &["old.c1z", "-f", "new.c1z"],
            "both with --file and without",
        ),
        (
            &["old.c1z", "new.c1z", "--output-format", "csv"],
            "expected text, json or ndjson",
        ),
        (
            &["old.c1z", "new.c1z", "--role", "x"],
            "unknown flag: --role",
        ),
    ] {
        let run = diff(&binary, arguments).await;
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(
            run.error().contains(words),
            "{arguments:?}: {}",
            run.error()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_leaves_the_answer() {
    let binary = Binary::new();
    for (users, file) in [("20", "old.c1z"), ("3000", "new.c1z")] {
        let arguments = ["demo", "--users", users, "-f", file];
        assert_eq!(binary.run(&arguments).await.code, Some(0));
    }
    let command = "diff old.c1z new.c1z --output-format ndjson";
    a_closed_pipe_is_no_error(&binary, command, 1).await;
}
