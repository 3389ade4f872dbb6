//! Prints what a c1z file holds, whichever connector wrote it: `cargo run -p baton-c1z --example read -- sync.c1z`.
//! Without a file a small one is written first.
//!
//! The syncs are listed; of the one that ended last, every grant is printed with the name of its principal.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_c1z::{Limits, Options, Reader, Store};
use baton_model::{
    Entitlement, EntitlementId, FixedClock, Grant, Profile, Purpose, Record, Resource, ResourceId,
    ResourceTrait, ResourceType, Timestamp, Trait,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = match env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => folder.path().join("sync.c1z"),
    };
    if path.starts_with(folder.path()) {
        write(&path)?;
    }
    read(&path, &mut io::stdout())
}

/// Prints what a file holds. It is decompressed to a private working copy first, which the limits keep from filling the disk.
pub(crate) fn read(path: &Path, output: &mut dyn Write) -> Result<()> {
    let reader = Reader::open(path, Limits::default(), None)?;
    for sync in reader.syncs()? {
        let ended = sync.ended_at.as_ref();
        writeln!(
            output,
            "sync {} ({}) of {}, {}",
            sync.sync_id,
            sync.sync_type,
            sync.started_at,
            ended.map_or("not finished", |_| "finished")
        )?;
    }
    // One that is not finished lacks a part: nothing can be said from it about who has access.
    let sync = reader.newest_finished()?.ok_or("no finished sync")?;
    let stats = reader.stats(&sync)?;
    writeln!(
        output,
        "{} resources, {} entitlements, {} grants",
        stats.resources, stats.entitlements, stats.grants
    )?;
    // Rows are streamed: a file may hold millions.
    let mut records = reader.records(&sync.sync_id);
    for record in records.by_ref() {
        if let Record::Grant(grant) = record? {
            let name = reader.display_name(&sync.sync_id, &grant.principal)?;
            let name = name.unwrap_or_else(|| grant.principal.to_string());
            writeln!(output, "{name}: {}", grant.entitlement)?;
        }
    }
    // Other connectors may say more than `baton-model` has words for. That is counted; the rows themselves hold it.
    for (what, times) in records.left_out() {
        writeln!(output, "left out: {times} {what}")?;
    }
    Ok(())
}

/// Writes a file with one finished sync. Dropped before `finish`, the writer would leave no file.
pub(crate) fn write(path: &Path) -> Result<()> {
    let clock = FixedClock(Timestamp::parse("2026-06-01T08:00:00Z")?);
    let mut sync = Store::open(path, Options::default(), Arc::new(clock))?.start_sync()?;
    let team = ResourceId::new("team", "5678");
    let person = ResourceId::new("person", "1234");
    let member = EntitlementId::new(team.clone(), "member");
    let resource = |id: &ResourceId, name: &str| {
        Record::Resource(Resource {
            id: id.clone(),
            display_name: name.to_owned(),
            description: String::new(),
            status: None,
            created_at: None,
            details: ResourceTrait::Group,
            profile: Profile::default(),
        })
    };
    let resource_type = |id: &'static str| {
        Record::ResourceType(ResourceType {
            id: id.into(),
            display_name: id.to_owned(),
            traits: vec![Trait::Group],
            skip_entitlements_and_grants: false,
        })
    };
    for record in [
        resource_type("team"),
        resource_type("person"),
        resource(&team, "Night shift"),
        resource(&person, "Ada Example"),
        Record::Entitlement(Entitlement {
            id: member.clone(),
            display_name: "Night shift member".to_owned(),
            description: String::new(),
            grantable_to: vec!["person".into()],
            purpose: Purpose::Assignment,
        }),
        Record::Grant(Grant {
            entitlement: member,
            principal: person,
        }),
    ] {
        sync.put(&record)?;
    }
    sync.finish()?;
    Ok(())
}
