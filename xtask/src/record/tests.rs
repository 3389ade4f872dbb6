//! Recording from a simulated workspace, as from a live one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rocketchat_http::{BaseUrl, Client, Policy, Replay, Scenario};
use rocketchat_sim::{
    Account as SimAccount, Limiter, Paging, Server, Settings, Shape, Version, Workspace,
};
use rocketchat_sync::{Options, Report, verdict};

use super::{Account, capture, ensure_empty, record, refuse_secrets};

const SHAPE: Shape = Shape {
    users: 260,
    teams: 30,
    members: 8,
    seed: 11,
};

/// What every workspace has, and so may be written.
const COMMON: &[&str] = &["rocket.cat", "Rocket.Cat"];

async fn start(settings: Settings) -> (Server, BaseUrl) {
    let server = Server::start(Workspace::generate(&SHAPE), settings)
        .await
        .unwrap();
    let base_url = server.base_url().parse().unwrap();
    (server, base_url)
}

fn account(server: &Server, account: SimAccount) -> Account {
    let (user_id, auth_token) = server.credentials(account);
    Account {
        user_id,
        auth_token: auth_token.into(),
    }
}

/// Records the server, writes the fixture, and reads it back.
async fn recorded(server: &Server, base_url: &BaseUrl, of: SimAccount, folder: &Path) -> Scenario {
    let scenario = record(base_url, &account(server, of), "A simulated workspace")
        .await
        .unwrap();
    scenario.save(folder).unwrap();
    Scenario::load(folder).unwrap()
}

async fn synced(client: &Client, user_id: &str) -> Report {
    rocketchat_sync::sync(
        client,
        &Options::new(user_id.into()),
        Box::new(capture::Discard),
    )
    .await
    .unwrap()
}

/// What a report says apart from ids and times.
fn counts(report: &Report) -> serde_json::Value {
    let mut counts = serde_json::to_value(report).unwrap();
    counts["waited_seconds"].take();
    for team in counts["ledger"]["members"].as_array_mut().unwrap() {
        team["team"].take();
    }
    counts
}

/// Everything about the workspace that must not be written.
fn identities(workspace: &Workspace, base_url: &BaseUrl) -> BTreeSet<String> {
    let mut found = BTreeSet::from([base_url.to_string().replace("http://", "")]);
    for user in &workspace.users {
        found.insert(user.id.to_string());
        found.extend(user.username.clone());
        found.extend(
            user.username
                .as_ref()
                .and_then(|name| name.split_once(':'))
                .map(|(_, server)| server.to_owned()),
        );
        found.extend(user.name.as_str().map(str::to_owned));
        found.extend(user.reason.as_str().map(str::to_owned));
        found.extend(user.avatar_etag.clone());
        found.extend(
            user.emails
                .iter()
                .flatten()
                .map(|email| email.address.clone()),
        );
    }
    for team in &workspace.teams {
        found.extend([
            team.id.to_string(),
            team.name.clone(),
            team.room_id.clone(),
            team.created_by.username.clone(),
        ]);
        found.insert(team.created_by.id.to_string());
    }
    for role in workspace.roles.iter().filter(|role| !role.protected) {
        found.insert(role.id.to_string());
        found.extend(role.name.iter().chain(&role.description).cloned());
    }
    found.extend(
        SimAccount::ALL
            .iter()
            .map(|account| account.token().to_owned()),
    );
    found.retain(|text| !text.is_empty() && !COMMON.contains(&text.as_str()));
    found
}

fn written(folder: &Path) -> String {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let named = files.map(|path| {
        let name = path.display().to_string();
        [name, fs::read_to_string(&path).unwrap()].join("\n")
    });
    named.collect::<Vec<_>>().join("\n")
}

fn check_nothing_leaks(server: &Server, base_url: &BaseUrl, folder: &Path) {
    let text = written(folder);
    let identities = identities(&server.workspace(), base_url);
    assert!(
        identities.len() > SHAPE.users,
        "too few identities to look for: {}",
        identities.len()
    );
    let leaked: Vec<_> = identities
        .iter()
        .filter(|identity| text.contains(identity.as_str()))
        .collect();
    assert_eq!(leaked, Vec::<&String>::new());
}

