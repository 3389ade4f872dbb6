//! A simulated workspace on a real socket, synced by the engine and compared with its own data.

use std::collections::BTreeSet;
use std::sync::Arc;

use rocketchat_http::{BaseUrl, Config, Credentials, HttpTransport};
use rocketchat_sim::{Account, Fault, Server, Settings, Shape, Version, Workspace};
use rocketchat_sync::Options;

use crate::support::{Outcome, describe, run};

pub(crate) fn workspace() -> Workspace {
    Workspace::generate(&Shape {
        users: 300,
        teams: 12,
        members: 20,
        seed: 7,
    })
}

pub(crate) fn settings(version: Version) -> Settings {
    Settings {
        version,
        limiter: None,
        ..Settings::default()
    }
}

/// Starts a current server where `faults` happen.
pub(crate) async fn start(faults: Vec<Fault>) -> Server {
    let settings = Settings {
        faults,
        ..settings(Version(8, 6, 1))
    };
    Server::start(workspace(), settings).await.unwrap()
}

pub(crate) async fn sync_as(server: &Server, account: Account) -> Outcome {
    let (transport, options) = connect(server, account);
    run(transport, &options).await
}

pub(crate) fn connect(server: &Server, account: Account) -> (Arc<HttpTransport>, Options) {
    let (user_id, token) = server.credentials(account);
    connect_with(server, &user_id, &token)
}

pub(crate) fn connect_with(
    server: &Server,
    user_id: &str,
    token: &str,
) -> (Arc<HttpTransport>, Options) {
    let credentials = Credentials::new(user_id, token).unwrap();
    let base_url: BaseUrl = server.base_url().parse().unwrap();
    let transport = HttpTransport::new(base_url, credentials, Config::default()).unwrap();
    (Arc::new(transport), Options::new(user_id.into()))
}

/// Identifiers of everything that a sync of the workspace has to hold, from the simulation's own data.
pub(crate) fn truth(workspace: &Workspace) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = ["user", "role", "team"].map(str::to_owned).into();
    for user in &workspace.users {
        ids.insert(format!("user:{}", user.id));
        ids.extend(
            user.roles
                .iter()
                .flatten()
                .map(|role| format!("role:{role}:assigned:user:{}", user.id)),
        );
    }
    for role in &workspace.roles {
        ids.extend([
            format!("role:{}", role.id),
            format!("role:{}:assigned", role.id),
        ]);
    }
    for team in &workspace.teams {
        ids.extend([
            format!("team:{}", team.id),
            format!("team:{}:member", team.id),
        ]);
        let alive = team
            .members
            .iter()
            .filter(|member| workspace.user(&member.user_id).is_some());
        ids.extend(alive.map(|member| format!("team:{}:member:user:{}", team.id, member.user_id)));
    }
    ids
}

pub(crate) fn ids(outcome: &Outcome) -> BTreeSet<String> {
    let lines = outcome.lines.as_deref().unwrap_or_default();
    let values = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    values
        .filter_map(|value| {
            value
                .get("id")
                .and_then(|id| id.as_str())
                .map(str::to_owned)
        })
        .collect()
}

#[track_caller]
pub(crate) fn check_truth(server: &Server, outcome: &Outcome) {
    if let Err(error) = &outcome.result {
        panic!("{}", describe(error));
    }
    let (expected, found) = (truth(&server.workspace()), ids(outcome));
    let missing: Vec<_> = expected.difference(&found).take(5).collect();
    let invented: Vec<_> = found.difference(&expected).take(5).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "missing {missing:?}, invented {invented:?}"
    );
}
