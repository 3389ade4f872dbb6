//! What the examples print.

#[path = "../../examples/own_sink.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod own_sink;

#[test]
fn page_lists_who_has_what() {
    let folder = tempfile::tempdir().unwrap();
    let (file, page) = (
        folder.path().join("sync.c1z"),
        folder.path().join("access.md"),
    );
    own_sink::write_sync(&file).unwrap();
    own_sink::write_page(&file, &page).unwrap();
    assert_eq!(
        std::fs::read_to_string(&page).unwrap(),
        "# Access\n\n2 grants\n\n## team:5678:member\n\n- Crew 1\n- Crew 2\n"
    );
}