#[tokio::test]
async fn recording_leaks_nothing_and_replays_to_the_same_counts() {
    let (server, base_url) = start(Settings::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let scenario = recorded(&server, &base_url, SimAccount::Reader, folder.path()).await;
    check_nothing_leaks(&server, &base_url, folder.path());

    assert_eq!(scenario.server, "8.6.1");
    let live =
        Arc::new(capture::transport(&base_url, &account(&server, SimAccount::Reader)).unwrap());
    let (live_id, _) = server.credentials(SimAccount::Reader);
    let live = synced(&Client::new(live, Policy::default(), verdict), &live_id).await;
    let user_id = scenario
        .options
        .get("user_id")
        .and_then(|id| id.as_str())
        .unwrap()
        .to_owned();
    let replay = Arc::new(Replay::new(scenario.exchanges));
    let replayed = synced(
        &Client::new(Arc::clone(&replay) as _, Policy::default(), verdict),
        &user_id,
    )
    .await;
    assert_eq!(counts(&replayed), counts(&live));
    assert_eq!(replay.unused(), Vec::<String>::new());
}

#[tokio::test]
async fn pages_of_an_old_server_leak_nothing() {
    let paging = Paging {
        upper: 40,
        default: 7,
        allow_infinite: false,
    };
    let (server, base_url) = start(Settings {
        paging,
        version: Version(6, 4, 8),
        limiter: None,
        ..Settings::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let scenario = recorded(&server, &base_url, SimAccount::Reader, folder.path()).await;
    check_nothing_leaks(&server, &base_url, folder.path());
    assert!(
        scenario
            .exchanges
            .iter()
            .filter(|exchange| exchange.path == "/api/v1/users.list")
            .count()
            > 5
    );
}

#[tokio::test]
async fn refused_account_is_recorded_too() {
    let limiter = Some(Limiter::default());
    let (server, base_url) = start(Settings {
        limiter,
        sub_path: Some("/team".to_owned()),
        ..Settings::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let scenario = recorded(&server, &base_url, SimAccount::Guest, folder.path()).await;
    check_nothing_leaks(&server, &base_url, folder.path());
    assert!(
        scenario
            .exchanges
            .iter()
            .all(|exchange| exchange.path.starts_with("/api/"))
    );
    assert!(!written(folder.path()).contains("/team"));
}

#[tokio::test]
async fn broken_connection_is_no_recording() {
    let account = Account {
        user_id: "Kq7TzWm3PfRbX9dLc".to_owned(),
        auth_token: "a-token".to_owned().into(),
    };
    let error = capture::record(Replay::new([]), &account)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the connection failed while recording");
}

#[test]
fn secrets_in_a_description_are_refused() {
    let account = Account {
        user_id: "Kq7TzWm3PfRbX9dLc".to_owned(),
        auth_token: "a-token".to_owned().into(),
    };
    let base_url: BaseUrl = "https://chat.example.net/team".parse().unwrap();
    let check = |description: &str, expected: Option<&str>| {
        let scenario = Scenario {
            description: description.to_owned(),
            origin: rocketchat_http::Origin::Recorded,
            server: "8.6.1".to_owned(),
            options: std::collections::BTreeMap::default(),
            exchanges: Vec::new(),
        };
        let refused = refuse_secrets(&scenario, &base_url, &account)
            .err()
            .map(|error| error.to_string());
        assert_eq!(refused.as_deref(), expected);
    };
    check("A company of five", None);
    check(
        "All of chat.example.net",
        Some("the fixture holds the host"),
    );
    check("Asked with a-token", Some("the fixture holds the token"));
    check(
        "Asked by Kq7TzWm3PfRbX9dLc",
        Some("the fixture holds the user id"),
    );
}

#[test]
fn folder_with_something_in_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    ensure_empty(folder.path()).unwrap();
    ensure_empty(&folder.path().join("new")).unwrap();
    fs::write(folder.path().join("mine.txt"), "").unwrap();
    assert!(
        ensure_empty(folder.path())
            .unwrap_err()
            .to_string()
            .starts_with("folder is not empty: ")
    );
    assert!(ensure_empty(&folder.path().join("mine.txt")).is_err());
}
