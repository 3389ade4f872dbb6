//! The acceptance checks for the command line (`baton-runtime.md` section 8), row by row.
//!
//! A row is met, or `docs/differences.md` has an entry for it that says what is done instead, and why. Rows 34 to 52 are
//! about service mode, and 57 is about the container; row 56 is met and tested in `rocketchat-http`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use baton_c1z::{Limits, Reader};
use rocketchat_sim::{Account, Action, Fault, Limiter, Server, Settings};
use serde_json::Value;

use crate::binary::{Binary, Run, server, start};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Met,
    /// Its check tests what is done instead, which this entry of `docs/differences.md` describes.
    Differs(&'static str),
}
use Mark::{Differs, Met};

/// Makes a test of each row and a table of all.
macro_rules! rows {
    ($($number:literal $mark:expr, $name:ident;)*) => {
        const ROWS: &[(u8, Mark)] = &[$(($number, $mark)),*];

        mod row {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name().await;
                }
            )*
        }
    };
}

rows! {
    1 Met, the_version;
    2 Differs("own-settings"), the_help;
    3 Met, unknown_commands;
    4 Met, unknown_flags;
    5 Met, nothing_set;
    6 Met, an_empty_variable;
    7 Met, an_empty_flag;
    8 Met, the_configuration_file;
    9 Differs("file-remarks"), a_configuration_file_that_is_none;
    10 Met, the_capabilities;
    11 Met, the_schema;
    12 Met, flags_of_other_commands;
    13 Met, a_sync;
    14 Met, lines_for_people;
    15 Met, a_log_file;
    16 Met, refusals_at_the_start;
    17 Differs("retries"), trouble_at_the_start;
    18 Differs("rate-limits"), a_rate_limit_at_the_start;
    19 Met, a_rate_limit_in_the_middle;
    20 Differs("retries"), trouble_in_the_middle;
    21 Met, a_host_that_does_not_exist;
    22 Met, a_refusal_in_the_middle;
    23 Differs("not-found"), a_list_that_is_not_there;
    24 Met, a_type_that_does_not_exist;
    25 Met, some_types;
    26 Met, resources_only;
    27 Met, a_resource_that_is_none;
    28 Met, half_a_grant;
    29 Met, a_grant;
    30 Met, events;
    31 Met, action_schemas;
    32 Met, values_out_of_range;
    33 Differs("service-mode"), half_of_the_credentials;
    53 Differs("service-mode"), the_health_server;
    54 Met, the_health_check;
    55 Differs("service-mode"), the_host_id;
}

/// Returns a line of the log by its message.
fn line<'a>(logs: &'a [Value], message: &str) -> &'a Value {
    let found = logs.iter().find(|it| it["msg"] == message);
    found.unwrap_or_else(|| panic!("no {message:?} in {logs:#?}"))
}

fn messages(run: &Run) -> Vec<String> {
    let logs = run.logs();
    logs.iter()
        .map(|it| it["msg"].as_str().unwrap().to_owned())
        .collect()
}

/// Runs without any request and compares the end of it.
async fn check(binary: &Binary, arguments: &[&str], code: i32, words: &str) {
    let run = binary.run(arguments).await;
    assert_eq!(run.code, Some(code), "{arguments:?}: {}", run.stderr);
    assert_eq!(run.last_words(), words, "{arguments:?}: {}", run.stderr);
    assert_eq!(run.stdout, "", "{arguments:?}");
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
}

const TASK: &str = "runner: error processing task: rpc error: code = ";

#[test]
fn every_difference_has_an_entry() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/differences.md");
    let text = std::fs::read_to_string(path).unwrap();
    for (row, mark) in ROWS {
        let Differs(id) = mark else { continue };
        let entry = text
            .lines()
            .find(|it| it.starts_with(&format!("| `{id}` |")));
        let entry = entry.unwrap_or_else(|| panic!("row {row}: no entry {id}"));
        let rows: Vec<_> = entry
            .split('|')
            .nth(2)
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        assert!(
            rows.contains(&row.to_string().as_str()),
            "row {row}: {entry}"
        );
    }
    let rows: Vec<_> = ROWS.iter().map(|(row, _)| *row).collect();
    let expected: Vec<_> = (1..=33).chain(53..=55).collect();
    assert_eq!(rows, expected);
}

