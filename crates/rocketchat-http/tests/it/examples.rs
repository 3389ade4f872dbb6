//! What the examples print.

use rocketchat_sim::Account;

#[path = "../../examples/budget.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod budget;

#[tokio::test]
async fn the_budget_is_learned_and_kept() {
    let server = budget::start().await.unwrap();
    let (user_id, token) = server.credentials(Account::LimitedReader);
    let client = budget::connect(&server.base_url(), &user_id, &token).unwrap();
    let stats = budget::ask_often(&client).await.unwrap();
    let mut output = Vec::new();
    budget::print(&stats, &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    // How long the window is, the client can only tell roughly on a busy machine.
    assert!(output.contains("8 requests, 5 calls in "), "{output}");
    assert!(
        output.contains("\n8 requests, 0 refused, waited "),
        "{output}"
    );
    assert_eq!(server.calls("roles.list"), 8);
}
