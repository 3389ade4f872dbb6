//! Reading whole lists.

mod dormant;
mod listing;
mod teams;
mod users;

pub(crate) use dormant::{Dormant, find_dormant};
pub(crate) use listing::ATTEMPTS;
pub(crate) use teams::{TeamMembers, read_teams};
pub(crate) use users::UserListing;
