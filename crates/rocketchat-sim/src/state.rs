//! The workspace together with what is derived from it: orders, indexes and written rows.
//!
//! Everything derived is made when it is first asked for and thrown away when the workspace changes.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::Version;
use crate::rows::{Projection, Rows};
use crate::workspace::{Id, Team, Text, User, Workspace};

#[derive(Debug)]
pub(crate) struct State {
    version: Version,
    pub(crate) workspace: Workspace,
    derived: Derived,
}

#[derive(Debug, Default)]
struct Derived {
    users: OnceLock<HashMap<Id, usize>>,
    teams: OnceLock<HashMap<Id, usize>>,
    teams_of: OnceLock<HashMap<Id, Vec<usize>>>,
    full: OnceLock<Rows>,
    reduced: OnceLock<Rows>,
    by_status: OnceLock<Rows>,
    by_status_reduced: OnceLock<Rows>,
}

impl State {
    pub(crate) fn new(workspace: Workspace, version: Version) -> Self {
        Self {
            version,
            workspace,
            derived: Derived::default(),
        }
    }

    /// Changes the workspace and forgets everything derived.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut Workspace)) {
        change(&mut self.workspace);
        self.derived = Derived::default();
    }

    /// Returns the user with this id.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        let users = &self.workspace.users;
        let places = self
            .derived
            .users
            .get_or_init(|| index(users.iter().map(|user| &user.id)));
        places.get(id).map(|place| &users[*place])
    }

    /// Returns the team with this id.
    pub(crate) fn team(&self, id: &str) -> Option<&Team> {
        let teams = &self.workspace.teams;
        let places = self
            .derived
            .teams
            .get_or_init(|| index(teams.iter().map(|team| &team.id)));
        places.get(id).map(|place| &teams[*place])
    }

    /// Returns the teams in which a user has a membership row, in storage order.
    pub(crate) fn teams_of(&self, user_id: &str) -> impl Iterator<Item = &Team> {
        let index = self.derived.teams_of.get_or_init(|| {
            let mut index: HashMap<Id, Vec<usize>> = HashMap::new();
            for (place, team) in self.workspace.teams.iter().enumerate() {
                for member in &team.members {
                    index.entry(member.user_id.clone()).or_default().push(place);
                }
            }
            index
        });
        index
            .get(user_id)
            .into_iter()
            .flatten()
            .map(|place| &self.workspace.teams[*place])
    }

    /// Returns the rows of `users.list` for a caller with or without `view-full-other-user-info`.
    pub(crate) fn list(&self, privileged: bool) -> &Rows {
        let (cell, projection) = if privileged {
            (&self.derived.full, Projection::Full)
        } else {
            (&self.derived.reduced, Projection::Reduced)
        };
        cell.get_or_init(|| self.rows(projection, |user| is_named(user, privileged)))
    }

    /// Returns the rows of `users.listByStatus`, which leaves unnamed users out up to 6.x only.
    pub(crate) fn list_by_status(&self, privileged: bool) -> &Rows {
        let all = self.version.at_least(7, 0);
        let cell = if privileged || all {
            &self.derived.by_status
        } else {
            &self.derived.by_status_reduced
        };
        cell.get_or_init(|| {
            self.rows(Projection::ByStatus, |user| {
                all || is_named(user, privileged)
            })
        })
    }

    fn rows(&self, projection: Projection, shown: impl Fn(&User) -> bool) -> Rows {
        let users = &self.workspace.users;
        let mut places: Vec<usize> = (0..users.len())
            .filter(|place| shown(&users[*place]))
            .collect();
        places.sort_unstable_by(|a, b| users[*a].id.cmp(&users[*b].id));
        Rows::write(users, places, projection)
    }
}

/// Notes the place of each id.
fn index<'a>(ids: impl Iterator<Item = &'a Id>) -> HashMap<Id, usize> {
    ids.enumerate()
        .map(|(place, id)| (Id::clone(id), place))
        .collect()
}

/// Tells whether a user has a username, a name or, seen by a privileged caller, an address.
fn is_named(user: &User, privileged: bool) -> bool {
    let has_text = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    let has_name = matches!(&user.name, Text::Is(name) if !name.is_empty());
    let has_address = user
        .emails
        .as_ref()
        .is_some_and(|emails| !emails.is_empty());
    has_text(user.username.as_deref()) || has_name || (privileged && has_address)
}
