//! Which records the filters let through.
//!
//! Names are looked up before anything is printed, so that a mistyped one is an error and not an empty table.

use std::collections::HashSet;

use baton_model::{
    AccountType, ProfileValue, Record, Resource, ResourceId, ResourceTrait, Status, UserTrait,
};

use super::filters::Filters;
use super::{Source, Table};
use crate::failure::Failure;
use crate::stdout::Stop;
use crate::words::plain;

/// Names that are less alike than this are no help.
const ALIKE: f64 = 0.8;

/// How many names are suggested.
const SUGGESTIONS: usize = 3;

type Ids = HashSet<ResourceId>;

/// The resources that were named, and what follows from them for one table.
pub(super) struct Selection<'f> {
    table: Table,
    filters: &'f Filters,
    roles: Option<Ids>,
    teams: Option<Ids>,
    users: Option<Ids>,
    /// Of the table of users: those who hold what was named. A user has to be in each.
    holders: Vec<Ids>,
}

impl<'f> Selection<'f> {
    /// Looks the names up.
    ///
    /// # Errors
    /// Nothing has such a name, or a row cannot be read.
    pub(super) fn find(
        table: Table,
        filters: &'f Filters,
        source: &Source<'_>,
    ) -> Result<Self, Stop> {
        let mut selection = Self {
            table,
            filters,
            roles: None,
            teams: None,
            users: None,
            holders: Vec::new(),
        };
        let grants_of_users = table == Table::Grants && filters.are_of_users();
        let is_named = filters.role.is_some() || filters.team.is_some() || filters.user.is_some();
        if is_named || grants_of_users {
            selection.look_up(source)?;
        }
        if table == Table::Users {
            let named = [selection.roles.as_ref(), selection.teams.as_ref()];
            let named: Vec<_> = named.into_iter().flatten().collect();
            selection.holders = holders(&named, source)?;
        }
        Ok(selection)
    }

    fn look_up(&mut self, source: &Source<'_>) -> Result<(), Stop> {
        let mut role = Named::new("role", self.filters.role.as_deref());
        let mut team = Named::new("team", self.filters.team.as_deref());
        let mut user = Named::new("user", self.filters.user.as_deref());
        // Users of whom it is known what they are, to be found again in grants.
        let mut kinds = Ids::new();
        let by_kind = self.table == Table::Grants && self.filters.are_of_users();
        for record in source.reader.records(&source.sync.sync_id) {
            let it = match record? {
                Record::Resource(it) => it,
                Record::ResourceType(_) => continue,
                Record::Entitlement(_) | Record::Grant(_) => break,
            };
            match &it.details {
                ResourceTrait::Role => role.look_at(&it, &[&it.display_name]),
                ResourceTrait::Group => team.look_at(&it, &[&it.display_name]),
                ResourceTrait::User(account) => {
                    user.look_at(&it, &names_of(&it, account));
                    if by_kind && self.is_of_kind(&it, account) {
                        kinds.insert(it.id);
                    }
                }
                _ => {}
            }
        }
        self.roles = role.found(source)?;
        self.teams = team.found(source)?;
        self.users = user.found(source)?;
        if by_kind {
            self.users = Some(match self.users.take() {
                Some(named) => named.intersection(&kinds).cloned().collect(),
                None => kinds,
            });
        }
        Ok(())
    }

    /// Tells whether a record is shown.
    pub(super) fn takes(&self, record: &Record) -> bool {
        let is_in = |ids: &Option<Ids>, id| ids.as_ref().is_none_or(|it| it.contains(id));
        if Table::of(record) != Some(self.table) {
            return false;
        }
        match record {
            Record::Resource(it) => match &it.details {
                ResourceTrait::User(account) => {
                    self.is_of_kind(it, account)
                        && is_in(&self.users, &it.id)
                        && self.holders.iter().all(|ids| ids.contains(&it.id))
                }
                ResourceTrait::Role => is_in(&self.roles, &it.id),
                _ => is_in(&self.teams, &it.id),
            },
            Record::Grant(it) => {
                let named = [&self.roles, &self.teams];
                let mut named = named.into_iter().flatten().peekable();
                let resource = it.entitlement.resource();
                let is_named = named.peek().is_none() || named.any(|ids| ids.contains(resource));
                is_named && is_in(&self.users, &it.principal)
            }
            Record::ResourceType(_) | Record::Entitlement(_) => false,
        }
    }