async fn the_version() {
    for flag in ["--version", "-v"] {
        let run = Binary::new().run(&[flag]).await;
        let version = concat!("baton-rocketchat version ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), version));
    }
}

async fn the_help() {
    for arguments in [&["--help"][..], &["-h"], &["help"]] {
        let run = Binary::new().run(arguments).await;
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        for command in [
            "capabilities",
            "config",
            "health-check",
            "completion",
            "help",
        ] {
            assert!(run.stdout.contains(&format!("\n  {command} ")), "{command}");
        }
        let visible = run
            .stdout
            .lines()
            .filter(|it| it.contains("--") && it.starts_with("  "));
        let names: Vec<_> = visible
            .filter_map(|it| it.split("--").nth(1)?.split_whitespace().next())
            .collect();
        for name in &names {
            let variable = format!("BATON_{}", name.to_uppercase().replace('-', "_"));
            let has_one = run.stdout.contains(&format!("(${variable})"));
            assert!(has_one || ["help", "version"].contains(name), "{name}");
        }
        // Theirs, and eleven of our own.
        assert_eq!(names.len(), 31 + 11, "{names:?}");
    }
}

async fn unknown_commands() {
    for word in ["version", "bogus"] {
        let words = format!("unknown command \"{word}\" for \"baton-rocketchat\"");
        check(&Binary::new(), &[word], 2, &words).await;
    }
    let words =
        "unknown command \"confg\" for \"baton-rocketchat\"\n\nDid you mean this?\n\tconfig";
    check(&Binary::new(), &["confg"], 2, words).await;
}

async fn unknown_flags() {
    check(&Binary::new(), &["--nope"], 2, "unknown flag: --nope").await;
    let typo = "--rocketchat-auth-tokn=canary";
    check(
        &Binary::new(),
        &[typo],
        2,
        "unknown flag: --rocketchat-auth-tokn",
    )
    .await;
}

const ALL_MISSING: &str = "required flag(s) \"rocketchat-auth-token\", \"rocketchat-base-url\", \"rocketchat-user-id\" not set";

async fn nothing_set() {
    check(&Binary::new(), &[], 2, ALL_MISSING).await;
}

async fn an_empty_variable() {
    let binary = Binary::new().with("BATON_ROCKETCHAT_BASE_URL", "");
    check(&binary, &[], 2, ALL_MISSING).await;
}

async fn an_empty_flag() {
    let words = "errors found:\nfield rocketchat-base-url of type string is marked as required but it has a zero-value";
    check(
        &Binary::unreachable(),
        &["--rocketchat-base-url="],
        2,
        words,
    )
    .await;
}

async fn the_configuration_file() {
    let server = server().await;
    let (user_id, token) = server.credentials(Account::Reader);
    let text = format!(
        "Rocketchat-Base-URL: {}\nrocketchat-user-id: {user_id}\nROCKETCHAT-AUTH-TOKEN: {token}\nfile: a.c1z\n",
        server.base_url()
    );
    for (name, variable, flags, file) in [
        (".baton.yaml", "", &[][..], "a.c1z"),
        (".baton.yml", "b.c1z", &[], "b.c1z"),
        (".baton", "b.c1z", &["-f", "c.c1z"], "c.c1z"),
    ] {
        let binary = Binary::new().with("BATON_FILE", variable);
        std::fs::write(binary.path(name), &text).unwrap();
        let run = binary.run(flags).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(binary.files(), [name, file]);
    }
    let binary = Binary::new().with("BATON_CONFIG_PATH", "settings/it.yml");
    std::fs::create_dir(binary.path("settings")).unwrap();
    std::fs::write(binary.path("settings/it.yml"), &text).unwrap();
    std::fs::write(binary.path(".baton.yaml"), "file: other.c1z").unwrap();
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(binary.files(), [".baton.yaml", "a.c1z", "settings"]);
}

async fn a_configuration_file_that_is_none() {
    let binary = Binary::new().with("BATON_CONFIG_PATH", "x.json");
    check(
        &binary,
        &[],
        2,
        "expected config file to have .yaml or .yml extension",
    )
    .await;
    for text in [None, Some("rocketchat-auth-token: 'canary")] {
        let binary = Binary::new().with("BATON_CONFIG_PATH", "x.yaml");
        if let Some(text) = text {
            std::fs::write(binary.path("x.yaml"), text).unwrap();
        }
        check(&binary, &[], 2, ALL_MISSING).await;
        let messages = messages(&binary.run(&[]).await);
        assert!(
            messages[0].contains("x.yaml counts as empty"),
            "{messages:?}"
        );
    }
}

fn vector(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn the_capabilities() {
    let run = Binary::new().run(&["capabilities"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(!run.stdout.ends_with('\n'));
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said, vector("capabilities.json"));
}

async fn the_schema() {
    let run = Binary::new().run(&["config"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(!run.stdout.ends_with('\n'));
    let mut said: Value = serde_json::from_str(&run.stdout).unwrap();
    for field in said["fields"].as_array_mut().unwrap() {
        let description = field.as_object_mut().unwrap().remove("description");
        assert!(
            description.is_some_and(|it| it.as_str() != Some("")),
            "{field}"
        );
    }
    assert_eq!(said, vector("config_schema.json"));
}

async fn flags_of_other_commands() {
    let words = "unknown flag: --rocketchat-base-url";
    for arguments in [
        ["capabilities", "--rocketchat-base-url", "x"],
        ["--rocketchat-base-url", "x", "capabilities"],
        ["health-check", "--rocketchat-base-url", "x"],
    ] {
        check(&Binary::new(), &arguments, 2, words).await;
    }
    for arguments in [["config", "--file", "x"], ["--file", "x", "config"]] {
        assert_eq!(Binary::new().run(&arguments).await.code, Some(0));
    }
}

async fn a_sync() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), ""),
        "{}",
        run.stderr
    );
    let said = messages(&run);
    let mut said = said.iter();
    for step in [
        "Syncing resource types...",
        "Synced resource types",
        "Syncing resources...",
        "syncing in parallel",
        "Synced resources",
        "Syncing static entitlements...",
        "Syncing entitlements...",
        "Synced entitlements",
        "Syncing grants...",
        "Synced grants",
        "Sync complete.",
        "c1z: saved",
    ] {
        assert!(
            said.any(|it| it == step),
            "{step} is not in its place: {}",
            run.stderr
        );
    }
    assert_eq!(said.next(), None, "the file is saved at the end");
    let logs = run.logs();
    for it in &logs {
        assert_eq!(it["level"].as_str().unwrap().to_lowercase(), it["level"]);
        assert!(it["ts"].as_f64().unwrap() > 1.7e9, "{it}");
        let (file, number) = it["caller"].as_str().unwrap().split_once(".rs:").unwrap();
        assert!(file.contains('/') && number.parse::<u32>().is_ok(), "{it}");
    }
    assert_eq!(line(&logs, "Synced resource types")["count"], 3);
    assert_eq!(line(&logs, "syncing in parallel")["workers"], 4);
    let users = |it: &&Value| it["msg"] == "Synced resources" && it["resource_type_id"] == "user";
    assert_eq!(logs.iter().find(users).unwrap()["count"], 40);
    assert_eq!(binary.finished_syncs().len(), 1);
}

async fn lines_for_people() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["--log-format", "console"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    for line in run.stderr.lines() {
        let columns: Vec<_> = line.split('\t').collect();
        let ([time, level, caller, _] | [time, level, caller, _, _]) = columns.as_slice() else {
            panic!("{line}");
        };
        assert_eq!(
            (time.len(), &time[10..11], &time[23..]),
            (24, "T", "Z"),
            "{line}"
        );
        assert!(
            ["INFO", "WARN"].contains(level) && caller.contains(".rs:"),
            "{line}"
        );
        if let Some(fields) = columns.get(4) {
            assert!(
                serde_json::from_str::<Value>(fields).unwrap().is_object(),
                "{line}"
            );
        }
    }
}

async fn a_log_file() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["--log-path", "l.log"]).await;
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "")
    );
    let log = std::fs::read_to_string(binary.path("l.log")).unwrap();
    assert!(log.lines().last().unwrap().contains("c1z: saved"), "{log}");
    let run = binary
        .run(&["--log-path", "l.log,stdout", "--log-path", "stderr"])
        .await;
    assert!(
        run.stdout == run.stderr && run.stdout.contains("c1z: saved"),
        "{}",
        run.stdout
    );
    let longer = std::fs::read_to_string(binary.path("l.log")).unwrap();
    assert_eq!(longer, format!("{log}{}", run.stdout));
    let words = "cannot open the log file missing/l.log: No such file or directory (os error 2)";
    check(&binary, &["--log-path", "missing/l.log"], 2, words).await;
}

