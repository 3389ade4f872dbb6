//! Answering from a record, without a network.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use futures_util::future::{BoxFuture, ready};
use http::Request;

use crate::exchange::Key;
use crate::{Error, Exchange, Response, Transport};

/// Answers requests from exchanges.
///
/// A request is matched by method, path and query parameters in any order; the same request again takes the next
/// recorded answer. A request without an answer left is an error that names it.
#[derive(Debug, Default)]
pub struct Replay {
    answers: Mutex<BTreeMap<Key, VecDeque<Exchange>>>,
}

impl Replay {
    /// Prepares the answers.
    pub fn new(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let mut answers: BTreeMap<Key, VecDeque<Exchange>> = BTreeMap::new();
        for exchange in exchanges {
            answers
                .entry(Key::of_exchange(&exchange))
                .or_default()
                .push_back(exchange);
        }
        Self {
            answers: Mutex::new(answers),
        }
    }

    /// Names the requests whose answers were not asked for, one line per answer, sorted.
    pub fn unused(&self) -> Vec<String> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers
            .iter()
            .flat_map(|(key, left)| left.iter().map(|_| key.to_string()))
            .collect()
    }

    fn answer(&self, request: &Request<()>) -> Result<Response, Error> {
        let key = Key::of_request(request);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.get_mut(&key) {
            None => Err(Error::Replay {
                request: key.to_string(),
                problem: "was not recorded",
            }),
            Some(left) => left
                .pop_front()
                .map(Exchange::into_response)
                .ok_or_else(|| Error::Replay {
                    request: key.to_string(),
                    problem: "was recorded fewer times",
                }),
        }
    }
}

impl Transport for Replay {
    fn send<'a>(&'a self, request: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(ready(self.answer(request)))
    }
}
