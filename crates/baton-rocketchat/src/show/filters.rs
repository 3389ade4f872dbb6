//! The flags that narrow a table down, and which tables each is for.

use super::Table;
use crate::failure::Failure;
use crate::field::Field;
use crate::settings::Settings;
use crate::stored::named;
use crate::{fields, words};

/// What was asked for.
#[derive(Debug, Default)]
pub(super) struct Filters {
    pub(super) sync: Option<String>,
    pub(super) disabled: bool,
    pub(super) service: bool,
    pub(super) federated: bool,
    pub(super) role: Option<String>,
    pub(super) team: Option<String>,
    pub(super) user: Option<String>,
}

/// The tables that each flag means something for.
static MEANT_FOR: [(&Field, &[Table]); 7] = {
    use Table::{Grants, Roles, Stats, Teams, Users};
    [
        (&fields::SYNC, &[Users, Roles, Teams, Grants, Stats]),
        (&fields::SHOW_DISABLED, &[Users, Grants]),
        (&fields::SHOW_SERVICE, &[Users, Grants]),
        (&fields::SHOW_FEDERATED, &[Users, Grants]),
        (&fields::SHOW_ROLE, &[Users, Roles, Grants]),
        (&fields::SHOW_TEAM, &[Users, Teams, Grants]),
        (&fields::SHOW_USER, &[Users, Grants]),
    ]
};

impl Filters {
    /// Takes the flags.
    ///
    /// # Errors
    /// One of them means nothing for the table, or a name is empty.
    pub(super) fn of(table: Table, settings: &Settings) -> Result<Self, Failure> {
        let set = MEANT_FOR.iter().filter(|(field, _)| settings.is_set(field));
        for (field, tables) in set {
            if !tables.contains(&table) {
                let names: Vec<_> = tables.iter().map(|it| it.name()).collect();
                let (flag, name) = (field.name, table.name());
                return Err(Failure::usage(format!("--{flag} means nothing for {name}"))
                    .with_hint(format!("--{flag} is for {}", words::all_of(&names))));
            }
        }
        Ok(Self {
            sync: named(&fields::SYNC, settings)?,
            disabled: settings.is_on(&fields::SHOW_DISABLED),
            service: settings.is_on(&fields::SHOW_SERVICE),
            federated: settings.is_on(&fields::SHOW_FEDERATED),
            role: named(&fields::SHOW_ROLE, settings)?,
            team: named(&fields::SHOW_TEAM, settings)?,
            user: named(&fields::SHOW_USER, settings)?,
        })
    }

    /// Tells whether it depends on the user alone what is shown.
    pub(super) fn are_of_users(&self) -> bool {
        self.disabled || self.service || self.federated || self.user.is_some()
    }
}
