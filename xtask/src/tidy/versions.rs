//! Versions that are named outside of the manifests: of Rust where something is built, and ours where it is run.

use anyhow::Context as _;
use toml::{Table, Value};

use super::Problem;
use crate::workspace::Workspace;

const MANIFEST: &str = "Cargo.toml";

/// Files, each with what stands before the version, and the key in `[workspace.package]` that says which it has to be.
const MENTIONS: &[(&str, &str, &str)] = &[
    (
        ".github/workflows/ci.yml",
        "RUST_VERSION: \"",
        "rust-version",
    ),
    (
        ".github/workflows/release.yml",
        "RUST_VERSION: \"",
        "rust-version",
    ),
    (
        ".github/workflows/release.yml",
        "container: rust:",
        "rust-version",
    ),
    ("CONTRIBUTING.md", "Rust ", "rust-version"),
    ("Dockerfile", "FROM rust:", "rust-version"),
    ("README.md", "Rust ", "rust-version"),
    ("docs/connector.mdx", "/baton-rocketchat:", "version"),
    (
        "packaging/kubernetes/cronjob.yaml",
        "/baton-rocketchat:",
        "version",
    ),
    (
        "packaging/kubernetes/deployment.yaml",
        "/baton-rocketchat:",
        "version",
    ),
];

/// Checks that all of them are those of the manifest.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let manifest = workspace.text(MANIFEST)?.unwrap_or_default();
    let manifest: Table = manifest.parse().context("cannot parse Cargo.toml")?;
    let package = manifest.get("workspace").and_then(|it| it.get("package"));
    let mut problems = Vec::new();
    for (path, before, key) in MENTIONS {
        let expected = package.and_then(|it| it.get(key)).and_then(Value::as_str);
        let expected = expected.with_context(|| format!("Cargo.toml has no {key}"))?;
        // A file that is missing names none either.
        let text = workspace.text(path).ok().flatten().unwrap_or_default();
        let found: Vec<_> = mentions(&text, before).collect();
        if found.is_empty() {
            problems.push(Problem::new(
                *path,
                format!("does not name a version behind {before}"),
            ));
        }
        let others = found.iter().filter(|(_, version)| *version != expected);
        problems.extend(others.map(|(number, version)| {
            Problem::new(
                format!("{path}:{number}"),
                format!("names version {version}, and Cargo.toml {expected}"),
            )
        }));
    }
    Ok(problems)
}

/// Yields the numbers of the lines that name a version, and the versions.
fn mentions<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    (1..).zip(text.lines()).flat_map(move |(number, line)| {
        let rests = line.split(before).skip(1);
        let versions = rests.map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
            let version = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            version.trim_end_matches('.')
        });
        versions
            .filter(|it| !it.is_empty())
            .map(move |version| (number, version))
    })
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn pages_that_name_an_old_version_are_reported() {
        let manifest = "[workspace.package]\nversion = \"0.2.0\"\nrust-version = \"1.96\"\n";
        let files = [
            (MANIFEST, manifest),
            (
                "README.md",
                "# Title\nInstall Rust 1.95 and a C compiler.\n",
            ),
            (
                "docs/connector.mdx",
                "image: example.org/baton-rocketchat:0.1.0\n",
            ),
        ];
        let found = found(check, &files);
        for expected in [
            "README.md:2: names version 1.95, and Cargo.toml 1.96",
            "docs/connector.mdx:1: names version 0.1.0, and Cargo.toml 0.2.0",
        ] {
            assert!(found.iter().any(|it| it == expected), "{found:?}");
        }
    }

    #[test]
    fn versions_end_where_the_number_does() {
        let text = "FROM rust:1.95-bookworm\nRust 1.95, and Rust 1.96.\nRust is not a version\n";
        let found = |before| mentions(text, before).collect::<Vec<_>>();
        assert_eq!(found("FROM rust:"), [(1, "1.95")]);
        assert_eq!(found("Rust "), [(2, "1.95"), (2, "1.96")]);
        assert_eq!(found("rust-version"), []);
    }
}
