//! Generates the message types of `baton-proto` from its `.proto` files, without protoc.
//!
//! The result is committed, so that building the product needs neither this task nor a protobuf compiler. What the
//! messages mean, and which of them there are, is left to the `.proto` files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use prost_build::Module;
use protox::Compiler;
use protox::prost::Message;

use crate::workspace;

/// The packages whose messages are generated; the well-known types come from `prost-types`.
const PACKAGES: [&str; 2] = ["c1.connector.v2", "c1.connectorapi.baton.v1"];
const DESCRIPTORS: &str = "descriptors.bin";

/// File name and content of everything generated.
type Outputs = BTreeMap<String, Vec<u8>>;

/// Writes the generated files, or with `check` only compares them with what is committed.
///
/// # Errors
///
/// When a `.proto` file does not compile, or with `check` when a committed file is missing, different or left over.
pub(crate) fn run(check: bool) -> Result<()> {
    let proto = workspace::root()?.join("crates/baton-proto");
    let outputs = generate(&proto.join("proto"))?;
    let target = proto.join("src/generated");
    if check {
        compare(&outputs, &target)
    } else {
        write(&outputs, &target)
    }
}

fn generate(root: &Path) -> Result<Outputs> {
    let mut files = Vec::new();
    for package in PACKAGES {
        files.extend(proto_files(&root.join(package.replace('.', "/")))?);
    }
    let mut compiler = Compiler::new([root])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)?;
    let with_comments = compiler.file_descriptor_set();
    let without_comments = compiler.include_source_info(false).file_descriptor_set();

    let requests = with_comments
        .file
        .into_iter()
        .map(|file| (module(file.package()), file))
        .collect();
    let mut config = prost_build::Config::new();
    config
        .btree_map(["."])
        .enable_type_names()
        .type_name_domain(["."], "type.googleapis.com");
    let mut sources = config.generate(requests)?;

    let mut outputs = Outputs::new();
    for package in PACKAGES {
        let source = sources.remove(&module(package));
        let source = source.with_context(|| format!("no message of {package} was generated"))?;
        outputs.insert(format!("{package}.rs"), source.into_bytes());
    }
    outputs.insert(DESCRIPTORS.to_owned(), without_comments.encode_to_vec());
    Ok(outputs)
}

fn module(package: &str) -> Module {
    Module::from_protobuf_package_name(package)
}

/// Lists the `.proto` files by name: the order of the messages follows it.
fn proto_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = entries(folder)?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "proto")
    });
    ensure!(!files.is_empty(), "{}: no .proto file", folder.display());
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        paths.sort();
        Ok(paths)
    };
    read().with_context(|| format!("cannot list {}", folder.display()))
}

fn write(outputs: &Outputs, target: &Path) -> Result<()> {
    fs::create_dir_all(target).with_context(|| format!("cannot make {}", target.display()))?;
    for stale in leftovers(outputs, target)? {
        fs::remove_file(&stale).with_context(|| format!("cannot remove {}", stale.display()))?;
    }
    for (name, content) in outputs {
        let path = target.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn compare(outputs: &Outputs, target: &Path) -> Result<()> {
    for (name, content) in outputs {
        let path = target.join(name);
        let committed =
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            committed == *content,
            "{} is out of date: run `cargo xtask codegen`",
            path.display()
        );
    }
    if let Some(path) = leftovers(outputs, target)?.first() {
        bail!(
            "{} is not generated any more: run `cargo xtask codegen`",
            path.display()
        );
    }
    Ok(())
}

/// Finds files that an earlier run generated and this one does not.
fn leftovers(outputs: &Outputs, target: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = entries(target)?;
    paths.retain(|path| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_none_or(|name| !outputs.contains_key(name))
    });
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> (tempfile::TempDir, Outputs) {
        let outputs = Outputs::from([
            ("a.rs".to_owned(), b"one".to_vec()),
            ("b.bin".to_owned(), b"two".to_vec()),
        ]);
        (tempfile::tempdir().unwrap(), outputs)
    }

    #[test]
    fn what_is_written_passes_the_check() {
        let (folder, outputs) = fixture();
        write(&outputs, folder.path()).unwrap();
        compare(&outputs, folder.path()).unwrap();
    }

    #[test]
    fn the_check_names_the_file_that_differs() {
        let (folder, outputs) = fixture();
        write(&outputs, folder.path()).unwrap();
        fs::write(folder.path().join("b.bin"), "three").unwrap();
        assert!(
            compare(&outputs, folder.path())
                .unwrap_err()
                .to_string()
                .contains("b.bin")
        );
    }

    #[test]
    fn leftovers_fail_the_check_and_are_removed_by_writing() {
        let (folder, outputs) = fixture();
        write(&outputs, folder.path()).unwrap();
        let stale = folder.path().join("c.rs");
        fs::write(&stale, "old").unwrap();
        assert!(
            compare(&outputs, folder.path())
                .unwrap_err()
                .to_string()
                .contains("c.rs")
        );
        write(&outputs, folder.path()).unwrap();
        assert!(!stale.exists());
    }

    #[test]
    fn generating_twice_gives_the_same_bytes() {
        let root = workspace::root().unwrap().join("crates/baton-proto/proto");
        assert_eq!(generate(&root).unwrap(), generate(&root).unwrap());
    }
}
