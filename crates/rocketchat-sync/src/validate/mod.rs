//! The checks before a sync, as a report for people: what is in order, what is not, and how long a sync will take.
//!
//! Asks a handful of questions (`rocketchat-api.md` section 7.2) and reads no list but that of the teams.

mod findings;
mod paging;
mod plan;

use std::time::Duration;

use baton_sinks::NoJournal;
use rocketchat_api::{Page, Team, TeamsListAll, UsersListByStatus};
use rocketchat_http::Client;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::api::Api;
use crate::preflight::Preflight;
use crate::problem::{Problem, VIEW_ALL_TEAMS, VIEW_FULL_USERS, VIEW_USERS, names};
use crate::read::{Source, Whole, Whom, ask_by_status, ask_known, has_rows, read_whole};
use crate::work::Work;
use crate::{Error, Options};

pub use findings::{Check, RateLimit, Status, Validation};
pub use paging::Paging;
pub use plan::{Plan, PlannedRequests};

const SERVER: &str = "server";
const TOKEN: &str = "token";
const ACCOUNT: &str = "account";
/// Only where they cannot be read.
const ROLES: &str = "roles";
const USERS: &str = "users";
const TEAMS: &str = "teams";
const PAGING: &str = "paging";
const RATE_LIMIT: &str = "rate limit";

const STAGES: [&str; 10] = [
    SERVER,
    TOKEN,
    ACCOUNT,
    VIEW_USERS,
    VIEW_ALL_TEAMS,
    VIEW_FULL_USERS,
    USERS,
    TEAMS,
    PAGING,
    RATE_LIMIT,
];

/// Looks at everything that a sync depends on. Never fails: what goes wrong is part of the report.
pub async fn validate(client: &Client, options: &Options) -> Validation {
    let started = Instant::now();
    let work = Work::new(&NoJournal);
    let mut examination = Examination {
        api: Api::new(client, &work, &()),
        options,
        stage: SERVER,
        found: Validation {
            checks: Vec::new(),
            server_version: None,
            rate_limit: None,
            paging: None,
            plan: None,
            error: None,
        },
    };
    let run = examination.run(client, started);
    let run = run.instrument(tracing::info_span!("validate"));
    if let Err(error) = run.await {
        examination.fail(error);
    }
    examination.skip_the_rest();
    examination.found
}

struct Examination<'a> {
    api: Api<'a>,
    options: &'a Options,
    stage: &'static str,
    found: Validation,
}

/// What the lists promise to hold.
struct Sizes {
    users: u64,
    deactivated: Option<u64>,
    source: Source,
    teams: Vec<Team>,
    team_requests: u64,
}

