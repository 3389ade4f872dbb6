//! Every way in which Rocket.Chat hands out less than there is and says `"success": true` (`rocketchat-api.md` section
//! 6.4): the result is the truth, or an error and no output.

use std::collections::BTreeSet;

use baton_model::Summary;
use rocketchat_http::{Client, Policy};
use rocketchat_sim::{
    Account, Action, Fault, Member, Paging, Server, Settings, Shape, Team, User, Version, Workspace,
};
use rocketchat_sync::{DormantMemberships, Error, Options, check, verdict};

use crate::server::{check_truth, connect, ids, settings, start, sync_as, truth, workspace};
use crate::support::{Outcome, describe, run};

/// A server that hands out pages of at most 7 rows.
async fn paged(version: Version) -> Server {
    let paging = Paging {
        upper: 7,
        default: 7,
        allow_infinite: false,
    };
    let workspace = Workspace::generate(&Shape {
        users: 60,
        teams: 9,
        members: 15,
        seed: 5,
    });
    let settings = Settings {
        paging,
        ..settings(version)
    };
    Server::start(workspace, settings).await.unwrap()
}

async fn sync_with(server: &Server, change: impl FnOnce(&mut Options)) -> Outcome {
    let (transport, mut options) = connect(server, Account::Reader);
    change(&mut options);
    run(transport, &options).await
}

#[track_caller]
fn check_error(outcome: Outcome, expected: &str) -> String {
    assert!(outcome.lines.is_none(), "a failed sync leaves no file");
    let text = describe(&outcome.result.unwrap_err());
    assert!(text.contains(expected), "{text}");
    text
}

/// The truth, or an error of a list that does not balance.
#[track_caller]
fn check_truth_or_unstable(server: &Server, outcome: &Outcome, what: &str) -> bool {
    match &outcome.result {
        Ok(_) => {
            check_truth(server, outcome);
            true
        }
        Err(Error::Unstable { .. }) => false,
        Err(error) => panic!("{what}: {}", describe(error)),
    }
}

