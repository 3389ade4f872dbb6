//! The messages that `docs/troubleshooting.md` explains: each has to stand in the code.

use std::collections::BTreeMap;

use super::Problem;
use crate::workspace::{Workspace, has_extension};

const PAGE: &str = "docs/troubleshooting.md";
/// What a page writes for a part of a message that differs from run to run.
const GAP: char = '…';
/// The shortest piece of a message that says anything.
const SHORTEST: usize = 3;

/// Checks the messages of the page.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let Some(page) = workspace.text(PAGE).ok().flatten() else {
        return Ok(vec![Problem::new(PAGE, "is missing")]);
    };
    let mut sources = BTreeMap::new();
    for path in workspace.files().filter(|path| is_source(path)) {
        let text = workspace.text(path)?.unwrap_or_default();
        sources.insert(path, as_printed(&text));
    }
    let rows = (1..).zip(page.lines());
    let messages = rows.flat_map(|(number, line)| messages(line).map(move |it| (number, it)));
    let missing = messages.filter(|(_, message)| !sources.values().any(|it| says(it, message)));
    Ok(missing
        .map(|(number, message)| {
            Problem::new(
                format!("{PAGE}:{number}"),
                format!("no source says: {message}"),
            )
        })
        .collect())
}

fn is_source(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/") && has_extension(path, "rs")
}

/// Yields what stands as code in the first cell of a row.
fn messages(line: &str) -> impl Iterator<Item = &str> {
    let cell = line
        .strip_prefix("| ")
        .and_then(|row| row.split(" | ").next());
    cell.unwrap_or_default().split('`').skip(1).step_by(2)
}

/// Tells whether one source has all pieces of a message.
fn says(source: &str, message: &str) -> bool {
    let mut pieces = message
        .split(GAP)
        .filter(|piece| piece.trim().len() >= SHORTEST)
        .peekable();
    pieces.peek().is_some() && pieces.all(|piece| source.contains(piece))
}

/// Joins texts that go on in the next line, and takes the backslash from quotes.
fn as_printed(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut parts = source.split("\\\n");
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        text.push_str(part.trim_start());
    }
    text.replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn messages_that_no_source_has_are_reported() {
        let source = "\"cannot read {path}: it is \\\n     \\\"empty\\\"\"";
        let page = "| message | what |\n| --- | --- |\n| `cannot read …: it is \"empty\"` | `not a message` |\n\
            | `cannot write …` | |\n| `only a test says this`, `…` | |\n";
        let files = [
            ("crates/a/src/lib.rs", source),
            ("crates/a/tests/it.rs", "\"only a test says this\""),
            (PAGE, page),
        ];
        let found = found(check, &files);
        assert_eq!(
            found,
            [
                "docs/troubleshooting.md:4: no source says: cannot write …",
                "docs/troubleshooting.md:5: no source says: only a test says this",
                "docs/troubleshooting.md:5: no source says: …",
            ]
        );
    }
}
