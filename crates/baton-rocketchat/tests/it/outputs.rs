//! A sync in other forms: beside the c1z file, and from one.

use std::collections::BTreeSet;
use std::path::Path;

use rocketchat_sim::Account;

use crate::binary::{Binary, names, server};

/// The lines of a table, without its head, in any order: quoted cells hold no line breaks here.
fn rows(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_written_in_every_form_at_once() {
    let server = server().await;
    let (sinks, files) = if cfg!(feature = "parquet") {
        (
            "csv=review,parquet=lake",
            &["lake", "review", "sync.c1z"][..],
        )
    } else {
        ("csv=review", &["review", "sync.c1z"][..])
    };
    let binary = Binary::for_account(&server, Account::Reader).with("BATON_SINK", sinks);
    let run = binary.run(&[]).await;
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), ""),
        "{}",
        run.stderr
    );
    assert_eq!(binary.files(), files);
    assert_eq!(
        names(&binary.path("review")),
        [
            "access.csv",
            "grants.csv",
            "roles.csv",
            "teams.csv",
            "users.csv"
        ]
    );
    if cfg!(feature = "parquet") {
        assert_eq!(names(&binary.path("lake")).len(), 4);
    }
    let workspace = server.workspace();
    let users = rows(&binary.path("review/users.csv"));
    assert_eq!(users.len(), workspace.users.len());
    let grants: u64 = binary.finished_syncs().iter().map(|it| it.1).sum();
    let access = rows(&binary.path("review/access.csv"));
    assert_eq!((grants > 0, access.len() as u64), (true, grants));
    let admin = workspace
        .users
        .iter()
        .find(|it| it.roles.iter().flatten().any(|it| **it == *"admin"));
    let admin = admin.unwrap().id.to_string();
    let is_admin = |row: &String| {
        row.starts_with(&format!("user,{admin},")) && row.contains(",role:admin:assigned,")
    };
    assert_eq!(access.iter().filter(|it| is_admin(it)).count(), 1);

    // The same from the file, in the place of what is there, and with a form more.
    let flags = [
        "export",
        "--sink",
        "csv=again",
        "--sink",
        "csv=review",
        "--sink",
        "json=sync.json",
    ];
    let before = std::fs::read(binary.path("review/access.csv")).unwrap();
    let run = binary.run(&flags).await;
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), ""),
        "{}",
        run.stderr
    );
    for table in [
        "users.csv",
        "roles.csv",
        "teams.csv",
        "grants.csv",
        "access.csv",
    ] {
        let (one, other) = (
            rows(&binary.path("review").join(table)),
            rows(&binary.path("again").join(table)),
        );
        assert_eq!(one, other, "{table}");
    }
    assert_eq!(
        std::fs::read(binary.path("review/access.csv")).unwrap(),
        before
    );
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(binary.path("sync.json")).unwrap()).unwrap();
    assert!(json.to_string().contains(&admin));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_fails_leaves_none_of_them() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Plain);
    let run = binary
        .run(&["--sink", "csv=review", "--sink", "json=a.json"])
        .await;
    assert_eq!(run.code, Some(7), "{}", run.stderr);
    assert_eq!(binary.files(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn outputs_that_cannot_be_written_are_refused_before_the_first_request() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    std::fs::create_dir(binary.path("full")).unwrap();
    std::fs::write(binary.path("full/letter.txt"), "mine").unwrap();
    for (sink, words) in [
        ("csv", "there is no path"),
        ("xlsx=a", "there is no form \"xlsx\""),
        ("json=", "the path is empty"),
        ("json=sync.c1z", "something else is written there"),
        ("json=./sync.c1z.journal", "something else is written there"),
        ("csv=full", "letter.txt"),
        ("json=none/a.json", "none"),
    ] {
        let run = binary.run(&["--sink", sink]).await;
        assert_eq!(run.code, Some(2), "{sink}: {}", run.stderr);
        assert!(run.error().contains(words), "{sink}: {}", run.error());
        assert_eq!(binary.files(), ["full"], "{sink}");
    }
    let run = binary
        .run(&["--sink", "json=a", "--sink", "ndjson=a"])
        .await;
    assert!(
        run.code == Some(2) && run.error().contains("--sink ndjson=a"),
        "{}",
        run.error()
    );
    assert_eq!(server.log().len(), 0);
    assert_eq!(
        std::fs::read_to_string(binary.path("full/letter.txt")).unwrap(),
        "mine"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_told() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["export", "--sink", "csv=review"]).await;
    assert!(
        run.code == Some(2) && run.error().contains("sync.c1z"),
        "{}",
        run.error()
    );
    assert_eq!(binary.run(&[]).await.code, Some(0));
    for (flags, words) in [
        (&["export"][..], "nothing to export to"),
        (
            &["export", "--sink", "csv=review", "--sync", "nope"],
            "holds no sync nope",
        ),
        (
            &["export", "--sink", "csv=sync.c1z"],
            "something else is written there, or read",
        ),
        (
            &[
                "export",
                "--sink",
                "csv=review",
                "--rocketchat-user-id",
                "x",
            ],
            "unknown flag: --rocketchat-user-id",
        ),
    ] {
        let run = binary.run(flags).await;
        assert!(
            run.code == Some(2) && run.error().contains(words),
            "{words}: {}",
            run.error()
        );
    }
    assert_eq!(binary.files(), ["sync.c1z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_takes_the_place_of_another_however_its_path_is_spelled() {
    let binary = Binary::new();
    let run = binary.run(&["demo", "--users", "5", "--teams", "1"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    std::fs::create_dir(binary.path("d")).unwrap();
    std::os::unix::fs::symlink("demo.c1z", binary.path("link")).unwrap();
    let before = std::fs::read(binary.path("demo.c1z")).unwrap();
    let whole = binary.path("demo.c1z");
    let whole = format!("json={}", whole.display());
    for flags in [
        &["--sink", "json=./demo.c1z"][..],
        &["--sink", "json=d/../demo.c1z"],
        &["--sink", "json=link"],
        &["--sink", &whole],
        &["--sink", "json=a.json", "--sink", "ndjson=./a.json"],
        &["--sink", "json=a.log", "--log-path", "./a.log"],
        &["--sink", "json=a.json", "--log-path", "./demo.c1z"],
        &["--sink", "json=a.json", "--log-path", "stderr,link"],
    ] {
        let run = binary
            .run(&[&["export", "-f", "demo.c1z"], flags].concat())
            .await;
        assert_eq!(run.code, Some(2), "{flags:?}: {}", run.stderr);
    }
    // Appending would damage them.
    for flags in [&["demo"][..], &["show", "-f", "link"], &["diff", "link"]] {
        let run = binary
            .run(&[flags, &["--log-path", "demo.c1z"]].concat())
            .await;
        assert_eq!(run.code, Some(2), "{flags:?}: {}", run.stderr);
        assert!(
            run.error().contains("cannot log to demo.c1z"),
            "{}",
            run.error()
        );
    }
    let demo = [
        "demo",
        "--users",
        "5",
        "--summary",
        "s",
        "--sink",
        "json=./s",
    ];
    assert_eq!(binary.run(&demo).await.code, Some(2));
    assert_eq!(std::fs::read(binary.path("demo.c1z")).unwrap(), before);
    // The summary tells why.
    let summary = std::fs::read_to_string(binary.path("s")).unwrap();
    assert!(summary.contains("something else is written there") && !binary.path("a.json").exists());
}

/// Somebody who mistypes a path loses neither their key nor the syncs of a year.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_run_reads_or_writes_is_written_over() {
    let server = server().await;
    let (_, token) = server.credentials(Account::Reader);
    let binary = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_AUTH_TOKEN", "")
        .with("BATON_CONFIG_PATH", "our.yaml");
    let settings = "rocketchat-auth-token-file: token\n\
                    rocketchat-ca-bundle: ca.pem\n\
                    rocketchat-client-certificate: client.pem\n\
                    rocketchat-client-key: client.key\n";
    let inputs = [
        ("ca.pem", "a"),
        ("client.key", "b"),
        ("client.pem", "c"),
        ("our.yaml", settings),
        ("sync.c1z", "syncs"),
        ("sync.c1z.journal", "what was read"),
        ("token", &token),
    ];
    for (name, text) in inputs {
        std::fs::write(binary.path(name), text).unwrap();
    }
    for (name, _) in inputs {
        let sink = format!("json=./{name}");
        for flags in [["--sink", &sink], ["--summary", name], ["--log-path", name]] {
            let run = binary.run(&flags).await;
            assert_eq!(run.code, Some(2), "{flags:?}: {}", run.stderr);
            let words = "something else is written there, or read";
            assert!(run.error().contains(words), "{flags:?}: {}", run.error());
        }
    }
    let run = binary
        .run(&["--summary", "run.log", "--log-path", "./run.log"])
        .await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    for (name, text) in inputs {
        let now = std::fs::read_to_string(binary.path(name)).unwrap();
        assert_eq!(now, text, "{name}");
    }
    assert_eq!(server.log().len(), 0);
}

/// Devices lose nothing, whatever else they are used for.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_may_go_to_a_device_that_is_read_too() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let binary = binary.with("SSL_CERT_FILE", "/dev/null");
    let run = binary.run(&["show", "--log-path", "/dev/null"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_in_a_list_that_is_not_unicode_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let binary = Binary::new();
    for (flag, value) in [("--sink", &b"csv=\xff"[..]), ("--log-path", b"\xff")] {
        let mut command = binary.command(&["export", flag]);
        command.arg(std::ffi::OsStr::from_bytes(value));
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.ends_with("flag: it is not Unicode\n"), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
    assert!(binary.files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_name_of_a_sync_is_not_the_newest() {
    let binary = Binary::new();
    let run = binary
        .run(&["export", "--sync=", "--sink", "csv=out"])
        .await;
    assert_eq!(run.code, Some(2));
    assert!(run.error().contains("--sync is empty"), "{}", run.stderr);
}
