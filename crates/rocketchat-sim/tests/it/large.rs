//! A hundred thousand users.

use rocketchat_sim::{Account, Shape, Version, Workspace};
use serde_json::Value;

use crate::client::{BY_ID, Client, server};

#[tokio::test]
async fn everything_comes_in_one_answer_and_in_pages() {
    let shape = Shape {
        users: 100_000,
        teams: 1_000,
        members: 100,
        seed: 42,
    };
    let workspace = Workspace::generate(&shape);
    let rows = workspace.memberships().count();
    assert!((80_000..120_000).contains(&rows), "{rows}");
    let server = server(workspace, Version(8, 6, 1)).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let all = client
        .json(&format!("users.listByStatus?count=0&{BY_ID}"))
        .await;
    assert_eq!(all["count"], 100_000);
    let last = client
        .json(&format!(
            "users.listByStatus?count=100&offset=99950&{BY_ID}"
        ))
        .await;
    assert_eq!(
        last["users"].as_array().unwrap()[..],
        all["users"].as_array().unwrap()[99_950..]
    );
    let teams = client.json("teams.listAll?count=0").await;
    let sizes = teams["teams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|team| team["numberOfUsers"].as_u64().unwrap());
    assert_eq!(sizes.sum::<u64>(), u64::try_from(rows).unwrap());
    server.update(|workspace| workspace.users.truncate(50_000));
    assert_eq!(
        client.json("users.list?count=1").await["total"],
        Value::from(50_000)
    );
}
