//! `cargo xtask tidy`: rules of the repository that no compiler checks. All problems are reported at once.

mod claims;
mod docs;
mod fixtures;
mod graph;
mod headings;
mod manifests;
mod messages;
mod sources;
mod versions;

use std::fmt;

use crate::workspace::Workspace;
use crate::{codegen, report};

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// A file, with the line where that helps, or a crate.
    place: String,
    what: String,
}

impl Problem {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

type Check = fn(&Workspace) -> anyhow::Result<Vec<Problem>>;

const CHECKS: &[(&str, Check)] = &[
    ("crate graph", graph::check),
    ("manifests", manifests::check),
    ("sources", sources::check),
    ("documents", docs::check),
    ("fixtures", fixtures::check),
    ("claims", claims::check),
    ("messages", messages::check),
    ("versions", versions::check),
    ("generated files", generated),
];

/// Returns what a check finds in a tree of files.
#[cfg(test)]
fn found(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    let tree = crate::tree::Tree::of(files);
    let problems = check(&tree.workspace()).unwrap();
    problems.iter().map(ToString::to_string).collect()
}

/// Checks that generated files are what would be generated now.
fn generated(_workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    codegen::run(true).map(|()| Vec::new())
}

/// Checks every rule and prints the problems.
///
/// # Errors
/// At least one problem, or the workspace cannot be read.
pub(crate) fn run() -> anyhow::Result<()> {
    let workspace = Workspace::open()?;
    let mut problems = Vec::new();
    for (name, check) in CHECKS {
        // A check that cannot run must not hide what the others find.
        problems
            .extend(check(&workspace).unwrap_or_else(|error| {
                vec![Problem::new(*name, format!("{error:#}").trim_end())]
            }));
    }
    for problem in &problems {
        report::data(problem);
    }
    anyhow::ensure!(problems.is_empty(), "problems found: {}", problems.len());
    report::note(format_args!("Tidy: {} files", workspace.files().count()));
    Ok(())
}
