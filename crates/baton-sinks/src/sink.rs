//! The one thing that the engine knows about outputs.

use baton_model::{Record, Summary};

use crate::Error;

/// Takes the records of one sync, in order, and then either all of them or nothing becomes visible.
///
/// A sink that is dropped without [`finish`](Sink::finish) has been aborted: nothing may stand under its final name.
pub trait Sink: Send {
    /// Takes the next record. Everything it refers to was taken before.
    fn write(&mut self, record: &Record) -> Result<(), Error>;

    /// Forgets every record taken so far; the sync goes on with none, for a list that has to be read again.
    fn restart(&mut self) -> Result<(), Error>;

    /// Makes the sync visible under its final name. `summary` counts what was written.
    fn finish(self: Box<Self>, summary: &Summary) -> Result<(), Error>;

    /// Throws away what was written and leaves earlier output as it was.
    fn abort(self: Box<Self>);
}
