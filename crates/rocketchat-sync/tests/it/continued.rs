//! Chains of changes around an interruption that numbers alone do not show.

use std::sync::Arc;

use rocketchat_sim::{Member, Server, Team, User, Workspace};
use rocketchat_sync::DormantMemberships;

use crate::resume::{Kept, Lists, active_member, log_out, start, sync_resolving, sync_with};
use crate::server::{check_truth, ids};

fn is_account(it: &Workspace, id: &str) -> bool {
    it.accounts.values().any(|account| **account == *id)
}

fn is_active(it: &Workspace, id: &str) -> bool {
    it.user(id).is_some_and(|user| user.active)
}

/// Deletes somebody who is in a team; the row stays, and nothing explains it.
fn orphan_a_row(it: &mut Workspace, but: &str) {
    let members = it.memberships().map(|(_, member)| member.user_id.clone());
    let fits = |id: &Arc<str>| **id != *but && is_active(it, id) && !is_account(it, id);
    let doomed = members.into_iter().find(fits).unwrap();
    it.remove_user(&doomed);
}

async fn fails(server: &Server, lists: Lists, kept: &Arc<Kept>) {
    assert!(sync_with(server, lists, kept).await.result.is_err());
}

/// One user is exchanged for another between the runs, and a third one is deleted in the midst of the second.
#[tokio::test]
async fn an_exchange_of_users_and_then_a_deletion() {
    let server = start(Lists::Pages).await;
    let kept = Arc::default();
    log_out(&server, "users.listByStatus", 8);
    fails(&server, Lists::Pages, &kept).await;
    let ids = server.with(|it| {
        let ids = it.users.iter().map(|user| user.id.to_string());
        let mut ids: Vec<_> = ids.filter(|id| !is_account(it, id)).collect();
        ids.sort();
        ids
    });
    let clock = server.clock();
    server.update(|it| {
        it.remove_user(&ids[18]);
        let newcomer = format!("{}x", ids[28]);
        it.users.push(User {
            created_at: Some(clock.now()),
            ..User::person(&newcomer, "newcomer", "Newcomer")
        });
    });
    let later = ids[75].clone();
    server.before("users.listByStatus", 2, move |it| it.remove_user(&later));
    check_truth(&server, &sync_with(&server, Lists::Pages, &kept).await);
}

/// Somebody joins between the count and the list of the members; somebody else leaves before the second run.
#[tokio::test]
async fn more_members_than_were_counted() {
    let server = start(Lists::Whole).await;
    let kept = Arc::default();
    let (team, joins, leaves) = server.with(|it| {
        let mut teams: Vec<_> = it.teams.iter().collect();
        teams.sort_by(|a, b| a.id.cmp(&b.id));
        let all_active = |team: &&&Team| {
            let mut members = team.members.iter();
            team.members.len() > 1 && members.all(|member| is_active(it, &member.user_id))
        };
        let team = teams[..12].iter().find(all_active).unwrap();
        let joins = it.users.iter().find(|user| {
            user.active && team.member(&user.id).is_none() && !is_account(it, &user.id)
        });
        let mut members = team.members.iter();
        let leaves = members.find(|member| !is_account(it, &member.user_id));
        (
            team.id.clone(),
            joins.unwrap().id.clone(),
            leaves.unwrap().user_id.clone(),
        )
    });
    let joined = team.clone();
    server.before("teams.members", 1, move |it| {
        let members = &mut it.team_mut(&joined).unwrap().members;
        members.push(Member::plain(&joins));
    });
    log_out(&server, "teams.members", 20);
    fails(&server, Lists::Whole, &kept).await;
    server.update(|it| {
        let members = &mut it.team_mut(&team).unwrap().members;
        members.retain(|member| member.user_id != leaves);
    });
    check_truth(&server, &sync_with(&server, Lists::Whole, &kept).await);
}

/// Somebody deactivated during the first run, whose teams were asked for then, joins another team before the second.
#[tokio::test]
async fn a_user_deactivated_since_the_list_joins_a_team() {
    let server = start(Lists::Pages).await;
    let kept = Arc::default();
    let user = server.with(active_member);
    server.update(|it| orphan_a_row(it, &user));
    let deactivated = user.clone();
    server.before("users.listByStatus", 11, move |it| {
        it.user_mut(&deactivated).unwrap().active = false;
    });
    log_out(&server, "teams.listAll", 6);
    fails(&server, Lists::Pages, &kept).await;
    server.update(|it| {
        let mut teams = it.teams.iter_mut();
        let team = teams.find(|team| team.member(&user).is_none()).unwrap();
        team.members.push(Member::plain(&user));
    });
    check_truth(&server, &sync_with(&server, Lists::Pages, &kept).await);
}

/// Without a search for deactivated members nothing else would show somebody who is active again.
#[tokio::test]
async fn a_member_is_active_again_and_deactivated_ones_are_only_counted() {
    let count = DormantMemberships::Count;
    let server = start(Lists::Whole).await;
    let kept: Arc<Kept> = Arc::default();
    log_out(&server, "teams.members", 26);
    let first = sync_resolving(&server, Lists::Whole, &kept, count).await;
    assert!(first.result.is_err());
    let (team, user) = server.with(|it| {
        let mut dormant = it
            .memberships()
            .filter(|(_, member)| it.user(&member.user_id).is_some_and(|user| !user.active));
        let (team, member) = dormant.next().unwrap();
        (team.id.clone(), member.user_id.clone())
    });
    server.update(|it| it.user_mut(&user).unwrap().active = true);
    let second = sync_resolving(&server, Lists::Whole, &kept, count).await;
    let membership = format!("team:{team}:member:user:{user}");
    assert!(ids(&second).contains(&membership), "{membership}");
}

/// A row that nothing will ever explain does not make every run start over.
#[tokio::test]
async fn rows_of_deleted_users_do_not_make_everything_asked_for_again() {
    let server = start(Lists::Whole).await;
    let kept = Arc::default();
    server.update(|it| orphan_a_row(it, ""));
    for run in 0..4 {
        let asked = server.calls("users.listTeams");
        log_out(&server, "teams.listAll", 2);
        fails(&server, Lists::Whole, &kept).await;
        let asked = server.calls("users.listTeams") - asked;
        assert_eq!(asked > 0, run == 0, "run {run}: {asked}");
    }
    check_truth(&server, &sync_with(&server, Lists::Whole, &kept).await);
}
