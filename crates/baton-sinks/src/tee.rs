//! Several sinks as one.

use std::sync::Arc;

use baton_model::{Record, Summary};

use crate::{Error, Journal, Sink};

/// Writes a sync into several sinks, so that all of them finish it or none.
///
/// The first sink is the main one: its journal is that of all, and its failure is the failure of the sync. At the end the
/// others write all they have to disk, then the first finishes, and last the others take their names, which is little work
/// and hardly ever fails. So:
///
/// - As long as the first has not finished, any failure leaves no output at all.
/// - If another one fails after that, those that can still finish do, and the result is [`Error::Partly`]. The first holds
///   the sync: the rest can be exported from a c1z file without asking the source system again.
/// - A process that dies between two finishes leaves the first sinks finished and the others as they were.
pub struct Tee {
    first: Box<dyn Sink>,
    others: Vec<Box<dyn Sink>>,
}

impl Tee {
    /// Makes one sink of several; `first` is the main one.
    pub fn new(first: Box<dyn Sink>, others: Vec<Box<dyn Sink>>) -> Self {
        Self { first, others }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Box<dyn Sink>> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }
}

impl Sink for Tee {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        self.all().try_for_each(|sink| sink.write(record))
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.all().try_for_each(|sink| sink.restart())
    }

    fn prepare(&mut self, summary: &Summary) -> Result<(), Error> {
        self.all().try_for_each(|sink| sink.prepare(summary))
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Error> {
        if let Err(error) = self.prepare(summary) {
            // As the first does it when it fails itself: records in doubt leave no work behind.
            if error.is_interruption() {
                self.suspend();
            } else {
                self.abort();
            }
            return Err(error);
        }
        let Self { first, others } = *self;
        if let Err(error) = first.finish(summary) {
            others.into_iter().for_each(Sink::abort);
            return Err(error);
        }
        let finished = others.into_iter().map(|sink| sink.finish(summary));
        let mut errors = finished
            .filter_map(Result::err)
            .collect::<Vec<_>>()
            .into_iter();
        let Some(error) = errors.next() else {
            return Ok(());
        };
        for error in errors {
            tracing::error!(%error, "another output was not written either");
        }
        Err(Error::Partly(Box::new(error)))
    }

    fn abort(self: Box<Self>) {
        let Self { first, others } = *self;
        others.into_iter().for_each(Sink::abort);
        first.abort();
    }

    fn suspend(self: Box<Self>) {
        let Self { first, others } = *self;
        others.into_iter().for_each(Sink::suspend);
        first.suspend();
    }

    fn journal(&self) -> Arc<dyn Journal> {
        self.first.journal()
    }
}
