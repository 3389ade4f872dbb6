//! What `validate` plans against what a sync sends.

use std::collections::BTreeMap;
use std::time::Duration;

use rocketchat_http::Client;
use rocketchat_sim::{
    Account, Action, Fault, Limiter, Member, Paging, Server, Settings, Shape, Version, Workspace,
};
use rocketchat_sync::{DormantMemberships, Validation, validate};

use crate::server::{check_truth, connect, settings, start};
use crate::support::{policy, run};

/// A workspace without teams that list nobody of those counted. Such teams are asked for their members twice, which nobody can
/// plan.
fn workspace(shape: &Shape) -> Workspace {
    let mut workspace = Workspace::generate(shape);
    for team in &mut workspace.teams {
        if !team.members.is_empty() && team.member("rocket.cat").is_none() {
            team.members.push(Member::plain("rocket.cat"));
        }
    }
    workspace
}

async fn validated(
    server: &Server,
    account: Account,
    dormant_memberships: DormantMemberships,
) -> Validation {
    let (transport, mut options) = connect(server, account);
    options.dormant_memberships = dormant_memberships;
    let client = Client::new(transport, policy(), rocketchat_sync::verdict);
    validate(&client, &options).await
}

/// Plans a sync, runs it, and compares the calls.
async fn check(shape: &Shape, settings: Settings, account: Account) {
    let what = format!("{account:?}, {}, {:?}", settings.version, settings.paging);
    let server = Server::start(workspace(shape), settings).await.unwrap();
    for dormant_memberships in [DormantMemberships::Count, DormantMemberships::Resolve] {
        let what = format!("{what}, {dormant_memberships:?}");
        let validation = validated(&server, account, dormant_memberships).await;
        let plan = validation.plan.expect("a plan");
        let (planned, at_most) = (plan.requests, plan.seconds_at_most);
        let before = server.log().len();
        let (transport, mut options) = connect(&server, account);
        options.dormant_memberships = dormant_memberships;
        let outcome = run(transport, &options).await;
        if dormant_memberships == DormantMemberships::Resolve {
            check_truth(&server, &outcome);
        }
        let mut sent = BTreeMap::<_, u64>::new();
        for call in server.log().split_off(before) {
            // An endpoint that the release lacks is known by its path only.
            let route = call.route.trim_start_matches("/api/v1/").to_owned();
            *sent.entry(route).or_default() += 1;
        }
        for it in &planned {
            let sent = sent.remove(it.endpoint).unwrap_or_default();
            if it.at_most {
                assert!(sent <= it.calls, "{what}: {sent} calls, planned {it:?}");
            } else {
                assert_eq!(sent, it.calls, "{what}: planned {it:?}");
            }
        }
        if at_most.is_none() {
            // `users.list` does not tell how many are deactivated.
            sent.remove("users.listTeams");
        }
        assert!(sent.is_empty(), "{what}: not planned: {sent:?}");
        // Where memberships are only counted, nothing keeps the plan of the lists of users from being exact.
        let is_vague = |it: &&rocketchat_sync::PlannedRequests| {
            it.at_most && it.endpoint.starts_with("users.list")
        };
        if dormant_memberships == DormantMemberships::Count {
            assert_eq!(planned.iter().find(is_vague), None, "{what}");
        }
    }
}

#[tokio::test]
async fn a_sync_sends_what_was_planned() {
    let shape = Shape {
        users: 300,
        teams: 12,
        members: 20,
        seed: 7,
    };
    let limiter = Limiter {
        calls: 100_000,
        window: Duration::from_mins(1),
    };
    for (upper, default, allow_infinite) in [
        (100, 50, true),
        (100, 50, false),
        (100, 10, false),
        (7, 3, false),
        (500, 1, true),
        (500, 50, false),
    ] {
        for version in [Version(6, 4, 8), Version(8, 6, 1)] {
            for account in [Account::Reader, Account::LimitedReader] {
                let settings = Settings {
                    limiter: Some(limiter),
                    paging: Paging {
                        upper,
                        default,
                        allow_infinite,
                    },
                    ..settings(version)
                };
                check(&shape, settings, account).await;
            }
        }
    }
}

/// The list of teams shows what that of users is too short for: whole lists do not come.
#[tokio::test]
async fn few_users_and_many_teams_are_planned() {
    let shape = Shape {
        users: 40,
        teams: 130,
        members: 4,
        seed: 3,
    };
    let settings = Settings {
        paging: Paging {
            allow_infinite: false,
            ..Paging::default()
        },
        ..settings(Version(8, 6, 1))
    };
    check(&shape, settings, Account::Reader).await;
}

#[tokio::test]
async fn a_long_list_is_planned_in_the_pages_that_it_is_read_in() {
    let shape = Shape {
        users: 20_100,
        teams: 1,
        members: 3,
        seed: 5,
    };
    check(&shape, settings(Version(6, 4, 8)), Account::Reader).await;
}

/// A proxy shows such a page during maintenance; a current server has the endpoint all the same.
#[tokio::test]
async fn a_page_of_html_does_not_make_a_current_server_an_old_one() {
    let page = "<!DOCTYPE html><title>Maintenance</title>";
    let page = Action::answer(200, "text/html", page);
    let server = start(vec![Fault::new("users.listByStatus", 1, page)]).await;
    let validation = validated(&server, Account::Reader, DormantMemberships::Resolve).await;
    let users = validation.checks.iter().find(|it| it.name == "users");
    let words = &users.unwrap().result;
    assert!(
        words.starts_with("300 users in users.listByStatus, "),
        "{words}"
    );
    let planned = validation.plan.unwrap().requests;
    assert!(planned.iter().all(|it| it.endpoint != "users.list"));
}