#[tokio::test]
async fn only_endpoints_that_can_be_proven_whole_are_asked() {
    let server = start(Vec::new()).await;
    check_truth(&server, &sync_as(&server, Account::Reader).await);
    let asked: BTreeSet<_> = server.log().into_iter().map(|call| call.route).collect();
    let expected = [
        "info",
        "me",
        "permissions.listAll",
        "roles.list",
        "teams.listAll",
        "teams.members",
        "users.listByStatus",
        "users.listTeams",
    ];
    assert_eq!(asked, expected.map(str::to_owned).into());
    let parameters = server.log().into_iter().filter_map(|call| call.query);
    for query in parameters {
        assert!(
            !query.contains("query=") && !query.contains("fields="),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_look_ahead_says_what_a_sync_would() {
    let server = start(Vec::new()).await;
    let (transport, options) = connect(&server, Account::Reader);
    let client = Client::new(transport, Policy::default(), verdict);
    check(&client, &options).await.unwrap();
    assert_eq!(server.log().len(), 3);
    let error = check(&client, &Options::new("somebodyElse".into())).await;
    let text = describe(&error.unwrap_err());
    assert!(
        text.contains("not to the configured user somebodyElse"),
        "{text}"
    );
}

#[tokio::test]
async fn all_that_is_missing_is_named_at_once() {
    let mut workspace = workspace();
    for permission in ["view-d-room", "view-all-teams", "view-full-other-user-info"] {
        workspace
            .permissions
            .insert(permission.to_owned(), vec!["admin".into()]);
    }
    let server = Server::start(workspace, settings(Version(6, 4, 8)))
        .await
        .unwrap();
    let (transport, _) = connect(&server, Account::Reader);
    let outcome = run(transport, &Options::new("somebodyElse".into())).await;
    let text = check_error(outcome, "");
    insta::assert_snapshot!(text, @r"
    error: the account cannot be used: the token belongs to user simReader2345678A, not to the configured user somebodyElse; permission view-d-room is missing: users cannot be listed; permission view-all-teams is missing: teams and their members would be missing; permission view-full-other-user-info is missing: e-mail addresses, roles and last logins would be missing (roles of the account: user, bot)

    hint: set the user id that was shown when the token was created; in the administration, open Workspace > Permissions and tick view-d-room, view-all-teams, view-full-other-user-info for the role bot, which the account has
    ");
    assert_eq!(
        server.calls("users.list") + server.calls("teams.listAll"),
        0
    );
}

/// Up to 6.7 there is only `users.list`, which hides roles and addresses.
#[tokio::test]
async fn full_view_is_needed_where_users_list_has_to_do() {
    for (version, refused) in [(Version(6, 4, 8), true), (Version(8, 6, 1), false)] {
        let mut workspace = workspace();
        workspace
            .permissions
            .insert("view-full-other-user-info".to_owned(), Vec::new());
        let server = Server::start(workspace, settings(version)).await.unwrap();
        let outcome = sync_as(&server, Account::Reader).await;
        if refused {
            check_error(outcome, "permission view-full-other-user-info is missing");
        } else {
            check_truth(&server, &outcome);
        }
    }
}

#[tokio::test]
async fn a_user_whose_roles_are_hidden_is_not_synced_without_them() {
    let mut workspace = workspace();
    workspace
        .permissions
        .insert("view-full-other-user-info".to_owned(), Vec::new());
    let server = Server::start(workspace, settings(Version(8, 6, 1)))
        .await
        .unwrap();
    add_late_member(&server);
    check_error(
        sync_as(&server, Account::Reader).await,
        "users.info hides the roles of user lateUser",
    );
}

/// After the users are listed, somebody is made who is a member of a team by the time that its members are.
fn add_late_member(server: &Server) {
    let clock = server.clock();
    server.before("teams.members", 1, move |it| {
        it.users.push(User::person("lateUser", "late", "Late"));
        let member = Member {
            created_at: clock.now(),
            ..Member::plain("lateUser")
        };
        for team in &mut it.teams {
            team.members.push(member.clone());
        }
    });
    // The teams wait until the users are listed.
    let wait = Action::Delay(std::time::Duration::from_millis(300));
    server.inject(Fault::new("teams.listAll", 1, wait));
}

#[tokio::test]
async fn somebody_made_meanwhile_who_is_a_member_already_is_looked_up() {
    let server = start(Vec::new()).await;
    add_late_member(&server);
    let outcome = sync_as(&server, Account::Reader).await;
    assert_eq!(server.calls("users.info"), 1);
    // No comparison with the truth: the newcomer is a row of every team, also of one that was listed without rows and is not
    // asked for its members.
    let found = ids(&outcome);
    assert!(found.contains("user:lateUser") && found.contains("role:user:assigned:user:lateUser"));
    assert_eq!(outcome.result.unwrap().late_users, 1);
}

#[tokio::test]
async fn every_list_comes_in_pages_where_the_tests_say_so() {
    for (version, users) in [
        (Version(8, 6, 1), "users.listByStatus"),
        (Version(6, 4, 8), "users.list"),
    ] {
        let server = paged(version).await;
        check_truth(&server, &sync_as(&server, Account::Reader).await);
        for route in [users, "teams.listAll", "teams.members"] {
            let later = |call: &rocketchat_sim::Call| {
                let query = call.query.as_deref().unwrap_or_default();
                call.route == route && query.contains("offset=")
            };
            assert!(server.log().iter().any(later), "{route}");
        }
    }
}

#[tokio::test]
async fn lying_totals_and_pages_end_in_the_truth_or_an_error() {
    let mut told = Vec::new();
    for route in ["users.listByStatus", "teams.listAll", "teams.members"] {
        for action in [
            Action::Total(0),
            Action::Total(1),
            Action::Total(5),
            Action::Total(1_000_000),
            Action::DropRow(0),
            Action::DropRow(2),
            Action::RepeatRow(1),
            Action::Without("offset".to_owned()),
            Action::Without("count".to_owned()),
            Action::Without("sort".to_owned()),
        ] {
            for times in [1, 1_000_000] {
                let what = format!("{route}: {action:?}, {times} times");
                let server = paged(Version(8, 6, 1)).await;
                server.inject(Fault::new(route, 2, action.clone()).times(times));
                let outcome = sync_as(&server, Account::Reader).await;
                told.push(check_truth_or_unstable(&server, &outcome, &what));
            }
        }
    }
    assert!(told.iter().any(|ok| *ok) && told.iter().any(|ok| !ok));
}

#[tokio::test]
async fn a_whole_list_with_a_lying_total_ends_in_the_truth_or_an_error() {
    for route in ["users.listByStatus", "teams.listAll", "teams.members"] {
        for action in [
            Action::Total(0),
            Action::Total(1_000_000),
            Action::DropRow(0),
            Action::RepeatRow(0),
        ] {
            for times in [1, 1_000_000] {
                let what = format!("{route}: {action:?}, {times} times");
                let server = start(vec![Fault::new(route, 1, action.clone()).times(times)]).await;
                let outcome = sync_as(&server, Account::Reader).await;
                check_truth_or_unstable(&server, &outcome, &what);
            }
        }
    }
}

/// Without the permission a team looks empty, and afterwards the permission is there again.
#[tokio::test]
async fn a_permission_that_is_gone_for_a_moment_does_not_empty_a_team() {
    let server = start(Vec::new()).await;
    let holders = server.with(|it| it.permissions["view-all-teams"].clone());
    server.before("teams.members", 2, |it| {
        it.permissions
            .insert("view-all-teams".to_owned(), Vec::new());
    });
    server.before("users.listTeams", 1, |it| {
        it.permissions.insert("view-all-teams".to_owned(), holders);
    });
    check_error(
        sync_as(&server, Account::Reader).await,
        "when it was asked again",
    );
}

/// Revoked at one request, and perhaps back at a later one.
#[tokio::test]
async fn a_permission_revoked_at_any_moment_never_shortens_a_list() {
    let (mut refused, mut whole) = (0, 0);
    for permission in ["view-d-room", "view-all-teams", "view-full-other-user-info"] {
        for version in [Version(6, 4, 8), Version(8, 6, 1)] {
            // What `users.listTeams` hides for a moment only looks like rows of deleted users (docs/completeness.md).
            let backs: &[_] = match permission {
                "view-all-teams" => &[1000],
                _ => &[1, 2, 5, 1000],
            };
            for (nth, back) in (3..40).step_by(2).zip(backs.iter().cycle()) {
                let server = paged(version).await;
                let holders = server.with(|it| it.permissions[permission].clone());
                server.before("*", nth, move |it| {
                    it.permissions.insert(permission.to_owned(), Vec::new());
                });
                server.before("*", nth + back, move |it| {
                    it.permissions.insert(permission.to_owned(), holders);
                });
                let outcome = sync_as(&server, Account::Reader).await;
                match &outcome.result {
                    Ok(_) => {
                        check_truth(&server, &outcome);
                        whole += 1;
                    }
                    Err(
                        Error::Preflight { .. }
                        | Error::RolesHidden { .. }
                        | Error::MembersHidden { .. }
                        | Error::Api(_),
                    ) => {
                        assert!(outcome.lines.is_none());
                        refused += 1;
                    }
                    Err(error) => panic!("{permission} at {nth}: {}", describe(error)),
                }
            }
        }
    }
    assert!(
        refused > 20 && whole > 20,
        "{refused} refused, {whole} whole"
    );
}

#[tokio::test]
async fn the_roles_are_listed_again_when_some_are_unknown() {
    for body in [
        r#"{"roles":[{"_id":"user","name":"user","scope":"Users"}],"success":true}"#,
        r#"{"roles":[],"success":true}"#,
    ] {
        let short = Action::answer(200, "application/json", body);
        let server = start(vec![Fault::new("roles.list", 1, short)]).await;
        let outcome = sync_as(&server, Account::Reader).await;
        if body.contains("[]") {
            check_error(outcome, "roles.list lists no role at all");
        } else {
            check_truth(&server, &outcome);
        }
    }
}

#[tokio::test]
async fn a_team_is_gone_only_if_both_endpoints_say_so() {
    let unknown = Action::answer(
        400,
        "application/json",
        r#"{"success":false,"error":"team-does-not-exist"}"#,
    );
    let server = start(vec![Fault::new("teams.members", 2, unknown)]).await;
    check_error(
        sync_as(&server, Account::Reader).await,
        "contradict each other",
    );

    let empty = r#"{"teams":[],"total":0,"success":true}"#;
    let empty = Action::answer(200, "application/json", empty);
    let server = start(vec![Fault::new("teams.listAll", 2, empty)]).await;
    check_error(
        sync_as(&server, Account::Reader).await,
        "contradict each other",
    );
}

/// Some servers do not count the rows of a team.
#[tokio::test]
async fn teams_without_a_count_need_the_permission_to_be_proven() {
    let server = start(Vec::new()).await;
    let rows: Vec<_> = server.with(|it| {
        let row = |team: &Team| format!(r#"{{"_id":"{}","name":"{}"}}"#, team.id, team.name);
        it.teams.iter().map(row).collect()
    });
    let body = format!(
        r#"{{"teams":[{}],"total":{},"success":true}}"#,
        rows.join(","),
        rows.len()
    );
    let uncounted = Action::answer(200, "application/json", body);
    server.inject(Fault::new("teams.listAll", 1, uncounted).times(1000));
    check_truth(&server, &sync_as(&server, Account::Reader).await);
    server.before("teams.members", 1, |it| {
        it.permissions
            .insert("view-all-teams".to_owned(), Vec::new());
    });
    check_error(
        sync_as(&server, Account::Reader).await,
        "permission view-all-teams is missing",
    );
}

/// Five rows are counted; by the time that members are listed, one more has joined and makes up for the one not listed.
#[tokio::test]
async fn somebody_who_joins_does_not_hide_a_deactivated_member() {
    let server = start(Vec::new()).await;
    let (team_id, dormant, newcomer) = server.with(|it| {
        let (team, member) = it
            .memberships()
            .find(|(_, member)| it.user(&member.user_id).is_some_and(|user| !user.active))
            .unwrap();
        let newcomer = it
            .users
            .iter()
            .find(|user| user.active && team.member(&user.id).is_none())
            .unwrap();
        (team.id.clone(), member.user_id.clone(), newcomer.id.clone())
    });
    server.update(|it| {
        // No other team has anything that a search could be for.
        let gone: BTreeSet<_> = it
            .users
            .iter()
            .filter(|user| !user.active && user.id != dormant)
            .map(|user| user.id.clone())
            .collect();
        let alive: BTreeSet<_> = it.users.iter().map(|user| user.id.clone()).collect();
        for team in &mut it.teams {
            team.members.retain(|member| {
                alive.contains(&member.user_id) && !gone.contains(&member.user_id)
            });
            if team.id != team_id {
                team.members.retain(|member| member.user_id != dormant);
            }
        }
    });
    let clock = server.clock();
    let joined = team_id.clone();
    server.before("teams.members", 1, move |it| {
        let member = Member {
            created_at: clock.now(),
            ..Member::plain(&newcomer)
        };
        it.team_mut(&joined).unwrap().members.push(member);
    });
    let outcome = sync_as(&server, Account::Reader).await;
    assert!(ids(&outcome).contains(&format!("team:{team_id}:member:user:{dormant}")));
    check_truth(&server, &outcome);
}

/// Listed as active, deactivated before the members are listed.
#[tokio::test]
async fn a_member_deactivated_meanwhile_stays_a_member() {
    let server = start(Vec::new()).await;
    let user = server.with(|it| {
        let active = |member: &&Member| it.user(&member.user_id).is_some_and(|user| user.active);
        it.teams[0]
            .members
            .iter()
            .find(active)
            .unwrap()
            .user_id
            .clone()
    });
    let wait = Action::Delay(std::time::Duration::from_millis(300));
    server.inject(Fault::new("teams.listAll", 1, wait));
    server.before("teams.members", 1, move |it| {
        it.user_mut(&user).unwrap().active = false;
    });
    check_truth(&server, &sync_as(&server, Account::Reader).await);
}

#[tokio::test]
async fn a_team_deleted_meanwhile_is_left_out() {
    let server = start(Vec::new()).await;
    let team_id = server.with(|it| it.teams[3].id.clone());
    server.before("teams.members", 1, move |it| it.remove_team(&team_id));
    let outcome = sync_as(&server, Account::Reader).await;
    check_truth(&server, &outcome);
    assert_eq!(outcome.result.unwrap().gone_teams, 1);
}

fn without_teams() -> Workspace {
    Workspace {
        teams: Vec::new(),
        ..workspace()
    }
}

#[tokio::test]
async fn no_teams_at_all_is_believed_unless_somebody_knows_better() {
    let server = Server::start(without_teams(), settings(Version(8, 6, 1)))
        .await
        .unwrap();
    check_truth(&server, &sync_as(&server, Account::Reader).await);
    check_truth(&server, &sync_as(&server, Account::Admin).await);

    let mut previous = Summary::default();
    previous.resources.insert("team".into(), 3);
    let outcome = sync_with(&server, |options| options.previous = Some(previous.clone())).await;
    check_error(
        outcome,
        "teams.listAll lists no team, but the previous sync had 3",
    );
    let outcome = sync_with(&server, |options| {
        options.previous = Some(previous);
        options.max_shrink = 0;
    });
    check_truth(&server, &outcome.await);

    let empty = r#"{"teams":[],"total":0,"success":true}"#;
    let server = start(vec![Fault::new(
        "teams.listAll",
        1,
        Action::answer(200, "application/json", empty),
    )])
    .await;
    let outcome = sync_as(&server, Account::Admin).await;
    check_error(outcome, "but the server's statistics count 12");
}

#[tokio::test]
async fn a_sync_that_holds_much_less_than_the_one_before_is_refused() {
    let server = start(Vec::new()).await;
    let before = sync_as(&server, Account::Reader)
        .await
        .result
        .unwrap()
        .summary;
    let previous = |options: &mut Options| options.previous = Some(before.clone());
    check_truth(&server, &sync_with(&server, previous).await);
    server.update(|it| {
        it.users.truncate(140);
        it.teams.truncate(6);
    });
    let text = check_error(sync_with(&server, previous).await, "users went from 300 to");
    assert!(
        !text.contains("teams went"),
        "half is not more than half: {text}"
    );
    for max_shrink in [0, 100] {
        let outcome = sync_with(&server, |options| {
            previous(options);
            options.max_shrink = max_shrink;
        });
        check_truth(&server, &outcome.await);
    }
    let outcome = sync_with(&server, |options| {
        previous(options);
        options.max_shrink = 10;
    });
    check_error(outcome.await, "teams went from 12 to 6");
}

#[tokio::test]
async fn dormant_memberships_can_be_counted_only() {
    let server = start(Vec::new()).await;
    let outcome = sync_with(&server, |options| {
        options.dormant_memberships = DormantMemberships::Count;
    })
    .await;
    let report = outcome.result.as_ref().unwrap();
    let hidden = server.with(|it| {
        let listed = |member: &Member| it.user(&member.user_id).is_some_and(|user| user.active);
        it.memberships()
            .filter(|(_, member)| !listed(member))
            .count() as u64
    });
    assert!(hidden > 0);
    assert_eq!(
        (report.dormant_members, report.orphaned_members),
        (hidden, 0)
    );
    assert_eq!(server.calls("users.listTeams"), 0);
    let found = ids(&outcome);
    let all = truth(&server.workspace());
    let missing: Vec<_> = all.difference(&found).collect();
    assert!(!missing.is_empty() && missing.iter().all(|id| id.contains(":member:user:")));
    let in_profiles: u64 = outcome
        .lines
        .unwrap()
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| line["profile"]["dormant_members"].as_u64())
        .sum();
    assert_eq!(in_profiles, hidden);
}

#[tokio::test]
async fn a_team_made_while_members_are_read_waits_for_the_next_sync() {
    let server = start(Vec::new()).await;
    let before = truth(&server.workspace());
    server.before("teams.members", 2, |it| {
        it.teams
            .push(Team::public("64b7a1c2d3e4f50123450001", "night-shift"));
    });
    let outcome = sync_as(&server, Account::Reader).await;
    assert_eq!(ids(&outcome), before);
}
