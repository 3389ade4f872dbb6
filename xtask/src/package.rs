//! `cargo xtask package`: packages all crates that can be published, and lists them in the order in which that is possible.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::Context;
use cargo_metadata::Metadata;

use crate::{report, workspace};

/// What to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Do not build what was packaged, which takes minutes
    #[arg(long)]
    no_verify: bool,
}

/// Each crate with those of ours that it needs, tests and examples included: a registry wants those first.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// Packages every crate, and builds each from its package and those of the others.
///
/// # Errors
/// Cargo fails or warns, or crates need each other.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let metadata = workspace::metadata(&workspace::root()?)
        .no_deps()
        .exec()
        .context("cannot read the manifests")?;
    let (needs, others) = published(&metadata);
    let order = order(needs)?;
    package(&others, args)?;
    let version = |name: &str| {
        let mut packages = metadata.workspace_packages().into_iter();
        packages.find_map(|it| (it.name.as_str() == name).then(|| it.version.clone()))
    };
    for name in order {
        let version = version(&name).context("a crate without a version")?;
        let folder = metadata.target_directory.join("package");
        let file = folder.join(format!("{name}-{version}.crate"));
        let size = fs::metadata(&file).with_context(|| format!("no package: {file}"))?;
        report::data(format_args!(
            "{name} {version}: {} KiB",
            size.len().div_ceil(1024)
        ));
    }
    Ok(())
}

/// Returns the crates that can be published, and the names of the others.
fn published(metadata: &Metadata) -> (Needs, Vec<String>) {
    let mut needs = Needs::new();
    let mut others = Vec::new();
    for package in metadata.workspace_packages() {
        // An empty list of registries is what `publish = false` comes to.
        if package.publish.as_ref().is_some_and(Vec::is_empty) {
            others.push(package.name.to_string());
            continue;
        }
        let ours = package.dependencies.iter().filter(|it| it.path.is_some());
        let ours = ours.map(|it| it.name.clone()).collect();
        needs.insert(package.name.to_string(), ours);
    }
    (needs, others)
}

/// Puts every crate behind those that it needs.
fn order(mut needs: Needs) -> anyhow::Result<Vec<String>> {
    let mut order: Vec<String> = Vec::new();
    while !needs.is_empty() {
        let ready = |needed: &BTreeSet<String>| needed.iter().all(|it| order.contains(it));
        let next = needs.iter().find(|(_, needed)| ready(needed));
        let Some(next) = next.map(|(name, _)| name.clone()) else {
            let left: Vec<_> = needs.into_keys().collect();
            anyhow::bail!(
                "need each other, or a crate that is not published: {}",
                left.join(", ")
            );
        };
        needs.remove(&next);
        order.push(next);
    }
    Ok(order)
}

fn package(others: &[String], args: &Args) -> anyhow::Result<()> {
    let mut command = workspace::call_cargo();
    command.current_dir(workspace::root()?).args([
        "package",
        "--workspace",
        "--locked",
        "--allow-dirty",
    ]);
    for name in others {
        command.args(["--exclude", name]);
    }
    if args.no_verify {
        command.arg("--no-verify");
    }
    let mut cargo = command
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let mut warnings = 0;
    let lines = cargo.stderr.take().map(BufReader::new);
    for line in lines.into_iter().flat_map(BufReader::lines) {
        let line = line.context("cannot read what cargo says")?;
        warnings += usize::from(line.starts_with("warning"));
        report::note(line);
    }
    let status = cargo.wait().context("cannot wait for cargo")?;
    anyhow::ensure!(status.success(), "cargo package: {status}");
    anyhow::ensure!(warnings == 0, "warnings: {warnings}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Needs, order};

    fn needs(rows: &[(&str, &[&str])]) -> Needs {
        let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        rows.iter()
            .map(|(name, needed)| ((*name).to_owned(), owned(needed)))
            .collect()
    }

    #[test]
    fn crates_come_behind_those_they_need() {
        let rows = needs(&[("a", &["c"]), ("b", &["a", "c"]), ("c", &[]), ("d", &[])]);
        assert_eq!(order(rows).unwrap(), ["c", "a", "b", "d"]);
    }

    #[test]
    fn crates_that_cannot_be_published_are_named() {
        let error = order(needs(&[("a", &["b"]), ("b", &["a"]), ("c", &[])])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "need each other, or a crate that is not published: a, b"
        );
    }
}
