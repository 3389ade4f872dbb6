//! What is known about server and token before any list is read (`rocketchat-api.md` sections 1.6 and 7.2).
//!
//! Rocket.Chat answers many questions of a caller without permission with a short list and `"success": true`. Hence the
//! permissions are looked up first, and a missing one ends the sync. All that is wrong is named at once.

use std::collections::{HashMap, HashSet};

use baton_sinks::NoJournal;
use rocketchat_api::{
    Account, Info, Me, Page, Permission, PermissionsListAll, RoleId, RolesList, ServerInfo, UserId,
    UsersListByStatus,
};
use rocketchat_http::Client;
use tracing::Instrument as _;

use crate::api::Api;
use crate::problem::{
    MissingPermission, NamedRole, Problem, VIEW_ALL_TEAMS, VIEW_FULL_USERS, VIEW_USERS,
};
use crate::read::ask_by_status;
use crate::work::Work;
use crate::{Error, Options};

/// The release that brought `users.listByStatus`.
const LIST_BY_STATUS_SINCE: (u32, u32) = (6, 8);

/// Asks whether a sync could begin: whether the server answers, whose the token is, and what that account may do. Three
/// requests if all is well.
///
/// # Errors
/// As [`sync`](crate::sync), before it reads any list.
pub async fn check(client: &Client, options: &Options) -> Result<(), Error> {
    let work = Work::new(&NoJournal);
    let api = Api::new(client, &work, &());
    let checked = async { Preflight::run(api, options).await?.check(api).await };
    checked.instrument(tracing::info_span!("check")).await
}

/// The server, the token's owner, and what the owner may do.
pub(crate) struct Preflight {
    pub(crate) server: ServerInfo,
    pub(crate) account: Account,
    permissions: Vec<Permission>,
    configured: UserId,
    role_names: HashMap<RoleId, String>,
}

impl Preflight {
    /// Asks what server it is, whose token, and what that account may do.
    pub(crate) async fn run(api: Api<'_>, options: &Options) -> Result<Self, Error> {
        let server = api.ask(&Info).await?;
        Self::of(api, options, server).await
    }

    /// The same for a server that is known already.
    pub(crate) async fn of(
        api: Api<'_>,
        options: &Options,
        server: ServerInfo,
    ) -> Result<Self, Error> {
        let account = api.ask(&Me).await?;
        let permissions = api.ask(&PermissionsListAll).await?;
        Ok(Self {
            server,
            account,
            permissions,
            configured: options.user_id.clone(),
            role_names: HashMap::new(),
        })
    }

    /// Looks up what administrators call the roles, for messages.
    pub(crate) async fn look_up_role_names(&mut self, api: Api<'_>) -> Result<(), Error> {
        let roles = api.ask(&RolesList).await?;
        let named = roles
            .into_iter()
            .filter_map(|role| Some((role.id, role.name?)));
        self.role_names = named.collect();
        Ok(())
    }

    /// Refuses an account that is not the one configured or cannot see everything.
    pub(crate) async fn check(&mut self, api: Api<'_>) -> Result<(), Error> {
        let mut needed = vec![VIEW_USERS, VIEW_ALL_TEAMS];
        if !self.holds(VIEW_FULL_USERS) && self.lacks_list_by_status(api).await {
            needed.push(VIEW_FULL_USERS);
        }
        if needed.iter().any(|permission| !self.holds(permission)) {
            // What is missing counts more than a server that does not tell the names.
            let _ = self.look_up_role_names(api).await;
        }
        let mut problems: Vec<_> = self.wrong_account().into_iter().collect();
        problems.extend(self.missing(&needed));
        refuse(problems)
    }

    /// Refuses an account that lacks any of `permissions`, naming all that it lacks.
    pub(crate) fn require(&self, permissions: &[&'static str]) -> Result<(), Error> {
        refuse(self.missing(permissions).collect())
    }

    /// Tells whether the server is too old for `users.listByStatus`, by its version alone.
    pub(crate) fn is_old(&self) -> bool {
        let release = self.server.release();
        release.is_some_and(|release| release < LIST_BY_STATUS_SINCE)
    }

    /// Returns the token's owner.
    pub(crate) fn caller(&self) -> &UserId {
        &self.account.id
    }

    /// Returns the roles of the token's owner.
    pub(crate) fn roles(&self) -> Vec<NamedRole> {
        self.role_ids().map(|id| self.named(id)).collect()
    }

    /// Returns the roles that hold any permission; each should be in the list of roles.
    pub(crate) fn roles_with_permissions(&self) -> impl Iterator<Item = &RoleId> {
        let rows = self.permissions.iter();
        rows.flat_map(|row| row.roles.iter().flatten())
    }

    fn role_ids(&self) -> impl Iterator<Item = &RoleId> {
        self.account.roles.iter().flatten()
    }

    fn named(&self, id: &RoleId) -> NamedRole {
        let name = self.role_names.get(id);
        NamedRole {
            id: id.clone(),
            name: name.map_or_else(|| id.to_string(), Clone::clone),
        }
    }

    pub(crate) fn wrong_account(&self) -> Option<Problem> {
        (self.account.id != self.configured).then(|| Problem::WrongAccount {
            configured: self.configured.clone(),
            actual: self.account.id.clone(),
        })
    }

    /// Returns the role through which the account holds a permission.
    pub(crate) fn holder(&self, permission: &str) -> Option<NamedRole> {
        let granted: HashSet<_> = self.granted(permission).collect();
        let role = self.role_ids().find(|role| granted.contains(role))?;
        Some(self.named(role))
    }

    pub(crate) fn holds(&self, permission: &str) -> bool {
        self.holder(permission).is_some()
    }

    pub(crate) fn missing(&self, permissions: &[&'static str]) -> impl Iterator<Item = Problem> {
        let lacking = permissions
            .iter()
            .filter(|permission| !self.holds(permission));
        lacking.map(|permission| {
            Problem::MissingPermission(MissingPermission {
                permission,
                holders: self.granted(permission).map(|id| self.named(id)).collect(),
                account_roles: self.roles(),
            })
        })
    }

    fn granted(&self, permission: &str) -> impl Iterator<Item = &RoleId> {
        let rows = self.permissions.iter();
        rows.filter(move |row| row.id == permission)
            .flat_map(|row| row.roles.iter().flatten())
    }

    /// Finds out whether `users.list` has to do. Only asked for accounts that would be shown too little there.
    pub(crate) async fn lacks_list_by_status(&self, api: Api<'_>) -> bool {
        if self.server.release().is_some() && !self.is_old() {
            return false;
        }
        let one = UsersListByStatus::all(Page::ONE);
        matches!(ask_by_status(api, self, &one).await, Ok(None))
    }
}

fn refuse(problems: Vec<Problem>) -> Result<(), Error> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Preflight { problems })
    }
}
