//! Users.

use std::collections::HashSet;
use std::sync::Arc;

use baton_model::{
    AccountType, Email, Grant, Profile, Resource, ResourceId, ResourceTrait, Status, UserTrait,
};
use rocketchat_api::{RoleId, User, UserId};

use super::{USER, present, profile, role, time};

/// Returns the identifier of a user.
pub fn id(user_id: &UserId) -> ResourceId {
    ResourceId::new(USER, Arc::clone(user_id.shared()))
}

/// Maps a user.
pub fn resource(user: &User) -> Resource {
    let emails = emails(user);
    let username = present(user.username.as_deref());
    let first_address = emails.first().map(|email| email.address.as_str());
    let name = present(user.name.as_deref()).or(username).or(first_address);
    Resource {
        id: id(&user.id),
        display_name: name.unwrap_or(user.id.as_str()).to_owned(),
        description: String::new(),
        status: Some(status(user)),
        created_at: None,
        profile: user_profile(user),
        details: ResourceTrait::User(UserTrait {
            login: username.map(str::to_owned),
            last_login: time(user.last_login.as_deref()),
            account_type: account_type(user),
            emails,
        }),
    }
}

/// Returns the grants of the user's workspace roles, each once.
///
/// Room-scoped roles count too: held here, they give the powers of the role in every room.
pub fn role_grants(user: &User) -> impl Iterator<Item = (RoleId, Grant)> {
    // A hostile row may hold millions of roles, so that each must not be compared with all before it.
    let mut seen = HashSet::new();
    let roles = user.roles.iter().flatten();
    let principal = id(&user.id);
    roles
        .filter(move |id| seen.insert(*id))
        .map(move |role_id| {
            let entitlement = role::assigned(role_id);
            (
                role_id.clone(),
                Grant {
                    entitlement,
                    principal: principal.clone(),
                },
            )
        })
}

/// Tells whether the account can be used. The server lets nobody in whose `active` is not true.
pub fn status(user: &User) -> Status {
    if user.active == Some(true) {
        Status::Enabled
    } else {
        Status::Disabled
    }
}

/// Tells programs from people: by the type, or by a role that administrators give to bots.
pub fn account_type(user: &User) -> AccountType {
    let is_program = |name: &str| matches!(name, "bot" | "app");
    let by_type = user.kind.as_deref().is_some_and(is_program);
    let by_role = user
        .roles
        .iter()
        .flatten()
        .any(|role| is_program(role.as_str()));
    if by_type || by_role {
        AccountType::Service
    } else {
        AccountType::Human
    }
}

/// Tells whether the account belongs to somebody on another Matrix server.
///
/// `users.list` hides the field, so that only the form of the username is left (`rocketchat-api.md` section 5.6).
pub fn is_federated(user: &User) -> bool {
    user.federated
        .unwrap_or_else(|| federation_server(user).is_some())
}

/// Returns `server.tld` of the username `@name:server.tld`.
fn federation_server(user: &User) -> Option<&str> {
    let (name, server) = user
        .username
        .as_deref()?
        .strip_prefix('@')?
        .split_once(':')?;
    (!name.is_empty() && !server.is_empty()).then_some(server)
}

fn emails(user: &User) -> Vec<Email> {
    let addresses = user
        .emails
        .iter()
        .flatten()
        .filter_map(|email| present(email.address.as_deref()));
    addresses
        .enumerate()
        .map(|(index, address)| Email {
            address: address.to_owned(),
            is_primary: index == 0,
        })
        .collect()
}

fn user_profile(user: &User) -> Profile {
    let mut profile = profile("user_id", user.id.as_str());
    profile.set_known("username", present(user.username.as_deref()));
    profile.set_known("name", present(user.name.as_deref()));
    profile.set_known("type", present(user.kind.as_deref()));
    let federated = is_federated(user);
    profile.set("federated", federated);
    if federated {
        profile.set_known("federation_server", federation_server(user));
    }
    let primary = user
        .emails
        .iter()
        .flatten()
        .find(|email| present(email.address.as_deref()).is_some());
    profile.set_known("email_verified", primary.and_then(|email| email.verified));
    profile
}
