//! The seam between policy and the network.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Request;

use crate::{Error, Response, Sieve};

/// Makes one attempt at a request, with no policy of its own.
///
/// The request's URI is in origin form, such as `/api/v1/users.list?count=0`; the address of the server and the
/// credentials are the transport's business.
pub trait Transport: Send + Sync {
    /// Sends the request and reads the whole answer, whatever its status.
    fn send<'a>(&'a self, request: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>>;

    /// The same, but the body goes through `sieve` and the answer has what is left. A transport that has whole bodies
    /// anyway need not do anything about it.
    fn send_through<'a>(
        &'a self,
        request: &'a Request<()>,
        sieve: &'a mut dyn Sieve,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move { Ok(self.send(request).await?.through(sieve)) })
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'a>(&'a self, request: &'a Request<()>) -> BoxFuture<'a, Result<Response, Error>> {
        self.as_ref().send(request)
    }

    fn send_through<'a>(
        &'a self,
        request: &'a Request<()>,
        sieve: &'a mut dyn Sieve,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        self.as_ref().send_through(request, sieve)
    }
}

/// The method and path of a request: what a rate limiter counts by (`rocketchat-api.md` section 2.2), and what errors
/// and logs name. The query is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RouteName(Arc<str>);

impl RouteName {
    pub(crate) fn of(request: &Request<()>) -> Self {
        Self(format!("{} {}", request.method(), request.uri().path()).into())
    }
}

impl fmt::Display for RouteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
