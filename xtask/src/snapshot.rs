//! Placeholder.

pub(crate) fn run(accept: bool) -> anyhow::Result<()> {
    anyhow::bail!("snapshot is not connected yet (accept: {accept})")
}
