//! Syncs of a part of the workspace: complete as far as they go, and no further.

use std::collections::BTreeSet;

use baton_model::ResourceId;
use rocketchat_sim::{Account, Action, Fault, Server, Version};
use rocketchat_sync::{Access, Report, Scope};

use crate::server::{connect, ids, settings, start, truth, workspace};
use crate::support::{describe, run};

/// Syncs `scope`; returns what came out, the truth about the whole workspace, the report, and the routes asked.
struct Synced {
    found: BTreeSet<String>,
    truth: BTreeSet<String>,
    report: Report,
    routes: BTreeSet<String>,
}

async fn sync(server: &Server, scope: Scope) -> Synced {
    let (transport, mut options) = connect(server, Account::Reader);
    options.scope = scope;
    let outcome = run(transport, &options).await;
    let found = ids(&outcome);
    Synced {
        found,
        truth: truth(&server.workspace()),
        report: outcome
            .result
            .unwrap_or_else(|error| panic!("{}", describe(&error))),
        routes: server.log().into_iter().map(|call| call.route).collect(),
    }
}

async fn server() -> Server {
    Server::start(workspace(), settings(Version(8, 6, 1)))
        .await
        .unwrap()
}

fn types(types: &[&'static str], access: Access) -> Scope {
    Scope::Types {
        types: types.iter().copied().map(Into::into).collect(),
        access,
    }
}

fn resources(ids: &[(&'static str, &str)], access: Access) -> Scope {
    Scope::Resources {
        ids: ids
            .iter()
            .map(|(kind, id)| ResourceId::new(*kind, *id))
            .collect(),
        access,
    }
}

/// Tells whether an identifier is that of an entitlement or a grant.
fn is_access(id: &str) -> bool {
    id.contains(":assigned") || id.contains(":member")
}

#[track_caller]
fn check(synced: &Synced, expected: impl Fn(&str) -> bool) {
    let expected: BTreeSet<_> = synced
        .truth
        .iter()
        .filter(|id| expected(id))
        .cloned()
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(synced.found, expected);
}

#[tokio::test]
async fn resources_only_asks_for_no_members() {
    let synced = sync(
        &server().await,
        types(&["user", "role", "team"], Access::Nothing),
    )
    .await;
    check(&synced, |id| !is_access(id));
    assert!(
        synced
            .routes
            .iter()
            .all(|it| !it.contains("teams.members") && !it.contains("listTeams"))
    );
    assert_eq!(synced.report.ledger.teams.unique, 12);
}

#[tokio::test]
async fn entitlements_come_without_asking_who_holds_them() {
    let server = server().await;
    let synced = sync(
        &server,
        types(&["user", "role", "team"], Access::Entitlements),
    )
    .await;
    let is_grant = |id: &str| id.contains(":assigned:") || id.contains(":member:");
    check(&synced, |id| !is_grant(id));
    assert!(synced.found.iter().any(|id| id.ends_with(":assigned")));
    assert!(synced.found.iter().any(|id| id.ends_with(":member")));
    assert!(!synced.routes.iter().any(|it| it.contains("teams.members")));
    let team = server.workspace().teams[3].id.to_string();
    let synced = sync(
        &server,
        resources(&[("team", team.as_str())], Access::Entitlements),
    )
    .await;
    check(&synced, |id| {
        ["user", "role", "team"].contains(&id)
            || id == format!("team:{team}")
            || id == format!("team:{team}:member")
    });
}

#[tokio::test]
async fn a_team_whose_members_were_not_read_does_not_count_them() {
    let server = server().await;
    let (transport, mut options) = connect(&server, Account::Reader);
    options.scope = types(&["team"], Access::Nothing);
    let lines = run(transport, &options).await.lines.unwrap();
    let team = lines
        .iter()
        .find(|it| it.contains(r#""id":"team:"#))
        .unwrap();
    assert!(
        team.contains("team_id") && !team.contains("_members"),
        "{team}"
    );
}

#[tokio::test]
async fn types_are_whole_with_the_grants_of_what_they_hold() {
    let server = server().await;
    for kinds in [
        &["user"][..],
        &["role"],
        &["team"],
        &["user", "role"],
        &["role", "team"],
        &["user", "role", "team"],
    ] {
        let synced = sync(&server, types(kinds, Access::Grants)).await;
        check(&synced, |id| kinds.contains(&id.split(':').next().unwrap()));
    }
}

#[tokio::test]
async fn users_alone_cost_no_request_for_teams() {
    let synced = sync(&server().await, types(&["user"], Access::Grants)).await;
    assert!(
        synced.routes.iter().all(|it| !it.contains("teams")),
        "{:?}",
        synced.routes
    );
    assert!(synced.report.disabled_users > 0);
    let roles = sync(&server().await, types(&["role"], Access::Nothing)).await;
    assert!(
        roles
            .routes
            .iter()
            .all(|it| !it.contains("users.list") && !it.contains("teams"))
    );
    assert_eq!(roles.report.disabled_users, 0);
}

#[tokio::test]
async fn roles_that_the_first_list_lacked_are_looked_for_without_users_too() {
    let short = r#"{"roles":[{"_id":"user","name":"user","scope":"Users"}],"success":true}"#;
    let short = Action::answer(200, "application/json", short);
    let server = start(vec![Fault::new("roles.list", 1, short)]).await;
    let synced = sync(&server, types(&["role"], Access::Nothing)).await;
    check(&synced, |id| {
        !is_access(id) && (id == "role" || id.starts_with("role:"))
    });
    assert_eq!(
        synced.report.ledger.roles,
        server.workspace().roles.len() as u64
    );
}

#[tokio::test]
async fn a_part_that_holds_much_less_than_before_is_refused_too() {
    let server = server().await;
    let whole = sync(&server, Scope::Workspace).await.report.summary;
    server.update(|it| {
        it.users.truncate(140);
        it.teams.truncate(5);
    });
    for (scope, lost, kept) in [
        (
            types(&["user", "role"], Access::Nothing),
            "users went",
            "teams went",
        ),
        (
            types(&["team"], Access::Nothing),
            "teams went",
            "memberships went",
        ),
        (
            types(&["team"], Access::Grants),
            "memberships went",
            "users went",
        ),
    ] {
        let (transport, mut options) = connect(&server, Account::Reader);
        options.scope = scope;
        options.previous = Some(whole.clone());
        let error = run(transport, &options).await.result.unwrap_err();
        let said = describe(&error);
        assert!(said.contains(lost) && !said.contains(kept), "{said}");
    }
    // Of single resources nothing is known but that they are fewer.
    let (transport, mut options) = connect(&server, Account::Reader);
    options.scope = resources(&[("role", "admin")], Access::Grants);
    options.previous = Some(whole);
    assert!(run(transport, &options).await.result.is_ok());
}

#[tokio::test]
async fn single_resources_come_with_those_who_hold_them() {
    let server = server().await;
    let workspace = server.workspace();
    let (user, team) = (
        workspace.users[5].id.to_string(),
        workspace.teams[3].id.to_string(),
    );
    let targets = [
        ("user", user.as_str()),
        ("role", "admin"),
        ("team", team.as_str()),
        ("team", "nobody"),
    ];
    let synced = sync(&server, resources(&targets, Access::Grants)).await;
    let grants = |id: &str| {
        id.starts_with("role:admin:assigned:") || id.starts_with(&format!("team:{team}:member:"))
    };
    let principals: BTreeSet<_> = synced
        .truth
        .iter()
        .filter(|id| grants(id))
        .map(|id| id.rsplit_once("user:").unwrap().1.to_owned())
        .chain([user.clone()])
        .collect();
    // One of them is deactivated, so that the search for such members is part of it.
    let is_dormant = |id: &String| {
        workspace
            .users
            .iter()
            .any(|it| *it.id == **id && !it.active)
    };
    assert!(principals.iter().any(is_dormant));
    check(&synced, |id| {
        ["user", "role", "team", "role:admin", "role:admin:assigned"].contains(&id)
            || id == format!("team:{team}")
            || id == format!("team:{team}:member")
            || grants(id)
            || id
                .strip_prefix("user:")
                .is_some_and(|id| principals.contains(id))
    });
    assert_eq!(synced.report.absent, [ResourceId::new("team", "nobody")]);
    assert_eq!(synced.report.ledger.members.len(), 1);
}

#[tokio::test]
async fn single_resources_without_grants_come_alone() {
    let server = server().await;
    let user = server.workspace().users[5].id.to_string();
    let targets = [("user", user.as_str()), ("role", "admin")];
    let synced = sync(&server, resources(&targets, Access::Nothing)).await;
    check(&synced, |id| {
        ["user", "role", "team", "role:admin"].contains(&id) || id == format!("user:{user}")
    });
    assert!(synced.report.absent.is_empty());
}
