#![doc = include_str!("../README.md")]

mod agent;
mod answers;
mod assertion;
mod c1;
mod cancellation;
mod code;
mod connector;
mod credentials;
mod dial;
mod error;
mod failure;
mod health;
mod heart;
mod host;
mod link;
mod polling;
mod service;
mod startup;
mod sync;
mod timing;
mod token;
mod upload;
mod worker;

pub use cancellation::Cancellation;
pub use code::Code;
pub use connector::{Connector, SyncRequest};
pub use credentials::Credentials;
pub use dial::{BoxError, Dial, Stream, Versions};
pub use error::Error;
pub use failure::Failure;
pub use futures_util::future::BoxFuture;
pub use link::Link;
pub use service::{Config, Service};

pub use host::describe as describe_host;
