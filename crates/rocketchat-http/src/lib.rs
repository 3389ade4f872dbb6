#![doc = include_str!("../README.md")]

mod base_url;
mod blackout;
mod client;
mod credentials;
mod error;
mod exchange;
mod failure;
mod hyper_transport;
mod pacing;
mod policy;
mod recorder;
mod replay;
mod response;
mod scenario;
mod sieve;
mod stats;
mod transport;
mod verdict;

pub use base_url::BaseUrl;
pub use client::Client;
pub use credentials::Credentials;
pub use error::{Error, Kind};
pub use exchange::Exchange;
pub use failure::Failure;
pub use futures_util::future::BoxFuture;
pub use hyper_transport::{Config, HttpTransport};
pub use policy::Policy;
pub use recorder::Recorder;
pub use replay::Replay;
pub use response::Response;
pub use scenario::{Origin, Scenario};
pub use sieve::Sieve;
pub use stats::{RouteStats, Stats, Wait};
pub use transport::Transport;
pub use verdict::Verdict;
