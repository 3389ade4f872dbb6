//! What a sync keeps of its work while it goes on.

use baton_model::Timestamp;

/// Keeps finished pieces of work, each under a key, so that an interrupted sync does not do them twice.
///
/// What a piece is, and whether it may still be used, is the engine's business.
pub trait Journal: Send + Sync {
    /// Returns what an earlier run of this sync kept under `key`, once.
    fn recall(&self, key: &str) -> Option<Piece>;

    /// Keeps a piece of work, in the place of an earlier one. Whatever happens to the process from here on, it is there
    /// for the next run.
    fn keep(&self, key: &str, value: &str);

    /// Tells whether there is anything that a later run could recall.
    fn holds_work(&self) -> bool;
}

/// A piece of work of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What was kept.
    pub value: String,
    /// When it was kept.
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
