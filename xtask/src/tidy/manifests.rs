//! What the manifests say beyond the graph: lints, versions, folder names, and what a registry wants to know.

use anyhow::Context;
use toml::{Table, Value};

use super::Problem;
use crate::workspace::Workspace;

/// Holds generated code only, to which lints for written code do not apply.
const WITHOUT_LINTS: &str = "baton-proto";

/// A workspace of its own, which cannot take anything from ours.
const APART: &str = "fuzz/Cargo.toml";

const DEPENDENCY_TABLES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// What is the same for all crates.
const SHARED: &[&str] = &[
    "version",
    "edition",
    "rust-version",
    "license",
    "repository",
];

/// What a registry sorts crates by, as far as we use it. It refuses words that are not on its list.
const CATEGORIES: &[&str] = &[
    "api-bindings",
    "asynchronous",
    "authentication",
    "command-line-utilities",
    "data-structures",
    "development-tools::testing",
    "encoding",
    "filesystem",
    "network-programming",
    "parser-implementations",
    "simulation",
    "web-programming",
    "web-programming::http-client",
];
/// A registry takes no more of either.
const MOST_WORDS: usize = 5;
const LONGEST_KEYWORD: usize = 20;

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
    if let Some(package) = manifest.get("package").and_then(Value::as_table) {
        let missing = unsaid(package).into_iter();
        problems.extend(missing.map(|what| Problem::new(path, what)));
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

/// What is wrong with the description of a crate, as the end of a sentence about its manifest.
fn unsaid(package: &Table) -> Vec<String> {
    let mut problems = Vec::new();
    for key in SHARED {
        if !package.get(*key).is_some_and(from_workspace) {
            problems.push(format!("does not inherit {key} from the workspace"));
        }
    }
    let text = |key: &str| package.get(key).and_then(Value::as_str);
    if text("description").is_none_or(str::is_empty) {
        problems.push("has no description".to_owned());
    }
    if package.get("publish").and_then(Value::as_bool) == Some(false) {
        return problems;
    }
    if text("readme") != Some("README.md") {
        problems.push("does not name README.md as its readme".to_owned());
    }
    let words = |key: &str| -> Vec<&str> {
        let words = package.get(key).and_then(Value::as_array);
        words
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    for key in ["keywords", "categories"] {
        if !(1..=MOST_WORDS).contains(&words(key).len()) {
            problems.push(format!("does not have 1 to {MOST_WORDS} {key}"));
        }
    }
    for word in words("keywords") {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if word.len() > LONGEST_KEYWORD || !word.chars().all(is_plain) {
            problems.push(format!("has a keyword that no registry takes: {word}"));
        }
    }
    for word in words("categories") {
        if !CATEGORIES.contains(&word) {
            problems.push(format!("has an unknown category: {word}"));
        }
    }
    problems
}

fn from_workspace(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::{SHARED, problems_in, unsaid};

    /// Checks a manifest whose package says in addition what all do.
    fn check(path: &str, manifest: &str, expected: &[&str]) {
        let mut manifest: Table = manifest.parse().unwrap();
        let package = manifest["package"].as_table_mut().unwrap();
        package.extend(complete());
        let found: Vec<_> = problems_in(path, &manifest)
            .into_iter()
            .map(|problem| problem.what)
            .collect();
        assert_eq!(found, expected);
    }

    fn complete() -> Table {
        let mut package: Table = "description = 'A'\nreadme = 'README.md'\nkeywords = ['a']\n\
            categories = ['encoding']"
            .parse()
            .unwrap();
        let inherited: Table = "workspace = true".parse().unwrap();
        package.extend(
            SHARED
                .iter()
                .map(|key| ((*key).to_owned(), inherited.clone().into())),
        );
        package
    }

    #[test]
    fn crates_tell_a_registry_what_they_are() {
        let check = |change: &str, expected: &[&str]| {
            let mut package = complete();
            package.extend(change.parse::<Table>().unwrap());
            assert_eq!(unsaid(&package), expected, "{change}");
        };
        check("", &[]);
        check(
            "license = 'MIT'\ndescription = ''",
            &[
                "does not inherit license from the workspace",
                "has no description",
            ],
        );
        check(
            "keywords = ['Not plain']\ncategories = ['misc']\nreadme = false",
            &[
                "does not name README.md as its readme",
                "has a keyword that no registry takes: Not plain",
                "has an unknown category: misc",
            ],
        );
        check(
            "keywords = []\ncategories = ['encoding', 'a', 'b', 'c', 'd', 'e']\npublish = false",
            &[],
        );
        check("keywords = []", &["does not have 1 to 5 keywords"]);
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
