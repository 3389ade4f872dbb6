//! Who may do what, one row per account and access.

use std::collections::HashMap;

use baton_model::{
    AccountType, Grant, Record, Resource, ResourceId, ResourceTrait, Status, Timestamp, UserTrait,
};

use super::{Cell, rows};

/// Makes the rows of accesses. Remembers what they need of resources that came long before.
///
/// Grants of teams come after all users, so that every user is remembered: about 300 bytes for each, which is 30 MB for
/// 100,000 of them. A second pass over the users on disk would take as much for finding them there.
#[derive(Debug, Default)]
pub(crate) struct Access {
    resources: HashMap<ResourceId, Known>,
}

#[derive(Debug)]
struct Known {
    /// Display name, login and address, one behind the other.
    texts: Box<str>,
    name_end: usize,
    login_end: usize,
    status: Option<Status>,
    account_type: Option<AccountType>,
    last_login: Option<Timestamp>,
}

impl Known {
    fn of(it: &Resource) -> Self {
        let user = match &it.details {
            ResourceTrait::User(user) => Some(user),
            _ => None,
        };
        let login = user.and_then(|it| it.login.as_deref()).unwrap_or_default();
        let email = user.and_then(UserTrait::primary_email).unwrap_or_default();
        let name_end = it.display_name.len();
        Self {
            texts: [&it.display_name, login, email].concat().into(),
            name_end,
            login_end: name_end + login.len(),
            status: it.status,
            account_type: user.map(|it| it.account_type),
            last_login: user.and_then(|it| it.last_login),
        }
    }

    fn part(&self, from: usize, to: usize) -> Cell<'_> {
        Cell::text(self.texts.get(from..to).unwrap_or_default())
    }

    fn name(&self) -> Cell<'_> {
        self.part(0, self.name_end)
    }
}

impl Access {
    /// Forgets all records.
    pub(crate) fn restart(&mut self) {
        self.resources.clear();
    }

    /// Remembers what rows of later grants need.
    pub(crate) fn learn(&mut self, record: &Record) {
        if let Record::Resource(it) = record {
            self.resources.insert(it.id.clone(), Known::of(it));
        }
    }

    /// Makes the row of a grant: a cell for each of the columns [`ACCESS`](super::ACCESS). Of an account that is not
    /// listed, only the identifier is known.
    pub(crate) fn row<'a>(&'a self, it: &'a Grant, entitlement_name: &'a str) -> Vec<Cell<'a>> {
        let of = self.resources.get(&it.principal);
        let resource = it.entitlement.resource();
        let target = self.resources.get(resource);
        let account_type = of
            .and_then(|it| it.account_type)
            .and_then(rows::account_type);
        vec![
            Cell::Text(it.principal.resource_type().as_str().into()),
            Cell::Text(it.principal.resource().into()),
            Cell::maybe(of, Known::name),
            Cell::maybe(of, |it| it.part(it.name_end, it.login_end)),
            Cell::maybe(of, |it| it.part(it.login_end, it.texts.len())),
            Cell::maybe(of.and_then(|it| it.status).map(rows::status), Cell::text),
            Cell::maybe(account_type, Cell::text),
            Cell::maybe(of.and_then(|it| it.last_login), Cell::Time),
            Cell::Text(resource.resource_type().as_str().into()),
            Cell::Text(resource.resource().into()),
            Cell::maybe(target, Known::name),
            Cell::Text(it.entitlement.to_string().into()),
            Cell::Text(it.entitlement.slug().into()),
            Cell::text(entitlement_name),
        ]
    }
}
