//! The licences of the libraries that the program is linked with: who wrote them, and every text that their crates have.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use cargo_metadata::Package;

/// What the result is called.
pub(super) const FILE: &str = "THIRD-PARTY-LICENSES.txt";

/// How the names of files with licences begin, in capitals.
const NAMES: &[&str] = &[
    "COPYING",
    "COPYRIGHT",
    "LICENCE",
    "LICENSE",
    "NOTICE",
    "UNLICENSE",
];

/// Licences of C sources that a crate has in a folder of its own. SQLite is in the public domain and needs none.
const DEEPER: &[(&str, &str)] = &[
    ("ring", "third_party/fiat/LICENSE"),
    ("zstd-sys", "zstd/LICENSE"),
];

const HEAD: &str = "\
baton-rocketchat is linked with these libraries. Behind each stands its licence; where there is a choice, any of them may be
chosen. The texts follow, each with the libraries that it is of. The text of Apache-2.0 is in the file LICENSE too, for the
libraries that come without one.
";

/// Lists the libraries, and then every text once.
///
/// # Errors
/// A text cannot be read, or a library has none and is not under the licence whose text we give anyway.
pub(super) fn of<'a>(libraries: impl Iterator<Item = &'a Package>) -> anyhow::Result<String> {
    let mut libraries: Vec<_> = libraries.collect();
    libraries.sort_by_key(|it| (&it.name, &it.version));
    let mut list = HEAD.to_owned();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &libraries {
        let name = format!("{} {}", package.name, package.version);
        let license = package.license.as_deref().unwrap_or("see its text");
        // Writing to a string cannot fail.
        let _ = write!(list, "\n{name}: {license}");
        if let Some(repository) = &package.repository {
            let _ = write!(list, "\n    {repository}");
        }
        if !package.authors.is_empty() {
            let _ = write!(list, "\n    {}", package.authors.join(", "));
        }
        let files = files_or_those_of_a_sibling(package, &libraries)?;
        ensure!(
            !files.is_empty() || license.contains("Apache-2.0"),
            "{name} is under {license} and has no text of it"
        );
        for path in files {
            let text =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let text = String::from_utf8_lossy(&text).replace("\r\n", "\n");
            let holders = texts.entry(text.trim().to_owned()).or_default();
            if !holders.contains(&name) {
                holders.push(name.clone());
            }
        }
    }
    list.push('\n');
    // The first of its libraries says where a text stands.
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    for (text, holders) in texts {
        let line = "=".repeat(100);
        let _ = write!(list, "\n{line}\n{}\n{line}\n\n{text}\n", holders.join(", "));
    }
    Ok(list)
}

/// Takes the files of another library of the same repository where a crate was published without.
fn files_or_those_of_a_sibling(
    package: &Package,
    libraries: &[&Package],
) -> anyhow::Result<Vec<PathBuf>> {
    let found = files(package)?;
    if !found.is_empty() || package.repository.is_none() {
        return Ok(found);
    }
    let is_sibling = |it: &&&Package| it.repository == package.repository;
    for sibling in libraries.iter().filter(is_sibling) {
        let found = files(sibling)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Finds the files with licences of a library, by name.
fn files(package: &Package) -> anyhow::Result<Vec<PathBuf>> {
    let manifest = package.manifest_path.as_std_path();
    let folder = manifest.parent().context("a manifest is in no folder")?;
    let cannot = || format!("cannot list {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.is_file() && is_license(&path) {
            found.push(path);
        }
    }
    let deeper = DEEPER.iter().filter(|(name, _)| package.name == *name);
    found.extend(deeper.map(|(_, path)| folder.join(path)));
    found.sort();
    Ok(found)
}

fn is_license(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let name = name.to_uppercase();
    NAMES.iter().any(|it| name.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::{self, Bill};
    use crate::workspace;

    #[test]
    fn every_library_is_named_and_every_text_is_there_once() {
        let root = workspace::root().unwrap();
        let bill = Bill::read(&root, "baton-rocketchat", &sbom::host().unwrap()).unwrap();
        let text = of(bill.libraries()).unwrap();
        let mut count = 0;
        for package in bill.libraries() {
            let row = format!("\n{} {}: ", package.name, package.version);
            assert_eq!(text.matches(&row).count(), 1, "{row}");
            count += 1;
        }
        assert!(count > 100, "{count}");
        for absent in ["\nrocketchat-http ", "\ninsta ", "\nxtask "] {
            assert!(!text.contains(absent), "{absent}");
        }
        assert!(text.contains("the fiat-crypto authors"));
        // Many crates have these words and no others.
        let serde = bill.libraries().find(|it| it.name == "serde").unwrap();
        let words = fs::read_to_string(serde.manifest_path.with_file_name("LICENSE-MIT")).unwrap();
        let words = format!("=\n\n{}\n\n=", words.trim());
        assert_eq!(text.matches(&words).count(), 1);
    }
}
