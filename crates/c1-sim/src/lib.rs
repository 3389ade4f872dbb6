#![doc = include_str!("../README.md")]

mod behaviour;
mod calls;
mod client;
mod grpc;
mod network;
mod oauth;
mod secure;
mod server;
mod service;
mod settings;
mod status;

pub use http::StatusCode;

pub use behaviour::{Behaviour, seconds};
pub use calls::{Call, What};
pub use client::{CLIENT_ID, CLIENT_SECRET, HOST, client_id, task_id};
pub use secure::Secure;
pub use server::Server;
pub use settings::Settings;
pub use status::Status;
