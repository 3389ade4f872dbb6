//! Every answer of the documented example workspace, body for body.

use rocketchat_sim::{Account, Paging, Server, Settings, Version};
use serde_json::Value;

use crate::bodies::{body, keys, workspace};
use crate::client::{BY_ID, Client, server};

const FACILITIES: &str = "64e0a1b2c3d4e5f601234501";
const BLUE_HERON: &str = "64f1b2c3d4e5f60123450217";

async fn check(account: Account, route: &str, name: &str) {
    let server = server(workspace(), Version(8, 6, 1)).await;
    let actual = Client::connect(&server, Some(account))
        .await
        .json(route)
        .await;
    assert_eq!(actual, plain(body(name)), "{route}");
}

/// Takes out the members' interface settings, which the simulation does not send.
fn plain(mut body: Value) -> Value {
    for member in body
        .get_mut("members")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        member["user"].as_object_mut().unwrap().remove("settings");
    }
    body
}

#[tokio::test]
async fn user_listings() {
    let by_status = |query: &str| format!("users.listByStatus?{query}&{BY_ID}");
    check(
        Account::Reader,
        &by_status("count=0"),
        "users-list-by-status",
    )
    .await;
    check(
        Account::Reader,
        &by_status("count=8&offset=0"),
        "users-list-by-status-page1",
    )
    .await;
    check(
        Account::Reader,
        &by_status("count=8&offset=7"),
        "users-list-by-status-page2",
    )
    .await;
    check(
        Account::Reader,
        &by_status("count=8&offset=14"),
        "users-list-by-status-page3",
    )
    .await;
    check(
        Account::Reader,
        &by_status("count=8&offset=40"),
        "users-list-by-status-beyond-end",
    )
    .await;
    check(
        Account::Reader,
        "users.list?count=0",
        "users-list-privileged",
    )
    .await;
    check(
        Account::Guest,
        "users.list?count=0",
        "users-list-unprivileged",
    )
    .await;
}

#[tokio::test]
async fn a_user_removed_between_two_pages_shifts_the_second() {
    let server = server(workspace(), Version(8, 6, 1)).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let page = |offset| format!("users.listByStatus?count=8&offset={offset}&{BY_ID}");
    assert_eq!(
        client.json(&page(0)).await,
        body("users-list-by-status-page1")
    );
    let shifted = body("users-list-by-status-page2-shifted");
    let first = shifted["users"][0]["_id"].as_str().unwrap();
    assert_ne!(first, body("users-list-by-status-page1")["users"][7]["_id"]);
    server.update(|workspace| workspace.remove_user("d8RkYp2vHnQz5JgTw"));
    assert_eq!(client.json(&page(7)).await, shifted);
}

#[tokio::test]
async fn count_zero_is_cut_where_infinite_is_off() {
    let paging = Paging {
        upper: 100,
        default: 5,
        allow_infinite: false,
    };
    let settings = Settings {
        paging,
        ..Settings::default()
    };
    let server = Server::start(workspace(), settings).await.unwrap();
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let actual = client
        .json(&format!("users.listByStatus?count=0&{BY_ID}"))
        .await;
    assert_eq!(actual, body("users-list-by-status-infinite-off"));
}

#[tokio::test]
async fn teams_and_their_members() {
    let members = |id: &str, query: &str| format!("teams.members?teamId={id}&{query}");
    check(Account::Reader, "teams.listAll?count=0", "teams-list-all").await;
    check(
        Account::Reader,
        "teams.listAll?count=2&offset=0",
        "teams-list-all-page1",
    )
    .await;
    check(
        Account::Reader,
        &members(FACILITIES, "count=0"),
        "teams-members-facilities",
    )
    .await;
    check(
        Account::Reader,
        &members(FACILITIES, "count=3"),
        "teams-members-facilities-page1",
    )
    .await;
    check(
        Account::Reader,
        &members(FACILITIES, "count=3&offset=3"),
        "teams-members-facilities-page2",
    )
    .await;
    check(
        Account::Reader,
        &members(BLUE_HERON, "count=0"),
        "teams-members-blue-heron",
    )
    .await;
    check(
        Account::Reader,
        &members("6512c3d4e5f6012345023344", "count=0"),
        "teams-members-empty-shell",
    )
    .await;
    check(
        Account::Reader,
        &members("65a3d4e5f601234502344556", "count=0"),
        "teams-members-facade",
    )
    .await;
    check(
        Account::Guest,
        &members(BLUE_HERON, "count=0"),
        "teams-members-silent-empty",
    )
    .await;
    check(
        Account::Reader,
        "users.listTeams?userId=fTq2NwRz7KyHb4XcM",
        "users-list-teams",
    )
    .await;
    check(
        Account::Reader,
        "users.listTeams?userId=d8RkYp2vHnQz5JgTx",
        "users-list-teams-none",
    )
    .await;
}

