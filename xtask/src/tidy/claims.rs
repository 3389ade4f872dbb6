//! The tests that `docs/threat-model.md` names as proof.

use super::Problem;
use crate::workspace::Workspace;

const PAGE: &str = "docs/threat-model.md";

/// Checks that every test that is named exists: a file, and behind it functions in it.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let text = workspace.text(PAGE)?.unwrap_or_default();
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut source = String::new();
        for name in proofs(line) {
            let problem = if name.starts_with("crates/") {
                let found = workspace.has(name);
                source = if found {
                    workspace.text(name)?.unwrap_or_default()
                } else {
                    String::new()
                };
                (!found).then(|| format!("names a file that is not there: {name}"))
            } else {
                let function = format!("fn {name}(");
                let found = source.contains(&function);
                (!found).then(|| format!("names a test that is not there: {name}"))
            };
            problems.extend(problem.map(|it| Problem::new(format!("{PAGE}:{number}"), it)));
        }
    }
    Ok(problems)
}

/// Yields what stands in the last cell of a row as code, if that begins with a file. Commands are no tests.
fn proofs(line: &str) -> impl Iterator<Item = &str> {
    let row = line.strip_suffix('|').unwrap_or_default();
    let cell = row.rsplit('|').next().unwrap_or_default().trim();
    let code = cell.split('`').skip(1).step_by(2);
    let code = code.filter(|it| !it.starts_with("cargo "));
    code.take_while(|_| cell.starts_with("`crates/"))
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn tests_that_are_not_there_are_reported() {
        let page = "| a | `crates/a/tests/it.rs` `holds`, `gone`; `cargo xtask tidy` |\n| b | `crates/b.rs` |\n| `c` | no code |\n";
        let source = "#[test]\nfn holds() {}\n";
        let found = found(check, &[("crates/a/tests/it.rs", source), (PAGE, page)]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("gone") && found[1].contains("crates/b.rs"));
    }
}
