//! Paging, order, filters and refused parameters.

use rocketchat_sim::{Account, Shape, User, Version, Workspace};
use serde_json::Value;

use crate::client::{BY_ID, Client, ids, server};

const NEWEST: Version = Version(8, 6, 1);

fn workspace() -> Workspace {
    Workspace::generate(&Shape {
        users: 430,
        teams: 60,
        members: 6,
        seed: 11,
    })
}

fn sorted_by<K: Ord>(workspace: &Workspace, key: impl Fn(&User) -> K) -> Vec<String> {
    let mut users: Vec<&User> = workspace.users.iter().collect();
    users.sort_by_key(|user| key(user));
    users.into_iter().map(|user| user.id.to_string()).collect()
}

#[tokio::test]
async fn pages_join_up_to_the_whole() {
    let workspace = workspace();
    let expected = sorted_by(&workspace, |user| user.id.clone());
    let server = server(workspace, NEWEST).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    for route in ["users.list", "users.listByStatus"] {
        let mut seen = Vec::new();
        while seen.len() < 430 {
            let page = client
                .json(&format!(
                    "{route}?count=1000000&offset={}&{BY_ID}",
                    seen.len()
                ))
                .await;
            assert_eq!(
                (&page["total"], &page["offset"]),
                (&430.into(), &seen.len().into())
            );
            assert_eq!(page["count"], page["users"].as_array().unwrap().len());
            assert!(page["count"] == 100 || page["count"] == 30);
            seen.extend(ids(&page["users"]));
        }
        assert_eq!(seen, expected, "{route}");
        assert_eq!(
            ids(&client.json(&format!("{route}?count=0&{BY_ID}")).await["users"]),
            expected
        );
        assert_eq!(client.json(route).await["count"], 50);
    }
    assert_eq!(
        client.json("teams.listAll?count=25&offset=50").await["count"],
        10
    );
}

#[tokio::test]
async fn the_default_order_is_the_username() {
    let workspace = workspace();
    let expected = sorted_by(&workspace, |user| (user.username.clone(), user.id.clone()));
    assert!(workspace.user(&expected[0]).unwrap().username.is_none());
    let server = server(workspace, NEWEST).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    for route in ["users.list", "users.listByStatus"] {
        let users = &client.json(&format!("{route}?count=0")).await["users"];
        assert_eq!(ids(users), expected);
        assert!(users[0].get("username").is_none());
    }
}

#[tokio::test]
async fn other_orders_work_where_the_field_is_projected() {
    let workspace = workspace();
    let newest_first = sorted_by(&workspace, |user| {
        (std::cmp::Reverse(user.created_at), user.id.clone())
    });
    let mut backwards = sorted_by(&workspace, |user| user.id.clone());
    let in_id_order = backwards.clone();
    let federated_first = sorted_by(&workspace, |user| {
        (std::cmp::Reverse(user.federated), user.id.clone())
    });
    let by_avatar = sorted_by(&workspace, |user| {
        (user.avatar_etag.clone(), user.id.clone())
    });
    let newest_of_each_type = sorted_by(&workspace, |user| {
        let newest = std::cmp::Reverse(user.created_at);
        (user.kind.clone(), newest, user.id.clone())
    });
    backwards.reverse();
    let server = server(workspace, NEWEST).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let mut of = async |route: &str, sort: &str| {
        ids(&client
            .json(&format!("{route}?count=0&sort=%7B%22{sort}%7D"))
            .await["users"])
    };
    assert_eq!(of("users.listByStatus", "_id%22:-1").await, backwards);
    assert_eq!(of("users.list", "_id%22:-1").await, backwards);
    assert_eq!(
        of("users.listByStatus", "createdAt%22:-1").await,
        newest_first
    );
    assert_eq!(of("users.list", "createdAt%22:-1").await, in_id_order);
    let federated = "federated%22:-1";
    assert_eq!(of("users.listByStatus", federated).await, federated_first);
    assert_eq!(of("users.list", federated).await, in_id_order);
    assert_eq!(of("users.list", "avatarETag%22:1").await, by_avatar);
    let keys = "type%22:1,%22createdAt%22:-1";
    assert_eq!(of("users.listByStatus", keys).await, newest_of_each_type);
}

type Takes<'a> = &'a dyn Fn(&User) -> bool;

