//! What a sync keeps of its work while it goes on.

use baton_model::Timestamp;

/// Keeps finished pieces of work, each under a key, so that an interrupted sync need not do them twice.
///
/// What a piece is, and whether one of an earlier run may be used again, is the caller's business.
pub trait Journal: Send + Sync {
    /// Hands out what an interrupted run of this sync kept under `key`, once.
    fn recall(&self, key: &str) -> Option<Piece>;

    /// Keeps a piece of work in the place of an earlier one. When this returns, the end of the process no longer takes it
    /// away; within about a second neither does the end of the machine.
    fn keep(&self, key: &str, value: &str);

    /// Tells whether there is work for a later run: kept by this one, or by an interrupted one that it continues.
    ///
    /// Still answers when the sink is gone: then, whether the sync that failed can be continued.
    fn holds_work(&self) -> bool;
}

/// A piece of work that an interrupted run kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The work, as it was handed in.
    pub value: String,
    /// When that was.
    pub kept_at: Timestamp,
}

/// Keeps nothing: an interrupted sync starts over.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn recall(&self, _key: &str) -> Option<Piece> {
        None
    }

    fn keep(&self, _key: &str, _value: &str) {}

    fn holds_work(&self) -> bool {
        false
    }
}
