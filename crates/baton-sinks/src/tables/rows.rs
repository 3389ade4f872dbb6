//! Records as rows.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use baton_model::{
    AccountType, Attribute, AttributeKind, Attributes, Entitlement, EntitlementId, Grant,
    ProfileValue, Purpose, Record, Resource, ResourceTrait, Status, UserTrait,
};

use super::{Cell, Column, Layout, Table};

/// Makes rows of records. Remembers the entitlements, which grants only name: about 200 bytes for each.
#[derive(Debug)]
pub struct Tables {
    layout: Layout,
    entitlements: HashMap<EntitlementId, Held>,
    /// Resources that no table is for.
    others: u64,
}

/// What the rows of grants say of an entitlement.
#[derive(Debug)]
struct Held {
    name: String,
    purpose: Purpose,
}

impl Tables {
    /// Starts without records. The attributes get columns of their own.
    pub fn new(attributes: Attributes) -> Self {
        Self {
            layout: Layout::new(attributes),
            entitlements: HashMap::new(),
            others: 0,
        }
    }

    /// Returns the columns of a table.
    pub fn columns(&self, table: Table) -> Vec<Column> {
        self.layout.columns(table)
    }

    /// Forgets all records.
    pub(crate) fn restart(&mut self) {
        self.entitlements.clear();
        self.others = 0;
    }

    /// Logs, once, how many resources were neither accounts nor roles nor groups. They are in no table; who has access to
    /// them is.
    pub(crate) fn tell_of_others(&mut self) {
        let resources = std::mem::take(&mut self.others);
        if resources > 0 {
            tracing::warn!(
                resources,
                "resources that are neither accounts nor roles nor groups have no table; grants of them are there"
            );
        }
    }

    /// Returns the name of an entitlement for people; empty if it was not among the records.
    pub(crate) fn entitlement_name(&self, id: &EntitlementId) -> &str {
        self.entitlements.get(id).map_or("", |it| &it.name)
    }

    /// Makes the row of a record, if it becomes one: a cell for each column.
    pub fn row<'a>(&'a mut self, record: &'a Record) -> Option<(Table, Vec<Cell<'a>>)> {
        match record {
            Record::ResourceType(_) => None,
            Record::Resource(it) => self.resource(it),
            Record::Entitlement(it) => {
                self.learn(it);
                None
            }
            Record::Grant(it) => Some((Table::Grants, self.grant(it))),
        }
    }

    fn learn(&mut self, it: &Entitlement) {
        let held = Held {
            name: it.display_name.clone(),
            purpose: it.purpose,
        };
        self.entitlements.insert(it.id.clone(), held);
    }

    fn resource<'a>(&mut self, it: &'a Resource) -> Option<(Table, Vec<Cell<'a>>)> {
        let (table, mut row, attributes) = match &it.details {
            ResourceTrait::User(user) => (Table::Users, account(it, user), &self.layout.users),
            ResourceTrait::Role => (Table::Roles, holder(it), &self.layout.roles),
            ResourceTrait::Group => (Table::Teams, holder(it), &self.layout.teams),
            _ => {
                self.others += 1;
                return None;
            }
        };
        let mut others: BTreeMap<_, _> = it.profile.iter().collect();
        for attribute in attributes {
            let found = others.get(attribute.name);
            let cell = found.and_then(|it| value(it, *attribute));
            // A value of another kind than the column stays with the rest.
            if cell.is_some() {
                others.remove(attribute.name);
            }
            row.push(cell.unwrap_or(Cell::Null));
        }
        row.push(rest(&others));
        Some((table, row))
    }

    fn grant<'a>(&'a self, it: &'a Grant) -> Vec<Cell<'a>> {
        let (entitlement, resource) = (&it.entitlement, it.entitlement.resource());
        let held = self.entitlements.get(entitlement);
        vec![
            Cell::Text(entitlement.to_string().into()),
            Cell::Text(entitlement.slug().into()),
            Cell::maybe(held, |it| Cell::text(&it.name)),
            Cell::maybe(held.and_then(|it| purpose(it.purpose)), Cell::text),
            Cell::Text(resource.resource_type().as_str().into()),
            Cell::Text(resource.resource().into()),
            Cell::Text(it.principal.resource_type().as_str().into()),
            Cell::Text(it.principal.resource().into()),
        ]
    }
}

fn account<'a>(it: &'a Resource, user: &'a UserTrait) -> Vec<Cell<'a>> {
    let emails = user.emails.iter().map(|it| it.address.as_str());
    vec![
        Cell::Text(it.id.resource().into()),
        Cell::Text(it.id.resource_type().as_str().into()),
        Cell::text(&it.display_name),
        Cell::text(&it.description),
        Cell::maybe(user.login.as_deref(), Cell::text),
        Cell::maybe(user.primary_email(), Cell::text),
        Cell::List(emails.collect()),
        Cell::maybe(it.status.map(status), Cell::text),
        Cell::maybe(account_type(user.account_type), Cell::text),
        Cell::maybe(user.last_login, Cell::Time),
        Cell::maybe(it.created_at, Cell::Time),
    ]
}

fn holder(it: &Resource) -> Vec<Cell<'_>> {
    vec![
        Cell::Text(it.id.resource().into()),
        Cell::Text(it.id.resource_type().as_str().into()),
        Cell::text(&it.display_name),
        Cell::text(&it.description),
        Cell::maybe(it.status.map(status), Cell::text),
        Cell::maybe(it.created_at, Cell::Time),
    ]
}

/// Returns the cell of an attribute; `None` if its value is of another kind.
fn value(value: &ProfileValue, attribute: Attribute) -> Option<Cell<'_>> {
    match (value, attribute.kind) {
        (ProfileValue::Text(text), AttributeKind::Text) => {
            Some(Cell::Text(Cow::Borrowed(text.as_str())))
        }
        (ProfileValue::Bool(truth), AttributeKind::Bool) => Some(Cell::Bool(*truth)),
        (ProfileValue::Number(count), AttributeKind::Count) => {
            i64::try_from(*count).ok().map(Cell::Count)
        }
        _ => None,
    }
}

/// Returns the attributes that have no column as JSON.
fn rest(others: &BTreeMap<&str, &ProfileValue>) -> Cell<'static> {
    if others.is_empty() {
        return Cell::Null;
    }
    // Texts as keys, and such values, always have a JSON form.
    Cell::Text(serde_json::to_string(others).unwrap_or_default().into())
}

pub(super) fn status(it: Status) -> &'static str {
    match it {
        Status::Enabled => "enabled",
        Status::Disabled => "disabled",
        Status::Deleted => "deleted",
    }
}

pub(super) fn account_type(it: AccountType) -> Option<&'static str> {
    match it {
        AccountType::Human => Some("human"),
        AccountType::Service => Some("service"),
        AccountType::System => Some("system"),
        AccountType::Unspecified => None,
    }
}

fn purpose(it: Purpose) -> Option<&'static str> {
    match it {
        Purpose::Assignment => Some("assignment"),
        Purpose::Permission => Some("permission"),
        Purpose::Ownership => Some("ownership"),
        _ => None,
    }
}
