//! Puts the access to a small system into the words of governance, and asks who has it:
//! `cargo run -p baton-model --example review`.
//!
//! The system is a door with a list of people who have a key. A connector makes the same records out of whatever it reads,
//! and hands them to a sink in this order: types, resources, entitlements, grants.

use std::io::{self, Write};

use baton_model::{
    AccountType, Email, Entitlement, EntitlementId, Grant, Profile, Purpose, Record, Resource,
    ResourceId, ResourceTrait, ResourceType, Status, Summary, Trait, UserTrait,
};

/// Who has a key: identifier in the source system, name, address, and whether the account can be used.
const PEOPLE: &[(&str, &str, &str, bool)] = &[
    ("17", "Ada Example", "ada@example.org", true),
    ("23", "Grace Example", "grace@example.org", false),
];

fn main() -> io::Result<()> {
    print(&records(), &mut io::stdout())
}

/// Makes all records of the system.
pub(crate) fn records() -> Vec<Record> {
    let mut records = vec![
        // Nothing can be granted on a person.
        resource_type("person", "Person", Trait::User, true),
        resource_type("door", "Door", Trait::Group, false),
    ];
    records.extend(PEOPLE.iter().map(|it| Record::Resource(person(it))));

    let door = ResourceId::new("door", "front");
    records.push(Record::Resource(Resource {
        id: door.clone(),
        display_name: "Front door".to_owned(),
        description: "The door to the street".to_owned(),
        status: None,
        created_at: None,
        details: ResourceTrait::Group,
        profile: Profile::default(),
    }));
    // The identifier of an entitlement is that of its resource and a word; that of a grant adds the principal.
    let key = EntitlementId::new(door, "key");
    records.push(Record::Entitlement(Entitlement {
        id: key.clone(),
        display_name: "Front door key".to_owned(),
        description: "Has a key to the front door".to_owned(),
        grantable_to: vec!["person".into()],
        purpose: Purpose::Permission,
    }));
    records.extend(PEOPLE.iter().map(|(id, ..)| {
        Record::Grant(Grant {
            entitlement: key.clone(),
            principal: ResourceId::new("person", *id),
        })
    }));
    records
}

fn resource_type(id: &'static str, name: &str, kind: Trait, is_bare: bool) -> Record {
    Record::ResourceType(ResourceType {
        id: id.into(),
        display_name: name.to_owned(),
        traits: vec![kind],
        skip_entitlements_and_grants: is_bare,
    })
}

fn person((id, name, address, is_active): &(&str, &str, &str, bool)) -> Resource {
    let mut profile = Profile::default();
    profile.set("full_name", *name);
    Resource {
        id: ResourceId::new("person", *id),
        display_name: (*name).to_owned(),
        description: String::new(),
        status: Some(if *is_active {
            Status::Enabled
        } else {
            Status::Disabled
        }),
        created_at: None,
        details: ResourceTrait::User(UserTrait {
            emails: vec![Email {
                address: (*address).to_owned(),
                is_primary: true,
            }],
            login: None,
            last_login: None,
            account_type: AccountType::Human,
        }),
        profile,
    }
}

/// Prints who has what, and marks those who should not have it any more.
pub(crate) fn print(records: &[Record], output: &mut dyn Write) -> io::Result<()> {
    let mut summary = Summary::default();
    let is_disabled = |id: &ResourceId| {
        records.iter().any(|record| match record {
            Record::Resource(it) => it.id == *id && it.status == Some(Status::Disabled),
            _ => false,
        })
    };
    for record in records {
        summary.add(record);
        if let Record::Grant(grant) = record {
            let mark = if is_disabled(&grant.principal) {
                "  (disabled)"
            } else {
                ""
            };
            writeln!(output, "{}{mark}", grant.id())?;
        }
    }
    for (kind, number) in &summary.resources {
        writeln!(output, "{kind}: {number}")?;
    }
    Ok(())
}
