//! Keeping what went over a transport.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use http::Request;

use crate::{Error, Exchange, Response, Transport};

/// Passes requests through and keeps each with its answer, in the order of the answers.
///
/// Bodies are kept whole, also where a [`Sieve`](crate::Sieve) takes parts of them. Request headers, and with them the credentials, are never kept. Attempts that end in an error leave no trace.
pub struct Recorder<T> {
    inner: T,
    exchanges: Mutex<Vec<Exchange>>,
}

impl<T: Transport> Recorder<T> {
    /// Starts to record.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            exchanges: Mutex::default(),
        }
    }

    /// Takes out what was recorded so far.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(
            &mut *self
                .exchanges
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    fn keep(&self, exchange: Exchange) {
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
    }
}

impl<T: Transport> Transport for Recorder<T> {
    fn send<'a>(&'a self, request: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            let response = self.inner.send(request).await?;
            self.keep(Exchange::new(request, &response));
            Ok(response)
        })
    }
}

impl<T> fmt::Debug for Recorder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
