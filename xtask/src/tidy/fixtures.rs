//! Fixtures: every folder says how it was made, and holds what its manifest names and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Problem;
use crate::workspace::Workspace;

const FOLDER: &str = "fixtures/";
const MANIFEST: &str = "manifest.json";

/// How a fixture can have been made.
const ORIGINS: &[&str] = &["hand-written", "recorded"];

/// Checks every folder of fixtures.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let paths = || {
        workspace
            .files()
            .filter_map(|path| path.strip_prefix(FOLDER))
    };
    let scenarios: BTreeSet<&str> = paths()
        .filter_map(|path| path.split_once('/'))
        .map(|(scenario, _)| scenario)
        .collect();
    let mut problems = Vec::new();
    for scenario in scenarios {
        let folder = format!("{FOLDER}{scenario}/");
        let manifest = format!("{folder}{MANIFEST}");
        let files: BTreeSet<&str> = workspace
            .files()
            .filter_map(|path| path.strip_prefix(&folder))
            .collect();
        if !files.contains(MANIFEST) {
            problems.push(Problem::new(folder, format!("has no {MANIFEST}")));
            continue;
        }
        let text = workspace.text(&manifest)?.unwrap_or_default();
        let found = problems_in(&text, &files);
        problems.extend(
            found
                .into_iter()
                .map(|what| Problem::new(manifest.as_str(), what)),
        );
    }
    Ok(problems)
}

fn problems_in(manifest: &str, files: &BTreeSet<&str>) -> Vec<String> {
    let manifest: Value = match serde_json::from_str(manifest) {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("is not JSON: {error}")],
    };
    let mut problems = Vec::new();
    let text = |key: &str| {
        manifest
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if !ORIGINS.contains(&text("origin")) {
        problems.push(format!("origin is neither {}", ORIGINS.join(" nor ")));
    }
    if text("description").trim().is_empty() {
        problems.push("has no description".to_owned());
    }
    let exchanges = manifest
        .get("exchanges")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let bodies: BTreeSet<&str> = exchanges
        .iter()
        .filter_map(|exchange| exchange.get("body")?.as_str())
        .collect();
    problems.extend(
        bodies
            .difference(files)
            .map(|body| format!("names a body that is missing: {body}")),
    );
    let unused = files
        .iter()
        .filter(|file| **file != MANIFEST && !bodies.contains(**file));
    problems.extend(unused.map(|file| format!("does not use {file}")));
    problems
}

#[cfg(test)]
mod tests {
    use super::problems_in;

    fn check(manifest: &str, files: &[&str], expected: &[&str]) {
        let files = files.iter().copied().chain(["manifest.json"]).collect();
        assert_eq!(problems_in(manifest, &files), expected, "{manifest}");
    }

    #[test]
    fn fixture_that_says_all_passes() {
        let manifest = r#"{"description": "An empty workspace", "origin": "hand-written", "exchanges": [
            {"path": "/api/v1/me", "body": "me.json"}, {"path": "/api/v1/me", "body": "me.json"}, {"path": "/api/v1/x"}]}"#;
        check(manifest, &["me.json"], &[]);
    }

    #[test]
    fn missing_statements_are_reported_together() {
        check(
            r#"{"origin": "found"}"#,
            &[],
            &[
                "origin is neither hand-written nor recorded",
                "has no description",
            ],
        );
    }

    #[test]
    fn bodies_and_files_must_agree() {
        let manifest =
            r#"{"description": "x", "origin": "recorded", "exchanges": [{"body": "gone.json"}]}"#;
        check(
            manifest,
            &["left.json"],
            &[
                "names a body that is missing: gone.json",
                "does not use left.json",
            ],
        );
        check(
            "{",
            &[],
            &["is not JSON: EOF while parsing an object at line 1 column 1"],
        );
    }
}
