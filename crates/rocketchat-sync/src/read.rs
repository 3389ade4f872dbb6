//! Reading whole lists.

mod dormant;
mod listing;
mod teams;
mod users;

pub(crate) use dormant::{Dormant, Found, Search};
pub(crate) use listing::{Whole, read_roles, read_whole};
pub(crate) use teams::{Roster, Teams, count_members, has_rows, read_teams};
pub(crate) use users::{Part, Source, UserReader, Whom, ask_by_status, ask_known};
