//! `cargo xtask dist`: everything that is given away, for the platform of this machine, in `dist/`.
//!
//! An archive with the program, its manual pages, completions, units and licences; beside it the list of what is in the
//! program, and the checksums of both. The same program gives the same archive, byte for byte: order, owners and times are
//! fixed. That the same sources give the same program is left to whoever builds them in the same place with the same compiler.

mod archive;
mod checksums;
mod licenses;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::Context as _;

use self::archive::Entry;
use crate::program::{self, NAME};
use crate::sbom::{self, Bill};
use crate::{report, workspace};

/// Where the result goes, below the root.
const FOLDER: &str = "dist";

/// Files of the repository that are in the archive too.
const TEXTS: &[&str] = &["CHANGELOG.md", "LICENSE", "NOTICE"];

/// Units for systemd, of which the same is true.
const UNITS: &str = "packaging/systemd";

/// Completion scripts, by shell, under the names that the shells look for.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "completions/bash/baton-rocketchat"),
    ("zsh", "completions/zsh/_baton-rocketchat"),
    ("fish", "completions/fish/baton-rocketchat.fish"),
    ("powershell", "completions/powershell/baton-rocketchat.ps1"),
];

/// What is packed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Pack this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// Builds the program and packs it.
///
/// # Errors
/// The program cannot be built or run, or the result cannot be written.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = workspace::root()?;
    let program = program::get(args.program.as_deref(), false)?;
    let target = sbom::host()?;
    let bill = Bill::read(&root, NAME, &target)?;
    let name = format!("{NAME}-{}-{target}", bill.version()?);
    let entries = entries(&root, &program, &bill)?;
    let folder = root.join(FOLDER);
    unpack(&folder.join(&name), &entries)?;
    let list = format!("{name}.cdx.json");
    let archive = format!("{name}.tar.gz");
    let outputs = [
        (list, serde_json::to_vec_pretty(&bill.json()?)?),
        (archive, archive::pack(&name, &entries, time(&root)?)?),
    ];
    for (file, bytes) in &outputs {
        write(&folder.join(file), bytes)?;
    }
    let sums = checksums::of(&outputs);
    let path = folder.join(format!("{name}.sha256"));
    write(&path, sums.as_bytes())?;
    // What was written is what others will download.
    let written = fs::read_to_string(&path)?;
    checksums::check(&folder, &written)?;
    for file in outputs.iter().map(|(file, _)| file) {
        report::data(folder.join(file).display());
    }
    report::data(path.display());
    Ok(())
}

/// Prints the licences of the libraries, which the image has to have as well as the archive.
///
/// # Errors
/// Cargo does not know the libraries, or one has no licence.
pub(crate) fn print_licenses() -> anyhow::Result<()> {
    let bill = Bill::read(&workspace::root()?, NAME, &sbom::host()?)?;
    report::data(licenses::of(bill.libraries())?.trim_end());
    Ok(())
}

/// Gathers what is in the archive.
fn entries(root: &Path, program: &Path, bill: &Bill) -> anyhow::Result<Vec<Entry>> {
    let mut entries = vec![Entry::program(NAME, read(program)?)];
    for text in TEXTS {
        entries.push(Entry::text(*text, read(&root.join(text))?));
    }
    let licenses = licenses::of(bill.libraries())?;
    entries.push(Entry::text(licenses::FILE, licenses.into_bytes()));
    for (shell, path) in COMPLETIONS {
        let script = program::say(program, &["completion", shell])?;
        entries.push(Entry::text(*path, script));
    }
    let pages = tempfile::tempdir().context("no temporary folder can be made")?;
    program::say(program, &[OsStr::new("man"), pages.path().as_os_str()])?;
    entries.extend(files(pages.path(), "man/man1")?);
    entries.extend(files(&root.join(UNITS), "systemd")?);
    Ok(entries)
}

/// Reads the files of a folder, to be packed under another name.
fn files(folder: &Path, name: &str) -> anyhow::Result<Vec<Entry>> {
    let cannot = || format!("cannot list {}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let file = path.file_name().and_then(OsStr::to_str);
        let file = file.with_context(|| format!("a file name is not UTF-8: {}", path.display()))?;
        entries.push(Entry::text(format!("{name}/{file}"), read(&path)?));
    }
    Ok(entries)
}

/// Lays the same files beside the archive, to be looked at.
fn unpack(folder: &Path, entries: &[Entry]) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    for entry in entries {
        let path = folder.join(&entry.path);
        write(&path, &entry.bytes)?;
        entry.set_mode(&path)?;
    }
    Ok(())
}

/// Returns the time that all files have: the one asked for, or else that of the commit.
fn time(root: &Path) -> anyhow::Result<u64> {
    // <https://reproducible-builds.org/specs/source-date-epoch/>
    if let Some(time) = env::var_os("SOURCE_DATE_EPOCH") {
        let time = time.to_str().and_then(|it| it.parse().ok());
        return time.context("SOURCE_DATE_EPOCH is not a number of seconds");
    }
    // An exported tree has no history, and may lie inside somebody else's repository.
    if !root.join(".git").exists() {
        return Ok(0);
    }
    let output = Command::new("git")
        .current_dir(root)
        .args(["log", "-1", "--format=%ct"])
        .output()
        .context("cannot start git")?;
    let time = String::from_utf8_lossy(&output.stdout).trim().parse();
    time.with_context(|| {
        format!(
            "git log: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_has_the_licences_too() {
        let root = workspace::root().unwrap();
        let text = fs::read_to_string(root.join("Dockerfile")).unwrap();
        let prints = format!("-- licenses > {}", licenses::FILE);
        assert!(text.contains(&prints), "nothing makes {}", licenses::FILE);
        let copied = text
            .lines()
            .find_map(|line| line.strip_prefix("COPY --from=build "));
        let copied: Vec<_> = copied.unwrap().split(' ').collect();
        for file in ["LICENSE", "NOTICE", licenses::FILE] {
            let path = format!("/src/{file}");
            assert!(copied.contains(&path.as_str()), "{file}: {copied:?}");
        }
    }
}
