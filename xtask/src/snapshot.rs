//! `cargo xtask snapshot`: replays every scenario of `fixtures/` through the whole engine.
//!
//! The replay is a test of the engine, so that plain `cargo test` runs it too; this task runs it alone, and is the only
//! way in which its snapshots change.

use anyhow::{Context as _, ensure};

use crate::workspace;

/// The test that replays; see `crates/rocketchat-sync/tests/it/scenarios.rs`. Of the whole workspace, so that what the
/// other checks built is used again: for one package alone cargo would choose other features and build anew.
const TEST: [&str; 6] = [
    "test",
    "--locked",
    "--workspace",
    "--test",
    "it",
    "scenarios::",
];

/// Compares what every scenario gives with its snapshot, or takes it as the new one.
///
/// # Errors
/// A scenario that cannot be replayed, or, unless `accept`, gives something else than before.
pub(crate) fn run(accept: bool) -> anyhow::Result<()> {
    let status = workspace::call_cargo()
        .current_dir(workspace::root()?)
        .args(TEST)
        .env("INSTA_UPDATE", if accept { "always" } else { "no" })
        .env("INSTA_FORCE_PASS", "0")
        .status()
        .context("cannot start cargo")?;
    ensure!(
        status.success(),
        "the snapshots differ; `cargo xtask snapshot --accept` takes the new ones"
    );
    Ok(())
}
