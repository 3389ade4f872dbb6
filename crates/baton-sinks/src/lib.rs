#![doc = include_str!("../README.md")]

#[cfg(feature = "c1z")]
mod c1z;
mod csv;
mod directory;
mod error;
#[cfg(feature = "c1z")]
mod export;
mod folder;
mod journal;
mod json;
mod ndjson;
#[cfg(feature = "parquet")]
mod parquet;
mod replacement;
mod sink;
pub mod tables;
mod tee;
mod view;

#[cfg(feature = "c1z")]
pub use c1z::{C1z, Recalled, Resume};
pub use csv::{Csv, CsvTable, guard, unguard};
pub use error::Error;
#[cfg(feature = "c1z")]
pub use export::{Exported, export};
pub use journal::{Journal, NoJournal, Piece};
pub use json::Json;
pub use ndjson::Ndjson;
#[cfg(feature = "parquet")]
pub use parquet::Parquet;
pub use sink::Sink;
pub use tee::Tee;
pub use view::json;