async fn refusals_at_the_start() {
    for (status, body, code, name) in [
        (
            401,
            r#"{"status":"error","message":"You must be logged in"}"#,
            16,
            "Unauthenticated",
        ),
        (
            403,
            r#"{"success":false,"error":"unauthorized"}"#,
            7,
            "PermissionDenied",
        ),
        (404, r#"{"success":false,"error":"no"}"#, 5, "NotFound"),
        (
            400,
            r#"{"success":false,"errorType":"invalid-params","error":"no"}"#,
            3,
            "InvalidArgument",
        ),
    ] {
        let server = server().await;
        let answer = Action::answer(status, "application/json", body);
        server.inject(Fault::new("me", 1, answer).times(100));
        let run = Binary::for_account(&server, Account::Reader).run(&[]).await;
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert_eq!(server.calls("me"), 1);
        let shape = format!(
            "{TASK}{name} desc = validate failed: rpc error: code = {name} desc = me answered {status}"
        );
        let last = run.stderr.lines().last().unwrap();
        assert!(last.starts_with(&shape), "{last}");
    }
}

/// Six requests too, but at times of our own; this checks the first pauses and gives up.
async fn trouble_at_the_start() {
    let server = server().await;
    let answer = Action::answer(503, "text/plain", "busy");
    server.inject(Fault::new("me", 1, answer).times(100));
    let run = Binary::for_account(&server, Account::Reader)
        .run(&["validate"])
        .await;
    assert_eq!(run.code, Some(14), "{}", run.stderr);
    assert_eq!(
        server.calls("me"),
        3,
        "validate is less patient than a sync"
    );
}

/// Waits for as long as the server says, however often.
async fn a_rate_limit_at_the_start() {
    let server = server().await;
    let body = r#"{"success":false,"error":"Error, too many requests. Please slow down.","errorType":"error-too-many-requests"}"#;
    let in_a_moment = std::time::SystemTime::now() + Duration::from_millis(300);
    let reset = in_a_moment
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-ratelimit-reset", reset.to_string()),
    ];
    let answer = Action::Answer {
        status: 429,
        headers: headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        body: body.into(),
    };
    server.inject(Fault::new("me", 1, answer));
    let run = Binary::for_account(&server, Account::Reader)
        .run(&["validate"])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(server.calls("me"), 2);
}

