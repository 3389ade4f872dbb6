//! What a simulated C1 is started with.

use std::time::Duration;

use crate::HOST;

/// Where it is, and when.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The names and addresses that its certificate is for. Clients of other hosts are refused.
    pub hosts: Vec<String>,
    /// What the client's clock shows all the time, in seconds since 1970; `None` when it goes with that of this machine.
    pub client_clock: Option<i64>,
    /// How long the functions that wait for calls do so before they panic.
    pub patience: Duration,
}

impl Default for Settings {
    /// The host of [`CLIENT_ID`](crate::CLIENT_ID) and `localhost`, by this machine's clock, with a minute's patience.
    fn default() -> Self {
        Self {
            hosts: vec![HOST.to_owned(), "localhost".to_owned()],
            client_clock: None,
            patience: Duration::from_mins(1),
        }
    }
}
