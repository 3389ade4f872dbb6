//! READMEs and examples of crates, and links between documents.

use std::collections::BTreeMap;
use std::path::Path;

use super::graph::LIBRARIES;
use super::{Problem, headings};
use crate::workspace::{Workspace, has_extension};

/// The page that leads to all others.
const INDEX: &str = "docs/README.md";

/// The headings of the documents, by path, as places of links.
type Places = BTreeMap<String, Vec<String>>;

const INCLUDED: &str = "#![doc = include_str!(\"../README.md\")]";

/// Checks READMEs, examples and links.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    // The README of a library is its crate documentation, so what it shows is tested; it names a longer example, which can
    // be run.
    for name in LIBRARIES {
        let readme = format!("crates/{name}/README.md");
        let library = format!("crates/{name}/src/lib.rs");
        if !workspace.has(&readme) {
            problems.push(Problem::new(readme.as_str(), "is missing"));
        }
        if !workspace.has(&library) {
            problems.push(Problem::new(library, "is missing"));
        } else if !workspace
            .text(&library)?
            .is_some_and(|text| text.lines().any(|line| line == INCLUDED))
        {
            problems.push(Problem::new(library, format!("does not say {INCLUDED}")));
        }
        if workspace.has(&readme) {
            let text = workspace.text(&readme)?.unwrap_or_default();
            problems.extend(not_told(name, &text, |path| workspace.has(path)));
        }
    }
    let mut texts = BTreeMap::new();
    for path in workspace.files().filter(|path| has_extension(path, "md")) {
        texts.insert(path, workspace.text(path)?.unwrap_or_default());
    }
    let places: Places = texts
        .iter()
        .map(|(path, text)| ((*path).to_owned(), headings::anchors(text)))
        .collect();
    for (path, text) in &texts {
        problems.extend(dead_links(workspace.root(), path, text, &places));
    }
    let index = texts.get(INDEX).map_or("", String::as_str);
    problems.extend(unlisted(index, texts.keys().copied()));
    Ok(problems)
}

/// What the README of a library leaves out: how to run an example that there is, and what stays as it is.
fn not_told(name: &str, readme: &str, has: impl Fn(&str) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut missing =
        |what: String| problems.push(Problem::new(format!("crates/{name}/README.md"), what));
    let command = format!("cargo run -p {name} --example ");
    let rest = readme.split_once(&command).map(|(_, rest)| rest);
    match rest.and_then(|rest| rest.split_whitespace().next()) {
        None => missing(format!("does not tell how to run an example: {command}…")),
        Some(example) if !has(&format!("crates/{name}/examples/{example}.rs")) => {
            missing(format!("names an example that does not exist: {example}"));
        }
        Some(_) => {}
    }
    if !readme.lines().any(|line| line == "# Stability") {
        missing("has no heading: # Stability".to_owned());
    }
    problems
}

/// Reports pages beside the index that it does not lead to.
fn unlisted<'a>(index: &str, paths: impl Iterator<Item = &'a str>) -> Vec<Problem> {
    let linked: Vec<_> = prose(index)
        .flat_map(|(_, line)| targets(line))
        .filter_map(|target| resolve(INDEX, target.split('#').next().unwrap_or_default()))
        .collect();
    let is_page = |path: &&str| path.starts_with("docs/") && *path != INDEX;
    paths
        .filter(is_page)
        .filter(|path| !linked.iter().any(|it| it == path))
        .map(|path| Problem::new(path, format!("is not linked from {INDEX}")))
        .collect()
}

fn dead_links(root: &Path, path: &str, text: &str, places: &Places) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in prose(text) {
        for target in targets(line).filter(|target| is_relative(target)) {
            if !leads_somewhere(root, path, target, places) {
                problems.push(Problem::new(
                    format!("{path}:{number}"),
                    format!("links to nothing: {target}"),
                ));
            }
        }
    }
    problems
}

/// Tells whether a file is there, and in a document the heading too.
fn leads_somewhere(root: &Path, from: &str, target: &str, places: &Places) -> bool {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() {
        Some(from.to_owned())
    } else {
        resolve(from, file)
    };
    file.is_some_and(|file| {
        let has_heading = || {
            places
                .get(&file)
                .is_none_or(|places| places.iter().any(|place| place == heading))
        };
        root.join(&file).exists() && (heading.is_empty() || has_heading())
    })
}

/// Yields the lines outside of blocks of code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
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

/// Leaves out addresses and Rust items (`rustdoc` checks those).
fn is_relative(target: &str) -> bool {
    !target.contains(':') && !target.is_empty()
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

    use super::*;

    #[test]
    fn libraries_tell_what_to_run_and_what_stays() {
        let check = |readme: &str, expected: &[&str]| {
            let found = not_told("a", readme, |path| path == "crates/a/examples/here.rs");
            let found: Vec<_> = found.into_iter().map(|problem| problem.what).collect();
            assert_eq!(found, expected, "{readme}");
        };
        let unstable = "has no heading: # Stability";
        check("cargo run -p a --example here -- x\n# Stability\n", &[]);
        check("cargo run -p a --example here\n", &[unstable]);
        check(
            "cargo run -p a --example gone\n",
            &["names an example that does not exist: gone", unstable],
        );
        check(
            "cargo run -p b --example here\n# Stability\n",
            &["does not tell how to run an example: cargo run -p a --example …"],
        );
    }

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
        fs::write(folder.path().join("docs/page.md"), "").unwrap();
        let text = "[a](here.md) [b](here.md#part) [c](https://example.org/x) [d](#own) [`Sink`](crate::Sink)\n\
            [e](gone.md) and [f](<bad>)\n`[g](code.md)`\n```\n[h](fenced.md)\n```\n[label]: nowhere.md\n\
            [i](here.md#other) [j](#part) [k](../docs/page.md#own)\n";
        let places = Places::from([
            ("docs/here.md".to_owned(), vec!["part".to_owned()]),
            ("docs/page.md".to_owned(), vec!["own".to_owned()]),
        ]);
        let found: Vec<_> = dead_links(folder.path(), "docs/page.md", text, &places)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "docs/page.md:2: links to nothing: gone.md",
                "docs/page.md:2: links to nothing: <bad>",
                "docs/page.md:7: links to nothing: nowhere.md",
                "docs/page.md:8: links to nothing: here.md#other",
                "docs/page.md:8: links to nothing: #part",
            ]
        );
    }

    #[test]
    fn pages_that_the_index_leaves_out_are_reported() {
        let index = "[a](a.md#x) [c](../c.md)\n```\n[b](b.md)\n```\n";
        let paths = [
            "README.md",
            "c.md",
            "docs/README.md",
            "docs/a.md",
            "docs/b.md",
        ];
        let found = unlisted(index, paths.into_iter());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].place, "docs/b.md");
    }
}
