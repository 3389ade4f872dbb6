#![doc = include_str!("../README.md")]

mod answer;
mod arrival;
mod endpoint;
mod error;
mod ids;
mod info;
mod list;
mod me;
mod outcome;
mod paging;
mod permissions;
mod query;
mod roles;
mod splitter;
mod statistics;
mod teams;
mod users;

pub use answer::Answer;
pub use arrival::Arrival;
pub use endpoint::{Body, Endpoint, decode};
pub use error::{Error, Kind};
pub use ids::{RoleId, RoomId, TeamId, UserId};
pub use info::{Info, ServerInfo};
pub use me::{Account, Me};
pub use outcome::Outcome;
pub use paging::{Imbalance, Page, Row, Rows, SortedPager, Tally, UnsortedPager};
pub use permissions::{Permission, PermissionsListAll};
pub use query::Query;
pub use roles::{Role, RolesList};
pub use statistics::{Statistics, Totals};
pub use teams::{Creator, Member, MemberUser, Team, TeamsListAll, TeamsMembers, UsersListTeams};
pub use users::{Email, User, UsersInfo, UsersList, UsersListByStatus};
