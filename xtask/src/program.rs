//! The program that tasks run: built or given, and asked what it says.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use cargo_metadata::Message;

use crate::workspace;

pub(crate) const NAME: &str = "baton-rocketchat";
/// All programs that any task runs.
const EVERYTHING: &[&str] = &["--workspace", "--bin", NAME, "--example", "floors"];

/// Takes the program at `given`, or builds it.
pub(crate) fn get(given: Option<&Path>, debug: bool) -> anyhow::Result<PathBuf> {
    match given {
        // It may be started in another folder than this one.
        Some(path) => path
            .canonicalize()
            .with_context(|| format!("cannot find {}", path.display())),
        None => build(&["--package", NAME], NAME, debug),
    }
}

/// Builds what cargo's `selection` names, and returns where the program `name` is.
pub(crate) fn build(selection: &[&str], name: &str, debug: bool) -> anyhow::Result<PathBuf> {
    // Of the whole workspace for the build server, which has built it like that already: for one package alone cargo
    // would choose other features and build anew. The real program has its own features only.
    let selection = if debug { EVERYTHING } else { selection };
    let output = workspace::call_cargo()
        .current_dir(workspace::root()?)
        .args([
            "build",
            "--locked",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(selection)
        .args((!debug).then_some("--release"))
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo build: {}", output.status);
    Message::parse_stream(output.stdout.as_slice())
        .filter_map(Result::ok)
        .find_map(|message| match message {
            Message::CompilerArtifact(artifact) if artifact.target.name == name => {
                artifact.executable.map(Into::into)
            }
            _ => None,
        })
        .with_context(|| format!("cargo did not build {name}"))
}

/// Returns what a program writes to stdout, away from any terminal, variable and configuration file: what it says depends
/// on its arguments alone, so that paths among them have to be absolute.
pub(crate) fn say<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> anyhow::Result<Vec<u8>> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        // Whoever chose another place for working files means everybody's.
        .envs(env::var_os("TMPDIR").map(|it| ("TMPDIR", it)))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let words: Vec<_> = arguments
        .iter()
        .map(|it| it.as_ref().to_string_lossy())
        .collect();
    ensure!(
        output.status.success(),
        "{} {}: {}",
        program.display(),
        words.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_program_is_found_from_any_folder() {
        // Tests run in the folder of the package.
        let program = get(Some(Path::new("src/main.rs")), false).unwrap();
        assert!(program.is_absolute(), "{}", program.display());
        let error = get(Some(Path::new("src/gone")), false).unwrap_err();
        assert_eq!(error.to_string(), "cannot find src/gone");
    }

    #[test]
    fn nothing_of_the_caller_changes_what_a_program_says() {
        let script = "echo \"$BATON_LOG_LEVEL$CARGO$HOME\" \"$1\"; ls";
        let said = say(Path::new("/bin/sh"), &["-c", script, "sh", "word"]).unwrap();
        assert_eq!(String::from_utf8(said).unwrap(), " word\n");
    }

    #[test]
    fn a_program_that_fails_is_quoted() {
        let script = ["-c", "echo no >&2; exit 1"];
        let error = say(Path::new("/bin/sh"), &script).unwrap_err();
        assert_eq!(error.to_string(), "/bin/sh -c echo no >&2; exit 1: no");
    }
}
