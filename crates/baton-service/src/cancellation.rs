//! How a sync hears that it is not wanted any more.

use tokio_util::sync::CancellationToken;

/// Tells a sync that nobody wants its file any more. Clones tell the same, and what was told once stays true.
#[derive(Debug, Clone, Default)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// Makes one that has not been told anything, such as a test of a connector needs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells it.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Returns true once it was told.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is told, which may be never. The future can be dropped at any time.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}
