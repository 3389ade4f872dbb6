//! Who may see what, and how little a refusal shows.

use rocketchat_sim::{Account, Member, Shape, Version, Workspace};
use serde_json::Value;

use crate::client::{Client, server};

const NEWEST: Version = Version(8, 6, 1);

fn small() -> Workspace {
    Workspace::generate(&Shape {
        users: 150,
        teams: 12,
        members: 9,
        seed: 5,
    })
}

#[tokio::test]
async fn both_headers_are_needed_and_must_fit() {
    let server = server(small(), NEWEST).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    assert_eq!(client.get("me").await.status, 200);
    let complete = client.headers.clone();
    for (name, value) in [
        ("x-user-id", None),
        ("x-auth-token", None),
        ("x-user-id", Some("rocket.cat")),
        ("x-auth-token", Some("x")),
    ] {
        client.headers = complete.clone();
        client.headers.remove(name);
        if let Some(value) = value {
            client.headers.insert(name, value.parse().unwrap());
        }
        assert_eq!(client.get("me").await.status, 401, "{name} {value:?}");
    }
}

#[tokio::test]
async fn a_token_dies_with_its_user() {
    let server = server(small(), NEWEST).await;
    let mut client = Client::connect(&server, Some(Account::Plain)).await;
    assert_eq!(client.get("me").await.status, 200);
    let id = server.credentials(Account::Plain).0;
    server.update(|workspace| workspace.user_mut(&id).unwrap().active = false);
    assert_eq!(client.get("me").await.status, 401);
    server.update(|workspace| workspace.user_mut(&id).unwrap().active = true);
    assert_eq!(client.get("me").await.status, 200);
    server.update(|workspace| drop(workspace.accounts.remove(&Account::Plain)));
    assert_eq!(client.get("me").await.status, 401);
}

#[tokio::test]
async fn every_account_can_sign_in_and_the_limited_reader_sees_as_much() {
    let server = server(Workspace::empty(), NEWEST).await;
    for account in Account::ALL {
        let (user_id, _) = server.credentials(account);
        let me = Client::connect(&server, Some(account))
            .await
            .json("me")
            .await;
        assert_eq!(me["_id"], *user_id, "{account:?}");
    }
    for route in [
        "users.list?count=0",
        "teams.listAll",
        "users.listByStatus?count=0",
    ] {
        let bypassing = Client::connect(&server, Some(Account::Reader))
            .await
            .json(route)
            .await;
        let limited = Client::connect(&server, Some(Account::LimitedReader))
            .await
            .json(route)
            .await;
        assert_eq!(bypassing, limited);
    }
}

async fn refused(account: Account, permission: Option<&str>, route: &str) -> (u16, String) {
    let mut workspace = small();
    if let Some(permission) = permission {
        workspace.permissions.remove(permission);
    }
    let server = server(workspace, NEWEST).await;
    let answer = Client::connect(&server, Some(account))
        .await
        .get(route)
        .await;
    (
        answer.status,
        answer.json()["error"].as_str().unwrap_or("none").to_owned(),
    )
}

#[tokio::test]
async fn some_calls_do_fail_without_their_permission() {
    let declared =
        "User does not have the permissions required for this action [error-unauthorized]";
    for (permission, route, status, error) in [
        (Some("view-d-room"), "users.list", 403, "unauthorized"),
        (Some("view-d-room"), "users.listByStatus", 403, declared),
        (None, "teams.listAll", 403, "unauthorized"),
        (
            None,
            "users.list?email=a%40example.org",
            403,
            "unauthorized",
        ),
        (None, "statistics", 400, "error-not-allowed"),
    ] {
        assert_eq!(
            refused(Account::Plain, permission, route).await,
            (status, error.to_owned()),
            "{route}"
        );
    }
}

#[tokio::test]
async fn unknown_things_are_refused() {
    for (route, error) in [
        ("users.info?userId=nobody", "User not found."),
        ("teams.members?teamId=none", "team-does-not-exist"),
    ] {
        assert_eq!(
            refused(Account::Admin, None, route).await,
            (400, error.to_owned()),
            "{route}"
        );
    }
}

#[tokio::test]
async fn list_by_status_hides_nothing_from_plain_people() {
    let server = server(small(), NEWEST).await;
    let of = async |account| {
        Client::connect(&server, Some(account))
            .await
            .json("users.listByStatus?count=0")
            .await
    };
    let plain = of(Account::Plain).await;
    assert_eq!(plain, of(Account::Admin).await);
    assert!(plain["users"][5].get("roles").is_some());
}

#[tokio::test]
async fn members_are_active_and_counts_hold_every_row() {
    let workspace = small();
    let server = server(workspace.clone(), NEWEST).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let teams = client.json("teams.listAll?count=0").await;
    assert_eq!(teams["teams"].as_array().unwrap().len(), 12);
    let (mut rows, mut shown) = (0, 0);
    for (row, team) in teams["teams"]
        .as_array()
        .unwrap()
        .iter()
        .zip(&workspace.teams)
    {
        assert_eq!(row["numberOfUsers"], team.members.len());
        rows += team.members.len();
        let is_shown = |member: &&Member| {
            workspace
                .user(&member.user_id)
                .is_some_and(|user| user.active)
        };
        let expected: Vec<&str> = team
            .members
            .iter()
            .filter(is_shown)
            .map(|member| &*member.user_id)
            .collect();
        let members = client
            .json(&format!("teams.members?count=0&teamId={}", team.id))
            .await;
        let ids = members["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| &member["user"]["_id"]);
        assert!(ids.eq(expected.iter()), "{}", team.name);
        shown += expected.len();
    }
    assert!(shown < rows);
}

#[tokio::test]
async fn private_teams_are_for_members() {
    let mut workspace = small();
    let reader: &str = Account::Plain.user_id();
    let private: Vec<usize> = (0..12).filter(|at| workspace.teams[*at].private).collect();
    for team in &mut workspace.teams {
        team.members.retain(|member| &*member.user_id != reader);
    }
    for at in [0, private[0], private[1]] {
        workspace.teams[at]
            .members
            .push(Member::plain("rocket.cat"));
    }
    workspace.teams[private[1]]
        .members
        .push(Member::plain(reader));
    let ids = |places: &[usize]| {
        places
            .iter()
            .map(|at| workspace.teams[*at].id.to_string())
            .collect::<Vec<_>>()
    };
    let (all, visible, own) = (
        ids(&[0, private[0], private[1]]),
        ids(&[0, private[1]]),
        ids(&[private[1]]),
    );
    let hidden = workspace.teams[private[0]].id.clone();

    let server = server(workspace, NEWEST).await;
    let mut plain = Client::connect(&server, Some(Account::Plain)).await;
    let mut admin = Client::connect(&server, Some(Account::Admin)).await;
    let listed = |teams: &Value| {
        let ids = teams["teams"]
            .as_array()
            .unwrap()
            .iter()
            .map(|team| team["_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let contains = |all: Vec<String>, wanted: &[String]| wanted.iter().all(|id| all.contains(id));
    let seen = listed(&plain.json("users.listTeams?userId=rocket.cat").await);
    assert!(
        contains(seen.clone(), &visible) && !seen.contains(&all[1]),
        "{seen:?}"
    );
    assert!(contains(
        listed(&admin.json("users.listTeams?userId=rocket.cat").await),
        &all
    ));
    assert_eq!(
        plain.json(&format!("teams.members?teamId={hidden}")).await["total"],
        0
    );
    assert!(
        plain
            .json(&format!("teams.members?teamId={}", own[0]))
            .await["total"]
            .as_u64()
            .unwrap()
            > 0
    );
}
