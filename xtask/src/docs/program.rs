//! The program, asked what it says of itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::bench;

pub(super) const NAME: &str = "baton-rocketchat";

/// The program as it is built for tests.
pub(super) struct Program(PathBuf);

impl Program {
    pub(super) fn build() -> anyhow::Result<Self> {
        bench::build(&["--package", NAME], NAME, true).map(Self)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns what it writes to stdout, away from any terminal, variable and configuration file.
    pub(super) fn say(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let output = Command::new(&self.0)
            .args(arguments)
            .env_clear()
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .context("cannot start the program")?;
        ensure!(
            output.status.success(),
            "{NAME} {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        String::from_utf8(output.stdout).context("what the program says is not UTF-8")
    }
}
