#![doc = include_str!("../README.md")]

mod batch;
mod container;
mod copy;
pub mod encode;
mod error;
mod expansion;
mod frame;
mod kind;
mod known;
mod options;
mod previous;
mod reader;
mod retention;
pub mod rows;
mod schema;
mod stats;
mod store;
mod stored;
mod stub;
mod target;
mod time;
mod unfinished;
mod wire;
mod writer;

pub use error::{Error, ErrorKind};
pub use kind::SyncKind;
pub use options::{Limits, Options};
pub use previous::Previous;
pub use reader::{Reader, SyncRun};
pub use stats::Stats;
pub use store::Store;
pub use time::StoredTime;
pub use unfinished::Unfinished;
pub use writer::SyncWriter;
