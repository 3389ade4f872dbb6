//! A small sync, and ways to put it into a sink.

use std::path::Path;

use baton_model::{
    AccountType, Email, Entitlement, EntitlementId, Grant, Profile, Purpose, Record, Resource,
    ResourceId, ResourceTrait, ResourceType, Status, Summary, Timestamp, Trait, UserTrait,
};
use baton_sinks::Sink;

/// Returns records of every kind in the order of a sync: kinds interleave, as users and roles do.
pub(crate) fn small_sync() -> Vec<Record> {
    let member = EntitlementId::new(ResourceId::new("team", "5678"), "member");
    vec![
        resource_type("user", Trait::User, true),
        resource_type("team", Trait::Group, false),
        Record::Resource(user("1234", "Ann \"Ace\" Ärger\n\u{2028}")),
        Record::Resource(team("5678")),
        Record::Entitlement(Entitlement {
            id: member.clone(),
            display_name: "Press Team Member".to_owned(),
            description: "Member of the Press team".to_owned(),
            grantable_to: vec!["user".into()],
            purpose: Purpose::Assignment,
        }),
        Record::Grant(Grant {
            entitlement: member.clone(),
            principal: ResourceId::new("user", "1234"),
        }),
        Record::Resource(user("5", "Late")),
        Record::Grant(Grant {
            entitlement: member,
            principal: ResourceId::new("user", "5"),
        }),
    ]
}

fn resource_type(id: &'static str, kind: Trait, skip_entitlements_and_grants: bool) -> Record {
    Record::ResourceType(ResourceType {
        id: id.into(),
        display_name: id.to_owned(),
        traits: vec![kind],
        skip_entitlements_and_grants,
    })
}

fn user(id: &str, display_name: &str) -> Resource {
    let mut profile = Profile::default();
    profile.set("user_id", id);
    profile.set("federated", false);
    Resource {
        id: ResourceId::new("user", id),
        display_name: display_name.to_owned(),
        description: String::new(),
        status: Some(Status::Disabled),
        created_at: None,
        details: ResourceTrait::User(UserTrait {
            emails: vec![Email {
                address: "ann@example.org".to_owned(),
                is_primary: true,
            }],
            login: Some("ann".to_owned()),
            last_login: Timestamp::new(1_780_301_730, 221_000_000).ok(),
            account_type: AccountType::Human,
        }),
        profile,
    }
}

fn team(id: &str) -> Resource {
    let mut profile = Profile::default();
    profile.set("active_members", 2);
    Resource {
        id: ResourceId::new("team", id),
        display_name: "Press".to_owned(),
        description: "Talks to papers".to_owned(),
        status: None,
        created_at: Timestamp::new(0, 0).ok(),
        details: ResourceTrait::Group,
        profile,
    }
}

/// Writes `records` without finishing, and returns their counts.
pub(crate) fn write(sink: &mut dyn Sink, records: &[Record]) -> Summary {
    let mut summary = Summary::default();
    for record in records {
        sink.write(record).unwrap();
        summary.add(record);
    }
    summary
}

/// Returns the names in a directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}
