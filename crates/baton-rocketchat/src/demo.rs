//! A sync without any Rocket.Chat: a simulated workspace on a loopback socket, read through real HTTP.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use baton_c1z::Stats;
use rocketchat_http::{Credentials, Policy};
use rocketchat_sim::{Account, Limiter, Member, Server, Shape, User, Workspace};
use rocketchat_sync::mapping::team::TEAM_ROLES;
use rocketchat_sync::mapping::{ROLE, TEAM, USER};
use rocketchat_sync::{DormantMemberships, Options};

use crate::choices;
use crate::code::Code;
use crate::failure::Failure;
use crate::forms::Form;
use crate::logging::Logging;
use crate::oneshot::{Synced, Terms, sync_to_file};
use crate::remote::Remote;
use crate::settings::Settings;
use crate::show::of_types;
use crate::stdout::print;
use crate::summary::SummaryFile;
use crate::values::parse_rate_limit;
use crate::words::{duration, number};
use crate::{checks, fields, stored};

/// Workspaces of different sizes may go into one file.
const NO_COMPARISON: u8 = 0;

/// The simulated workspace that is asked for.
struct Demo {
    shape: Shape,
    rate_limit: Option<Limiter>,
}

impl Demo {
    fn of(settings: &Settings) -> Self {
        let size = |field| usize::try_from(settings.number(field)).unwrap_or_default();
        let rate_limit = settings.text(&fields::DEMO_RATE_LIMIT);
        Self {
            shape: Shape {
                users: size(&fields::DEMO_USERS),
                teams: size(&fields::DEMO_TEAMS),
                members: size(&fields::DEMO_MEMBERS),
                seed: settings.number(&fields::DEMO_SEED).unsigned_abs(),
            },
            rate_limit: rate_limit.and_then(|it| parse_rate_limit(&it).ok()),
        }
    }
}

/// Syncs a simulated workspace and prints what the file holds. Settings of the configured workspace count for nothing.
pub(crate) async fn run(
    settings: &Settings,
    logs: &Logging,
    stop: impl Future<Output = String>,
) -> Result<(), Failure> {
    let demo = &Demo::of(settings);
    let file = file(settings);
    let summary = SummaryFile::check(settings, &file)?;
    let checked = checks::of_demo(settings);
    let server = start(demo).await?;
    let account = if demo.rate_limit.is_some() {
        Account::LimitedReader
    } else {
        Account::Reader
    };
    let outcome = async {
        checked?;
        let workspace = reach(&server, account)?;
        let options = choices::options(settings, &workspace.user_id, Some(NO_COMPARISON))?;
        let remote = Remote::of(workspace, Policy::default(), choices::http_config(settings))?;
        let terms = Terms {
            file: &file,
            forms: &Form::all(settings, &file)?,
            container: choices::container(settings)?,
            // The next demo has another address, and so nothing to continue.
            resume: None,
            max_duration: choices::max_duration(settings),
            logs,
        };
        sync_to_file(&remote, options, terms, stop).await
    };
    let synced = summary.record(outcome.await)?;
    let contents = Contents::read(&file, settings)?;
    contents.check(&server, &synced.options)?;
    print(&describe(demo, &server, &synced, &contents))
}

/// Returns the file to write. The default is not that of a sync: what is simulated does not belong there.
pub(crate) fn file(settings: &Settings) -> PathBuf {
    let default = || "demo.c1z".into();
    settings.path(&fields::FILE).unwrap_or_else(default)
}

fn reach(server: &Server, account: Account) -> Result<choices::Workspace, Failure> {
    let (user_id, token) = server.credentials(account);
    Ok(choices::Workspace {
        base_url: server.base_url().parse()?,
        credentials: Credentials::new(&user_id, &token)?,
        user_id,
    })
}

async fn start(demo: &Demo) -> Result<Server, Failure> {
    let settings = rocketchat_sim::Settings {
        limiter: demo.rate_limit,
        ..rocketchat_sim::Settings::default()
    };
    let workspace = Workspace::generate(&demo.shape);
    Server::start(workspace, settings)
        .await
        .map_err(|error| Failure::other(error.into()))
}

/// What a file holds, and its newest sync.
struct Contents {
    newest: Stats,
    syncs: usize,
    bytes: u64,
}

impl Contents {
    fn read(file: &Path, settings: &Settings) -> Result<Self, Failure> {
        let reader = stored::open(file, settings, stored::NAME_IT)?;
        let newest = stored::finished(&reader, None)?;
        let bytes = std::fs::metadata(file).map(|data| data.len());
        Ok(Self {
            newest: reader.count(&newest.sync_id)?,
            syncs: reader.syncs()?.len(),
            bytes: bytes.unwrap_or_default(),
        })
    }