async fn a_rate_limit_in_the_middle() {
    let window = Duration::from_secs(2);
    let limiter = Some(Limiter { calls: 3, window });
    let server = start(Settings {
        limiter,
        ..Settings::default()
    })
    .await;
    let started = Instant::now();
    let run = Binary::for_account(&server, Account::LimitedReader)
        .run(&[])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(started.elapsed() >= window && started.elapsed() < Duration::from_mins(1));
    assert_eq!(server.calls("teams.members"), 4, "no call is made in vain");
}

async fn trouble_in_the_middle() {
    let server = server().await;
    let answer = Action::answer(500, "text/plain", "oops");
    server.inject(Fault::new("roles.list", 1, answer).times(2));
    let run = Binary::for_account(&server, Account::Reader).run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(server.calls("roles.list"), 3);
}

async fn a_host_that_does_not_exist() {
    let binary =
        Binary::unreachable().with("BATON_ROCKETCHAT_BASE_URL", "http://no-such-host.invalid");
    let run = binary.run(&["validate"]).await;
    // Name servers that cannot be asked are trouble that may pass, after which the code is the same.
    assert_eq!(run.code, Some(3), "{}", run.stderr);
}

async fn a_refusal_in_the_middle() {
    let server = server().await;
    let answer = Action::answer(
        403,
        "application/json",
        r#"{"success":false,"error":"unauthorized"}"#,
    );
    server.inject(Fault::new("teams.members", 3, answer));
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(7), "{}", run.stderr);
    let shape =
        format!("{TASK}PermissionDenied desc = sync-grants-for-resource: error listing grants: ");
    assert!(run.last_words().starts_with(&shape), "{}", run.last_words());
    assert_eq!(binary.files(), ["sync.c1z"]);
    assert!(binary.finished_syncs().is_empty());
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    line(&run.logs(), "resumed previous sync");
}

async fn a_list_that_is_not_there() {
    let server = server().await;
    let answer = Action::answer(404, "application/json", r#"{"success":false,"error":"no"}"#);
    server.inject(Fault::new("teams.listAll", 1, answer).times(100));
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(5), "{}", run.stderr);
    let shape = format!("{TASK}NotFound desc = error: listing resources failed: ");
    assert!(run.last_words().starts_with(&shape), "{}", run.last_words());
}

