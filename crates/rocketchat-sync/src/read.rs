//! Reading whole lists.

mod dormant;
mod listing;
mod teams;
mod users;

pub(crate) use dormant::{Dormant, Found, Search};
pub(crate) use listing::{Whole, read_roles, read_whole};
pub(crate) use teams::{TeamMembers, Teams, count_members, read_teams};
pub(crate) use users::{Part, UserReader};
