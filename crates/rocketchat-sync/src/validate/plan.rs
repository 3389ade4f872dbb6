//! The requests of a sync, and how long they will take (`rocketchat-api.md` section 7.1).

use std::fmt;
use std::time::Duration;

use rocketchat_api::{
    Endpoint as _, Info, Me, PermissionsListAll, RolesList, TeamsListAll, TeamsMembers,
    UsersListByStatus, UsersListTeams,
};
use serde::Serialize;

use super::{Paging, RateLimit};
use crate::read::Source;
use crate::{DormantMemberships, Options};

/// What a sync will ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The requests by endpoint.
    pub requests: Vec<PlannedRequests>,
    /// The time they will take.
    pub seconds: u64,
    /// The time if the teams of all deactivated users have to be asked for; none while their number is not known.
    pub seconds_at_most: Option<u64>,
    /// The same for people, with the reason.
    pub text: String,
}

/// The requests to one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedRequests {
    /// The endpoint.
    pub endpoint: &'static str,
    /// How many.
    pub calls: u64,
    /// Whether fewer may do.
    pub at_most: bool,
}

/// What the plan depends on.
pub(super) struct Facts<'a> {
    pub(super) users: u64,
    pub(super) source: Source,
    /// Whether the server's version says that it has no `users.listByStatus`.
    pub(super) is_old: bool,
    pub(super) deactivated: Option<u64>,
    /// The requests that the list of teams took.
    pub(super) team_requests: u64,
    /// The rows of each team that has any.
    pub(super) members: Vec<u64>,
    pub(super) limit: RateLimit,
    pub(super) paging: Paging,
    /// The time of one request.
    pub(super) latency: Duration,
    pub(super) options: &'a Options,
}

/// Plans a sync.
pub(super) fn make(facts: &Facts<'_>) -> Plan {
    let paging = facts.paging;
    let users = facts.user_requests(facts.users);
    let teams = facts.team_requests;
    let members: u64 = facts
        .members
        .iter()
        .map(|rows| paging.requests(*rows))
        .sum();
    let resolve = facts.options.dormant_memberships == DormantMemberships::Resolve;
    let looks_again = resolve && members > 0;
    // None while it is unknown how many users are deactivated.
    let dormant = if looks_again {
        facts.deactivated
    } else {
        Some(0)
    };
    let workers = |workers: usize| workers.max(1) as u64;
    let one_by_one = facts.time(users, 1);
    let by_team = facts.time(teams, 1) + facts.time(members, workers(facts.options.member_workers));
    let time = one_by_one.max(by_team);
    let deactivated = match facts.deactivated {
        _ if !looks_again => 0,
        Some(deactivated) => facts.user_requests(deactivated),
        // `users.list` cannot leave the others out.
        None => users,
    };
    // The teams of deactivated users are asked for as soon as the users are known, beside the members of teams.
    let more = dormant.map(|calls| {
        let by_user = one_by_one + facts.time(calls, workers(facts.options.workers));
        by_user.saturating_sub(time)
    });
    let mut requests = vec![
        planned(Info::NAME, 1, false),
        planned(Me::NAME, 2, true),
        planned(PermissionsListAll::NAME, 2, true),
        planned(RolesList::NAME, 2, true),
    ];
    if facts.source == Source::List {
        // It is tried before the endpoint that is there; more than once where only the answer tells that it is not.
        let tries = if facts.is_old { 1 } else { 3 };
        requests.push(planned(UsersListByStatus::NAME, tries, !facts.is_old));
    }
    requests.extend([
        // Once more where membership rows stay unexplained: who is deactivated by now, and the teams that are left.
        planned(
            facts.source.endpoint(),
            users + deactivated,
            looks_again || facts.pages_may_be_longer(),
        ),
        planned(
            TeamsListAll::NAME,
            teams * (1 + u64::from(looks_again)),
            looks_again,
        ),
        // Rows of deactivated and deleted users are counted and not listed.
        planned(
            TeamsMembers::NAME,
            members,
            !facts.members.iter().all(|rows| paging.is_whole(*rows)),
        ),
    ]);
    requests.extend(
        dormant
            .filter(|calls| *calls > 0)
            .map(|calls| planned(UsersListTeams::NAME, calls, true)),
    );
    let slowest = if one_by_one > by_team {
        format!("{users} pages of users")
    } else {
        format!("{} teams", facts.members.len())
    };
    Plan {
        requests,
        seconds: time.as_secs(),
        seconds_at_most: more.map(|more| (time + more).as_secs()),
        text: facts.describe(time, more, &slowest),
    }
}

fn planned(endpoint: &'static str, calls: u64, at_most: bool) -> PlannedRequests {
    PlannedRequests {
        endpoint,
        calls,
        at_most,
    }
}

