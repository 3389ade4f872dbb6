//! The program, asked what it says of itself.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::program;

/// The program as it is built for tests.
pub(super) struct Program(PathBuf);

impl Program {
    pub(super) fn build() -> anyhow::Result<Self> {
        program::get(None, true).map(Self)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns what it writes to stdout.
    pub(super) fn say(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let said = program::say(&self.0, arguments)?;
        String::from_utf8(said).context("what the program says is not UTF-8")
    }
}
