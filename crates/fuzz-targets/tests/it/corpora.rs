//! Inputs that a fuzzer started from, and those that once broke something.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// Small inputs are mutated faster, and nobody wants to review large ones.
const MOST_BYTES_OF_ALL: usize = 200 << 10;

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn inputs(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        })
        .collect()
}

#[test]
fn no_input_breaks_anything() {
    let mut broken = Vec::new();
    for (name, target) in fuzz_targets::ALL {
        let inputs = inputs(&corpora().join(name));
        assert!(inputs.len() >= 3, "{name} has inputs");
        for (path, bytes) in inputs {
            // What is cut short is an input too.
            for bytes in [&bytes[..], &bytes[..bytes.len() / 2], &[]] {
                if catch_unwind(|| target(bytes)).is_err() {
                    broken.push(path.clone());
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_folder_has_a_target_and_all_are_small() {
    let mut size = 0;
    for folder in fs::read_dir(corpora()).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(fuzz_targets::ALL.iter().any(|it| it.0 == name), "{name}");
        let program = corpora().join(format!("../fuzz_targets/{name}.rs"));
        assert!(program.is_file(), "{name} has a program");
        size += inputs(&folder).iter().map(|it| it.1.len()).sum::<usize>();
    }
    assert!(size <= MOST_BYTES_OF_ALL, "{size}");
}
