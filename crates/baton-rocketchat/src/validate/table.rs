//! The report as people read it: 80 columns, without colour.

use rocketchat_sync::{Check, Plan, Status, Validation};

use crate::failure::Failure;
use crate::words::{counted, number, plain, wrap};

const WIDTH: usize = 80;
/// The longest name of a check, and a gap.
const NAME: usize = 27;
/// The longest word for a status, and a gap.
const STATUS: usize = 9;
/// The mark before what to do.
const TO_DO: &str = "-> ";

/// Writes checks, facts and plan, and what follows from them.
pub(super) fn render(address: &str, found: &Validation, failure: Option<&Failure>) -> String {
    let mut text = String::new();
    line(&mut text, &format!("Workspace: {address}\n"));
    let what = format!("what was found, and {TO_DO}what to do");
    hang(
        &mut text,
        &format!("{:NAME$}{:STATUS$}", "Check", "Result"),
        &what,
    );
    line(&mut text, &"-".repeat(WIDTH));
    for check in &found.checks {
        row(&mut text, check);
    }
    line(&mut text, "");
    facts(&mut text, found);
    if let Some(plan) = &found.plan {
        requests(&mut text, plan);
    }
    line(&mut text, "");
    line(&mut text, &conclusion(found, failure));
    text
}

fn row(text: &mut String, check: &Check) {
    let head = format!("{:NAME$}{:STATUS$}", check.name, word(check.status));
    hang(text, &head, &check.result);
    if let Some(advice) = &check.advice {
        hang(text, &format!("{:1$}{TO_DO}", "", NAME + STATUS), advice);
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Warning => "warning",
        Status::Failed => "failed",
        Status::Skipped => "skipped",
        _ => "unknown",
    }
}

fn facts(text: &mut String, found: &Validation) {
    let facts = [
        ("Server version: ", found.server_version.clone()),
        ("Rate limit: ", found.rate_limit.map(|it| it.to_string())),
        ("Paging: ", found.paging.map(|it| it.to_string())),
        (
            "Time of a sync: ",
            found.plan.as_ref().map(|it| it.text.clone()),
        ),
    ];
    for (name, fact) in facts {
        hang(text, name, fact.as_deref().unwrap_or("not known"));
    }
}

fn requests(text: &mut String, plan: &Plan) {
    line(text, "\nRequests of a sync:");
    for it in &plan.requests {
        let most = if it.at_most { "  at most" } else { "" };
        let calls = number(it.calls);
        line(text, &format!("  {:26}{calls:>9}{most}", it.endpoint));
    }
}

fn conclusion(found: &Validation, failure: Option<&Failure>) -> String {
    let with = |status: Status| {
        let checks = found.checks.iter().filter(|it| it.status == status);
        checks.count() as u64
    };
    let warnings = with(Status::Warning);
    match failure {
        Some(failure) => format!(
            "A sync would fail: {}, exit code {}.",
            counted(with(Status::Failed), "check* failed"),
            failure.exit_code()
        ),
        None if warnings > 0 => format!("A sync can run, with {}.", counted(warnings, "warning")),
        None => "A sync can run.".to_owned(),
    }
}

/// Writes words behind a head, broken into lines that all begin where the first one does. Some of them are the server's.
fn hang(text: &mut String, head: &str, words: &str) {
    let indent = head.chars().count();
    let mut head = head.to_owned();
    for part in wrap(words, WIDTH - indent) {
        line(text, &format!("{head}{}", plain(&part)));
        head = " ".repeat(indent);
    }
}

fn line(text: &mut String, words: &str) {
    text.push_str(words.trim_end_matches(' '));
    text.push('\n');
}
