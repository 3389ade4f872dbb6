#![doc = include_str!("../README.md")]

mod account;
mod ask;
mod body;
mod calls;
mod change;
mod clock;
mod endpoints;
mod envelope;
mod fault;
mod limiter;
mod moment;
mod query;
mod reply;
mod rows;
mod server;
mod service;
mod settings;
mod state;
mod workspace;

pub use account::Account;
pub use calls::Call;
pub use clock::Clock;
pub use fault::{Action, Fault};
pub use moment::Moment;
pub use server::Server;
pub use settings::{Limiter, Paging, Settings, Version};
pub use workspace::{
    Creator, Email, Id, Member, Presence, Role, Scope, Shape, Team, Text, User, Workspace,
};
