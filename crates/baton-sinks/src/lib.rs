#![doc = include_str!("../README.md")]

#[cfg(feature = "c1z")]
mod c1z;
mod error;
mod journal;
mod json;
mod ndjson;
mod replacement;
mod sink;
mod view;

#[cfg(feature = "c1z")]
pub use c1z::{C1z, Recalled, Resume};
pub use error::Error;
pub use journal::{Journal, NoJournal, Piece};
pub use json::Json;
pub use ndjson::Ndjson;
pub use sink::Sink;
