#![doc = include_str!("../README.md")]

mod api;
mod engine;
mod error;
pub mod mapping;
mod options;
mod preflight;
mod read;
mod recorder;
mod report;

pub use api::verdict;
pub use engine::{sync, sync_until};
pub use error::{Error, Missing};
pub use options::Options;
pub use report::Report;