    /// Compares the file with the workspace it was read from.
    fn check(&self, server: &Server, options: &Options) -> Result<(), Failure> {
        let truth = server.with(|workspace| truth(workspace, options));
        let rows = of_types(&self.newest);
        for (kind, resources, grants) in truth {
            let row = rows.iter().find(|row| row.r#type == kind);
            let found = row
                .map(|row| (row.resources, row.grants))
                .unwrap_or_default();
            if found != (resources, grants) {
                let text = format!(
                    "{kind}: the file holds {found:?}, the workspace {:?}",
                    (resources, grants)
                );
                return Err(Failure::new(Code::Internal, anyhow::anyhow!(text)));
            }
        }
        Ok(())
    }
}

/// Counts what a sync has to find: resources and grants by type.
fn truth(workspace: &Workspace, options: &Options) -> [(&'static str, u64, u64); 3] {
    let count = |number: usize| number as u64;
    let users: HashMap<_, _> = workspace
        .users
        .iter()
        .map(|user| (&user.id, user.active))
        .collect();
    let roles: HashSet<_> = workspace.roles.iter().map(|role| &role.id).collect();
    let held = |user: &User| user.roles.iter().flatten().cloned().collect::<HashSet<_>>();
    let unknown: HashSet<_> = workspace
        .users
        .iter()
        .flat_map(held)
        .filter(|role| !roles.contains(role))
        .collect();
    let assignments = workspace.users.iter().map(|user| held(user).len()).sum();
    let grants = |member: &Member, active: bool| {
        // Of a deactivated member the server tells no role but the owner's.
        let told = |role: &&&str| {
            options.team_roles && member.has_role(role) && (active || **role == "owner")
        };
        1 + TEAM_ROLES.iter().filter(told).count()
    };
    let lists_dormant = options.dormant_memberships == DormantMemberships::Resolve;
    let members = workspace
        .memberships()
        .filter_map(|(_, member)| Some((member, *users.get(&member.user_id)?)))
        .filter(|(_, active)| *active || lists_dormant)
        .map(|(member, active)| grants(member, active));
    [
        (USER, count(users.len()), 0),
        (ROLE, count(roles.len() + unknown.len()), count(assignments)),
        (TEAM, count(workspace.teams.len()), count(members.sum())),
    ]
}

fn describe(demo: &Demo, server: &Server, synced: &Synced, contents: &Contents) -> String {
    let Synced { report, took, .. } = synced;
    let mut text = String::new();
    let rows = of_types(&contents.newest);
    let items: u64 = rows.iter().map(|row| row.resources + row.grants).sum();
    let per_second = u128::from(items) * 1000 / took.as_millis().max(1);
    let per_second = number(u64::try_from(per_second).unwrap_or(u64::MAX));
    let _ = writeln!(
        text,
        "Simulated workspace at {}, seed {}",
        server.base_url(),
        demo.shape.seed
    );
    let _ = writeln!(
        text,
        "Synced in {} with {} requests, {per_second} resources and grants a second",
        duration(*took),
        number(report.requests)
    );
    let _ = writeln!(
        text,
        "File: {}, {} bytes, {} sync(s)\n",
        synced.file.display(),
        number(contents.bytes),
        contents.syncs
    );
    let _ = writeln!(
        text,
        "{:<8}{:>12}{:>14}{:>12}",
        "type", "resources", "entitlements", "grants"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "{:<8}{:>12}{:>14}{:>12}",
            row.r#type,
            number(row.resources),
            number(row.entitlements),
            number(row.grants)
        );
    }
    let _ = writeln!(
        text,
        "\nUsers: {} disabled, {} service, {} federated. {}",
        number(report.disabled_users),
        number(report.service_users),
        number(report.federated_users),
        describe_memberships(synced),
    );
    text.push_str("The counts equal those of the simulated workspace.\n");
    text
}

fn describe_memberships(synced: &Synced) -> String {
    let Synced { report, .. } = synced;
    match synced.options.dormant_memberships {
        DormantMemberships::Resolve => format!(
            "Memberships: {} of deactivated users, {} rows of deleted users.",
            number(report.dormant_members),
            number(report.orphaned_members)
        ),
        DormantMemberships::Count => format!(
            "Memberships of deactivated or deleted users, only counted: {}.",
            number(report.dormant_members)
        ),
    }
}
