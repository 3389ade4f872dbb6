//! Every folder of `fixtures/`, replayed through the whole engine and compared with its snapshot.
//!
//! `cargo xtask snapshot` runs exactly this module.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rocketchat_http::{Replay, Scenario};
use rocketchat_sync::Options;

use crate::support::{Outcome, describe, run};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Paused time: a scenario that holds a rate limit must not make the test wait for it.
#[tokio::test(start_paused = true)]
async fn every_scenario_gives_its_snapshot() {
    let mut names: Vec<_> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 6, "scenarios are missing: {names:?}");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for name in names {
        let text = replay(&name).await;
        settings.set_description(format!("the sync of fixtures/{name}"));
        settings.bind(|| insta::assert_snapshot!(name.as_str(), text));
    }
}

async fn replay(name: &str) -> String {
    let scenario = Scenario::load(&fixtures().join(name)).unwrap();
    let option = |key: &str| scenario.options.get(key);
    let user_id = option("user_id")
        .and_then(|it| it.as_str())
        .expect("the option user_id");
    let mut options = Options::new(user_id.into());
    options.team_roles = option("team_roles")
        .and_then(serde_json::Value::as_bool)
        .unwrap_or_default();
    let replay = Arc::new(Replay::new(scenario.exchanges));
    let outcome = run(Arc::clone(&replay) as _, &options).await;
    assert_eq!(
        replay.unused(),
        Vec::<String>::new(),
        "{name}: answers nobody asked for"
    );
    text(&outcome)
}

fn text(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(report) => {
            let lines = outcome.lines.as_deref().unwrap_or_default().join("\n");
            format!("{lines}\n{}", describe_report(report))
        }
        Err(error) => {
            assert!(outcome.lines.is_none(), "a failed sync leaves no file");
            describe(error)
        }
    }
}

/// One line for each field, and for each team of the ledger.
fn describe_report(report: &rocketchat_sync::Report) -> String {
    let mut report = serde_json::to_value(report).unwrap();
    let mut ledger = report["ledger"].take();
    let members = ledger["members"].take();
    let mut text = String::new();
    for fields in [report, ledger] {
        for (name, value) in fields.as_object().unwrap() {
            if !value.is_null() {
                writeln!(text, "{name}: {value}").unwrap();
            }
        }
    }
    for team in members.as_array().unwrap() {
        writeln!(text, "{team}").unwrap();
    }
    text
}
