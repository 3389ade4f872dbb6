//! What the examples print.

#[path = "../../examples/another_system.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod another_system;

#[tokio::test]
async fn accounts_of_a_machine_reach_c1() {
    let folder = tempfile::tempdir().unwrap();
    let passwd = folder.path().join("passwd");
    std::fs::write(
        &passwd,
        "root:x:0:0::/:/bin/sh\n\nada:x:1000:1000::/:/bin/sh\n",
    )
    .unwrap();
    let mut output = Vec::new();
    another_system::serve_once(&passwd, &mut output)
        .await
        .unwrap();
    assert_eq!(output, b"account:root\naccount:ada\n");
}
