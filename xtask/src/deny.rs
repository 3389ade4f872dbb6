//! The rules for dependencies, in `deny.toml`. The program that checks them is not part of a Rust installation.

use std::process::Stdio;

use anyhow::Context;

use crate::{report, workspace};

/// Advisories are looked up elsewhere, so that a build says the same tomorrow as today.
const CHECKS: &[&str] = &["bans", "licenses", "sources"];

/// Checks the dependencies, or says aloud that nobody did.
///
/// # Errors
/// A dependency breaks a rule.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = workspace::root()?;
    let is_installed = workspace::call_cargo()
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !is_installed {
        report::note(
            "NOT CHECKED: the rules for dependencies, because cargo-deny is not installed \
             (cargo install cargo-deny --locked)",
        );
        return Ok(());
    }
    let status = workspace::call_cargo()
        .current_dir(root)
        .args(["deny", "--workspace", "--locked", "--offline", "check"])
        .args(CHECKS)
        .status()
        .context("cannot start cargo deny")?;
    anyhow::ensure!(status.success(), "cargo deny check: {status}");
    Ok(())
}
