//! READMEs of crates, and links between documents.

use std::path::Path;

use super::Problem;
use crate::workspace::{Workspace, has_extension};

/// Crates that somebody would use alone. The README of each is its crate documentation, so its examples are tested.
const WITH_README: &[&str] = &[
    "baton-c1z",
    "baton-model",
    "baton-sinks",
    "c1-sim",
    "rocketchat-api",
    "rocketchat-http",
    "rocketchat-sim",
    "rocketchat-sync",
];

const INCLUDED: &str = "#![doc = include_str!(\"../README.md\")]";

/// Checks READMEs and links.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for name in WITH_README {
        let readme = format!("crates/{name}/README.md");
        let library = format!("crates/{name}/src/lib.rs");
        if !workspace.has(&readme) {
            problems.push(Problem::new(readme, "is missing"));
        }
        if !workspace.has(&library) {
            problems.push(Problem::new(library, "is missing"));
        } else if !workspace
            .text(&library)?
            .is_some_and(|text| text.lines().any(|line| line == INCLUDED))
        {
            problems.push(Problem::new(library, format!("does not say {INCLUDED}")));
        }
    }
    for path in workspace.files().filter(|path| has_extension(path, "md")) {
        let text = workspace.text(path)?.unwrap_or_default();
        problems.extend(dead_links(workspace.root(), path, &text));
    }
    Ok(problems)
}

fn dead_links(root: &Path, path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(line).filter(|target| is_relative(target)) {
            let file = target.split('#').next().unwrap_or_default();
            if !resolve(path, file).is_some_and(|file| root.join(file).exists()) {
                problems.push(Problem::new(
                    format!("{path}:{number}"),
                    format!("links to nothing: {target}"),
                ));
            }
        }
    }
    problems
}

/// Yields where the links of a line point, both `[text](target)` and `[label]: target`. Inline code holds no links.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let prose = line.split('`').step_by(2);
    let inline = prose
        .flat_map(|prose| prose.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next());
    let labelled = line
        .starts_with('[')
        .then(|| line.split_once("]: "))
        .flatten();
    let reference = labelled.and_then(|(_, target)| target.split_whitespace().next());
    inline.chain(reference)
}

/// Leaves out addresses, places in the same document, and Rust items (`rustdoc` checks those).
fn is_relative(target: &str) -> bool {
    !target.contains(':') && !target.starts_with('#') && !target.is_empty()
}

/// Returns the path that `target` means in the document `from`, or `None` if it leaves the workspace.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" if target.starts_with('/') => return None,
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{dead_links, resolve};

    #[test]
    fn targets_are_resolved_from_the_document() {
        for (target, expected) in [
            ("other.md", Some("docs/deep/other.md")),
            ("../README.md", Some("docs/README.md")),
            ("./a/./b/", Some("docs/deep/a/b")),
            ("../../../out.md", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(
                resolve("docs/deep/page.md", target).as_deref(),
                expected,
                "{target}"
            );
        }
    }

    #[test]
    fn only_dead_relative_links_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        fs::write(folder.path().join("docs/here.md"), "").unwrap();
        let text = "[a](here.md) [b](here.md#part) [c](https://example.org/x) [d](#own) [`Sink`](crate::Sink)\n\
            [e](gone.md) and [f](<bad>)\n`[g](code.md)`\n```\n[h](fenced.md)\n```\n[label]: nowhere.md\n";
        let found: Vec<_> = dead_links(folder.path(), "docs/page.md", text)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "docs/page.md:2: links to nothing: gone.md",
                "docs/page.md:2: links to nothing: <bad>",
                "docs/page.md:7: links to nothing: nowhere.md",
            ]
        );
    }
}
