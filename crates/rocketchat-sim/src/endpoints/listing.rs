//! The envelope of paged listings: `{<key>: […], count, offset, total, success}`.

use bytes::Bytes;
use serde::Serialize;

use crate::query::Page;
use crate::reply::{self, Reply, write_json};

/// Writes those of `total` rows that are on the page.
pub(super) fn reply<T: Serialize>(
    key: &str,
    page: Page,
    total: usize,
    rows: impl Iterator<Item = T>,
) -> Reply {
    let places = page.of(total);
    let mut text = Vec::new();
    for row in rows.skip(places.start).take(places.len()) {
        if !text.is_empty() {
            text.push(b',');
        }
        write_json(&mut text, &row);
    }
    written(key, text.into(), places.len(), page.offset, total)
}

/// Puts `count` rows, which are written already, into the envelope.
pub(super) fn written(key: &str, rows: Bytes, count: usize, offset: usize, total: usize) -> Reply {
    let head = format!("{{\"{key}\":[");
    let tail =
        format!("],\"count\":{count},\"offset\":{offset},\"total\":{total},\"success\":true}}");
    reply::ok([head.into(), rows, tail.into()])
}