#[tokio::test]
async fn filters_choose_users() {
    let workspace = workspace();
    let server = server(workspace.clone(), NEWEST).await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    let is_bot = |user: &User| user.has_role("bot") || user.has_role("app");
    let checks: [(&str, Takes<'_>); 7] = [
        ("status=active", &|user| user.active),
        ("status=deactivated&hasLoggedIn=true", &|user| {
            !user.active && user.last_login.is_some()
        }),
        ("type=app", &|user| user.kind.as_deref() == Some("app")),
        ("roles[]=bot&roles[]=app", &is_bot),
        ("roles[]=all", &|_| true),
        ("inactiveReason[]=pending_approval", &|user| {
            !user.active && user.last_login.is_none()
        }),
        ("searchTerm=PARTNER.example", &|user| {
            user.federated == Some(true)
        }),
    ];
    for (query, takes) in checks {
        let expected = workspace.users.iter().filter(|user| takes(user)).count();
        assert!(expected > 0, "{query}");
        let actual = client
            .json(&format!("users.listByStatus?count=1&{query}"))
            .await;
        assert_eq!(actual["total"], expected, "{query}");
    }
}

#[tokio::test]
async fn users_without_any_name_are_left_out_by_the_old_ways() {
    let mut workspace = Workspace::empty();
    let nameless = User {
        username: None,
        ..User::person("nameless2345678AB", "n", "")
    };
    workspace.users.push(nameless);
    let total = async |version, account, route| {
        let server = server(workspace.clone(), version).await;
        Client::connect(&server, Some(account))
            .await
            .json(route)
            .await["total"]
            .clone()
    };
    assert_eq!(total(NEWEST, Account::Admin, "users.listByStatus").await, 7);
    assert_eq!(total(NEWEST, Account::Plain, "users.listByStatus").await, 7);
    assert_eq!(
        total(Version(6, 8, 0), Account::Admin, "users.listByStatus").await,
        7
    );
    assert_eq!(
        total(Version(6, 8, 0), Account::Plain, "users.listByStatus").await,
        6
    );
    assert_eq!(total(NEWEST, Account::Admin, "users.list").await, 7);
    assert_eq!(total(NEWEST, Account::Plain, "users.list").await, 6);
}

async fn error(version: Version, route: &str) -> Value {
    let server = server(Workspace::empty(), version).await;
    let answer = Client::connect(&server, Some(Account::Reader))
        .await
        .get(route)
        .await;
    if answer.status == 200 {
        return Value::Null;
    }
    assert_eq!(answer.status, 400, "{route}");
    answer.json()["error"].clone()
}

#[tokio::test]
async fn unknown_parameters_are_refused_where_and_since_when_documented() {
    let additional = "must NOT have additional properties";
    let (v8_0, v8_3, v8_4) = (Version(8, 0, 0), Version(8, 3, 9), Version(8, 4, 0));
    let (v7, v8_5, v8_6) = (Version(7, 13, 0), Version(8, 5, 9), Version(8, 6, 0));
    for (route, before, since) in [
        ("users.list", v8_3, v8_4),
        ("teams.members", v8_5, v8_6),
        ("statistics", v7, v8_0),
    ] {
        assert_eq!(
            error(since, &format!("{route}?_=1")).await,
            additional,
            "{route}"
        );
        let lenient = error(before, &format!("{route}?_=1")).await;
        assert!(
            !lenient
                .as_str()
                .is_some_and(|error| error.starts_with(additional)),
            "{route}"
        );
    }
    for route in ["users.info", "users.listTeams", "permissions.listAll"] {
        let old = "must NOT have additional properties [invalid-params]";
        assert_eq!(
            error(Version(6, 4, 0), &format!("{route}?_=1")).await,
            old,
            "{route}"
        );
    }
    for route in ["me", "roles.list", "teams.listAll"] {
        assert_eq!(
            error(NEWEST, &format!("{route}?_=1")).await,
            Value::Null,
            "{route}"
        );
    }
    assert_eq!(
        error(NEWEST, "users.list?query=%7B%7D&fields=%7B%7D").await,
        Value::Null
    );
    assert_eq!(
        error(Version(9, 0, 0), "users.list?query=%7B%7D").await,
        additional
    );
}

#[tokio::test]
async fn wrong_values_are_refused() {
    assert_eq!(
        error(NEWEST, "users.list?count=many").await,
        "must be number"
    );
    assert!(
        error(Version(7, 4, 0), "users.list?count=many")
            .await
            .as_str()
            .unwrap()
            .contains("integer")
    );
    assert!(
        error(NEWEST, "users.list?count=-5")
            .await
            .as_str()
            .unwrap()
            .contains("must be positive")
    );
    let sort = "Invalid sort parameter provided: \"{_id:1}\" [error-invalid-sort]";
    assert_eq!(error(NEWEST, "users.list?sort=%7B_id:1%7D").await, sort);
    let one_of = "must match exactly one schema in oneOf";
    assert_eq!(error(NEWEST, "users.info").await, one_of);
    assert_eq!(
        error(NEWEST, "users.info?userId=a&username=b").await,
        one_of
    );
    assert_eq!(error(NEWEST, "teams.members?count=0").await, one_of);
    let old = error(Version(7, 4, 0), "teams.members?count=0").await;
    assert!(old.as_str().unwrap().starts_with("Match error"));
    assert!(
        error(NEWEST, "permissions.listAll?updatedSince=x")
            .await
            .as_str()
            .unwrap()
            .contains("error-roomId")
    );
}
