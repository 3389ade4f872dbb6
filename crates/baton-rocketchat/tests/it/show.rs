//! What files hold, for people and for programs.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rocketchat_sim::{Account, Server, Text, User};

use crate::binary::{Binary, Run, server};
use crate::snapshot::{self, SYNC_ID, TIME};
use crate::terminal;

/// Tells of a user of the workspace whether a filter means it.
type Meant<'a> = &'a dyn Fn(&User) -> bool;

const TABLES: [&str; 7] = ["", "users", "roles", "teams", "grants", "syncs", "stats"];

/// A file that a connector of another make wrote.
fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../baton-c1z/tests/vectors/tiny.c1z")
}

async fn show(binary: &Binary, arguments: &[&str]) -> Run {
    binary.run(&[&["show"], arguments].concat()).await
}

/// Runs a command that has to work and to log nothing, and returns what it prints.
async fn shown(binary: &Binary, arguments: &[&str]) -> String {
    let run = show(binary, arguments).await;
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), ""),
        "{arguments:?}"
    );
    run.stdout
}

/// Returns the first column of a table without its title and its end.
fn first_column(table: &str) -> Vec<&str> {
    let rows = table.lines().skip(1).take_while(|it| !it.is_empty());
    rows.map(|it| it.split("  ").next().unwrap()).collect()
}