    /// Tells whether a user is disabled, a service or federated, where that is asked for.
    fn is_of_kind(&self, it: &Resource, account: &UserTrait) -> bool {
        let Filters {
            disabled,
            service,
            federated,
            ..
        } = self.filters;
        (!disabled || it.status == Some(Status::Disabled))
            && (!service || account.account_type == AccountType::Service)
            && (!federated || is_federated(it))
    }
}

pub(super) fn is_federated(it: &Resource) -> bool {
    is_true(it, "federated")
}

/// Tells whether an attribute says yes.
pub(super) fn is_true(it: &Resource, name: &str) -> bool {
    it.profile.get(name) == Some(&ProfileValue::Bool(true))
}

fn names_of<'a>(it: &'a Resource, account: &'a UserTrait) -> Vec<&'a str> {
    let emails = account.emails.iter().map(|it| it.address.as_str());
    let login = account.login.as_deref().into_iter();
    login
        .chain([it.display_name.as_str()])
        .chain(emails)
        .collect()
}

/// Finds, for each set of resources, those who hold something on one of them.
fn holders(named: &[&Ids], source: &Source<'_>) -> Result<Vec<Ids>, Stop> {
    let mut holders = vec![Ids::new(); named.len()];
    if named.is_empty() {
        return Ok(holders);
    }
    for record in source.reader.records(&source.sync.sync_id) {
        let Record::Grant(it) = record? else { continue };
        for (ids, resources) in holders.iter_mut().zip(named) {
            if resources.contains(it.entitlement.resource()) {
                ids.insert(it.principal.clone());
            }
        }
    }
    Ok(holders)
}

/// What is found while looking for a name: the one with that id, else all with that name, in capitals or not.
struct Named<'a> {
    what: &'static str,
    wanted: Option<(&'a str, String)>,
    with_id: Ids,
    with_name: Ids,
    alike: Vec<(f64, String)>,
}

impl<'a> Named<'a> {
    fn new(what: &'static str, wanted: Option<&'a str>) -> Self {
        Self {
            what,
            wanted: wanted.map(|it| (it, it.to_lowercase())),
            with_id: Ids::new(),
            with_name: Ids::new(),
            alike: Vec::new(),
        }
    }

    fn look_at(&mut self, it: &Resource, names: &[&str]) {
        let Some((wanted, lower)) = &self.wanted else {
            return;
        };
        if it.id.resource() == *wanted {
            self.with_id.insert(it.id.clone());
        }
        for name in names {
            let candidate = name.to_lowercase();
            if candidate == *lower {
                self.with_name.insert(it.id.clone());
            }
            let likeness = strsim::jaro_winkler(&candidate, lower);
            if likeness >= ALIKE && self.alike.iter().all(|(_, known)| known != name) {
                self.alike.push((likeness, (*name).to_owned()));
                self.alike.sort_by(|a, b| b.0.total_cmp(&a.0));
                self.alike.truncate(SUGGESTIONS);
            }
        }
    }

    fn found(self, source: &Source<'_>) -> Result<Option<Ids>, Failure> {
        let Some((wanted, _)) = self.wanted else {
            return Ok(None);
        };
        let found = [self.with_id, self.with_name];
        if let Some(ids) = found.into_iter().find(|ids| !ids.is_empty()) {
            return Ok(Some(ids));
        }
        let (what, path) = (self.what, source.path.display());
        let alike: Vec<_> = self.alike.iter().map(|(_, name)| plain(name)).collect();
        let list = format!("`baton-rocketchat show {what}s` lists those there are");
        let hint = match alike.as_slice() {
            [] => list,
            names => format!("did you mean {}? {list}", names.join(", ")),
        };
        let text = format!("the sync in {path} has no {what} {wanted:?}");
        Err(Failure::usage(text).with_hint(hint))
    }
}
