//! Rows 1 to 12: what is asked, and what is printed.

use rocketchat_sim::Account;
use serde_json::Value;

use super::{check, messages};
use crate::binary::{Binary, server};

pub(super) async fn the_version() {
    for flag in ["--version", "-v"] {
        let run = Binary::new().run(&[flag]).await;
        let version = concat!("baton-rocketchat version ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), version));
    }
}

pub(super) async fn the_help() {
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

pub(super) async fn unknown_commands() {
    for word in ["version", "bogus"] {
        let words = format!("unknown command \"{word}\" for \"baton-rocketchat\"");
        check(&Binary::new(), &[word], 2, &words).await;
    }
    let words =
        "unknown command \"confg\" for \"baton-rocketchat\"\n\nDid you mean this?\n\tconfig";
    check(&Binary::new(), &["confg"], 2, words).await;
}

pub(super) async fn unknown_flags() {
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

pub(super) const ALL_MISSING: &str = "required flag(s) \"rocketchat-auth-token\", \"rocketchat-base-url\", \"rocketchat-user-id\" not set";

pub(super) async fn nothing_set() {
    check(&Binary::new(), &[], 2, ALL_MISSING).await;
}

pub(super) async fn an_empty_variable() {
    let binary = Binary::new().with("BATON_ROCKETCHAT_BASE_URL", "");
    check(&binary, &[], 2, ALL_MISSING).await;
}

pub(super) async fn an_empty_flag() {
    let words = "errors found:\nfield rocketchat-base-url of type string is marked as required but it has a zero-value";
    check(
        &Binary::unreachable(),
        &["--rocketchat-base-url="],
        2,
        words,
    )
    .await;
}

pub(super) async fn the_configuration_file() {
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

pub(super) async fn a_configuration_file_that_is_none() {
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

pub(super) fn vector(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) async fn the_capabilities() {
    let run = Binary::new().run(&["capabilities"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(!run.stdout.ends_with('\n'));
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(said, vector("capabilities.json"));
}

pub(super) async fn the_schema() {
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

pub(super) async fn flags_of_other_commands() {
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
