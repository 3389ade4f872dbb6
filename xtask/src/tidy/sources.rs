//! Sizes of source files, and words that must not stand in the repository.

use super::Problem;
use crate::workspace::{Workspace, has_extension};

/// Past this, a file is split. Tests and generated code do not count.
const MOST_LINES: usize = 600;

/// Where the unit tests of a file begin; they stand at its end.
const UNIT_TESTS: &str = "\n#[cfg(test)]\nmod tests {\n";

/// Not to be written in code, each with what to do instead. Put together here so that this file may stay.
const CODE: &[(&str, &str)] = &[
    (
        concat!("#[", "allow("),
        "use #[expect(lint, reason = \"…\")]",
    ),
    (
        concat!("#![", "allow("),
        "use #![expect(lint, reason = \"…\")]",
    ),
    (concat!("#[", "ignore"), "a test runs or goes"),
    (concat!("todo", "!("), "finish it"),
];

/// Serde attributes that hide what a body may hold.
const SERDE: &[&str] = &["flatten", "untagged"];

/// Folders that exist on somebody's machine only.
const MACHINE: &[&str] = &[
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
    concat!("C:", "\\Users\\"),
];

/// Checks every text file.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for path in workspace.files().filter(|path| *path != "Cargo.lock") {
        if let Some(text) = workspace.text(path)? {
            problems.extend(too_long(path, &text));
            problems.extend(forbidden(path, &text));
        }
    }
    Ok(problems)
}

fn is_rust(path: &str) -> bool {
    has_extension(path, "rs")
}

fn is_generated(path: &str) -> bool {
    path.split('/').any(|part| part == "generated")
}

fn too_long(path: &str, text: &str) -> Option<Problem> {
    let is_test = path.split('/').any(|part| part == "tests");
    if !is_rust(path) || is_test || is_generated(path) {
        return None;
    }
    let code = text.split_once(UNIT_TESTS).map_or(text, |(code, _)| code);
    let lines = code.lines().count();
    (lines > MOST_LINES).then(|| {
        Problem::new(
            path,
            format!("has {lines} lines of code, at most {MOST_LINES} are allowed"),
        )
    })
}

fn forbidden(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut found = |word: &str, instead: &str| {
            problems.push(Problem::new(
                format!("{path}:{number}"),
                format!("has {word}: {instead}"),
            ));
        };
        if is_rust(path) && !is_generated(path) {
            CODE.iter()
                .filter(|(word, _)| line.contains(word))
                .for_each(|(word, instead)| found(word, instead));
            serde_words(line)
                .for_each(|word| found(&format!("serde({word})"), "write the shape out"));
        }
        for folder in MACHINE.iter().filter(|folder| names_folder(line, folder)) {
            found(folder, "an absolute path means nothing elsewhere");
        }
    }
    problems
}

fn serde_words(line: &str) -> impl Iterator<Item = &'static str> {
    let words = line.split_once("serde(").map_or("", |(_, words)| words);
    let has = |word: &str| {
        words
            .split(|c: char| !c.is_alphanumeric())
            .any(|found| found == word)
    };
    SERDE.iter().copied().filter(move |word| has(word))
}

/// Returns true if `line` names `folder` from the root of a file system, not as a part of a longer path or an address.
fn names_folder(line: &str, folder: &str) -> bool {
    let longer = |c: char| c.is_alphanumeric() || "._-~/:})".contains(c);
    line.match_indices(folder).any(|(at, _)| {
        !line
            .get(..at)
            .is_some_and(|before| before.ends_with(longer))
    })
}

#[cfg(test)]
mod tests {
    use super::{forbidden, too_long};

    fn check(path: &str, line: &str, problems: usize) {
        let found = forbidden(path, line);
        assert_eq!(found.len(), problems, "{line}: {found:?}");
    }

    #[test]
    fn code_words_are_refused_in_code_only() {
        for line in [
            concat!("#[", "allow(dead_code)]"),
            concat!("  #[", "ignore = \"slow\"]"),
            concat!("todo", "!()"),
        ] {
            check("crates/a/src/lib.rs", line, 1);
            check("docs/a.md", line, 0);
            check("crates/a/src/generated/b.rs", line, 0);
        }
        check(
            "crates/a/src/lib.rs",
            "#[expect(dead_code, reason = \"soon\")]",
            0,
        );
    }

    #[test]
    fn serde_words_are_found_among_others() {
        check("a.rs", concat!("#[serde(default, fl", "atten)]"), 1);
        check("a.rs", concat!("#[serde(unt", "agged)]"), 1);
        check("a.rs", "#[serde(rename = \"flattened\")]", 0);
        check("a.rs", "let words = flatten();", 0);
    }

    #[test]
    fn machine_folders_are_refused_everywhere() {
        check("docs/a.md", concat!("see `/", "root/main`"), 1);
        check("fixtures/a/b.json", concat!("\"/", "home/somebody/x\""), 1);
        check(
            "docs/a.md",
            "see ../root/main and https://example.org/home/x",
            0,
        );
    }

    #[test]
    fn place_names_the_line() {
        let problems = forbidden("a.rs", concat!("fn a() {\n    todo", "!()\n}"));
        assert_eq!(problems.first().unwrap().place, "a.rs:2");
    }

    #[test]
    fn only_written_code_counts() {
        let long = "x\n".repeat(601);
        assert!(
            too_long("crates/a/src/b.rs", &long)
                .unwrap()
                .what
                .contains("601")
        );
        assert_eq!(too_long("crates/a/src/b.rs", &"x\n".repeat(600)), None);
        assert_eq!(too_long("crates/a/tests/it/b.rs", &long), None);
        assert_eq!(too_long("crates/a/src/generated/b.rs", &long), None);
        assert_eq!(too_long("docs/b.md", &long), None);
        assert_eq!(
            too_long(
                "crates/a/src/b.rs",
                &format!("x\n#[cfg(test)]\nmod tests {{\n{long}")
            ),
            None
        );
        assert!(
            too_long(
                "crates/a/src/b.rs",
                &format!("#[cfg(test)]\nmod tests;\n{long}")
            )
            .is_some()
        );
    }
}
