//! Writes a made-up workspace and says how long that took:
//! `cargo run --release --example write_many -- FILE [USERS] [TEAMS] [MEMBERS] [ROLE_GRANTS]`.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use baton_c1z::{Limits, Options, Reader, Store, SyncWriter};
use baton_model::{
    AccountType, Clock, Email, Entitlement, EntitlementId, Grant, Profile, Purpose, Record,
    Resource, ResourceId, ResourceTrait, ResourceType, Status, Timestamp, Trait, UserTrait,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
        Timestamp::new(seconds, since.subsec_nanos())
            .unwrap_or_else(|_| unreachable!("the clock shows a year after 1970"))
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give the file to write")?;
    let mut number = |default| {
        arguments
            .next()
            .map_or(Ok(default), |text| text.parse::<usize>())
    };
    let (users, teams, members, role_grants) = (
        number(100_000)?,
        number(1_000)?,
        number(100)?,
        number(113_000)?,
    );

    let start = Instant::now();
    let mut sync =
        Store::open(Path::new(&path), Options::default(), Arc::new(WallClock))?.start_sync()?;
    put_types(&mut sync)?;
    let users = put_users(&mut sync, users)?;
    let teams = put_holdables(&mut sync, "team", "member", teams, &ResourceTrait::Group)?;
    let roles = put_holdables(&mut sync, "role", "assigned", 20, &ResourceTrait::Role)?;
    for (number, principal) in users.iter().cycle().take(role_grants).enumerate() {
        let round = number / users.len();
        put_grant(&mut sync, &roles, round, principal)?;
    }
    for team in 0..teams.len() {
        for principal in users.iter().cycle().skip(team * members).take(members) {
            put_grant(&mut sync, &teams, team, principal)?;
        }
    }
    let put = start.elapsed();
    let finishing = Instant::now();
    let stats = sync.finish()?;
    let finished = finishing.elapsed();

    let reading = Instant::now();
    let reader = Reader::open(Path::new(&path), Limits::default(), None)?;
    let newest = reader.newest_finished()?.ok_or("no finished sync")?;
    let read = reader.resources(&newest.sync_id).count() + reader.grants(&newest.sync_id).count();
    writeln!(
        std::io::stdout(),
        "{} resources and {} grants: put in {put:.2?}, finished in {finished:.2?}; {} bytes; {read} rows read in {:.2?}",
        stats.resources,
        stats.grants,
        std::fs::metadata(&path)?.len(),
        reading.elapsed(),
    )?;
    Ok(())
}

fn put_types(sync: &mut SyncWriter) -> Result<()> {
    for (id, display_name, kind) in [
        ("user", "User", Trait::User),
        ("team", "Team", Trait::Group),
        ("role", "Role", Trait::Role),
    ] {
        sync.put(&Record::ResourceType(ResourceType {
            id: id.into(),
            display_name: display_name.to_owned(),
            traits: vec![kind],
            skip_entitlements_and_grants: kind == Trait::User,
        }))?;
    }
    Ok(())
}

fn put_users(sync: &mut SyncWriter, count: usize) -> Result<Vec<ResourceId>> {
    (0..count)
        .map(|number| {
            let id = ResourceId::new("user", format!("Kq7TzWm3Pf{number:07}"));
            let name = format!("user.{number}");
            let mut profile = Profile::default();
            profile.set("user_id", id.resource());
            profile.set("username", name.as_str());
            profile.set("name", format!("Made-up Person {number}"));
            profile.set("type", "user");
            profile.set("federated", false);
            profile.set("email_verified", number % 3 == 0);
            sync.put(&Record::Resource(Resource {
                id: id.clone(),
                display_name: format!("Made-up Person {number}"),
                description: String::new(),
                status: Some(if number % 10 == 0 {
                    Status::Disabled
                } else {
                    Status::Enabled
                }),
                created_at: Some(Timestamp::new(1_700_000_000, 0)?),
                details: ResourceTrait::User(UserTrait {
                    emails: vec![Email {
                        address: format!("{name}@example.com"),
                        is_primary: true,
                    }],
                    login: Some(name),
                    last_login: Some(Timestamp::new(1_780_000_000, 221_000_000)?),
                    account_type: AccountType::Human,
                }),
                profile,
            }))?;
            Ok(id)
        })
        .collect()
}

fn put_holdables(
    sync: &mut SyncWriter,
    kind: &'static str,
    slug: &'static str,
    count: usize,
    details: &ResourceTrait,
) -> Result<Vec<EntitlementId>> {
    (0..count)
        .map(|number| {
            let id = ResourceId::new(kind, format!("Zp4Nv8Rs{number:09}"));
            let mut profile = Profile::default();
            profile.set("name", format!("{kind}-{number}"));
            sync.put(&Record::Resource(Resource {
                id: id.clone(),
                display_name: format!("{kind}-{number}"),
                description: String::new(),
                status: None,
                created_at: None,
                details: details.clone(),
                profile,
            }))?;
            let entitlement = EntitlementId::new(id, slug);
            sync.put(&Record::Entitlement(Entitlement {
                id: entitlement.clone(),
                display_name: format!("{kind}-{number} {slug}"),
                description: format!("Has the {kind} {number}"),
                grantable_to: vec!["user".into()],
                purpose: Purpose::Assignment,
            }))?;
            Ok(entitlement)
        })
        .collect()
}

fn put_grant(
    sync: &mut SyncWriter,
    entitlements: &[EntitlementId],
    which: usize,
    principal: &ResourceId,
) -> Result<()> {
    let entitlement = entitlements
        .get(which)
        .ok_or("more grants than there are pairs")?
        .clone();
    sync.put(&Record::Grant(Grant {
        entitlement,
        principal: principal.clone(),
    }))?;
    Ok(())
}
