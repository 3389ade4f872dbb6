//! Syncs a file to disk in the background: soon after every change, and not more often than needed.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A thread that waits for changes. Dropping this syncs what is left and ends the thread.
pub(super) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    flags: Mutex<Flags>,
    changed: Condvar,
}

#[derive(Default)]
struct Flags {
    is_dirty: bool,
    is_closed: bool,
}

impl Syncer {
    /// Starts a thread that calls `sync` after a change, and then not again before `pause` is over.
    pub(super) fn start(
        pause: Duration,
        mut sync: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let its = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                while its.wait_for_change() {
                    sync();
                    its.rest(pause);
                }
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Tells that there is something to sync; returns at once.
    pub(super) fn changed(&self) {
        self.shared.lock().is_dirty = true;
        self.shared.changed.notify_one();
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing to tell that would be of use here.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Flags> {
        self.flags.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to sync; `false` if there will not be any more.
    fn wait_for_change(&self) -> bool {
        let idle = |flags: &mut Flags| !flags.is_dirty && !flags.is_closed;
        let flags = self.changed.wait_while(self.lock(), idle);
        let mut flags = flags.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut flags.is_dirty)
    }

    fn rest(&self, pause: Duration) {
        let is_open = |flags: &mut Flags| !flags.is_closed;
        let _ = self.changed.wait_timeout_while(self.lock(), pause, is_open);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    fn start(pause: Duration) -> (Syncer, Receiver<()>) {
        let (call, calls) = channel();
        let syncer = Syncer::start(pause, move || call.send(()).unwrap()).unwrap();
        (syncer, calls)
    }

    /// Waits for long, but not forever: a sync that never comes is what the test is about.
    fn comes(calls: &Receiver<()>) -> bool {
        calls.recv_timeout(Duration::from_mins(1)).is_ok()
    }

    #[test]
    fn every_change_is_synced_though_no_further_one_comes() {
        let (syncer, calls) = start(Duration::from_millis(1));
        for _ in 0..3 {
            syncer.changed();
            assert!(comes(&calls));
        }
    }

    #[test]
    fn changes_during_a_pause_are_synced_together_in_the_end() {
        let (syncer, calls) = start(Duration::from_hours(1));
        syncer.changed();
        assert!(comes(&calls));
        for _ in 0..100 {
            syncer.changed();
        }
        // The pause outlasts any wait, so this one need not be long.
        let waited = calls.recv_timeout(Duration::from_millis(50));
        assert!(waited.is_err(), "not before the pause is over");
        drop(syncer);
        assert_eq!(calls.iter().count(), 1);
    }

    #[test]
    fn nothing_is_synced_without_a_change() {
        let (syncer, calls) = start(Duration::from_millis(1));
        syncer.changed();
        assert!(comes(&calls));
        drop(syncer);
        assert_eq!(calls.iter().count(), 0);
    }
}