#[tokio::test]
async fn roles() {
    check(Account::Reader, "roles.list", "roles-list").await;
}

#[tokio::test]
async fn permissions_hold_our_rows_and_one_for_each_setting() {
    let server = server(workspace(), Version(8, 6, 1)).await;
    let actual = Client::connect(&server, Some(Account::Guest))
        .await
        .json("permissions.listAll")
        .await;
    let expected = body("permissions-list-all");
    assert_eq!(keys(&actual), keys(&expected));
    let rows = actual["update"].as_array().unwrap();
    let is_setting = |row: &&Value| row.get("level").is_some();
    let (expected_setting, expected): (Vec<&Value>, Vec<&Value>) = expected["update"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row.get("roles").is_some())
        .partition(is_setting);
    assert!(rows.len() > 400);
    for row in rows.iter().filter(is_setting) {
        assert_eq!(keys(row), keys(expected_setting[0]));
    }
    for row in expected {
        let found = rows
            .iter()
            .find(|found| found["_id"] == row["_id"])
            .unwrap();
        assert_eq!((&found["roles"], keys(found)), (&row["roles"], keys(row)));
    }
}

#[track_caller]
fn check_keys(actual: &Value, expected: &Value, not_simulated: &[&str]) {
    let expected: Vec<&str> = keys(expected)
        .into_iter()
        .filter(|key| !not_simulated.contains(key))
        .collect();
    assert_eq!(keys(actual), expected);
}

#[tokio::test]
async fn single_objects_have_the_documented_keys() {
    let server = server(workspace(), Version(8, 6, 1)).await;
    let mut reader = Client::connect(&server, Some(Account::Reader)).await;
    let mut guest = Client::connect(&server, Some(Account::Guest)).await;

    let me = reader.json("me").await;
    check_keys(&me, &body("me"), &[]);
    for key in [
        "_id", "username", "name", "email", "emails", "roles", "active",
    ] {
        assert_eq!(me[key], body("me")[key], "{key}");
    }
    check_keys(&reader.json("statistics").await, &body("statistics"), &[]);

    let decoration = ["bio", "nickname", "statusText", "customFields"];
    let of_tomasz = "users.info?userId=Vn4xGhJ8sYwQe2uTk";
    check_keys(
        &reader.json(of_tomasz).await["user"],
        &body("users-info")["user"],
        &decoration,
    );
    check_keys(
        &guest.json(of_tomasz).await["user"],
        &body("users-info-reduced")["user"],
        &decoration,
    );
    let with_rooms = reader
        .json("users.info?userId=Kq7TzWm3PfRbX9dLc&includeUserRooms=true")
        .await;
    let expected = body("users-info-with-rooms");
    let mut keys_expected = keys(&expected["user"]);
    keys_expected.push("requirePasswordChange");
    keys_expected.sort_unstable();
    assert_eq!(keys(&with_rooms["user"]), keys_expected);
    let (room, room_expected) = (
        &with_rooms["user"]["rooms"][0],
        &expected["user"]["rooms"][1],
    );
    assert_eq!(
        (keys(room), &room["rid"]),
        (keys(room_expected), &room_expected["rid"])
    );
}

#[tokio::test]
async fn info_differs_by_release_and_permission() {
    for (version, account, name) in [
        (Version(6, 4, 8), None, "info-anonymous-6.4"),
        (
            Version(6, 4, 8),
            Some(Account::Admin),
            "info-privileged-6.4",
        ),
        (Version(8, 6, 1), None, "info-anonymous"),
        (Version(8, 6, 1), Some(Account::Guest), "info-anonymous"),
        (Version(8, 6, 1), Some(Account::Reader), "info-privileged"),
    ] {
        let mut workspace = workspace();
        workspace
            .permissions
            .insert("get-server-info".to_owned(), vec!["admin".into()]);
        let server = server(workspace, version).await;
        let actual = Client::connect(&server, account)
            .await
            .path("/api/info")
            .await
            .json();
        let expected = body(name);
        assert_eq!(actual["version"], expected["version"], "{name}");
        assert_eq!(
            actual["info"]["version"], expected["info"]["version"],
            "{name}"
        );
        for key in keys(&expected) {
            assert!(actual.get(key).is_some(), "{name}: {key}");
        }
    }
}
