//! `GET me`: the account that owns the token.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::endpoint::Body;
use crate::{Endpoint, RoleId, UserId};

/// Asks whose token it is.
#[derive(Debug, Clone, Copy)]
pub struct Me;

impl Endpoint for Me {
    type Output = Account;
    type Body = Account;
    const NAME: &'static str = "me";
    const PATH: &'static str = "/api/v1/me";
}

/// The account that owns the token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// The user's id.
    #[serde(rename = "_id")]
    pub id: UserId,
    /// The user's name for signing in, if there is one.
    pub username: Option<String>,
    /// The ids of the roles the account holds.
    pub roles: Option<Vec<RoleId>>,
    #[serde(default)]
    success: bool,
}

impl Body for Account {
    type Row = IgnoredAny;
    type Output = Self;

    fn into_output(self, _rows: Vec<IgnoredAny>) -> Option<Self> {
        self.success.then_some(self)
    }
}
