//! Hands records to the sink on a thread of its own, so that reading and writing go on side by side.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use baton_model::{Record, Summary};
use baton_sinks::Sink;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::Span;

use crate::{Error, Progress, Stage};

/// Batches that may wait for the sink. More would only hold memory.
const WAITING: usize = 8;

/// The engine's end of the way to the sink.
///
/// Dropping it without [`finish`](Writer::finish) suspends the sink, so that a sync that is cancelled can be continued.
pub(crate) struct Writer<'a> {
    batches: mpsc::Sender<Message>,
    thread: JoinHandle<Result<Summary, baton_sinks::Error>>,
    /// Records handed over. The sink is never more than a few batches behind.
    records: AtomicU64,
    begun: AtomicBool,
    progress: &'a dyn Progress,
}

enum Message {
    Write(Vec<Record>),
    Restart,
    Count(oneshot::Sender<Summary>),
    Finish,
    Abort,
}

/// The sink is gone; the reason comes with [`Writer::finish`] or [`Writer::suspend`].
pub(crate) struct Closed;

impl<'a> Writer<'a> {
    pub(crate) fn start(sink: Box<dyn Sink>, progress: &'a dyn Progress) -> Self {
        let (batches, waiting) = mpsc::channel(WAITING);
        // What the sink logs belongs to the sync.
        let span = Span::current();
        let thread = tokio::task::spawn_blocking(move || span.in_scope(|| serve(sink, waiting)));
        Self {
            batches,
            thread,
            records: AtomicU64::new(0),
            begun: AtomicBool::new(false),
            progress,
        }
    }

    pub(crate) async fn write(&self, records: Vec<Record>) -> Result<(), Closed> {
        let more = records.len() as u64;
        self.batches
            .send(Message::Write(records))
            .await
            .map_err(|_| Closed)?;
        let before = self.records.fetch_add(more, Ordering::Relaxed);
        if !self.begun.swap(true, Ordering::Relaxed) {
            self.progress.begin(Stage::Writing);
        }
        self.progress.count(Stage::Writing, before + more, None);
        Ok(())
    }

    /// Forgets all records, because what they come from has to be read again.
    pub(crate) async fn restart(&self) -> Result<(), Closed> {
        self.records.store(0, Ordering::Relaxed);
        self.batches
            .send(Message::Restart)
            .await
            .map_err(|_| Closed)
    }

    /// Waits until all records are written and returns what the sync holds.
    pub(crate) async fn count(&self) -> Result<Summary, Closed> {
        let (sender, summary) = oneshot::channel();
        self.batches
            .send(Message::Count(sender))
            .await
            .map_err(|_| Closed)?;
        summary.await.map_err(|_| Closed)
    }

    /// Makes the sync visible and returns what it holds.
    pub(crate) async fn finish(self) -> Result<Summary, Error> {
        // A sink that is gone says why when it is joined.
        let _ = self.batches.send(Message::Finish).await;
        drop(self.batches);
        let records = self.records.into_inner();
        self.progress.count(Stage::Writing, records, Some(records));
        let summary = self
            .thread
            .await
            .map_err(|error| Error::Writer(error.to_string()))??;
        self.progress.end(Stage::Writing);
        Ok(summary)
    }

    /// Throws away everything.
    pub(crate) async fn abort(self) {
        // A sink that is gone has nothing left to throw away.
        let _ = self.batches.send(Message::Abort).await;
        self.suspend().await;
    }

    /// Throws away what was written, but not what a later sync can go on with, and returns the sink's own failure if there
    /// was one.
    pub(crate) async fn suspend(self) -> Option<Error> {
        drop(self.batches);
        match self.thread.await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(Error::Sink(error)),
            Err(error) => Some(Error::Writer(error.to_string())),
        }
    }
}

fn serve(
    mut sink: Box<dyn Sink>,
    mut waiting: mpsc::Receiver<Message>,
) -> Result<Summary, baton_sinks::Error> {
    let mut summary = Summary::default();
    loop {
        let done = match waiting.blocking_recv() {
            Some(Message::Write(records)) => write(sink.as_mut(), &records, &mut summary),
            Some(Message::Restart) => {
                summary = Summary::default();
                sink.restart()
            }
            Some(Message::Count(sender)) => {
                // Whoever asked may have been cancelled meanwhile.
                let _ = sender.send(summary.clone());
                Ok(())
            }
            Some(Message::Finish) => {
                sink.finish(&summary)?;
                return Ok(summary);
            }
            Some(Message::Abort) => {
                sink.abort();
                return Ok(summary);
            }
            None => {
                sink.suspend();
                return Ok(summary);
            }
        };
        if let Err(error) = done {
            if error.is_interruption() {
                sink.suspend();
            } else {
                sink.abort();
            }
            return Err(error);
        }
    }
}

fn write(
    sink: &mut dyn Sink,
    records: &[Record],
    summary: &mut Summary,
) -> Result<(), baton_sinks::Error> {
    for record in records {
        sink.write(record)?;
        summary.add(record);
    }
    Ok(())
}
