//! Where the workspace is, which files belong to it, and what cargo says of its packages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand, PackageId, Resolve};

/// Folders that never hold sources; skipped where git cannot say so.
const SKIPPED: &[&str] = &[".git", "target"];

/// The root folder, and the files in it that git tracks or would track.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    files: Vec<String>,
}

impl Workspace {
    /// Opens the workspace that this program was built from.
    pub(crate) fn open() -> anyhow::Result<Self> {
        Self::open_at(root()?)
    }

    /// Opens the workspace in `root`.
    ///
    /// An exported tree has no history and may lie inside somebody else's repository, so git is asked only
    /// where `.git` is in the root itself.
    pub(crate) fn open_at(root: PathBuf) -> anyhow::Result<Self> {
        let mut files = if root.join(".git").exists() {
            listed_by_git(&root)?
        } else {
            let mut found = Vec::new();
            walk(&root, "", &mut found)?;
            found
        };
        // A file that is deleted and not yet committed is still listed.
        files.retain(|file| root.join(file).is_file());
        files.sort();
        files.dedup();
        Ok(Self { root, files })
    }

    /// Returns the root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the files, relative to the root with `/` between the parts, sorted.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// Returns true if `path` is one of the files.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files
            .binary_search_by(|file| file.as_str().cmp(path))
            .is_ok()
    }

    /// Reads a file; `None` when it is not text.
    pub(crate) fn text(&self, path: &str) -> anyhow::Result<Option<String>> {
        let bytes =
            fs::read(self.root.join(path)).with_context(|| format!("cannot read {path}"))?;
        Ok(String::from_utf8(bytes).ok())
    }
}

/// Returns the root folder of the workspace.
///
/// Cargo names the folder of this package when it runs the program; the value of the build is for a direct start.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package
        .parent()
        .context("the package has no parent folder")?;
    Ok(root.to_owned())
}

/// Returns the cargo to call: the one that started this program.
fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Starts a call of [`cargo`] without what cargo told this program about its own package: build scripts look at the
/// same variables, and what depends on them would be built anew.
pub(crate) fn call_cargo() -> Command {
    let mut command = Command::new(cargo());
    for (name, _) in env::vars_os() {
        let is_about_package = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if is_about_package {
            command.env_remove(name);
        }
    }
    command
}

/// Prepares to ask cargo what it knows of the workspace in `root`.
pub(crate) fn metadata(root: &Path) -> MetadataCommand {
    let mut command = MetadataCommand::new();
    command
        .cargo_path(cargo())
        .current_dir(root)
        .manifest_path(root.join("Cargo.toml"));
    command
}

/// Returns the packages that end up in a build of `root`, itself among them, each with those that it needs. What tests and
/// build scripts need is not in it.
pub(crate) fn reachable(
    resolve: &Resolve,
    root: &PackageId,
) -> BTreeMap<PackageId, BTreeSet<PackageId>> {
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|it| (&it.id, it)).collect();
    let mut needs = BTreeMap::new();
    let mut waiting = VecDeque::from([root]);
    while let Some(id) = waiting.pop_front() {
        if needs.contains_key(id) {
            continue;
        }
        let dependencies = nodes.get(id).map(|it| it.deps.as_slice());
        let linked = dependencies.unwrap_or_default().iter().filter(|it| {
            let mut kinds = it.dep_kinds.iter();
            kinds.any(|it| it.kind == DependencyKind::Normal)
        });
        let linked: BTreeSet<_> = linked.map(|it| &it.pkg).collect();
        waiting.extend(linked.iter().copied());
        needs.insert(id.clone(), linked.into_iter().cloned().collect());
    }
    needs
}

/// Returns true if `path` ends in `.extension`.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

fn listed_by_git(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .current_dir(root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .context("cannot start git")?;
    anyhow::ensure!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let listed = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(listed.split_terminator('\0').map(str::to_owned).collect())
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    let cannot = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let name = entry.file_name();
        let name = name
            .to_str()
            .with_context(|| format!("a file name is not UTF-8: {}", entry.path().display()))?;
        let path = format!("{prefix}{name}");
        if !entry.file_type().with_context(cannot)?.is_dir() {
            found.push(path);
        } else if !SKIPPED.contains(&name) {
            walk(&entry.path(), &format!("{path}/"), found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::tree::Tree;

    #[test]
    fn exported_tree_is_walked_without_build_output() {
        let paths = [
            "a.md",
            "crates/x/src/lib.rs",
            "target/debug/x",
            "crates/x/target/y",
        ];
        let tree = Tree::of(&paths.map(|path| (path, "text")));
        let workspace = tree.workspace();
        assert_eq!(
            workspace.files().collect::<Vec<_>>(),
            ["a.md", "crates/x/src/lib.rs"]
        );
        assert!(workspace.has("a.md"));
        assert!(!workspace.has("target/debug/x"));
    }

    #[test]
    fn binary_file_is_no_text() {
        let tree = Tree::of(&[("x.bin", "")]);
        fs::write(tree.path().join("x.bin"), [0xff, 0xfe]).unwrap();
        assert_eq!(tree.workspace().text("x.bin").unwrap(), None);
    }
}