impl Facts<'_> {
    /// Returns the number of requests that a list of users takes, as its reader decides.
    fn user_requests(&self, rows: u64) -> u64 {
        if self.limit.applies {
            return self.paging.requests(rows);
        }
        let longest = self.source.longest_at_once();
        self.paging.unlimited_requests(rows, longest)
    }

    /// Tells whether users may come in fewer pages than planned, because no longer ones were asked for.
    fn pages_may_be_longer(&self) -> bool {
        let asks_for_pages = !self.limit.applies || !self.paging.is_whole(self.users);
        asks_for_pages && self.paging.may_be_longer(self.users)
    }

    /// Returns how long a number of calls to one endpoint takes.
    fn time(&self, calls: u64, workers: u64) -> Duration {
        let calls_at_once = u32::try_from(calls.div_ceil(workers)).unwrap_or(u32::MAX);
        let work = self.latency.saturating_mul(calls_at_once);
        let (true, Some(limit), Some(window)) = (
            self.limit.applies,
            self.limit.calls,
            self.limit.window_seconds,
        ) else {
            return work;
        };
        // A window may have begun, and been used by others, before the first call.
        let windows = calls / limit.max(1);
        work.max(Duration::from_secs(windows.saturating_mul(window)))
    }

    /// Says how long it takes and why; `more` is the time that deactivated members may take, if it is known.
    fn describe(&self, time: Duration, more: Option<Duration>, slowest: &str) -> String {
        let is_long = |time: Duration| time.as_secs() > 0;
        let mut parts = vec![Rough(time).to_string()];
        if self.limit.applies && is_long(time) {
            parts.push(format!(": {slowest} at {}", self.rate()));
        }
        match more {
            None => parts.push(
                ", and more if teams have deactivated members: one request for each deactivated user"
                    .to_owned(),
            ),
            Some(more) if is_long(more) => {
                let more = match Rough(more).minutes() {
                    0 | 1 => "a minute".to_owned(),
                    _ => Rough(more).to_string(),
                };
                parts.push(format!(
                    ", up to {more} more if teams have deactivated members"
                ));
            }
            Some(_) => {}
        }
        if self.limit.applies && more.is_none_or(|more| is_long(time + more)) {
            parts.push(
                "; give the account the role bot, or raise the limit, to make it seconds"
                    .to_owned(),
            );
        }
        parts.concat()
    }

    fn rate(&self) -> String {
        match (self.limit.calls, self.limit.window_seconds) {
            (Some(calls), Some(60)) => format!("{calls} a minute"),
            (Some(calls), Some(window)) => format!("{calls} in {window} s"),
            _ => "the rate allowed".to_owned(),
        }
    }
}

/// A duration that is only an estimate.
struct Rough(Duration);

impl Rough {
    fn minutes(&self) -> u64 {
        self.0.as_secs().div_ceil(60)
    }
}

impl fmt::Display for Rough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.minutes();
        match minutes {
            0 | 1 => f.write_str("under a minute"),
            2..90 => write!(f, "about {minutes} min"),
            _ => write!(f, "about {} h {:02} min", minutes / 60, minutes % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(limited: bool, whole: bool, users: u64, teams: usize, deactivated: u64) -> Plan {
        plan_with(limited, whole, users, teams, Some(deactivated))
    }

    fn plan_with(
        limited: bool,
        whole: bool,
        users: u64,
        teams: usize,
        deactivated: Option<u64>,
    ) -> Plan {
        make(&Facts {
            users,
            source: Source::ListByStatus,
            is_old: false,
            deactivated,
            team_requests: 1,
            members: vec![20; teams],
            limit: RateLimit {
                applies: limited,
                calls: limited.then_some(10),
                window_seconds: limited.then_some(60),
            },
            paging: Paging {
                whole_lists: whole,
                rows: 100,
                is_cut: !whole,
                first: 50,
                page: 100,
            },
            latency: Duration::from_millis(100),
            options: &Options::new("x".into()),
        })
    }

    #[test]
    fn teams_rule_a_limited_sync() {
        insta::assert_snapshot!(plan(true, true, 1000, 200, 0).text, @"about 20 min: 200 teams at 10 a minute; give the account the role bot, or raise the limit, to make it seconds");
        insta::assert_snapshot!(plan(true, true, 1000, 40, 212).text, @"about 4 min: 40 teams at 10 a minute, up to about 17 min more if teams have deactivated members; give the account the role bot, or raise the limit, to make it seconds");
    }

    #[test]
    fn an_unknown_number_is_no_small_one() {
        let plan = plan_with(true, true, 1000, 200, None);
        assert_eq!(plan.seconds_at_most, None);
        insta::assert_snapshot!(plan.text, @"about 20 min: 200 teams at 10 a minute, and more if teams have deactivated members: one request for each deactivated user; give the account the role bot, or raise the limit, to make it seconds");
    }

    #[test]
    fn pages_of_users_rule_when_there_are_few_teams() {
        insta::assert_snapshot!(plan(true, false, 100_000, 3, 0).text, @"about 1 h 41 min: 1012 pages of users at 10 a minute; give the account the role bot, or raise the limit, to make it seconds");
    }

    #[test]
    fn without_a_limit_requests_take_their_own_time() {
        insta::assert_snapshot!(plan(false, true, 1000, 200, 0).text, @"under a minute");
        insta::assert_snapshot!(plan(false, true, 1000, 5000, 0).text, @"about 5 min");
    }

    #[test]
    fn every_endpoint_is_planned() {
        let plan = plan(true, false, 250, 3, 7);
        let calls: Vec<_> = plan
            .requests
            .iter()
            .map(|it| (it.endpoint, it.calls))
            .collect();
        let expected = [
            ("info", 1),
            ("me", 2),
            ("permissions.listAll", 2),
            ("roles.list", 2),
            ("users.listByStatus", 6),
            ("teams.listAll", 2),
            ("teams.members", 3),
            ("users.listTeams", 7),
        ];
        assert_eq!(calls, expected);
    }
}