async fn a_type_that_does_not_exist() {
    let words = format!("{TASK}Unknown desc = invalid resource type 'nope' in filter");
    check(
        &Binary::unreachable(),
        &["--sync-resource-types", "nope"],
        2,
        &words,
    )
    .await;
}

/// Runs a sync of a part, and returns its type with the resources and grants by type.
async fn part(arguments: &[&str]) -> (String, [BTreeMap<String, u64>; 2], Run) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(arguments).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let reader = Reader::open(&binary.path("sync.c1z"), Limits::default(), None).unwrap();
    let sync = reader.newest_finished().unwrap().unwrap();
    let stats = reader.count(&sync.sync_id).unwrap();
    let counts = [
        stats.resources_by_resource_type,
        stats.grants_by_resource_type,
    ];
    (sync.sync_type, counts, run)
}

async fn some_types() {
    let (kind, [resources, grants], run) = part(&["--sync-resource-types", "user"]).await;
    assert_eq!((kind.as_str(), grants.len()), ("full", 0));
    assert_eq!(
        resources.into_iter().collect::<Vec<_>>(),
        [("user".to_owned(), 40)]
    );
    assert_eq!(line(&run.logs(), "Synced resource types")["count"], 1);
    let (kind, [resources, grants], _) = part(&["--sync-resource-types", "team,role"]).await;
    assert_eq!(kind, "full");
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["role", "team"]);
    assert_eq!(grants.keys().collect::<Vec<_>>(), ["role", "team"]);
}

async fn resources_only() {
    let (kind, [resources, grants], run) = part(&["--skip-entitlements-and-grants"]).await;
    assert_eq!((kind.as_str(), grants.len()), ("resources_only", 0));
    assert_eq!((resources["user"], resources["team"]), (40, 4));
    assert!(!messages(&run).iter().any(|it| it == "Syncing grants..."));
}

async fn a_resource_that_is_none() {
    let words =
        "error parsing baton id 'bogus' at location 5: invalid prefix: 'bogus'\nbogus\n     ^";
    check(
        &Binary::unreachable(),
        &["--sync-resources", "bogus"],
        2,
        words,
    )
    .await;
}

async fn half_a_grant() {
    let words = "if any flags in the group [grant-entitlement grant-principal] are set they must all be set; missing [grant-principal]";
    check(
        &Binary::unreachable(),
        &["--grant-entitlement", "E"],
        2,
        words,
    )
    .await;
}

/// Returns a binary with a finished sync, and identifiers that are in it: of an entitlement, a user and a grant.
async fn synced() -> (Binary, Server, [String; 3]) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let reader = Reader::open(&binary.path("sync.c1z"), Limits::default(), None).unwrap();
    let sync = reader.newest_finished().unwrap().unwrap().sync_id;
    let of_team = |kind: &str| kind == "team";
    let grant = reader.grants(&sync).map(Result::unwrap);
    let grant = grant
        .into_iter()
        .find(|it| of_team(&it.resource_type_id))
        .unwrap();
    let ids = [
        grant.entitlement_id,
        grant.principal_resource_id,
        grant.external_id,
    ];
    (binary, server, ids)
}

async fn a_grant() {
    let (binary, server, [entitlement, user, grant]) = synced().await;
    let requests = server.log().len();
    let unimplemented = "resource type team does not have provisioner configured";
    let whole = |code: &str, words: &str| format!("{TASK}{code} desc = {words}");
    let no_entitlement = "entitlement nope not found";
    let asks = |entitlement, user| {
        [
            "--grant-entitlement",
            entitlement,
            "--grant-principal",
            user,
            "--grant-principal-type",
            "user",
        ]
    };
    for (arguments, code, words) in [
        (
            &asks(&entitlement, &user)[..],
            12,
            whole("Unimplemented", unimplemented),
        ),
        (&asks("nope", &user), 5, whole("NotFound", no_entitlement)),
        (
            &asks(&entitlement, "nope"),
            5,
            whole("NotFound", "resource user/nope not found"),
        ),
        (
            &asks(&entitlement, &user)[..4],
            2,
            whole("Unknown", "unknown provisioning action"),
        ),
        (
            &["--revoke-grant", &grant],
            12,
            whole("Unimplemented", unimplemented),
        ),
        (
            &["--revoke-grant", "nope"],
            5,
            whole("NotFound", "grant nope not found"),
        ),
    ] {
        check(&binary, arguments, code, &words).await;
    }
    assert_eq!(
        server.log().len(),
        requests,
        "nothing is asked of the server"
    );
    let file = binary.path("sync.c1z").to_string_lossy().into_owned();
    let empty = Binary::unreachable();
    check(
        &empty,
        &["--revoke-grant", &grant],
        5,
        &whole("NotFound", "sync.c1z holds no finished sync"),
    )
    .await;
    let elsewhere = ["-f", &file, "--revoke-grant", &grant];
    check(
        &empty,
        &elsewhere,
        12,
        &whole("Unimplemented", unimplemented),
    )
    .await;
}