async fn synced() -> (Server, Binary) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    (server, binary)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_for_people() {
    let (_server, binary) = synced().await;
    let mut whole = String::new();
    for table in TABLES {
        let text = shown(&binary, &[table][..usize::from(!table.is_empty())]).await;
        let longest = text.lines().map(|it| it.chars().count()).max();
        assert!(longest < Some(120), "{longest:?}: {text}");
        assert!(text.lines().all(|it| !it.ends_with(' ')), "{text}");
        let head: Vec<_> = text.lines().take(24).collect();
        let head = head.join("\n");
        write!(whole, "$ baton-rocketchat show {table}\n{head}\n\n").unwrap();
    }
    snapshot::check("show-text", &whole, &[SYNC_ID, TIME]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_in_every_form_from_another_connector() {
    let (binary, file) = (Binary::new(), tiny());
    let mut whole = String::new();
    for table in TABLES {
        for format in ["text", "json", "ndjson", "csv"] {
            let mut arguments = vec![table, "--output-format", format];
            arguments.retain(|it| !it.is_empty());
            let title = arguments.join(" ");
            arguments.extend(["-f", file.to_str().unwrap()]);
            let text = shown(&binary, &arguments).await;
            if format == "json" {
                serde_json::from_str::<serde_json::Value>(&text).unwrap();
            }
            write!(whole, "$ baton-rocketchat show {title}\n{text}\n").unwrap();
        }
    }
    let whole = whole.replace(file.to_str().unwrap(), "tiny.c1z");
    snapshot::check("show-tiny", &whole, &[]);
}

/// Filters of the table of users, and which users of the workspace they mean.
#[tokio::test(flavor = "multi_thread")]
async fn filters_let_through_what_they_say() {
    let (server, binary) = synced().await;
    let workspace = server.workspace();
    let team = workspace.teams.iter().max_by_key(|it| it.members.len());
    let team = team.unwrap();
    let is_member = |id: &str| team.members.iter().any(|it| &*it.user_id == id);
    let someone = workspace.users.iter().find(|it| it.has_role("admin"));
    let login = someone.unwrap().username.clone().unwrap();
    let shouted = login.to_uppercase();
    let team_name = team.name.to_uppercase();
    let cases: [(&[&str], Meant<'_>); 8] = [
        (&[], &|_| true),
        (&["--disabled"], &|it| !it.active),
        (&["--federated"], &|it| it.federated == Some(true)),
        (&["--role", "bot"], &|it| it.has_role("bot")),
        (&["--role", "BOT", "--disabled=false"], &|it| {
            it.has_role("bot")
        }),
        (&["--team", &team_name], &|it| is_member(&it.id)),
        (&["--team", &team.id, "--role", "admin"], &|it| {
            is_member(&it.id) && it.has_role("admin")
        }),
        (&["--user", &shouted], &|it| {
            it.username == Some(login.clone())
        }),
    ];
    for (flags, is_meant) in cases {
        let arguments = [&["users", "--output-format", "ndjson"], flags].concat();
        let text = shown(&binary, &arguments).await;
        let documents = text.lines().map(|it| serde_json::from_str(it).unwrap());
        let mut ids: Vec<String> = documents
            .map(|it: serde_json::Value| it["resource"]["resource"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        let meant = workspace.users.iter().filter(|it| is_meant(it));
        let mut expected: Vec<_> = meant.map(|it| it.id.to_string()).collect();
        expected.sort();
        assert_eq!(ids, expected, "{flags:?}");
        assert!(flags.contains(&"--team") || !ids.is_empty(), "{flags:?}");
    }
    let services = shown(&binary, &["users", "--service"]).await;
    assert!(services.contains("service") && services.lines().count() < 30);
    for line in services.lines().skip(1).take_while(|it| !it.is_empty()) {
        assert!(line.contains("service"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_filtered_by_either_end() {
    let (server, binary) = synced().await;
    let workspace = server.workspace();
    let grants = async |flags: &[&str]| {
        let text = shown(
            &binary,
            &[&["grants", "--output-format", "csv"], flags].concat(),
        )
        .await;
        let rows = text.lines().skip(1).map(str::to_owned);
        rows.collect::<Vec<_>>()
    };
    let all = grants(&[]).await;
    let of_role = grants(&["--role", "bot"]).await;
    let bots = workspace.users.iter().filter(|it| it.has_role("bot"));
    assert_eq!(of_role.len(), bots.count());
    let team = &workspace.teams[0];
    let of_team = grants(&["--team", &team.id]).await;
    assert!(of_team.iter().all(|it| it.contains(&*team.id)));
    assert_eq!(
        grants(&["--role", "bot", "--team", &team.id]).await.len(),
        of_role.len() + of_team.len()
    );
    let disabled: Vec<_> = workspace.users.iter().filter(|it| !it.active).collect();
    let of_disabled = grants(&["--disabled"]).await;
    let expected = all.iter().filter(|row| {
        disabled
            .iter()
            .any(|it| row.ends_with(&format!(",{}", it.id)))
    });
    assert_eq!(of_disabled, expected.cloned().collect::<Vec<_>>());
    assert!(!of_disabled.is_empty());
    let id = &*disabled[0].id;
    let of_one = grants(&["--user", id, "--disabled"]).await;
    assert!(!of_one.is_empty() && of_one.iter().all(|it| it.ends_with(id)));
    assert!(
        grants(&["--user", id, "--federated", "--service"])
            .await
            .is_empty()
    );
    let roles = shown(&binary, &["roles", "--role", "Admin"]).await;
    assert_eq!(first_column(&roles), ["admin"]);
    let teams = shown(&binary, &["teams", "--team", &team.id]).await;
    assert!(teams.ends_with("\n1 team\n"), "{teams}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_told() {
    let (_server, binary) = synced().await;
    std::fs::write(binary.path("cut.c1z"), b"C1ZF\0\x28\xb5\x2f\xfd").unwrap();
    std::fs::write(binary.path("text.c1z"), b"not a c1z file").unwrap();
    std::fs::write(binary.path("new.c1z"), b"C1Z3\0rest").unwrap();
    std::fs::write(binary.path("empty.c1z"), b"C1ZF\0").unwrap();
    for (arguments, words, hint) in [
        (
            &["users", "--role", "admni"][..],
            "has no role \"admni\"",
            "did you mean admin?",
        ),
        (
            &["grants", "--team", "?"],
            "has no team \"?\"",
            "show teams",
        ),
        (&["users", "--user", ""], "--user is empty", ""),
        (
            &["roles", "--disabled"],
            "--disabled means nothing for roles",
            "users and grants",
        ),
        (
            &["syncs", "--sync", "x"],
            "--sync means nothing for syncs",
            "stats",
        ),
        (
            &["--user", "x"],
            "--user means nothing for stats",
            "users and grants",
        ),
        (&["rolls"], "unknown command \"rolls\"", ""),
        (&["users", "more"], "unknown command \"more\"", ""),
        (&["users", "--quiet"], "unknown flag: --quiet", ""),
        (
            &["users", "--output-format", "xml"],
            "expected text, json, ndjson or csv",
            "",
        ),
        (&["users", "--sync", "x"], "holds no sync x", "show syncs"),
        (&["-f", "none.c1z"], "cannot open none.c1z", "-f FILE"),
        (&["-f", "cut.c1z"], "cut.c1z is damaged", "hint: "),
        (&["-f", "text.c1z"], "text.c1z is not a c1z file", "hint: "),
        (&["-f", "new.c1z"], "Pebble", "hint: "),
        (&["-f", "empty.c1z"], "holds no finished sync", "hint: "),
    ] {
        let run = show(&binary, arguments).await;
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        let said = format!("{}{}", run.error(), run.stderr);
        assert!(
            said.contains(words) && said.contains(hint),
            "{arguments:?}: {said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_sync_can_be_named() {
    let (server, binary) = synced().await;
    server.update(|it| it.users[0].name = Text::Is("Somebody Else".to_owned()));
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let first = binary.open("sync.c1z").syncs().unwrap().remove(0).sync_id;
    let old = shown(&binary, &["users", "--sync", &first]).await;
    let new = shown(&binary, &["users"]).await;
    assert!(!old.contains("Somebody Else") && new.contains("Somebody Else"));
}

/// Names are whatever somebody typed.
#[tokio::test(flavor = "multi_thread")]
async fn names_neither_steer_the_terminal_nor_the_spreadsheet() {
    let server = server().await;
    server.update(|it| {
        let name = "=cmd\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
        it.users[0].name = Text::Is(name.to_owned());
    });
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let is_control = |it: char| it.is_control() && it != '\n';
    let text = shown(&binary, &["users"]).await;
    assert!(text.contains("=cmd\u{fffd}]0;owned") && !text.contains(is_control));
    let csv = shown(&binary, &["users", "--output-format", "csv"]).await;
    assert!(csv.contains(",'=cmd\u{1b}]0;owned\u{7}"), "{csv}");
    for format in ["text", "json", "csv"] {
        let command = binary.command(&["show", "users", "--output-format", format]);
        let shown = terminal::run(command, 100).await;
        assert_eq!(shown.code, Some(0), "{}", shown.raw);
        // The terminal itself adds the carriage returns.
        let raw = shown.raw.replace("\r\n", "\n");
        assert!(
            raw.contains("=cmd") && !raw.contains(is_control),
            "{format}"
        );
    }
}

/// More than fits into any buffer, and into the rows that decide about widths.
#[tokio::test(flavor = "multi_thread")]
async fn long_tables_stream() {
    let binary = Binary::new();
    let run = binary
        .run(&["demo", "--users", "5000", "--teams", "40", "-f", "sync.c1z"])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = shown(&binary, &["users"]).await;
    assert_eq!(first_column(&text).len(), 5000);
    assert!(text.ends_with("\n\n5,000 users\n"));
    let mut command = binary.command(&["show", "users", "--output-format", "ndjson"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let lines: Vec<serde_json::Value> = String::from_utf8(output.await.unwrap().stdout)
        .unwrap()
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    // The order of the file.
    let (reader, newest) = binary.newest("sync.c1z");
    let sync = newest.sync_id;
    let users = reader.resources(&sync).map(Result::unwrap);
    let ids: Vec<_> = users
        .map(|it| it.external_id)
        .filter(|it| it.starts_with("user:"))
        .collect();
    assert_eq!(
        lines
            .iter()
            .map(|it| it["id"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ids
    );
    for command in ["show users", "show grants --output-format json"] {
        a_closed_pipe_is_no_error(&binary, command, 0).await;
    }
}

/// Reads one line and closes the pipe.
pub(crate) async fn a_closed_pipe_is_no_error(binary: &Binary, arguments: &str, code: i32) {
    let arguments: Vec<_> = arguments.split(' ').collect();
    let mut command = binary.command(&arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = move || {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        (child.wait().unwrap().code(), line, said)
    };
    let (ended, line, said) = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(!line.is_empty());
    assert_eq!((ended, said.as_str()), (Some(code), ""));
}
