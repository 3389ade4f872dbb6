//! A sink of one's own: a page of Markdown that lists, for every entitlement, who has it.
//!
//! `cargo run -p baton-sinks --example own_sink -- sync.c1z access.md` makes one of a finished sync; without arguments, of
//! one that is written first, and prints it. The same sink could be given to `rocketchat_sync::sync`, and then the page would
//! appear when the sync has proven to be whole.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use baton_c1z::{Limits, Options, Reader};
use baton_model::{
    Entitlement, EntitlementId, FixedClock, Grant, Profile, Purpose, Record, Resource, ResourceId,
    ResourceTrait, ResourceType, Summary, Timestamp, Trait,
};
use baton_sinks::{C1z, Error, Sink, export};

type Result<T, E = Box<dyn StdError>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    if let (Some(file), Some(page)) = (arguments.next(), arguments.next()) {
        return write_page(&file, &page);
    }
    let folder = tempfile::tempdir()?;
    let (file, page) = (
        folder.path().join("sync.c1z"),
        folder.path().join("access.md"),
    );
    write_sync(&file)?;
    write_page(&file, &page)?;
    io::stdout().write_all(&fs::read(&page)?)?;
    Ok(())
}

/// Writes the newest finished sync of a file as a page.
pub(crate) fn write_page(file: &Path, page: &Path) -> Result<()> {
    let reader = Reader::open(file, Limits::default(), None)?;
    export(&reader, None, Box::new(Markdown::new(page)))?;
    Ok(())
}

/// The sink. Nothing is written before the end, so that there is nothing to take back.
struct Markdown {
    path: PathBuf,
    /// Names of resources, for the grants that come later.
    names: BTreeMap<ResourceId, String>,
    /// Entitlements with who has them.
    holders: BTreeMap<String, Vec<String>>,
}

impl Markdown {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            names: BTreeMap::new(),
            holders: BTreeMap::new(),
        }
    }

    fn page(&self, summary: &Summary) -> String {
        let grants: u64 = summary.grants.values().sum();
        let mut page = format!("# Access\n\n{grants} grants\n");
        for (entitlement, holders) in &self.holders {
            // Writing to a text cannot fail.
            let _ = write!(page, "\n## {entitlement}\n\n");
            for holder in holders {
                let _ = writeln!(page, "- {holder}");
            }
        }
        page
    }
}

impl Sink for Markdown {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        match record {
            Record::ResourceType(_) => {}
            Record::Resource(it) => {
                self.names.insert(it.id.clone(), it.display_name.clone());
            }
            Record::Entitlement(it) => {
                self.holders.entry(it.id.to_string()).or_default();
            }
            Record::Grant(it) => {
                // Everything that a record refers to came before it.
                let name = self.names.get(&it.principal);
                let name = name.cloned().unwrap_or_else(|| it.principal.to_string());
                let holders = self.holders.entry(it.entitlement.to_string());
                holders.or_default().push(name);
            }
        }
        Ok(())
    }

    /// A list turned out not to be whole and is read again.
    fn restart(&mut self) -> Result<(), Error> {
        self.names.clear();
        self.holders.clear();
        Ok(())
    }

    /// The one place where something becomes visible: a file beside the page takes its place, all at once.
    fn finish(self: Box<Self>, summary: &Summary) -> Result<(), Error> {
        let draft = self.path.with_extension("md.part");
        fs::write(&draft, self.page(summary))
            .and_then(|()| fs::rename(&draft, &self.path))
            .map_err(|source| Error::Io {
                path: self.path.clone(),
                source,
            })
    }

    /// Dropping what was collected is all there is to do.
    fn abort(self: Box<Self>) {}
}

/// Writes a small sync, with the sink that comes with this crate.
pub(crate) fn write_sync(file: &Path) -> Result<()> {
    let clock = FixedClock(Timestamp::parse("2026-06-01T08:00:00Z")?);
    let mut sink = Box::new(C1z::open(file, Options::default(), Arc::new(clock), None)?);
    let mut summary = Summary::default();
    for record in records() {
        sink.write(&record)?;
        summary.add(&record);
    }
    sink.finish(&summary)?;
    Ok(())
}

fn records() -> Vec<Record> {
    let team = ResourceId::new("team", "5678");
    let member = EntitlementId::new(team.clone(), "member");
    let crews = ["1", "2"].map(|id| ResourceId::new("team", id));
    let mut records = vec![Record::ResourceType(ResourceType {
        id: "team".into(),
        display_name: "Team".to_owned(),
        traits: vec![Trait::Group],
        skip_entitlements_and_grants: false,
    })];
    records.extend([&team, &crews[0], &crews[1]].map(|id| {
        Record::Resource(Resource {
            id: id.clone(),
            display_name: format!("Crew {}", id.resource()),
            description: String::new(),
            status: None,
            created_at: None,
            details: ResourceTrait::Group,
            profile: Profile::default(),
        })
    }));
    records.push(Record::Entitlement(Entitlement {
        id: member.clone(),
        display_name: "Member".to_owned(),
        description: String::new(),
        grantable_to: vec!["team".into()],
        purpose: Purpose::Assignment,
    }));
    records.extend(crews.map(|principal| {
        Record::Grant(Grant {
            entitlement: member.clone(),
            principal,
        })
    }));
    records
}
