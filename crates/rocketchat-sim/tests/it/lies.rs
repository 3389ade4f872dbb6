//! Answers that are true but for one stated thing.

use rocketchat_sim::{Account, Action, Fault, Server, Settings, Shape, Version, Workspace};
use serde_json::Value;

use crate::client::{Answer, BY_ID, Client, ids, server};

const NEWEST: Version = Version(8, 6, 1);

async fn start() -> (Server, Client) {
    let shape = Shape {
        users: 60,
        teams: 5,
        members: 6,
        seed: 3,
    };
    let server = server(Workspace::generate(&shape), NEWEST).await;
    let client = Client::connect(&server, Some(Account::Reader)).await;
    (server, client)
}

/// Asks for `path` with the fault and then without it.
async fn twice(
    server: &Server,
    client: &mut Client,
    path: &str,
    action: Action,
) -> (Answer, Answer) {
    server.inject(Fault::new("*", 1, action));
    let hit = client.get(path).await;
    let length = hit.header("content-length").map(str::to_owned);
    assert_eq!(length, Some(hit.body.len().to_string()), "{path}");
    (hit, client.get(path).await)
}

#[tokio::test]
async fn a_parameter_can_be_overheard() {
    let (server, mut client) = start().await;
    let page = format!("users.listByStatus?count=20&offset=20&{BY_ID}");
    for (name, as_if) in [
        ("offset", format!("users.listByStatus?count=20&{BY_ID}")),
        ("count", format!("users.listByStatus?offset=20&{BY_ID}")),
        ("sort", "users.listByStatus?count=20&offset=20".to_owned()),
        ("status", page.clone()),
    ] {
        let (hit, usual) = twice(
            &server,
            &mut client,
            &page,
            Action::Without(name.to_owned()),
        )
        .await;
        assert_eq!(hit.text(), client.get(&as_if).await.text(), "{name}");
        assert_eq!(hit.text() == usual.text(), name == "status", "{name}");
    }
    let sent = server.log()[0].query.clone();
    assert_eq!(sent, Some(format!("count=20&offset=20&{BY_ID}")));
}

#[tokio::test]
async fn a_parameter_that_is_overheard_is_not_refused_either() {
    let (server, mut client) = start().await;
    let action = Action::Without("tracing".to_owned());
    let page = "users.list?count=1&tracing=1";
    let (hit, usual) = twice(&server, &mut client, page, action).await;
    assert_eq!((hit.status, usual.status), (200, 400));
    let action = Action::Without("roles".to_owned());
    let page = "users.listByStatus?count=1&roles[]=bot";
    let (hit, usual) = twice(&server, &mut client, page, action).await;
    assert_eq!(hit.json()["total"], 60);
    assert!(usual.json()["total"].as_u64().unwrap() < 60);
}

#[tokio::test]
async fn another_total_can_be_announced() {
    let (server, mut client) = start().await;
    for path in ["users.list?count=7", "teams.listAll?count=2&offset=1"] {
        let (hit, usual) = twice(&server, &mut client, path, Action::Total(3)).await;
        let mut expected = usual.json();
        assert_ne!(expected["total"], 3);
        expected["total"] = 3.into();
        assert_eq!(hit.json(), expected, "{path}");
    }
}

/// Checks that `action` does to the rows below `key` what `edit` does, and nothing else.
async fn check_rows(path: &str, key: &str, action: Action, edit: fn(&mut Vec<Value>)) {
    let (server, mut client) = start().await;
    let (hit, usual) = twice(&server, &mut client, path, action).await;
    let mut expected = usual.json();
    let rows = expected[key].as_array_mut().unwrap();
    edit(rows);
    let length = rows.len();
    if expected.get("count").is_some() {
        expected["count"] = length.into();
    }
    assert_ne!(usual.json(), expected, "{path}");
    assert_eq!(hit.json(), expected, "{path}");
}

#[tokio::test]
async fn a_row_can_be_missing_or_come_twice() {
    let team = start().await.0.with(|it| {
        let team = it.teams.iter().max_by_key(|team| team.members.len());
        team.unwrap().id.to_string()
    });
    let members = format!("teams.members?teamId={team}&count=0");
    for (path, key) in [
        ("users.listByStatus?count=5", "users"),
        ("users.list?count=0", "users"),
        ("teams.listAll", "teams"),
        ("roles.list", "roles"),
        ("permissions.listAll", "update"),
        (members.as_str(), "members"),
    ] {
        check_rows(path, key, Action::DropRow(1), |rows| {
            rows.remove(1);
        })
        .await;
        check_rows(path, key, Action::RepeatRow(1), |rows| {
            rows.insert(1, rows[1].clone());
        })
        .await;
    }
}

#[tokio::test]
async fn a_lie_starts_from_the_changed_workspace() {
    let (server, mut client) = start().await;
    server.before("users.listByStatus", 1, |it| it.users.truncate(3));
    server.inject(Fault::new("users.listByStatus", 1, Action::DropRow(0)));
    let page = client.json(&format!("users.listByStatus?{BY_ID}")).await;
    assert_eq!(ids(&page["users"]).len(), 2);
    assert_eq!((&page["count"], &page["total"]), (&2.into(), &3.into()));
}

#[tokio::test]
async fn other_answers_stay_as_they_are() {
    let (server, mut client) = start().await;
    let plain = Client::connect(&server, Some(Account::Plain)).await;
    client.headers = plain.headers.clone();
    for path in ["teams.listAll", "statistics", "nothing"] {
        let (hit, usual) = twice(&server, &mut client, path, Action::DropRow(0)).await;
        assert_ne!(hit.status, 200);
        let same = (hit.status, hit.text()) == (usual.status, usual.text());
        assert!(same, "{path}: {}", hit.text());
    }
    let old = Settings {
        version: Version(7, 4, 0),
        ..Settings::default()
    };
    let server = Server::start(Workspace::empty(), old).await.unwrap();
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let (hit, usual) = twice(&server, &mut client, "nothing", Action::Total(1)).await;
    assert_eq!((hit.status, hit.text()), (200, usual.text()));
    assert!(hit.text().starts_with("<!DOCTYPE html>"));
}
