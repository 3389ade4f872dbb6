//! Signals that ask to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// What Ctrl-C sends.
pub(crate) const INTERRUPT: &str = "SIGINT";
/// What service managers send.
pub(crate) const TERMINATE: &str = "SIGTERM";

/// Takes SIGINT and SIGTERM over from here on, and returns what waits for one of them and gives its name.
///
/// From the call and not from the first wait: a signal in between must not end the process in the middle of a file.
pub(crate) fn listen() -> io::Result<impl Future<Output = String>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => INTERRUPT.to_owned(),
            _ = terminate.recv() => TERMINATE.to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The signals would end the process that runs this test if they were taken over when they are first waited for.
    #[tokio::test]
    async fn a_signal_before_the_wait_is_not_lost() {
        for (name, word) in [("TERM", "SIGTERM"), ("INT", "SIGINT")] {
            let stop = listen().unwrap();
            let kill = format!("kill -s {name} {}", std::process::id());
            let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
            assert!(sent.success());
            assert_eq!(stop.await, word);
        }
    }
}
