//! What the examples print.

use rocketchat_sim::Account;

#[path = "../../examples/ledger.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod ledger;

#[tokio::test]
async fn ledger_balances() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sync.ndjson");
    let server = ledger::start().await.unwrap();
    let (user_id, token) = server.credentials(Account::Reader);
    let report = ledger::copy(&server.base_url(), &user_id, &token, file.clone())
        .await
        .unwrap();
    let mut output = Vec::new();
    ledger::print(&report, &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    let users = "users.listByStatus: 1000 announced, 1000 received, in ";
    assert!(output.contains(users), "{output}");
    assert!(std::fs::read_to_string(file).unwrap().contains("summary"));
}
