//! What the examples print.

use rocketchat_sim::{Account, Server, Settings, Shape, Workspace};

#[path = "../../examples/admins.rs"]
#[expect(dead_code, reason = "what `cargo run` calls")]
mod admins;

#[tokio::test]
async fn administrators_are_those_of_the_workspace() {
    let shape = Shape {
        users: 150,
        teams: 2,
        members: 3,
        seed: 3,
    };
    let server = Server::start(Workspace::generate(&shape), Settings::default())
        .await
        .unwrap();
    let (user_id, token) = server.credentials(Account::Reader);
    let client = admins::connect(&server.base_url(), &user_id, &token).unwrap();
    let mut output = Vec::new();
    admins::print_admins(&client, &mut output).await.unwrap();
    let output = String::from_utf8(output).unwrap();
    let workspace = server.workspace();
    let expected = workspace.users.iter().filter(|it| it.has_role("admin"));
    let expected: Vec<_> = expected.map(|it| &*it.id).collect();
    assert!(!expected.is_empty());
    let mut lines: Vec<_> = output.lines().collect();
    let last = format!("{} of 150 users are administrators", expected.len());
    assert_eq!(lines.pop(), Some(last.as_str()));
    let found: Vec<_> = lines
        .iter()
        .filter_map(|it| it.split("  ").next())
        .collect();
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().all(|id| expected.contains(id)), "{output}");
}
