//! What the examples print.

#[path = "../../examples/read.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod read;

#[test]
fn what_a_file_holds_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.c1z");
    read::write(&path).unwrap();
    let mut output = Vec::new();
    read::read(&path, &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    let (sync, rest) = output.split_once('\n').unwrap();
    assert!(
        sync.ends_with(" (full) of 2026-06-01 08:00:00, finished"),
        "{sync}"
    );
    assert_eq!(
        rest,
        "2 resources, 1 entitlements, 1 grants\nAda Example: team:5678:member\n"
    );
}
