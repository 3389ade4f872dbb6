#![doc = include_str!("../README.md")]

mod answers;
mod assertion;
mod c1;
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

pub use connector::{Connector, SyncRequest};
pub use credentials::Credentials;
pub use dial::{BoxError, Dial, Stream, Versions};
pub use error::Error;
pub use failure::Failure;
pub use futures_util::future::BoxFuture;
pub use link::Link;
pub use service::{Config, Service};
pub use tokio_util::sync::CancellationToken;
pub use tonic::Code;

pub use host::describe as describe_host;
