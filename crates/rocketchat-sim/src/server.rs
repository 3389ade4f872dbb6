//! The server: a listener on the loopback interface and its connections.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::service::Service;
use crate::{Account, Call, Clock, Fault, Settings, Workspace};

/// A running simulated server; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    service: Arc<Service>,
    task: JoinHandle<Infallible>,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1, in the current tokio runtime.
    ///
    /// # Errors
    ///
    /// Fails if no port can be opened.
    pub async fn start(workspace: Workspace, settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let service = Arc::new(Service::new(workspace, settings, &origin));
        let task = tokio::spawn(accept(listener, Arc::clone(&service)));
        Ok(Self { service, task })
    }

    /// Returns the URL of the workspace, with the sub-path and without a trailing slash.
    pub fn base_url(&self) -> String {
        self.service.base_url().to_owned()
    }

    /// Returns the user id and the token of an account, whether the workspace still accepts them or not.
    pub fn credentials(&self, account: Account) -> (String, String) {
        let user_id =
            self.with(|workspace| workspace.accounts.get(&account).map(ToString::to_string));
        (
            user_id.unwrap_or_else(|| account.user_id().to_owned()),
            account.token().to_owned(),
        )
    }

    /// Changes the workspace between two requests.
    pub fn update(&self, change: impl FnOnce(&mut Workspace)) {
        self.service.update(change);
    }

    /// Changes the workspace right before the `nth` call of `route` is answered, so that the answer already shows it.
    ///
    /// Calls are counted from 1 since the change was stated; `route` is what [`Call::route`] says, or `*` for any call.
    /// Changes before the same call happen in the order in which they were stated, and also if a [`Fault`] hits the call:
    /// nothing that goes wrong with the answer undoes them, and a delay begins after them. A change that panics cuts the
    /// connection.
    pub fn before(
        &self,
        route: &str,
        nth: usize,
        change: impl FnOnce(&mut Workspace) + Send + 'static,
    ) {
        self.service.changes.add(route, nth, Box::new(change));
    }

    /// Returns the server's clock, by which a change can date what it adds.
    pub fn clock(&self) -> Clock {
        self.service.clock
    }

    /// Looks at the workspace as it is now.
    pub fn with<T>(&self, look: impl FnOnce(&Workspace) -> T) -> T {
        look(&self.service.state().workspace)
    }

    /// Returns a copy of the workspace as it is now.
    pub fn workspace(&self) -> Workspace {
        self.with(Workspace::clone)
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.service.faults.add(fault);
    }

    /// Returns what was asked so far, in the order of arrival.
    pub fn log(&self) -> Vec<Call> {
        self.service.calls.all()
    }

    /// Returns how often a route was asked, by the name that [`Call::route`] has.
    pub fn calls(&self, route: &str) -> usize {
        self.service.calls.count(route)
    }

    /// Stops the server and waits until its connections are closed.
    pub async fn shutdown(mut self) {
        self.task.abort();
        let _aborted = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections for ever. They belong to this task and end with it.
async fn accept(listener: TcpListener, service: Arc<Service>) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        // A connection that could not be accepted is the client's trouble; the next one may be fine.
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(talk(stream, Arc::clone(&service)));
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Answers the requests of one connection until either side has enough.
async fn talk(stream: TcpStream, service: Arc<Service>) {
    let Ok(peer) = stream.peer_addr() else { return };
    // Only speed depends on this.
    let _unset = stream.set_nodelay(true);
    let answer = |request| {
        let service = Arc::clone(&service);
        async move { service.serve(request, peer.ip()).await }
    };
    // An error means that the client went away or that a fault cut the connection.
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
}
