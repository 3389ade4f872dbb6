//! What the examples print.

#[path = "../../examples/review.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod review;

#[test]
fn who_has_a_key_is_told() {
    let mut output = Vec::new();
    review::print(&review::records(), &mut output).unwrap();
    assert_eq!(
        String::from_utf8(output).unwrap(),
        "door:front:key:person:17\ndoor:front:key:person:23  (disabled)\ndoor: 1\nperson: 2\n"
    );
}
