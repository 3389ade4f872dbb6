//! What is known about the token before any list is read (`rocketchat-api.md` section 1.6).
//!
//! Rocket.Chat answers many questions of a caller without permission with a short list and `"success": true`. Hence the
//! permissions are looked up first, and a missing one ends the sync.

use rocketchat_api::{Account, Me, Permission, PermissionsListAll, UserId};

use crate::api::Api;
use crate::error::Missing;
use crate::{Error, Options};

/// The token's owner and what the owner may do.
pub(crate) struct Preflight {
    account: Account,
    permissions: Vec<Permission>,
}

/// Permissions without which lists are short.
pub(crate) const VIEW_USERS: &str = "view-d-room";
pub(crate) const VIEW_ALL_TEAMS: &str = "view-all-teams";
pub(crate) const VIEW_FULL_USERS: &str = "view-full-other-user-info";

impl Preflight {
    /// Asks who the token belongs to and what that account may do, and refuses an account that cannot see everything.
    pub(crate) async fn run(api: Api<'_>, options: &Options) -> Result<Self, Error> {
        let account = api.ask(&Me).await?;
        check_owner(&account, &options.user_id)?;
        let permissions = api.ask(&PermissionsListAll).await?;
        let preflight = Self {
            account,
            permissions,
        };
        preflight.require(&[VIEW_USERS, VIEW_ALL_TEAMS])?;
        Ok(preflight)
    }

    /// Refuses an account that lacks any of `permissions`, naming all that it lacks.
    pub(crate) fn require(&self, permissions: &[&'static str]) -> Result<(), Error> {
        let lacking = permissions
            .iter()
            .filter(|permission| !self.holds(permission));
        let missing: Vec<Missing> = lacking.map(|permission| Missing { permission }).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let roles = self.roles().map(ToString::to_string).collect();
        Err(Error::MissingPermissions { missing, roles })
    }

    /// Returns the token's owner.
    pub(crate) fn caller(&self) -> &UserId {
        &self.account.id
    }

    fn holds(&self, permission: &str) -> bool {
        let granted = self
            .permissions
            .iter()
            .filter(|row| row.id == permission)
            .flat_map(|row| row.roles.iter().flatten());
        self.roles()
            .any(|role| granted.clone().any(|holder| holder == role))
    }

    fn roles(&self) -> impl Iterator<Item = &rocketchat_api::RoleId> {
        self.account.roles.iter().flatten()
    }
}

fn check_owner(account: &Account, configured: &UserId) -> Result<(), Error> {
    if account.id == *configured {
        return Ok(());
    }
    Err(Error::WrongAccount {
        configured: configured.clone(),
        actual: account.id.clone(),
    })
}
