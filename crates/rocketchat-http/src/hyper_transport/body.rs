//! Reading a body, within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout};

/// The slowest pace that is taken for progress. Below it, even a small listing would take longer than asking again.
const BYTES_PER_SECOND: u128 = 1024;

/// Why reading stopped early.
pub(super) enum Stop {
    TooLarge,
    Paused,
    Dripping,
    Broken(hyper::Error),
}

/// Reads the whole body. Stops as soon as it is known to be longer than `limit`, by its announced length if it has
/// one; when nothing comes for `idle`; and when a stretch of `idle` brings so little that it would never end.
pub(super) async fn read(mut body: Incoming, limit: usize, idle: Duration) -> Result<Bytes, Stop> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(Stop::TooLarge);
    }
    let mut whole = BytesMut::new();
    let (mut stretch, mut before) = (Instant::now(), 0);
    while let Some(frame) = timeout(idle, body.frame())
        .await
        .map_err(|_| Stop::Paused)?
    {
        let Ok(data) = frame.map_err(Stop::Broken)?.into_data() else {
            continue;
        };
        if data.len() > limit - whole.len() {
            return Err(Stop::TooLarge);
        }
        whole.extend_from_slice(&data);
        let passed = stretch.elapsed();
        if passed >= idle {
            if is_dripping(whole.len() - before, passed) {
                return Err(Stop::Dripping);
            }
            (stretch, before) = (Instant::now(), whole.len());
        }
    }
    Ok(whole.freeze())
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
