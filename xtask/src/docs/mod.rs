//! `cargo xtask docs`: the files that are made from the program itself, and the commands that pages show.
//!
//! What is made is committed, so that it can be read without a build. The commands are run by the check alone.

mod commands;
mod connector;
mod program;
mod reference;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};

use self::program::Program;
use crate::{report, workspace};

/// A file, relative to the root of the workspace, and all that it should hold.
struct Made {
    path: &'static str,
    text: String,
}

/// Writes the files. With `check` only compares them with what is committed, and runs the commands that pages show.
///
/// # Errors
/// The program cannot be built or asked; with `check`, a file that differs, or a command that fails.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let root = workspace::root()?;
    let program = Program::build()?;
    let made = make(&program, &root)?;
    if !check {
        return write(&made, &root);
    }
    compare(&made, &root)?;
    let count = commands::check(&program)?;
    report::note(format_args!(
        "Docs: {} files are current, {} blocks of commands ran, {} did not have to",
        made.len(),
        count.run,
        count.left_out
    ));
    Ok(())
}

fn make(program: &Program, root: &Path) -> anyhow::Result<Vec<Made>> {
    let page = fs::read_to_string(root.join(connector::SOURCE))
        .with_context(|| format!("cannot read {}", connector::SOURCE))?;
    Ok(vec![
        // Both exactly as printed, which tools of other Baton connectors compare them with.
        Made {
            path: "baton_capabilities.json",
            text: program.say(&["capabilities"])?,
        },
        Made {
            path: "config_schema.json",
            text: program.say(&["config"])?,
        },
        Made {
            path: "docs/cli-reference.md",
            text: reference::page(program)?,
        },
        Made {
            path: "docs/connector.md",
            text: connector::page(&page).with_context(|| connector::SOURCE)?,
        },
    ])
}

fn write(made: &[Made], root: &Path) -> anyhow::Result<()> {
    for Made { path, text } in made {
        fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

fn compare(made: &[Made], root: &Path) -> anyhow::Result<()> {
    for Made { path, text } in made {
        let committed =
            fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        ensure!(
            committed == *text,
            "{path} is out of date: run `cargo xtask docs`"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_passes_the_check_until_it_differs() {
        let folder = tempfile::tempdir().unwrap();
        let made = [Made {
            path: "a.md",
            text: "one\n".to_owned(),
        }];
        assert!(compare(&made, folder.path()).is_err(), "nothing is there");
        write(&made, folder.path()).unwrap();
        compare(&made, folder.path()).unwrap();
        fs::write(folder.path().join("a.md"), "two\n").unwrap();
        let error = compare(&made, folder.path()).unwrap_err().to_string();
        assert!(error.contains("a.md is out of date"), "{error}");
    }
}
