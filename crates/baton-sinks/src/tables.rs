//! The tables of CSV and Parquet: their columns, and the rows that records become.
//!
//! `docs/outputs.md` describes every column; a test compares the two. How a cell is written is left to the sinks, and to
//! programs that show tables in another way.

mod access;
mod rows;

use std::borrow::Cow;

use baton_model::{Attribute, AttributeKind, Attributes, Timestamp};

pub(crate) use self::access::Access;
pub use self::rows::Tables;

/// A table of records of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Accounts.
    Users,
    /// Roles.
    Roles,
    /// Groups.
    Teams,
    /// Who holds what.
    Grants,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Users, Self::Roles, Self::Teams, Self::Grants];
}

/// One thing for each table.
pub(crate) struct Each<T>([T; 4]);

impl<T> Each<T> {
    /// Makes the things, in the order of the tables.
    pub(crate) fn try_new<E>(mut make: impl FnMut(Table) -> Result<T, E>) -> Result<Self, E> {
        let [users, roles, teams, grants] = Table::ALL;
        Ok(Self([
            make(users)?,
            make(roles)?,
            make(teams)?,
            make(grants)?,
        ]))
    }

    pub(crate) fn of(&mut self, table: Table) -> &mut T {
        let [users, roles, teams, grants] = &mut self.0;
        match table {
            Table::Users => users,
            Table::Roles => roles,
            Table::Teams => teams,
            Table::Grants => grants,
        }
    }

    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: Kind,
    /// Whether every row has a value; a list may be empty instead.
    pub is_required: bool,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// A number of things.
    Count,
    /// An instant.
    Time,
    /// Several texts.
    List,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing is known.
    Null,
    /// See [`Kind::Text`].
    Text(Cow<'a, str>),
    /// See [`Kind::Bool`].
    Bool(bool),
    /// See [`Kind::Count`].
    Count(i64),
    /// See [`Kind::Time`].
    Time(Timestamp),
    /// See [`Kind::List`].
    List(Vec<&'a str>),
}

impl<'a> Cell<'a> {
    /// A text; an empty one says nothing.
    fn text(text: &'a str) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(Cow::Borrowed(text))
        }
    }

    fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, cell)
    }
}

/// A column whose every row has a value.
const fn required(name: &'static str) -> Column {
    Column {
        name,
        kind: Kind::Text,
        is_required: true,
    }
}

/// A column whose value may be missing.
const fn optional(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        is_required: false,
    }
}

const USERS: &[Column] = &[
    required("id"),
    required("resource_type"),
    optional("display_name", Kind::Text),
    optional("description", Kind::Text),
    optional("login", Kind::Text),
    optional("email", Kind::Text),
    Column {
        name: "emails",
        kind: Kind::List,
        is_required: true,
    },
    optional("status", Kind::Text),
    optional("account_type", Kind::Text),
    optional("last_login", Kind::Time),
    optional("created_at", Kind::Time),
];

/// Roles and teams.
const HOLDERS: &[Column] = &[
    required("id"),
    required("resource_type"),
    optional("display_name", Kind::Text),
    optional("description", Kind::Text),
    optional("status", Kind::Text),
    optional("created_at", Kind::Time),
];

const GRANTS: &[Column] = &[
    required("entitlement_id"),
    required("entitlement"),
    optional("entitlement_name", Kind::Text),
    optional("purpose", Kind::Text),
    required("resource_type"),
    required("resource_id"),
    required("principal_type"),
    required("principal_id"),
];

/// The columns of the rows that [`Access`] makes.
pub(crate) const ACCESS: &[Column] = &[
    required("principal_type"),
    required("principal_id"),
    optional("display_name", Kind::Text),
    optional("login", Kind::Text),
    optional("owner_email", Kind::Text),
    optional("status", Kind::Text),
    optional("account_type", Kind::Text),
    optional("last_login", Kind::Time),
    required("resource_type"),
    required("resource_id"),
    optional("resource_name", Kind::Text),
    required("entitlement_id"),
    required("entitlement"),
    optional("entitlement_name", Kind::Text),
];

/// The attributes that no other column has, as a JSON object.
const PROFILE: Column = optional("profile", Kind::Text);

/// Returns the attributes that get a column of their own: all but those whose name is taken.
fn own(attributes: &'static [Attribute], taken: &[Column]) -> Vec<Attribute> {
    let is_free = |it: &&Attribute| {
        it.name != PROFILE.name && taken.iter().all(|column| column.name != it.name)
    };
    attributes.iter().filter(is_free).copied().collect()
}

fn with_attributes(columns: &[Column], attributes: &[Attribute]) -> Vec<Column> {
    let kind = |it: &Attribute| match it.kind {
        AttributeKind::Text => Kind::Text,
        AttributeKind::Bool => Kind::Bool,
        AttributeKind::Count => Kind::Count,
    };
    let own = attributes.iter().map(|it| optional(it.name, kind(it)));
    columns
        .iter()
        .copied()
        .chain(own)
        .chain([PROFILE])
        .collect()
}

/// Which attributes get columns, for each table of resources.
#[derive(Debug)]
struct Layout {
    users: Vec<Attribute>,
    roles: Vec<Attribute>,
    teams: Vec<Attribute>,
}

impl Layout {
    fn new(attributes: Attributes) -> Self {
        Self {
            users: own(attributes.users, USERS),
            roles: own(attributes.roles, HOLDERS),
            teams: own(attributes.groups, HOLDERS),
        }
    }

    fn columns(&self, table: Table) -> Vec<Column> {
        match table {
            Table::Users => with_attributes(USERS, &self.users),
            Table::Roles => with_attributes(HOLDERS, &self.roles),
            Table::Teams => with_attributes(HOLDERS, &self.teams),
            Table::Grants => GRANTS.to_vec(),
        }
    }
}
