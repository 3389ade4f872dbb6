//! What the tests of both pagers share: rows, and a server with Rocket.Chat's limits.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Page, Row, Rows};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item(Arc<str>);

impl Row for Item {
    fn id(&self) -> &Arc<str> {
        &self.0
    }
}

/// The server's side of the bargain, from `rocketchat-api.md` section 3.1.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) upper: u64,
    pub(super) default: u64,
    pub(super) infinite: bool,
}

impl Server {
    pub(super) fn answer(&self, list: &[Item], page: Page) -> Rows<Item> {
        let count = page.count.min(self.upper);
        let count = if count == 0 && !self.infinite {
            self.default
        } else {
            count
        };
        let take = if count == 0 {
            usize::MAX
        } else {
            usize::try_from(count).unwrap()
        };
        let skip = usize::try_from(page.offset).unwrap();
        Rows {
            rows: list.iter().skip(skip).take(take).cloned().collect(),
            total: list.len() as u64,
        }
    }
}

pub(super) fn servers() -> impl Strategy<Value = Server> {
    (2u64..40, 1u64..40, any::<bool>()).prop_map(|(upper, default, infinite)| Server {
        upper,
        default,
        infinite,
    })
}

pub(super) fn items(numbers: impl IntoIterator<Item = u32>) -> Vec<Item> {
    numbers
        .into_iter()
        .map(|n| Item(Arc::from(format!("{n:08}"))))
        .collect()
}

/// An answer that holds these rows.
pub(super) fn rows(ids: &[u32], total: u64) -> Rows<Item> {
    Rows {
        rows: items(ids.iter().copied()),
        total,
    }
}
