//! The traits: what a resource stands for, and what older writers put on them instead of on the resource.

use baton_model::{AccountType, Email, ResourceTrait, UserTrait};
use baton_proto::connector::v2;
use prost_types::{Any, Struct};

use super::{Decoder, Problem, UNKNOWN, find};

/// The trait of a resource. One that has several is what the first of these says.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, which is read and gone"
)]
pub(crate) enum Details {
    User(v2::UserTrait),
    Group(v2::GroupTrait),
    Role(v2::RoleTrait),
    Other,
}

impl Details {
    pub(crate) fn read(annotations: &[Any]) -> Result<Self, Problem> {
        if let Some(it) = find(annotations)? {
            return Ok(Self::User(it));
        }
        if let Some(it) = find(annotations)? {
            return Ok(Self::Group(it));
        }
        Ok(find(annotations)?.map_or(Self::Other, Self::Role))
    }

    /// Tells whether there is a trait.
    pub(super) fn is_trait(&self) -> bool {
        !matches!(self, Self::Other)
    }

    /// Returns the number of the resource's status, and its details in words.
    pub(crate) fn status<'a>(&'a self, resource: &'a v2::Resource) -> Option<(i32, &'a str)> {
        match (&resource.status, self) {
            (Some(it), _) if it.status != 0 => Some((it.status, it.details.as_str())),
            (_, Self::User(it)) => {
                let status = it.status.as_ref();
                status.map(|it| (it.status, it.details.as_str()))
            }
            _ => None,
        }
    }

    pub(super) fn profile(&self) -> Option<&Struct> {
        match self {
            Self::User(it) => it.profile.as_ref(),
            Self::Group(it) => it.profile.as_ref(),
            Self::Role(it) => it.profile.as_ref(),
            Self::Other => None,
        }
    }

    pub(super) fn created_at(&self) -> Option<prost_types::Timestamp> {
        match self {
            Self::User(it) => it.created_at,
            _ => None,
        }
    }

    pub(super) fn has_icon(&self) -> bool {
        match self {
            Self::User(it) => it.icon.is_some(),
            Self::Group(it) => it.icon.is_some(),
            Self::Role(_) | Self::Other => false,
        }
    }

    /// Says it in the vocabulary, and counts what that has no words for.
    pub(super) fn say(self, decoder: &mut Decoder) -> ResourceTrait {
        match self {
            Self::User(it) => ResourceTrait::User(decoder.user(it)),
            Self::Group(it) => {
                decoder.leave_out(
                    "origins of groups",
                    !it.group_source_type.is_empty() || !it.raw_group_source_type.is_empty(),
                );
                ResourceTrait::Group
            }
            Self::Role(it) => {
                decoder.leave_out("conditions of roles", it.role_scope_conditions.is_some());
                ResourceTrait::Role
            }
            Self::Other => ResourceTrait::Other,
        }
    }
}

impl Decoder {
    fn user(&mut self, it: v2::UserTrait) -> UserTrait {
        self.leave_out("other logins of accounts", !it.login_aliases.is_empty());
        self.leave_out("staff numbers of accounts", !it.employee_ids.is_empty());
        self.leave_out("second factors of accounts", it.mfa_status.is_some());
        self.leave_out("single sign-on of accounts", it.sso_status.is_some());
        self.leave_out("names of accounts in parts", it.structured_name.is_some());
        let known = v2::user_trait::AccountType::try_from(it.account_type);
        self.leave_out(UNKNOWN, known.is_err());
        let account_type = match it.account_type() {
            v2::user_trait::AccountType::Human => AccountType::Human,
            v2::user_trait::AccountType::Service => AccountType::Service,
            v2::user_trait::AccountType::System => AccountType::System,
            v2::user_trait::AccountType::Unspecified => AccountType::Unspecified,
        };
        let email = |it: v2::user_trait::Email| Email {
            address: it.address,
            is_primary: it.is_primary,
        };
        UserTrait {
            emails: it.emails.into_iter().map(email).collect(),
            login: Some(it.login).filter(|it| !it.is_empty()),
            last_login: self.instant(it.last_login),
            account_type,
        }
    }
}
