//! What the examples print.

use http::Method;
use rocketchat_sim::Account;

use crate::client::Client;

#[path = "../../examples/serve.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod serve;

#[tokio::test]
async fn workspace_introduces_itself_and_counts_calls() {
    let server = serve::start(200).await.unwrap();
    let mut output = Vec::new();
    serve::introduce(&server, &mut output).unwrap();
    let introduced = String::from_utf8(output).unwrap();
    assert!(introduced.starts_with(&format!("BASE_URL={}\n", server.base_url())));
    assert!(introduced.contains(&format!("AUTH_TOKEN={}\n", Account::Guest.token())));

    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let path = "/api/v1/users.listByStatus?count=2";
    let answer = client.send(Method::GET, path).await.unwrap();
    assert_eq!(answer.status, 200);
    let mut output = Vec::new();
    serve::report(&server, &mut output).unwrap();
    assert_eq!(output, b"users.listByStatus: 1\n");
}
