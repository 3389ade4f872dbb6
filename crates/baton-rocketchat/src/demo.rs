//! A sync without any Rocket.Chat: a simulated workspace on a loopback socket, read through real HTTP.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use baton_c1z::{Limits, Reader};
use rocketchat_http::{Credentials, Policy};
use rocketchat_sim::{Account, Limiter, Member, Server, Shape, User, Workspace};
use rocketchat_sync::mapping::team::TEAM_ROLES;
use rocketchat_sync::{DormantMemberships, Options};

use crate::choices;
use crate::code::Code;
use crate::failure::Failure;
use crate::logging::Logging;
use crate::oneshot::{Synced, Terms, sync_to_file};
use crate::outputs::Output;
use crate::remote::Remote;
use crate::settings::Settings;
use crate::summary::SummaryFile;
use crate::values::{RateLimit, parse_rate_limit};
use crate::words::{duration, number, print};
use crate::{checks, fields};

/// Workspaces of different sizes may go into one file.
const NO_COMPARISON: u8 = 0;

/// The simulated workspace that is asked for.
struct Demo {
    shape: Shape,
    rate_limit: Option<RateLimit>,
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
    let file = settings
        .path(&fields::FILE)
        .unwrap_or_else(|| "demo.c1z".into());
    let summary = SummaryFile::check(choices::summary(settings), &file)?;
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
            outputs: &Output::all(settings, &file)?,
            container: choices::container(settings)?,
            // The next demo has another address, and so nothing to continue.
            resume: None,
            max_duration: choices::max_duration(settings),
            logs,
        };
        sync_to_file(&remote, options, terms, stop).await
    };
    let synced = summary.record(outcome.await)?;
    let contents = Contents::read(&file, &choices::temp_dir(settings))?;
    contents.check(&server, &synced.options)?;
    print(&describe(demo, &server, &synced, &contents))
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
    let limiter = demo.rate_limit.map(|limit| Limiter {
        calls: limit.calls,
        window: limit.window,
    });
    let settings = rocketchat_sim::Settings {
        limiter,
        ..rocketchat_sim::Settings::default()
    };
    let workspace = Workspace::generate(&demo.shape);
    Server::start(workspace, settings)
        .await
        .map_err(|error| Failure::other(error.into()))
}

/// What the newest sync of a file holds: resources, entitlements and grants by resource type.
struct Contents {
    rows: Vec<(String, u64, u64, u64)>,
    syncs: usize,
    bytes: u64,
}

impl Contents {
    fn read(file: &Path, temp_dir: &Path) -> Result<Self, Failure> {
        let reader = Reader::open(file, Limits::default(), Some(temp_dir))?;
        let syncs = reader.syncs()?.len();
        let missing = || {
            Failure::new(
                Code::Internal,
                anyhow::anyhow!("{} holds no finished sync", file.display()),
            )
        };
        let newest = reader.newest_finished()?.ok_or_else(missing)?;
        let stats = reader.count(&newest.sync_id)?;
        let of = |counts: &BTreeMap<String, u64>, kind: &String| {
            counts.get(kind).copied().unwrap_or_default()
        };
        let rows = stats
            .resources_by_resource_type
            .iter()
            .map(|(kind, resources)| {
                let entitlements = of(&stats.entitlements_by_resource_type, kind);
                (
                    kind.clone(),
                    *resources,
                    entitlements,
                    of(&stats.grants_by_resource_type, kind),
                )
            });
        let bytes = std::fs::metadata(file)
            .map(|data| data.len())
            .unwrap_or_default();
        Ok(Self {
            rows: rows.collect(),
            syncs,
            bytes,
        })
    }

    /// Compares the file with the workspace it was read from.
    fn check(&self, server: &Server, options: &Options) -> Result<(), Failure> {
        let truth = server.with(|workspace| truth(workspace, options));
        for (kind, resources, grants) in truth {
            let row = self.rows.iter().find(|row| row.0 == kind);
            let found = row
                .map(|(_, resources, _, grants)| (*resources, *grants))
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
        ("user", count(users.len()), 0),
        (
            "role",
            count(roles.len() + unknown.len()),
            count(assignments),
        ),
        ("team", count(workspace.teams.len()), count(members.sum())),
    ]
}

fn describe(demo: &Demo, server: &Server, synced: &Synced, contents: &Contents) -> String {
    let Synced { report, took, .. } = synced;
    let mut text = String::new();
    let items: u64 = contents.rows.iter().map(|row| row.1 + row.3).sum();
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
    for (kind, resources, entitlements, grants) in &contents.rows {
        let _ = writeln!(
            text,
            "{kind:<8}{:>12}{:>14}{:>12}",
            number(*resources),
            number(*entitlements),
            number(*grants)
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
