//! The wall clock, as a value that is handed in: libraries never read it themselves.

use crate::Timestamp;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// Returns the current instant.
    fn now(&self) -> Timestamp;
}

/// Stands still, so that two runs give the same bytes.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
