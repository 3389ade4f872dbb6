//! The order of a sync (`rocketchat-api.md` section 7): what is asked side by side, and in which order records go out.
//!
//! Requests to different routes run side by side, because each route has a budget of its own. Records go out in an order
//! that depends on the data alone, each after everything it refers to: types, roles, users with their role grants, teams
//! with their memberships.

mod assignments;
mod memberships;
mod selection;

use baton_model::Record;
use baton_sinks::Sink;
use foldhash::HashSet;
use rocketchat_api::{Role, RoleId, TeamId, User, UserId};
use rocketchat_http::Client;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::api::Api;
use crate::mapping;
use crate::preflight::Preflight;
use crate::read::{Part, Search, UserReader, count_members, read_roles, read_teams};
use crate::work::Work;
use crate::writer::{Closed, Writer};
use crate::{DormantMemberships, Error, Options, Progress, Report, Stage, TeamBalance, guard};

use assignments::Assignments;
use selection::Selection;

/// Users mapped at a time. Keeps the records that wait for the sink few, however large a page is.
const BATCH: usize = 500;

/// Roles that every server makes again when it starts (`rocketchat-api.md` section 5.3).
const ALWAYS_THERE: [&str; 8] = [
    "admin",
    "app",
    "bot",
    "guest",
    "leader",
    "moderator",
    "owner",
    "user",
];

/// Reads the workspace behind `client` into `sink`.
///
/// # Errors
/// Whatever keeps the sync from being complete. The sink has then been told to throw away what it had; after an
/// [interruption](Error::is_interruption) it keeps what a later sync can go on with.
pub async fn sync(
    client: &Client,
    options: &Options,
    sink: Box<dyn Sink>,
) -> Result<Report, Error> {
    sync_with_progress(client, options, sink, std::future::pending(), &()).await
}

/// The same, but tells `progress` how far it is, and gives up when `stop` is ready, which says why. Once everything is read,
/// the sync is finished anyway.
///
/// # Errors
/// As [`sync`], and [`Error::Stopped`].
pub async fn sync_with_progress(
    client: &Client,
    options: &Options,
    sink: Box<dyn Sink>,
    stop: impl Future<Output = String>,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let span = tracing::info_span!(
        "sync",
        users = Empty,
        roles = Empty,
        teams = Empty,
        otel.status_code = Empty,
    );
    let report = run(client, options, sink, stop, progress);
    let report = report.instrument(span.clone()).await;
    note(&span, &report);
    report
}

/// Adds to a span what the sync has read, or that it failed.
fn note(span: &Span, report: &Result<Report, Error>) {
    let Ok(report) = report else {
        span.record("otel.status_code", "error");
        return;
    };
    let resources = &report.summary.resources;
    for (name, kind) in [
        ("users", mapping::USER),
        ("roles", mapping::ROLE),
        ("teams", mapping::TEAM),
    ] {
        let rows = resources.get(&kind.into()).copied().unwrap_or_default();
        span.record(name, rows);
    }
}

async fn run(
    client: &Client,
    options: &Options,
    sink: Box<dyn Sink>,
    stop: impl Future<Output = String>,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let journal = sink.journal();
    let work = Work::new(journal.as_ref());
    let writer = Writer::start(sink, progress);
    let mut run = Run {
        api: Api::new(client, &work, progress),
        options,
        writer: &writer,
        selection: Selection::new(&options.scope),
        report: Report::default(),
        silent: Vec::new(),
    };
    let outcome = tokio::select! {
        outcome = run.collect() => outcome,
        reason = stop => Err(Stop::Failed(Error::Stopped { reason })),
    };
    let mut report = run.report;
    match outcome {
        Ok(()) => report.summary = writer.finish().await?,
        Err(Stop::Failed(error)) => {
            if error.is_interruption() {
                writer.suspend().await;
            } else {
                writer.abort().await;
            }
            return Err(error);
        }
        Err(Stop::SinkClosed) => {
            let unexplained = || Error::Writer("the sink closed without a reason".to_owned());
            return Err(writer.suspend().await.unwrap_or_else(unexplained));
        }
    }
    let stats = client.stats();
    report.requests = stats.requests;
    report.waited = stats.waited;
    report.continued = work.used();
    Ok(report)
}

/// Why collecting ended early.
enum Stop {
    Failed(Error),
    /// The sink knows the reason.
    SinkClosed,
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Closed> for Stop {
    fn from(_: Closed) -> Self {
        Self::SinkClosed
    }
}

fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Api(error) if error.kind() == rocketchat_api::Kind::PermissionDenied)
}

