//! The record of what was asked.

use std::sync::{Mutex, PoisonError};

use crate::Moment;

/// One request that reached the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method, such as `GET`.
    pub method: String,
    /// The path as it was sent, sub-path included.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: Option<String>,
    /// The route: what follows `/api/v1/`, `info` for `/api/info`, and the whole path where nothing is known.
    pub route: String,
    /// Whether a token was sent along, valid or not.
    pub signed: bool,
    /// The status of the answer; `None` when the connection was cut instead.
    pub status: Option<u16>,
    /// When it arrived, by the server's clock.
    pub at: Moment,
}

/// All calls so far, in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<Vec<Call>>);

impl Calls {
    pub(crate) fn all(&self) -> Vec<Call> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn count(&self, route: &str) -> usize {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|call| call.route == route).count()
    }

    /// Notes a call and returns its place, for [`Calls::answered`].
    pub(crate) fn arrived(&self, call: Call) -> usize {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        calls.len() - 1
    }

    pub(crate) fn answered(&self, place: usize, status: u16) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = calls.get_mut(place) {
            call.status = Some(status);
        }
    }
}
