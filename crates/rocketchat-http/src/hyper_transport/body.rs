//! Reading a body, within limits.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout};

use crate::Sieve;

/// The slowest pace that is taken for progress. Below it, even a small listing would take longer than asking again.
const BYTES_PER_SECOND: u128 = 1024;

/// Why reading stopped early.
pub(super) enum Stop {
    TooLarge,
    /// What is kept of it is.
    RestTooLarge,
    Paused,
    Dripping,
    Broken(hyper::Error),
}

/// Reads the whole body, part by part, as long as `take` wants more. Stops as soon as it is known to be longer than `limit`, by its announced length if it has
/// one; when nothing comes for `idle`; and when a stretch of `idle` brings so little that it would never end.
pub(super) async fn read(
    mut body: Incoming,
    limit: usize,
    idle: Duration,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<(), Stop> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(Stop::TooLarge);
    }
    let mut length = 0;
    let (mut stretch, mut before) = (Instant::now(), 0);
    while let Some(frame) = timeout(idle, body.frame())
        .await
        .map_err(|_| Stop::Paused)?
    {
        let Ok(data) = frame.map_err(Stop::Broken)?.into_data() else {
            continue;
        };
        if data.len() > limit - length {
            return Err(Stop::TooLarge);
        }
        length += data.len();
        if !take(&data) {
            return Err(Stop::RestTooLarge);
        }
        let passed = stretch.elapsed();
        if passed >= idle {
            if is_dripping(length - before, passed) {
                return Err(Stop::Dripping);
            }
            (stretch, before) = (Instant::now(), length);
        }
    }
    Ok(())
}

/// What is kept of a body.
pub(super) struct Rest<'a> {
    sieve: Option<&'a mut dyn Sieve>,
    kept: Vec<u8>,
}

impl<'a> Rest<'a> {
    pub(super) fn new(sieve: Option<&'a mut dyn Sieve>) -> Self {
        Self {
            sieve,
            kept: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        match &mut self.sieve {
            Some(sieve) => sieve.take(bytes, &mut self.kept),
            None => self.kept.extend_from_slice(bytes),
        }
    }

    /// Returns how much it is.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.kept.into()
    }
}

fn is_dripping(bytes: usize, passed: Duration) -> bool {
    (bytes as u128) * 1000 < passed.as_millis() * BYTES_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kibibyte_a_second_is_progress() {
        let minute = Duration::from_mins(1);
        assert!(!is_dripping(60 * 1024, minute));
        assert!(is_dripping(60 * 1024 - 1, minute));
        assert!(!is_dripping(0, Duration::ZERO));
        assert!(!is_dripping(usize::MAX, Duration::from_hours(1)));
    }
}