impl Examination<'_> {
    async fn run(&mut self, client: &Client, started: Instant) -> Result<(), Error> {
        let server = self.api.probe(&rocketchat_api::Info).await?;
        self.found.server_version.clone_from(&server.version);
        self.pass(match &server.version {
            Some(version) => format!("Rocket.Chat {version}"),
            None => "Rocket.Chat, which hides its version".to_owned(),
        });
        self.stage = TOKEN;
        let mut preflight = Preflight::of(self.api, self.options, server).await?;
        let named = preflight.look_up_role_names(self.api).await;
        self.pass("valid".to_owned());
        let problems = self.judge(&preflight).await;
        let may_list = |permission| preflight.holds(permission);
        let (users, teams) = (may_list(VIEW_USERS), may_list(VIEW_ALL_TEAMS));
        if !problems.is_empty() {
            self.found.error = Some(Error::Preflight { problems });
        }
        if let Err(error) = named {
            // The report can do without their names, a sync cannot do without the roles.
            self.stage = ROLES;
            self.fail(error);
        }
        let mut sizes = Sizes {
            users: 0,
            deactivated: None,
            source: Source::Unknown,
            teams: Vec::new(),
            team_requests: 0,
        };
        if users {
            self.stage = USERS;
            self.look_at_users(&preflight, &mut sizes).await?;
        }
        if teams {
            self.stage = TEAMS;
            self.look_at_teams(&mut sizes).await?;
        }
        if users {
            self.stage = PAGING;
            self.look_at_paging(&sizes).await?;
        }
        self.stage = RATE_LIMIT;
        self.look_at_limit(client);
        if let (Some(limit), Some(paging), true) = (self.found.rate_limit, self.found.paging, teams)
        {
            let requests = u32::try_from(client.stats().requests.max(1)).unwrap_or(u32::MAX);
            let latency = started.elapsed().saturating_sub(client.stats().waited) / requests;
            self.found.plan = Some(self.plan(&sizes, preflight.is_old(), limit, paging, latency));
        }
        Ok(())
    }

    /// Notes what account and permissions are worth, and returns what keeps them from being used.
    async fn judge(&mut self, preflight: &Preflight) -> Vec<Problem> {
        self.stage = ACCOUNT;
        let mut problems = Vec::new();
        if let Some(problem) = preflight.wrong_account() {
            self.note_problem(problem, &mut problems);
        } else {
            // Not the id in its place: with a token that is all that is needed.
            let name = preflight.account.username.as_deref();
            self.pass(format!(
                "{}, roles: {}",
                name.unwrap_or("no username"),
                names(&preflight.roles())
            ));
        }
        for permission in [VIEW_USERS, VIEW_ALL_TEAMS, VIEW_FULL_USERS] {
            self.stage = permission;
            if let Some(role) = preflight.holder(permission) {
                self.pass(format!("held through the role {}", role.name));
                continue;
            }
            let needed =
                permission != VIEW_FULL_USERS || preflight.lacks_list_by_status(self.api).await;
            let missing: Vec<_> = preflight.missing(&[permission]).collect();
            for problem in missing {
                if needed {
                    self.note_problem(problem, &mut problems);
                } else {
                    self.warn(
                        "not held; users that are made while a sync runs, and join a team, cannot be looked up".to_owned(),
                        problem.advice(),
                    );
                }
            }
        }
        problems
    }

    async fn look_at_users(
        &mut self,
        preflight: &Preflight,
        sizes: &mut Sizes,
    ) -> Result<(), Error> {
        let by_status = UsersListByStatus::all(Page::ONE);
        let found = ask_by_status(self.api, preflight, &by_status).await?;
        sizes.source = if found.is_some() {
            Source::ListByStatus
        } else {
            Source::List
        };
        let one = async |whom| ask_known(self.api, sizes.source, whom, Page::ONE).await;
        let rows = match found {
            Some(rows) => rows,
            None => one(Whom::Everybody).await?,
        };
        sizes.users = rows.total;
        let users = format!("{} users in {}", rows.total, sizes.source.endpoint());
        if sizes.source == Source::List {
            self.pass(users);
            return Ok(());
        }
        let deactivated = one(Whom::Deactivated).await?.total;
        sizes.deactivated = Some(deactivated);
        self.pass(format!("{users}, {deactivated} of them deactivated"));
        Ok(())
    }

    async fn look_at_teams(&mut self, sizes: &mut Sizes) -> Result<(), Error> {
        let Whole { rows, listing, .. } = read_whole(self.api, TeamsListAll).await?;
        sizes.teams = rows;
        sizes.team_requests = listing.pages;
        self.pass(format!(
            "{} teams, {} of them with members",
            sizes.teams.len(),
            sizes.teams.iter().filter(|it| has_rows(it)).count()
        ));
        Ok(())
    }

    async fn look_at_paging(&mut self, sizes: &Sizes) -> Result<(), Error> {
        let users = async |page| ask_known(self.api, sizes.source, Whom::Everybody, page).await;
        let paging = Paging::probe(sizes.users, users).await?;
        self.pass(paging.to_string());
        self.found.paging = Some(paging);
        Ok(())
    }

    fn look_at_limit(&mut self, client: &Client) {
        let limit = RateLimit::of(&client.stats());
        self.found.rate_limit = Some(limit);
        if limit.applies {
            self.warn(
                limit.to_string(),
                "give the account the role bot, which lifts the limit (permission api-bypass-rate-limit), or raise the limit \
                 under Workspace > Settings > Rate Limiter"
                    .to_owned(),
            );
        } else {
            self.pass(limit.to_string());
        }
    }

    fn plan(
        &self,
        sizes: &Sizes,
        is_old: bool,
        limit: RateLimit,
        paging: Paging,
        latency: Duration,
    ) -> Plan {
        let with_rows = sizes.teams.iter().filter(|it| has_rows(it));
        plan::make(&plan::Facts {
            users: sizes.users,
            source: sizes.source,
            is_old,
            deactivated: sizes.deactivated,
            team_requests: sizes.team_requests,
            members: with_rows
                .map(|team| team.number_of_users.unwrap_or(1))
                .collect(),
            limit,
            paging,
            latency,
            options: self.options,
        })
    }

    fn note_problem(&mut self, problem: Problem, problems: &mut Vec<Problem>) {
        let result = match &problem {
            Problem::WrongAccount { .. } => problem.to_string(),
            Problem::MissingPermission(it) => format!("missing: {}", it.consequence()),
        };
        self.add(Status::Failed, result, Some(problem.advice()));
        problems.push(problem);
    }

    fn fail(&mut self, error: Error) {
        self.add(Status::Failed, error.to_string(), error.hint());
        self.found.error.get_or_insert(error);
    }

    fn pass(&mut self, result: String) {
        self.add(Status::Passed, result, None);
    }

    fn warn(&mut self, result: String, advice: String) {
        self.add(Status::Warning, result, Some(advice));
    }

    fn add(&mut self, status: Status, result: String, advice: Option<String>) {
        self.found.checks.push(Check {
            name: self.stage,
            status,
            result,
            advice,
        });
    }

    fn skip_the_rest(&mut self) {
        for (place, stage) in STAGES.into_iter().enumerate() {
            if self
                .found
                .checks
                .get(place)
                .is_none_or(|it| it.name != stage)
            {
                let skipped = Check {
                    name: stage,
                    status: Status::Skipped,
                    result: "not looked at".to_owned(),
                    advice: None,
                };
                self.found.checks.insert(place, skipped);
            }
        }
    }
}