/// One sync under way.
struct Run<'a> {
    api: Api<'a>,
    options: &'a Options,
    writer: &'a Writer<'a>,
    selection: Selection<'a>,
    report: Report,
    /// Teams whose list of members was empty although the server counts rows that nothing explains.
    silent: Vec<TeamId>,
}

/// What later steps need to know of the users.
#[derive(Default)]
struct KnownUsers {
    all: HashSet<UserId>,
    deactivated: Vec<UserId>,
    /// Looked up, and not found.
    gone: HashSet<UserId>,
}

impl Run<'_> {
    async fn collect(&mut self) -> Result<(), Stop> {
        let progress = self.api.progress;
        progress.begin(Stage::Preflight);
        let mut preflight = Preflight::run(self.api, self.options).await?;
        let version = preflight.server.version.clone();
        tracing::info!(
            server.version = version.as_deref().unwrap_or("hidden"),
            "found a Rocket.Chat server"
        );
        self.report.server_version = version;
        preflight.check(self.api).await?;
        progress.end(Stage::Preflight);
        match self.read_lists(&preflight).await {
            Err(Stop::Failed(error)) if is_refusal(&error) => {
                Err(Stop::Failed(self.explain(&preflight, error).await))
            }
            outcome => outcome,
        }
    }

    /// Names the permissions that were taken away since they were looked up, if that is why a request was refused.
    async fn explain(&self, preflight: &Preflight, refused: Error) -> Error {
        match self.preflight_again(preflight).await {
            Err(missing @ Error::Preflight { .. }) => missing,
            _ => refused,
        }
    }

    async fn preflight_again(&self, preflight: &Preflight) -> Result<Preflight, Error> {
        let mut now = Preflight::of(self.api, self.options, preflight.server.clone()).await?;
        now.check(self.api).await?;
        Ok(now)
    }

    async fn read_lists(&mut self, preflight: &Preflight) -> Result<(), Stop> {
        let (api, options) = (self.api, self.options);
        let mut reader = UserReader::new(api, preflight, options);
        let search = Search::new(options.resolves_dormant());
        let teams = async { Ok(read_teams(api, options, &search).await?) };
        let users = async {
            let users = self.write_roles_and_users(preflight, &mut reader).await?;
            search.ask(api, options, &users.1.deactivated).await?;
            Ok::<_, Stop>(users)
        };
        let ((mut assignments, mut known), mut teams) = tokio::try_join!(users, teams)?;
        let found = self
            .find_dormant(search, &mut teams, &mut reader, &known)
            .await?;
        self.write_teams(teams, found, &mut assignments, &mut known)
            .await?;
        self.confirm(preflight, reader.could_hide()).await?;
        guard::check_shrink(self.options, &self.report, &self.writer.count().await?)?;
        self.report.absent = self.selection.absent();
        for id in &self.report.absent {
            tracing::warn!(resource.id = %id, "there is no such resource; it was left out");
        }
        Ok(())
    }

    /// Hands records to the sink, those of the scope.
    async fn write(&mut self, records: Vec<Record>) -> Result<(), Closed> {
        let picked = self.selection.pick(records);
        if picked.is_empty() {
            return Ok(());
        }
        self.writer.write(picked).await
    }

    /// Looks at the permissions once more where a permission that was taken away meanwhile would not have shown: rows
    /// of `users.list` lose their roles, and members of teams are missing as if their accounts had been deleted. Teams
    /// whose list was empty for that reason have members again when the permission is back.
    async fn confirm(
        &self,
        preflight: &Preflight,
        could_hide: &[&'static str],
    ) -> Result<(), Stop> {
        let counted_only = self.options.dormant_memberships == DormantMemberships::Count
            && self.report.dormant_members > 0;
        let uncounted = |it: &TeamBalance| it.counted.is_none();
        let unexplained = counted_only
            || self.report.orphaned_members > 0
            || self.report.ledger.members.iter().any(uncounted);
        if !unexplained && could_hide.is_empty() && self.silent.is_empty() {
            return Ok(());
        }
        self.preflight_again(preflight).await?.require(could_hide)?;
        for team_id in &self.silent {
            let members = count_members(self.api, team_id).await?.unwrap_or_default();
            if members > 0 {
                let team_id = team_id.clone();
                return Err(Error::MembersHidden { team_id, members }.into());
            }
        }
        Ok(())
    }

    /// Writes the roles, then the users with their role grants.
    async fn write_roles_and_users(
        &mut self,
        preflight: &Preflight,
        reader: &mut UserReader<'_>,
    ) -> Result<(Assignments, KnownUsers), Stop> {
        self.api.progress.begin(Stage::Users);
        if !self.options.scope.needs_users() {
            let roles = read_roles(self.api).await?;
            let mut written = self.write_roles(roles).await?;
            self.complete_roles(preflight, &mut written.0).await?;
            self.api.progress.end(Stage::Users);
            return Ok(written);
        }
        let mut reading = reader.everybody();
        let (roles, mut part) = tokio::try_join!(read_roles(self.api), reading.next())?;
        let mut written = self.write_roles(roles.clone()).await?;
        loop {
            let (assignments, known) = &mut written;
            match part {
                Part::Users(users) => self.write_users(users, assignments, known).await?,
                Part::Again => {
                    self.forget_users().await?;
                    written = self.write_roles(roles.clone()).await?;
                }
                Part::Whole(listing) => {
                    self.report.ledger.users = listing;
                    break;
                }
            }
            part = reading.next().await?;
        }
        let (mut assignments, known) = written;
        self.complete_roles(preflight, &mut assignments).await?;
        tracing::info!(
            users = known.all.len(),
            roles = assignments.roles(),
            "read users and roles"
        );
        self.api.progress.end(Stage::Users);
        Ok((assignments, known))
    }

    /// Writes what comes before all users.
    async fn write_roles(&mut self, roles: Vec<Role>) -> Result<(Assignments, KnownUsers), Stop> {
        if roles.is_empty() {
            return Err(Error::NoRoles.into());
        }
        let types = mapping::resource_types().into_iter();
        self.write(types.map(Record::ResourceType).collect())
            .await?;
        let mut assignments = Assignments::default();
        self.write(assignments.add_roles(roles)).await?;
        Ok((assignments, KnownUsers::default()))
    }

    /// Forgets users whose list has to be read again, and everything written with them.
    async fn forget_users(&mut self) -> Result<(), Stop> {
        self.report.disabled_users = 0;
        self.report.service_users = 0;
        self.report.federated_users = 0;
        self.selection = Selection::new(&self.options.scope);
        Ok(self.writer.restart().await?)
    }

    async fn write_users(
        &mut self,
        users: Vec<User>,
        assignments: &mut Assignments,
        known: &mut KnownUsers,
    ) -> Result<(), Stop> {
        let mut users = users.into_iter().peekable();
        while users.peek().is_some() {
            let mut records = Vec::with_capacity(3 * BATCH);
            for user in users.by_ref().take(BATCH) {
                self.count(&user);
                records.push(Record::Resource(mapping::user::resource(&user)));
                records.extend(assignments.grants(&user));
                if mapping::user::status(&user) == baton_model::Status::Disabled {
                    known.deactivated.push(user.id.clone());
                }
                known.all.insert(user.id);
            }
            self.write(records).await?;
        }
        Ok(())
    }

    /// Looks for roles that should be there and were not listed.
    async fn complete_roles(
        &mut self,
        preflight: &Preflight,
        assignments: &mut Assignments,
    ) -> Result<(), Stop> {
        let built_in = ALWAYS_THERE.map(RoleId::from);
        let mut expected = built_in.iter().chain(preflight.roles_with_permissions());
        if assignments.has_pending() || expected.any(|role_id| !assignments.has(role_id)) {
            self.settle(assignments).await?;
        }
        self.report.ledger.roles = assignments.roles() as u64 - self.report.unknown_roles;
        Ok(())
    }

    /// Lists the roles once more, because there are role ids that no role had: of a role made meanwhile, of one that the
    /// first list lacked, or an id without a role.
    async fn settle(&mut self, assignments: &mut Assignments) -> Result<(), Stop> {
        let roles = read_roles(self.api).await?;
        self.write(assignments.add_roles(roles)).await?;
        let (records, unknown) = assignments.settle();
        for role_id in &unknown {
            tracing::warn!(role.id = %role_id, "users hold a role id that no role has; it is synced with scope unknown");
        }
        self.report.unknown_roles += unknown.len() as u64;
        self.write(records).await?;
        Ok(())
    }

    fn count(&mut self, user: &User) {
        use baton_model::{AccountType, Status};
        let scope = &self.options.scope;
        if !scope.is_whole() && !scope.has(&mapping::user::id(&user.id)) {
            return;
        }
        self.report.disabled_users += u64::from(mapping::user::status(user) == Status::Disabled);
        self.report.service_users +=
            u64::from(mapping::user::account_type(user) == AccountType::Service);
        self.report.federated_users += u64::from(mapping::user::is_federated(user));
    }
}
