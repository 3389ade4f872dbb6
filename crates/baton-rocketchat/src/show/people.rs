//! Records as people read them: names before identifiers, days instead of instants, and only what is worth a note.

use std::collections::HashMap;

use baton_model::{
    AccountType, Grant, ProfileValue, Record, Resource, ResourceId, ResourceTrait, Status,
    Timestamp, UserTrait,
};

use super::grid::{Column, number, text};
use super::selection::{is_federated, is_true};
use super::{Source, Table};
use crate::stdout::Stop;
use crate::words;

static USERS: [Column; 5] = [
    text("Login", 24),
    text("Name", 26),
    text("E-mail", 34),
    text("Last login", 10),
    text("Notes", 40),
];

static ROLES: [Column; 5] = [
    text("Name", 32),
    text("Id", 24),
    text("Scope", 12),
    number("Grants"),
    text("Notes", 40),
];

static TEAMS: [Column; 6] = [
    text("Name", 32),
    text("Id", 24),
    text("Type", 8),
    number("Members"),
    number("Deactivated"),
    text("Created", 10),
];

static GRANTS: [Column; 5] = [
    text("User", 28),
    text("User id", 24),
    text("Has", 12),
    text("Of", 5),
    text("Role or team", 32),
];

pub(super) fn columns(table: Table) -> &'static [Column] {
    match table {
        Table::Roles => &ROLES,
        Table::Teams => &TEAMS,
        Table::Grants => &GRANTS,
        Table::Users | Table::Syncs | Table::Stats => &USERS,
    }
}

/// Makes rows, and looks up what records themselves do not say.
pub(super) struct People<'s> {
    source: &'s Source<'s>,
    /// How many grants there are of each role.
    grants: HashMap<ResourceId, u64>,
    /// The resource of the grant before: grants of one resource come together.
    resource: Option<(ResourceId, String)>,
}

impl<'s> People<'s> {
    pub(super) fn new(table: Table, source: &'s Source<'s>) -> Result<Self, Stop> {
        let mut people = Self {
            source,
            grants: HashMap::new(),
            resource: None,
        };
        if table == Table::Roles {
            people.count_grants()?;
        }
        Ok(people)
    }

    fn count_grants(&mut self) -> Result<(), Stop> {
        for record in self.source.reader.records(&self.source.sync.sync_id) {
            match record? {
                Record::Resource(it) if it.details == ResourceTrait::Role => {
                    self.grants.insert(it.id, 0);
                }
                Record::Grant(it) => {
                    if let Some(count) = self.grants.get_mut(it.entitlement.resource()) {
                        *count += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes the row of a record that has one.
    pub(super) fn row(&mut self, record: &Record) -> Result<Option<Vec<String>>, Stop> {
        Ok(match record {
            Record::Grant(it) => Some(self.grant(it)?),
            Record::Resource(it) => match &it.details {
                ResourceTrait::User(account) => Some(user(it, account)),
                ResourceTrait::Role => Some(self.role(it)),
                ResourceTrait::Group => Some(team(it)),
                _ => None,
            },
            Record::ResourceType(_) | Record::Entitlement(_) => None,
        })
    }

    fn role(&self, it: &Resource) -> Vec<String> {
        let grants = self.grants.get(&it.id).copied().unwrap_or_default();
        let notes = [
            (is_true(it, "protected"), "protected"),
            (is_true(it, "mandatory2fa"), "demands two factors"),
        ];
        vec![
            it.display_name.clone(),
            it.id.resource().to_owned(),
            profile(it, "scope"),
            words::number(grants),
            noted(&notes),
        ]
    }

    fn grant(&mut self, it: &Grant) -> Result<Vec<String>, Stop> {
        let resource = it.entitlement.resource();
        let of = match self.resource.take() {
            Some((id, name)) if id == *resource => name,
            _ => self.name(resource)?,
        };
        self.resource = Some((resource.clone(), of.clone()));
        Ok(vec![
            self.name(&it.principal)?,
            it.principal.resource().to_owned(),
            it.entitlement.slug().to_owned(),
            resource.resource_type().to_string(),
            of,
        ])
    }

    /// Returns the name of a resource, or its identifier.
    fn name(&self, id: &ResourceId) -> Result<String, Stop> {
        let Source { reader, sync, .. } = self.source;
        let name = reader.display_name(&sync.sync_id, id)?;
        let name = name.filter(|it| !it.is_empty());
        Ok(name.unwrap_or_else(|| id.resource().to_owned()))
    }
}

fn user(it: &Resource, account: &UserTrait) -> Vec<String> {
    let notes = [
        (it.status == Some(Status::Disabled), "disabled"),
        (it.status == Some(Status::Deleted), "deleted"),
        (account.account_type == AccountType::Service, "service"),
        (account.account_type == AccountType::System, "system"),
        (is_federated(it), "federated"),
    ];
    vec![
        account.login.clone().unwrap_or_default(),
        it.display_name.clone(),
        account.primary_email().unwrap_or_default().to_owned(),
        day(account.last_login),
        noted(&notes),
    ]
}

fn team(it: &Resource) -> Vec<String> {
    vec![
        it.display_name.clone(),
        it.id.resource().to_owned(),
        profile(it, "type"),
        profile(it, "active_members"),
        profile(it, "dormant_members"),
        day(it.created_at),
    ]
}

fn noted(notes: &[(bool, &str)]) -> String {
    let notes = notes.iter().filter(|(is_so, _)| *is_so);
    notes.map(|(_, note)| *note).collect::<Vec<_>>().join(", ")
}

/// The day, in UTC: who looks through accounts does not ask for the hour.
fn day(instant: Option<Timestamp>) -> String {
    let text = instant.map(|it| it.to_string()).unwrap_or_default();
    let (day, _) = text.split_once('T').unwrap_or_default();
    day.to_owned()
}

/// Returns an attribute as text, if it is one that a line has room for.
fn profile(it: &Resource, name: &str) -> String {
    match it.profile.get(name) {
        Some(ProfileValue::Text(text)) => text.clone(),
        Some(ProfileValue::Number(count)) => words::number(*count),
        _ => String::new(),
    }
}
