//! Reading a body, within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

/// Why reading stopped early.
pub(super) enum Stop {
    TooLarge,
    Slow,
    Broken(hyper::Error),
}

/// Reads the whole body. Stops as soon as it is known to be longer than `limit`, by its announced length if it has
/// one, and when nothing comes for `idle`.
pub(super) async fn read(mut body: Incoming, limit: usize, idle: Duration) -> Result<Bytes, Stop> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(Stop::TooLarge);
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = timeout(idle, body.frame()).await.map_err(|_| Stop::Slow)? {
        let Ok(data) = frame.map_err(Stop::Broken)?.into_data() else {
            continue;
        };
        if data.len() > limit - whole.len() {
            return Err(Stop::TooLarge);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}
