#![doc = include_str!("../README.md")]

mod api;
mod engine;
mod error;
mod guard;
mod ledger;
pub mod mapping;
mod options;
mod preflight;
mod problem;
mod progress;
mod read;
mod report;
mod scope;
mod validate;
mod work;
mod writer;

pub use api::verdict;
pub use engine::{sync, sync_with_progress};
pub use error::{Error, Shrinkage, Witness};
pub use ledger::{Ledger, Listing, TeamBalance};
pub use options::{DormantMemberships, Options};
pub use preflight::check;
pub use problem::{MissingPermission, NamedRole, Problem};
pub use progress::{Progress, Stage};
pub use report::{Continuation, Report};
pub use scope::{Access, Scope};
pub use validate::{Check, Paging, Plan, PlannedRequests, RateLimit, Status, Validation, validate};
