//! The command line and the settings beyond the acceptance checks.

use std::fmt::Write as _;
use std::process::Stdio;

use rocketchat_sim::Account;

use crate::binary::{Binary, server};
use crate::snapshot;
use crate::terminal;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_help() {
    let mut whole = String::new();
    for command in [
        "",
        "validate",
        "demo",
        "show",
        "diff",
        "health-check",
        "completion",
        "help",
    ] {
        let run = Binary::new()
            .run(&["help", command][..if command.is_empty() { 1 } else { 2 }])
            .await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        // The flags that every command has stand in the first help.
        let text = run.stdout.split("\nGlobal Flags:").next().unwrap();
        writeln!(whole, "$ baton-rocketchat help {command}\n{text}").unwrap();
    }
    snapshot::check("help", &whole, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_may_stand_anywhere_and_the_last_one_counts() {
    for arguments in [
        &["config", "-p", "-fx", "--log-level=debug"][..],
        &["-pf", "x", "config"],
        &["-p=false", "config", "--provisioning"],
        &["--workers", "-1", "--workers", "2", "config"],
    ] {
        let run = Binary::new().run(arguments).await;
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.stderr);
    }
    let binary = Binary::new();
    let demo = ["-f", "a.c1z", "demo", "--users", "5", "--teams", "1"];
    for files in [&["-f", "b.c1z"][..], &["-f", "c.c1z", "--file=b.c1z"]] {
        let run = binary.run(&[&demo, files].concat()).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(binary.files(), ["b.c1z"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_in_the_words_of_others() {
    for (arguments, words) in [
        (&["-x"][..], "unknown shorthand flag: 'x' in -x"),
        (
            &["config", "extra"],
            "unknown command \"extra\" for \"baton-rocketchat\"",
        ),
        (
            &["completion", "tcsh"],
            "unknown command \"tcsh\" for \"baton-rocketchat\"",
        ),
        (&["--file"], "flag needs an argument: --file"),
        (&["-"], "unknown command \"-\" for \"baton-rocketchat\""),
        (&["--disabled"], "unknown flag: --disabled"),
        (&["--disabled", "demo"], "unknown flag: --disabled"),
        (&["--users", "5", "show"], "unknown flag: --users"),
        (&["demo", "--no-resume"], "unknown flag: --no-resume"),
        (
            &["help", "nope"],
            "unknown command \"nope\" for \"baton-rocketchat\"",
        ),
        (
            &["help", "show", "nope"],
            "unknown command \"nope\" for \"baton-rocketchat\"",
        ),
        (
            &["--endpoint", "foo", "health-check"],
            "invalid endpoint: foo (valid: health, ready, live)",
        ),
        (
            &["--workers", "abc"],
            "invalid argument \"abc\" for \"--workers\" flag: strconv.ParseInt: parsing \"abc\": invalid syntax",
        ),
        (
            &["--workers", "99999999999999999999"],
            "invalid argument \"99999999999999999999\" for \"--workers\" flag: strconv.ParseInt: parsing \"99999999999999999999\": value out of range",
        ),
        (
            &["-p=yes"],
            "invalid argument \"yes\" for \"-p, --provisioning\" flag: strconv.ParseBool: parsing \"yes\": invalid syntax",
        ),
        (
            &["--log-path", "a\"b"],
            "invalid argument \"a\\\"b\" for \"--log-path\" flag: a double quote has to surround a whole item, or be doubled within one",
        ),
        (
            &["--help=1"],
            "unexpected value '1' for '--help' found; no more were expected",
        ),
    ] {
        let run = Binary::new().run(arguments).await;
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        let first = run.stderr.lines().next().unwrap();
        assert_eq!(first, words, "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_actions_only() {
    let words = "if any flags in the group [grant-entitlement revoke-grant create-account-email delete-resource-type \
                 rotate-credentials-type event-feed diff-syncs compact-syncs list-ticket-schemas] are set none of the \
                 others can be; [event-feed revoke-grant] were all set";
    let binary = Binary::unreachable().with("BATON_EVENT_FEED", "x");
    let run = binary.run(&["--revoke-grant", "g"]).await;
    assert_eq!((run.code, run.last_words().as_str()), (Some(2), words));
    let run = Binary::unreachable()
        .run(&["--rocketchat-auth-token-file", "x"])
        .await;
    let words = "[rocketchat-auth-token rocketchat-auth-token-file] were all set";
    assert!(
        run.code == Some(2) && run.last_words().ends_with(words),
        "{}",
        run.stderr
    );
}

/// Flags, the exit code and what is said.
const REFUSED: &[(&[&str], i32, &str)] = &[
    (
        &["--create-account-login", "x"],
        12,
        "connector does not have account manager configured",
    ),
    (
        &["--create-account-profile", r#"{"login":"x"}"#],
        12,
        "connector does not have account manager configured",
    ),
    (
        &["--delete-resource", "u1", "--delete-resource-type", "user"],
        12,
        "resource type user does not have resource Delete() configured",
    ),
    (
        &["--delete-resource", "u1"],
        2,
        "unknown provisioning action",
    ),
    (
        &[
            "--rotate-credentials",
            "u1",
            "--rotate-credentials-type",
            "user",
        ],
        12,
        "resource type does not have credential manager configured",
    ),
    (
        &["--list-ticket-schemas"],
        12,
        "ticket manager not implemented",
    ),
    (
        &["--get-ticket", "--ticket-id", "1"],
        12,
        "ticket manager not implemented",
    ),
    (
        &["--create-ticket", "--ticket-template-path", "none"],
        2,
        "open none: No such file",
    ),
    (
        &["--invoke-action", "foo"],
        5,
        "error: invoking action failed: rpc error: code = NotFound desc = handler for action foo not found",
    ),
    (
        &["--invoke-action", "foo", "--invoke-action-args", "{bad"],
        2,
        "failed to parse invoke-action-args: ",
    ),
    (
        &[
            "--diff-syncs",
            "--base-sync-id",
            "a",
            "--applied-sync-id",
            "b",
        ],
        2,
        "--diff-syncs is not supported",
    ),
    (
        &[
            "--compact-syncs",
            "--compact-file-paths",
            "a,b",
            "--compact-sync-ids",
            "c",
            "--compact-output-path",
            ".",
        ],
        2,
        "sync-compactor: must include exactly one syncID per file",
    ),
    (
        &[
            "--compact-syncs",
            "--compact-file-paths",
            "a",
            "--compact-sync-ids",
            "c",
            "--compact-output-path",
            ".",
        ],
        2,
        "--compact-syncs is not supported",
    ),
    (
        &["--storage-engine", "pebble"],
        2,
        "--storage-engine pebble is not supported",
    ),
    (
        &["--external-resource-c1z", "x.c1z"],
        2,
        "the specified external resource c1z file does not exist: x.c1z",
    ),
    (
        &["--c1z-temp-dir", "nowhere"],
        2,
        "the specified c1z temp dir does not exist: nowhere",
    ),
    (
        &["--sync-resources", "bid:r:group/g1"],
        2,
        "resource type group of bid:r:group/g1 does not exist",
    ),
    (
        &[
            "--sync-resources",
            "bid:r:user/u1",
            "--sync-resource-types",
            "team",
        ],
        2,
        "--sync-resources and --sync-resource-types cannot be set together",
    ),
    (
        &["--skip-grants"],
        2,
        "skip-grants can only be set within a targeted sync",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn actions_of_connectors_that_write_are_refused() {
    for (arguments, code, words) in REFUSED {
        let binary = Binary::unreachable();
        let run = binary.run(arguments).await;
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(*code), ""),
            "{arguments:?}: {}",
            run.stderr
        );
        assert!(
            run.last_words().contains(words),
            "{arguments:?}: {}",
            run.stderr
        );
        assert!(binary.files().is_empty(), "{arguments:?}");
        assert!(!run.stderr.contains("canary"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_comes_from_a_file_or_from_stdin() {
    use std::os::unix::fs::PermissionsExt;
    let server = server().await;
    let (user_id, token) = server.credentials(Account::Reader);
    let binary = || {
        Binary::new()
            .with("BATON_ROCKETCHAT_BASE_URL", &server.base_url())
            .with("BATON_ROCKETCHAT_USER_ID", &user_id)
    };
    for (mode, is_warned_of) in [(0o600, false), (0o640, true), (0o604, true)] {
        let binary = binary().with("BATON_ROCKETCHAT_AUTH_TOKEN_FILE", "token");
        std::fs::write(binary.path("token"), format!("{token}\n")).unwrap();
        std::fs::set_permissions(binary.path("token"), PermissionsExt::from_mode(mode)).unwrap();
        let run = binary.run(&[]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(
            run.stderr
                .contains("other users of this machine may read the token"),
            is_warned_of,
            "{mode:o}"
        );
        assert!(!run.stderr.contains(&token));
    }
    let binary = binary();
    let mut command = binary.command(&["validate", "--rocketchat-auth-token-file", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, format!("{token}\n").as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    });
    assert_eq!(output.await.unwrap().status.code(), Some(0));
    for (text, words) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("a\nb", "auth token"),
    ] {
        std::fs::write(binary.path("token"), text).unwrap();
        let run = binary.run(&["--rocketchat-auth-token-file", "token"]).await;
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.last_words().contains(words), "{}", run.stderr);
    }
    std::fs::write(binary.path("long"), "canary".repeat(20_000)).unwrap();
    let run = binary.run(&["--rocketchat-auth-token-file", "long"]).await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("longer than any token") && !run.stderr.contains("canary"));
    let run = binary.run(&["--rocketchat-auth-token-file", "none"]).await;
    assert!(
        run.last_words().contains("cannot read the token from none"),
        "{}",
        run.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn old_syncs_are_kept_as_the_variables_say() {
    let server = server().await;
    for (name, value, kept) in [
        ("BATON_KEEP_SYNC_COUNT", "1", 1),
        ("BATON_KEEP_SYNC_COUNT", "3", 3),
        ("BATON_SKIP_CLEANUP", "true", 4),
        ("BATON_SKIP_CLEANUP", "0", 2),
    ] {
        let binary = Binary::for_account(&server, Account::Reader).with(name, value);
        for _ in 0..4 {
            assert_eq!(binary.run(&[]).await.code, Some(0));
        }
        assert_eq!(binary.finished_syncs().len(), kept, "{name}={value}");
    }
    for (name, value) in [
        ("BATON_KEEP_SYNC_COUNT", "0"),
        ("BATON_SKIP_CLEANUP", "yes"),
        ("BATON_DECODER_MAX_DECODED_SIZE_MB", "much"),
        ("BATON_DECODER_MAX_MEMORY_MB", "-1"),
    ] {
        let run = Binary::for_account(&server, Account::Reader)
            .with(name, value)
            .run(&[])
            .await;
        assert_eq!(run.code, Some(2), "{name}={value}");
        assert!(run.last_words().contains(name), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn working_files_go_where_they_are_wanted() {
    let server = server().await;
    for (flags, variable, code) in [
        (&["--c1z-temp-dir", "here"][..], "nowhere", 0),
        (&[], "here", 0),
        (&[], "nowhere", 2),
        // In this place not even root makes files.
        (&["--c1z-temp-dir", "/proc/self"], "", 2),
    ] {
        let binary = Binary::for_account(&server, Account::Reader).with("BATON_TMPDIR", variable);
        std::fs::create_dir(binary.path("here")).unwrap();
        let run = binary.run(flags).await;
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert_eq!(
            std::fs::read_dir(binary.path("here")).unwrap().count(),
            0,
            "nothing is left there"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shells_get_scripts() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let run = Binary::new().run(&["completion", shell]).await;
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        assert!(
            run.stdout.contains("health-check") && run.stdout.contains("rocketchat-base-url"),
            "{shell}"
        );
        let bare = Binary::new()
            .run(&["completion", shell, "--no-descriptions"])
            .await;
        assert_eq!(bare.code, Some(0));
        assert!(!bare.stdout.contains("Personal access token"), "{shell}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn help_is_that_of_the_command_that_is_named() {
    for (asked, same) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "validate"], &["validate", "--help"]),
        (&["help", "show", "users"], &["show", "users", "--help"]),
        (&["help", "help"], &["help", "--help"]),
        (&["help", "man"], &["man", "--help"]),
        (&["show", "help"], &["show", "--help"]),
        (&["show", "help", "users"], &["show", "users", "--help"]),
        (&["completion", "help"], &["completion", "--help"]),
    ] {
        let [asked, same] = [
            Binary::new().run(asked).await,
            Binary::new().run(same).await,
        ];
        assert_eq!((asked.code, &asked.stdout), (Some(0), &same.stdout));
        assert!(same.stdout.contains("\nUsage:\n  baton-rocketchat"));
    }
}

/// Those are for single actions, which this connector refuses.
#[tokio::test(flavor = "multi_thread")]
async fn shells_offer_the_flags_that_help_shows() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = Binary::new().run(&["completion", shell]).await.stdout;
        for hidden in ["revoke-grant", "compact-syncs", "otel-tracing-disabled"] {
            assert!(!script.contains(hidden), "{shell} offers {hidden}");
        }
        let all = ["completion", shell, "--all"];
        let script = Binary::new().run(&all).await.stdout;
        assert!(script.contains("revoke-grant"), "{shell}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bash_finds_what_is_below_a_command() {
    let script = Binary::new().run(&["completion", "bash"]).await.stdout;
    let states = script
        .lines()
        .filter_map(|it| it.trim().strip_prefix("cmd=\"")?.strip_suffix('"'));
    let states: Vec<_> = states.filter(|it| !it.is_empty()).collect();
    assert!(states.len() > 10, "{states:?}");
    for state in states {
        assert!(script.contains(&format!("\n        {state})\n")), "{state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn manual_pages_are_written_into_a_directory() {
    let binary = Binary::new();
    std::fs::create_dir(binary.path("man1")).unwrap();
    let run = binary.run(&["man", "man1"]).await;
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "")
    );
    let page = std::fs::read_to_string(binary.path("man1/baton-rocketchat-diff.1")).unwrap();
    assert!(page.contains(" [OLD [NEW]] [options]"), "{page}");
    for (arguments, words) in [
        (&["man"][..], "man takes one directory"),
        (&["man", "a", "b"], "man takes one directory"),
        (&["man", "gone"], "cannot write gone"),
    ] {
        let run = binary.run(arguments).await;
        assert_eq!(run.code, Some(2));
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_errors_at_a_terminal() {
    let shown = terminal::run(Binary::new().command(&["--nope"]), 80).await;
    assert_eq!(
        (shown.code, shown.lines),
        (Some(2), vec!["error: unknown flag: --nope".to_owned()])
    );
    let shown = terminal::run(
        Binary::unreachable().command(&["--list-ticket-schemas"]),
        100,
    )
    .await;
    assert_eq!(shown.code, Some(12));
    let expected = [
        "error: ticket manager not implemented",
        "",
        "hint: this connector only reads: changes are made in Rocket.Chat itself",
    ];
    assert_eq!(shown.lines, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_words_for_logs_mean_the_usual() {
    let run = Binary::unreachable()
        .run(&[
            "--log-level",
            "chatty",
            "--log-format",
            "xml",
            "--list-action-schemas",
        ])
        .await;
    assert_eq!(run.logs().len(), 1, "{}", run.stderr);
    for level in ["ERROR", "Warn", "fatal"] {
        let run = Binary::unreachable()
            .run(&["--log-level", level, "--list-action-schemas"])
            .await;
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{level}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_resources_are_synced_with_those_who_hold_them() {
    let server = server().await;
    let (team, user) = server.with(|it| {
        let team = it.teams.iter().find(|it| !it.members.is_empty()).unwrap();
        (team.id.to_string(), it.users[3].id.to_string())
    });
    let team = format!("bid:r:team/{team}");
    let user = format!("bid:r:user/{user}");
    let both = format!("{team},{user}");
    for (arguments, teams, has_grants) in [
        (&["--sync-resources", &both][..], 1, true),
        (
            &[
                "--sync-resources",
                &team,
                "--sync-resources",
                &user,
                "--skip-grants",
            ],
            1,
            false,
        ),
        (&["--sync-resources", &user], 0, false),
    ] {
        let binary = Binary::for_account(&server, Account::Reader);
        let run = binary.run(arguments).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let (reader, sync) = binary.newest("sync.c1z");
        assert_eq!(sync.sync_type, "partial");
        let stats = reader.count(&sync.sync_id).unwrap();
        assert_eq!(
            stats.resources_by_resource_type["team"], teams,
            "{arguments:?}"
        );
        assert!(stats.resources_by_resource_type["user"] >= 1);
        assert_eq!(stats.grants > 0, has_grants, "{arguments:?}");
    }
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&["--sync-resources", "bid:r:role/nobody"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let logs = run.logs();
    let line = logs
        .iter()
        .find(|it| it["msg"] == "sync completed with warnings")
        .unwrap();
    assert_eq!(line["warning_count"], 1, "{line}");
    assert!(
        line["warnings"][0].as_str().unwrap().contains("nobody"),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_syncs_all_of_its_workspace() {
    for flags in [
        ["--sync-resource-types=team"],
        ["--skip-entitlements-and-grants"],
    ] {
        let run = Binary::new().run(&[&["demo"], &flags[..]].concat()).await;
        assert_eq!(run.code, Some(2), "{}", run.stderr);
    }
}
