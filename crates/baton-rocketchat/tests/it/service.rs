//! The binary as a service of C1, between a simulated C1 and a simulated workspace.
//!
//! The acceptance checks for it (`baton-runtime.md` section 8), row by row:
//!
//! | Rows | Where |
//! | --- | --- |
//! | 33 | `credentials` |
//! | 34 | `assertion.rs` of `baton-service` |
//! | 35, 40, 41, 47, 55 | `syncs` |
//! | 36, 37, 48 | `cloud`, with the times in `tokens.rs`, `startup.rs` and `polling.rs` of `baton-service` |
//! | 38, 42, 43 | `cloud` |
//! | 39, 44 | `patience` |
//! | 45, 46 | `syncs`, and every kind of task in `transcript.rs` of `baton-service` |
//! | 49 | `options` |
//! | 50 | `debugging` |
//! | 51, 52 | `stopping` |
//! | 53, 54 | `health` |
//! | 56 | `network` |
//! | 57 | `syncs`: nothing is written but working files, and they are where they are told to be |

mod cloud;
mod credentials;
mod debugging;
mod health;
mod network;
mod options;
mod patience;
pub(crate) mod place;
mod sharing;
mod stopping;
mod syncs;
mod workspace;
