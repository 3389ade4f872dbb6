//! One request as the endpoints see it: who asks for what.

use crate::query::{Page, Query};
use crate::reply::Refusal;
use crate::state::State;
use crate::workspace::User;
use crate::{Moment, Settings};

#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) state: &'a State,
    pub(crate) settings: &'a Settings,
    /// The user whose valid token came along.
    pub(crate) caller: Option<&'a User>,
    pub(crate) query: Query<'a>,
    /// Whether a schema checks the query's values.
    pub(crate) typed: bool,
    pub(crate) base_url: &'a str,
    pub(crate) now: Moment,
}

impl<'a> Ask<'a> {
    /// Returns the caller, whom every route but `info` has.
    pub(crate) fn caller(&self) -> Result<&'a User, Refusal> {
        self.caller.ok_or(Refusal::LoggedOut)
    }

    /// Tells whether one of the caller's workspace roles holds a permission.
    pub(crate) fn may(&self, permission: &str) -> bool {
        let roles = self.state.workspace.permissions.get(permission);
        self.caller.is_some_and(|caller| {
            roles
                .into_iter()
                .flatten()
                .any(|role| caller.has_role(role))
        })
    }

    /// Refuses with `refusal` whoever lacks a permission.
    pub(crate) fn require(&self, permission: &str, refusal: Refusal) -> Result<(), Refusal> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(refusal)
        }
    }

    /// Reads which rows are asked for.
    pub(crate) fn page(&self) -> Result<Page, Refusal> {
        self.query.page(self.settings.paging, self.typed)
    }
}
