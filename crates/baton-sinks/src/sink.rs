//! The one thing that the engine knows about outputs.

use std::sync::Arc;

use baton_model::{Record, Summary};

use crate::{Error, Journal, NoJournal};

/// Takes the records of one sync, in order, and then either all of them or nothing becomes visible.
///
/// Nothing may stand under its final name when a sink is dropped without [`finish`](Sink::finish). Its journal is then as
/// if the process had died.
pub trait Sink: Send {
    /// Takes the next record. Everything it refers to was taken before.
    fn write(&mut self, record: &Record) -> Result<(), Error>;

    /// Forgets every record taken so far; the sync goes on with none, for a list that has to be read again.
    fn restart(&mut self) -> Result<(), Error>;

    /// Does all of [`finish`](Sink::finish) that may well fail, such as writing the rest to disk, without making anything
    /// visible. Nothing is written after it, and after a failure nothing is finished. `finish` does it if it was not done.
    fn prepare(&mut self, _summary: &Summary) -> Result<(), Error> {
        Ok(())
    }

    /// Makes the sync visible under its final name. `summary` counts what was written.
    fn finish(self: Box<Self>, summary: &Summary) -> Result<(), Error>;

    /// Throws away what was written and what the journal holds, which is in doubt; leaves earlier output as it was.
    fn abort(self: Box<Self>);

    /// Throws away what was written but not what the journal holds: the sync was interrupted, and a later one goes on
    /// with it. Leaves earlier output as it was.
    fn suspend(self: Box<Self>) {
        self.abort();
    }

    /// Returns the journal of the sync. A sink that has none keeps nothing.
    fn journal(&self) -> Arc<dyn Journal> {
        Arc::new(NoJournal)
    }
}