async fn events() {
    check(
        &Binary::unreachable(),
        &["--event-feed"],
        2,
        "flag needs an argument: --event-feed",
    )
    .await;
    let words = format!("{TASK}NotFound desc = error: event feed id baton_feed_event not found");
    check(&Binary::unreachable(), &["--event-feed=true"], 5, &words).await;
}

async fn action_schemas() {
    let run = Binary::unreachable().run(&["--list-action-schemas"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    assert_eq!(line(&run.logs(), "Action Schemas")["count"], 0);
}

async fn values_out_of_range() {
    for (arguments, words) in [
        (
            ["--http-timeout-seconds", "0"],
            "field http-timeout-seconds: value must be greater than or equal to 1 but got 0",
        ),
        (
            ["--http-timeout-seconds", "5000"],
            "errors found:\nfield http-timeout-seconds: value must be less than or equal to 1800 but got 5000",
        ),
        (
            ["--task-concurrency", "101"],
            "errors found:\nfield task-concurrency: value must be less than or equal to 100 but got 101",
        ),
        (
            ["--task-concurrency", "0"],
            "errors found:\nfield task-concurrency: value must be greater than or equal to 1 but got 0",
        ),
        (
            ["--storage-engine", "foo"],
            "errors found:\nfield storage-engine: value must be one of [ sqlite pebble] but got 'foo'",
        ),
    ] {
        check(&Binary::unreachable(), &arguments, 2, words).await;
    }
}

async fn half_of_the_credentials() {
    let words = "if any flags in the group [client-id client-secret] are set they must all be set; missing [client-secret]";
    check(&Binary::unreachable(), &["--client-id", "x"], 2, words).await;
    let binary = Binary::unreachable().with("BATON_CLIENT_SECRET", "canary-secret");
    check(
        &binary,
        &["--client-id", "x"],
        2,
        "service mode is not supported by this version",
    )
    .await;
}

async fn the_health_server() {
    // The flag is taken, and means nothing to a run that syncs once.
    let run = Binary::unreachable()
        .run(&["--health-check", "--list-action-schemas"])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

async fn the_health_check() {
    for (answer, path, arguments, code, words) in [
        ("HTTP/1.1 200 OK", "/health", &[][..], 0, ""),
        ("HTTP/1.1 200 OK", "/live", &["--endpoint=live"], 0, ""),
        (
            "HTTP/1.1 503 Service Unavailable",
            "/ready",
            &["--endpoint", "ready"],
            2,
            "health check returned status 503",
        ),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let served = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            let answer = format!("{answer}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request[..read].to_vec()).unwrap()
        });
        let binary = Binary::new().with("BATON_HEALTH_CHECK_PORT", &port);
        check(
            &binary,
            &[&["health-check"], arguments].concat(),
            code,
            words,
        )
        .await;
        assert!(
            served
                .await
                .unwrap()
                .starts_with(&format!("GET {path} HTTP/1.1\r\n"))
        );
    }
    let nobody = Binary::new().with("BATON_HEALTH_CHECK_PORT", "1");
    let words =
        "health check failed: Get \"http://127.0.0.1:1/health\": Connection refused (os error 111)";
    check(&nobody, &["health-check"], 14, words).await;
    let words = "invalid endpoint: foo (valid: health, ready, live)";
    check(&nobody, &["health-check", "--endpoint", "foo"], 2, words).await;
}

async fn the_host_id() {
    let binary = Binary::unreachable().with("BATON_HOST_ID", "h");
    assert_eq!(binary.run(&["--list-action-schemas"]).await.code, Some(0));
}
