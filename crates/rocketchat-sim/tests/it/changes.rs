//! Changes of the workspace between and right before calls, and the orders and numbers that follow them.

use std::time::Duration;

use rocketchat_sim::{
    Account, Action, Fault, Member, Moment, Server, Settings, Team, User, Workspace,
};

use crate::client::{BY_ID, Client, ids};

/// `sort={"createdAt":-1}`, encoded.
const NEWEST_FIRST: &str = "sort=%7B%22createdAt%22%3A-1%7D";

async fn start(workspace: Workspace) -> (Server, Client) {
    let server = Server::start(workspace, Settings::default()).await.unwrap();
    let client = Client::connect(&server, Some(Account::Reader)).await;
    (server, client)
}

fn user(id: &str) -> User {
    User::person(id, id, id)
}

/// Returns a change that adds a user.
fn adding(id: &'static str) -> impl FnOnce(&mut Workspace) + Send + 'static {
    move |it| it.users.push(user(id))
}

#[tokio::test]
async fn a_change_happens_right_before_its_call() {
    let (server, mut client) = start(Workspace::empty()).await;
    let by_id = format!("users.listByStatus?{BY_ID}");
    assert_eq!(client.json(&by_id).await["total"], 6);
    server.before("users.listByStatus", 2, adding("a"));
    server.before("users.listByStatus", 2, |it| it.remove_user("rocket.cat"));
    server.before("users.listByStatus", 2, |it| {
        let added = it.user_mut("a").expect("the changes happen as stated");
        added.active = false;
    });
    let before = client.json(&by_id).await;
    assert_eq!(before["total"], 6);
    client.json("roles.list").await;
    assert!(server.with(|it| it.user("a").is_none()));
    let after = client.json(&by_id).await;
    assert_eq!(after["total"], 6);
    assert_eq!(
        (&after["users"][0]["_id"], &after["users"][0]["active"]),
        (&"a".into(), &false.into())
    );
    assert!(!ids(&after["users"]).contains(&"rocket.cat".to_owned()));
    assert_eq!(client.json(&by_id).await, after);
}

#[tokio::test]
async fn any_call_may_be_meant_and_an_account_may_go() {
    let (server, mut client) = start(Workspace::empty()).await;
    server.before("*", 3, |it| {
        it.accounts.remove(&Account::Reader);
    });
    assert_eq!(client.path("/api/info").await.status, 200);
    assert_eq!(client.get("nothing").await.status, 404);
    assert_eq!(client.get("me").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn faults_do_not_keep_a_change_away() {
    let actions = [
        Action::answer(502, "text/html", "<h1>Bad gateway</h1>"),
        Action::Cut,
        Action::CutBody(10),
        Action::Delay(Duration::from_mins(1)),
    ];
    for action in actions {
        let (server, mut client) = start(Workspace::empty()).await;
        server.inject(Fault::new("users.list", 1, action.clone()));
        server.before("users.list", 1, adding("a"));
        let hit = client
            .send(http::Method::GET, "/api/v1/users.list?count=0")
            .await;
        assert!(server.with(|it| it.user("a").is_some()), "{action:?}");
        if matches!(action, Action::Delay(_)) {
            assert_eq!(hit.unwrap().json()["total"], 7);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_stays_when_the_client_gives_up() {
    let (server, mut client) = start(Workspace::empty()).await;
    server.inject(Fault::new("me", 1, Action::Delay(Duration::from_hours(1))));
    server.before("me", 1, adding("a"));
    let patience = Duration::from_secs(5);
    let answer = tokio::time::timeout(patience, client.get("me")).await;
    assert!(answer.is_err());
    assert!(server.with(|it| it.user("a").is_some()));
}

#[tokio::test]
async fn pages_stay_in_the_order_of_ids_wherever_users_come_and_go() {
    let (server, mut client) = start(Workspace::empty()).await;
    let places: [(usize, &str); 4] = [(0, "zz"), (3, "Aa"), (5, "s"), (9, "é")];
    server.update(|it| {
        for (place, id) in places {
            it.users.insert(place, user(id));
        }
        it.users.swap(1, 7);
        it.remove_user("simGuest2345678AB");
    });
    let mut expected = server.with(|it| {
        let ids = it.users.iter().map(|user| user.id.to_string());
        ids.collect::<Vec<_>>()
    });
    assert!(!expected.is_sorted());
    expected.sort();
    for route in ["users.list", "users.listByStatus"] {
        let mut seen = Vec::new();
        while seen.len() < expected.len() {
            let page = format!("{route}?count=2&offset={}&{BY_ID}", seen.len());
            seen.extend(ids(&client.json(&page).await["users"]));
        }
        assert_eq!(seen, expected, "{route}");
    }
}

#[tokio::test]
async fn the_newest_come_first_and_the_undated_last() {
    let (server, mut client) = start(Workspace::empty()).await;
    let clock = server.clock();
    server.update(|it| {
        let kept = ["rocket.cat", "simReader2345678A"];
        it.users.retain(|user| kept.contains(&&*user.id));
        it.user_mut("simReader2345678A").unwrap().created_at = None;
        for (id, created_at) in [
            ("m", None),
            ("c", Some(Moment(9))),
            ("b", Some(Moment(9))),
            ("now", Some(clock.now())),
            ("old", Some(Moment(-5))),
        ] {
            let added = User {
                created_at,
                ..user(id)
            };
            it.users.insert(0, added);
        }
    });
    let newest_first = "now,rocket.cat,b,c,old,m,simReader2345678A";
    let newest_first: Vec<&str> = newest_first.split(',').collect();
    let page = |query: &str| format!("users.listByStatus?{query}&{NEWEST_FIRST}");
    let all = client.json(&page("count=0")).await;
    assert_eq!(ids(&all["users"]), newest_first);
    let part = client.json(&page("count=3&offset=2")).await;
    assert_eq!(ids(&part["users"]), newest_first[2..5]);
    let oldest_first = "users.listByStatus?count=2&sort=%7B%22createdAt%22%3A1%7D";
    let undated = client.json(oldest_first).await;
    assert_eq!(ids(&undated["users"]), newest_first[5..]);
    let undated = client.json("users.info?userId=m").await;
    assert!(undated["user"].get("createdAt").is_none());
}

#[tokio::test]
async fn the_deactivated_have_pages_of_their_own() {
    let mut workspace = Workspace::empty();
    for (id, day) in [("d", 2), ("a", 3), ("c", 1), ("b", 4)] {
        workspace.users.insert(
            2,
            User {
                active: false,
                created_at: Some(Moment(day)),
                ..user(id)
            },
        );
    }
    let (_server, mut client) = start(workspace).await;
    for (sort, order) in [(BY_ID, ["a", "b", "c"]), (NEWEST_FIRST, ["b", "a", "d"])] {
        let page = |query| format!("users.listByStatus?status=deactivated&{query}&{sort}");
        let first = client.json(&page("count=2&offset=0")).await;
        assert_eq!(ids(&first["users"]), order[..2]);
        assert_eq!((&first["total"], &first["count"]), (&4.into(), &2.into()));
        let second = client.json(&page("count=1&offset=2")).await;
        assert_eq!(ids(&second["users"]), order[2..]);
        assert_eq!(
            (&second["offset"], &second["count"]),
            (&2.into(), &1.into())
        );
        let beyond = client.json(&page("count=2&offset=4")).await;
        assert_eq!((&beyond["total"], &beyond["count"]), (&4.into(), &0.into()));
    }
}

#[tokio::test]
async fn teams_members_and_permissions_come_and_go() {
    let (server, mut client) = start(Workspace::empty()).await;
    let clock = server.clock();
    server.before("teams.members", 1, move |it| {
        let mut team = Team::public("64b7a1c2d3e4f50123450001", "night-shift");
        team.members = vec![
            Member {
                created_at: clock.now(),
                ..Member::plain("rocket.cat")
            },
            Member::plain("simPLain2345678AB"),
        ];
        it.teams.push(team);
    });
    server.before("teams.members", 2, |it| {
        it.permissions.insert("view-all-teams".into(), Vec::new());
    });
    server.before("teams.members", 3, |it| {
        it.remove_team("64b7a1c2d3e4f50123450001");
    });
    let members = "teams.members?teamId=64b7a1c2d3e4f50123450001";
    let seen = client.json(members).await;
    assert_eq!(seen["total"], 2);
    let joined = seen["members"][0]["createdAt"].as_str().unwrap();
    assert!(Moment::parse(joined).unwrap() > Moment(1_780_000_000_000));
    assert_eq!(client.json(members).await["total"], 0);
    assert_eq!(client.get(members).await.status, 400);
}

#[tokio::test]
async fn statistics_follow_the_workspace() {
    let (server, mut client) = start(Workspace::empty()).await;
    let numbers = async |client: &mut Client| {
        let body = client.json("statistics").await;
        [
            body["totalUsers"].as_u64().unwrap(),
            body["nonActiveUsers"].as_u64().unwrap(),
            body["teams"]["totalTeams"].as_u64().unwrap(),
        ]
    };
    assert_eq!(numbers(&mut client).await, [6, 0, 0]);
    server.update(|it| {
        it.users.push(User {
            active: false,
            ..user("a")
        });
        it.teams.push(Team::public("t", "new"));
    });
    assert_eq!(numbers(&mut client).await, [7, 1, 1]);
    server.before("statistics", 1, |it| {
        it.permissions.insert("view-statistics".into(), Vec::new());
    });
    let refused = client.get("statistics").await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"], "error-not-allowed");
}
