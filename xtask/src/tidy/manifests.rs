//! What the manifests say beyond the graph: lints, versions and folder names.

use anyhow::Context;
use toml::{Table, Value};

use super::Problem;
use crate::workspace::Workspace;

/// Holds generated code only, to which lints for written code do not apply.
const WITHOUT_LINTS: &str = "baton-proto";

/// A workspace of its own, which cannot take anything from ours.
const APART: &str = "fuzz/Cargo.toml";

const DEPENDENCY_TABLES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// Checks the manifest of every crate.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for path in workspace
        .files()
        .filter(|path| path.ends_with("/Cargo.toml") && *path != APART)
    {
        let text = workspace
            .text(path)?
            .with_context(|| format!("not text: {path}"))?;
        let manifest = text
            .parse()
            .with_context(|| format!("cannot parse {path}"))?;
        problems.extend(problems_in(path, &manifest));
    }
    Ok(problems)
}

fn problems_in(path: &str, manifest: &Table) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let folder = path
        .trim_end_matches("/Cargo.toml")
        .rsplit('/')
        .next()
        .unwrap_or_default();
    if name != folder {
        problems.push(Problem::new(
            path,
            format!("folder {folder} is not named like its crate {name}"),
        ));
    }
    if name != WITHOUT_LINTS && !manifest.get("lints").is_some_and(from_workspace) {
        problems.push(Problem::new(
            path,
            "does not inherit the lints of the workspace",
        ));
    }
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values);
    let platforms = targets.filter_map(Value::as_table).chain([manifest]);
    for table in platforms.flat_map(|table| {
        DEPENDENCY_TABLES
            .iter()
            .filter_map(|name| table.get(*name)?.as_table())
    }) {
        for (dependency, value) in table {
            if !from_workspace(value) {
                problems.push(Problem::new(
                    path,
                    format!("{dependency} does not take its version from [workspace.dependencies]"),
                ));
            }
        }
    }
    problems
}

fn from_workspace(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::problems_in;

    fn check(path: &str, manifest: &str, expected: &[&str]) {
        let found: Vec<_> = problems_in(path, &manifest.parse().unwrap())
            .into_iter()
            .map(|problem| problem.what)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn manifest_that_inherits_passes() {
        let manifest = "package.name = 'a'\nlints.workspace = true\n\
            [dependencies]\nx.workspace = true\ny = { workspace = true, features = ['z'] }";
        check("crates/a/Cargo.toml", manifest, &[]);
    }

    #[test]
    fn generated_crate_needs_no_lints() {
        check(
            "crates/baton-proto/Cargo.toml",
            "package.name = 'baton-proto'",
            &[],
        );
    }

    #[test]
    fn own_versions_are_refused_in_every_table() {
        let manifest = "package.name = 'a'\nlints.workspace = true\n\
            [dependencies]\nx = '1'\n[dev-dependencies]\ny = { version = '1' }\n\
            [target.'cfg(unix)'.dependencies]\nz = { path = '../z' }";
        let expected = ["z", "x", "y"]
            .map(|name| format!("{name} does not take its version from [workspace.dependencies]"));
        check(
            "crates/a/Cargo.toml",
            manifest,
            &expected.each_ref().map(String::as_str),
        );
    }

    #[test]
    fn other_folder_and_missing_lints_are_refused() {
        let expected = [
            "folder b is not named like its crate a",
            "does not inherit the lints of the workspace",
        ];
        check("crates/b/Cargo.toml", "package.name = 'a'", &expected);
    }
}
