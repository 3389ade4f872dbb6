//! Files that are read before a sync, or instead of one.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use baton_c1z::{Error, Limits, Options, Reader, diff};
use baton_model::{
    Clock, Entitlement, EntitlementId, FixedClock, Grant, Profile, Purpose, Record, Resource,
    ResourceId, ResourceTrait, ResourceType, Summary, Timestamp, Trait,
};
use baton_sinks::{C1z, Resume, Sink as _};
use tempfile::TempDir;

/// Small, so that what is too large is met too.
const LIMITS: Limits = Limits {
    window: 1 << 20,
    decoded: 4 << 20,
};

/// Reads bytes as a c1z file, and adds a sync to it.
///
/// # Panics
/// The file is changed by reading it, or the sync is not in it afterwards as it was written.
pub fn container(bytes: &[u8]) {
    let Ok(directory) = tempfile::tempdir() else {
        return;
    };
    let path = directory.path().join("sync.c1z");
    if fs::write(&path, bytes).is_err() {
        return;
    }
    // Whether it can be read is not what matters, but that trying does no harm.
    let _ = read(&path, &directory);
    assert_eq!(fs::read(&path).ok().as_deref(), Some(bytes));
    add(&path, &directory);
}

/// Reads bytes as the database in a c1z file, and adds a sync to it.
///
/// # Panics
/// As [`container`].
pub fn database(bytes: &[u8]) {
    container(&packed(bytes));
}

/// Puts bytes into a container without compressing them (RFC 8878 sections 3.1.1.1 and 3.1.1.2).
fn packed(bytes: &[u8]) -> Vec<u8> {
    // The magic bytes of the file and of a frame, and a header: the window is the size, which follows in four bytes.
    let mut file = b"C1ZF\0\x28\xb5\x2f\xfd\xa0".to_vec();
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    file.extend(size.to_le_bytes());
    for block in bytes.chunks(64 << 10) {
        let size = u32::try_from(block.len()).unwrap_or_default();
        file.extend((size << 3).to_le_bytes().iter().take(3));
        file.extend_from_slice(block);
    }
    // The last block, an empty one.
    file.extend([1, 0, 0]);
    file
}

/// Reads bytes as the journal of an interrupted sync, continues that, and interrupts it once more.
///
/// # Panics
/// A journal stays locked, or what was kept in it is lost.
pub fn journal(bytes: &[u8]) {
    let Ok(directory) = tempfile::tempdir() else {
        return;
    };
    let path = directory.path().join("sync.c1z");
    if fs::write(C1z::journal_path(&path), bytes).is_err() {
        return;
    }
    let resume = Resume {
        connector: "rocketchat",
        subject: "x".to_owned(),
        allowed: true,
    };
    for _ in 0..2 {
        let Ok(sink) = C1z::open(&path, options(&directory), clock(), Some(&resume)) else {
            return;
        };
        let journal = sink.journal();
        let _ = (sink.recalled(), journal.recall("a"));
        journal.keep("b", "2");
        drop(journal);
        Box::new(sink).suspend();
    }
    let reopened = C1z::open(&path, options(&directory), clock(), Some(&resume));
    let recalled = reopened.ok().and_then(|it| it.recalled());
    assert!(recalled.is_some(), "what was kept is lost");
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock(Timestamp::EPOCH))
}

fn options(directory: &TempDir) -> Options {
    Options {
        temp_dir: Some(directory.path().to_owned()),
        limits: LIMITS,
        ..Options::default()
    }
}

/// Reads everything that the commands read.
fn read(path: &Path, directory: &TempDir) -> Result<(), Error> {
    let reader = Reader::open(path, LIMITS, Some(directory.path()))?;
    for sync in reader.syncs()? {
        let _ = (sync.started_at.timestamp(), sync.is_full());
        let _ = (reader.stats(&sync), reader.count(&sync.sync_id));
        let mut records = reader.records(&sync.sync_id);
        while let Some(Ok(record)) = records.next() {
            if let Record::Resource(it) = &record {
                let _ = reader.display_name(&sync.sync_id, &it.id);
            }
        }
        let _ = records.left_out();
        let this = (&reader, sync.sync_id.as_str());
        let same = diff::compare(this, this, |_| Err(Error::Failed));
        assert!(
            !matches!(same, Err(Error::Failed)),
            "it differs from itself"
        );
    }
    let _ = reader.newest_finished()?;
    Ok(())
}

/// Adds a sync. If that says that it is done, it is.
fn add(path: &Path, directory: &TempDir) {
    let before = fs::read(path).ok();
    let records = records();
    let added = C1z::open(path, options(directory), clock(), None).and_then(|mut sink| {
        let _ = sink.previous();
        for record in &records {
            sink.write(record)?;
        }
        let id = sink.sync_id().to_string();
        Box::new(sink).finish(&Summary::default()).map(|()| id)
    });
    let Ok(id) = added else {
        assert_eq!(fs::read(path).ok(), before, "a file is as it was, or whole");
        return;
    };
    let reader = Reader::open(path, Limits::default(), Some(directory.path()));
    let found = reader.and_then(|reader| {
        let sync = reader.finished(Some(&id))?;
        assert_eq!(reader.stats(&sync)?, reader.count(&id)?);
        assert_eq!(
            reader
                .grants(&id)
                .filter(|it| matches!(it, Ok(it) if it.expansion.is_some()))
                .count(),
            0
        );
        reader.records(&id).collect::<Result<Vec<_>, _>>()
    });
    assert!(
        matches!(found, Ok(found) if found == records),
        "a sync is as it was written"
    );
}

fn records() -> [Record; 5] {
    let resource = |kind: &'static str, id: &str| Resource {
        id: ResourceId::new(kind, id),
        display_name: "Night shift".to_owned(),
        description: String::new(),
        status: None,
        created_at: None,
        details: ResourceTrait::Group,
        profile: Profile::default(),
    };
    let (team, other) = (resource("team", "t1"), resource("team", "T1"));
    let member = EntitlementId::new(team.id.clone(), "member");
    [
        Record::ResourceType(ResourceType {
            id: "team".into(),
            display_name: "Team".to_owned(),
            traits: vec![Trait::Group],
            skip_entitlements_and_grants: false,
        }),
        Record::Resource(team),
        Record::Resource(other.clone()),
        Record::Entitlement(Entitlement {
            id: member.clone(),
            display_name: "Member".to_owned(),
            description: String::new(),
            grantable_to: vec!["team".into()],
            purpose: Purpose::Assignment,
        }),
        Record::Grant(Grant {
            entitlement: member,
            principal: other.id,
        }),
    ]
}
