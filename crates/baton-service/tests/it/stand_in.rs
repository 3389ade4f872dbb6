//! A simulated C1, and the ways to it.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::Task;
use baton_proto::connectorapi::baton::v1::task::TaskType;
use baton_service::{BoxError, BoxFuture, Dial, Link, Stream, Versions};
use c1_sim::{Server, Settings};
use http::Uri;
use tokio::net::TcpStream;

use crate::fake::NOW;

/// C1. Dialled, it is reached within the process.
#[derive(Clone)]
pub(crate) struct StandIn(Arc<Server>);

impl StandIn {
    pub(crate) fn start() -> Self {
        let settings = Settings {
            client_clock: Some(NOW),
            patience: Duration::from_hours(1),
            ..Settings::default()
        };
        Self(Arc::new(Server::new(settings).unwrap()))
    }

    /// Queues a task with an id of its own.
    pub(crate) fn give_as(&self, id: &str, kind: Option<TaskType>) {
        self.give_task(Task {
            id: id.to_owned(),
            task_type: kind,
            ..Task::default()
        });
    }

    async fn secure(
        &self,
        stream: impl Stream + 'static,
        target: &Uri,
        versions: Versions,
    ) -> Result<Link, BoxError> {
        let host = target.host().unwrap();
        let stream = self.0.secure(stream, host, versions.alpn()).await?;
        let is_http2 = stream.protocol() == Some(b"h2");
        Ok(Link::new(stream, is_http2))
    }
}

impl Deref for StandIn {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

impl Dial for StandIn {
    fn dial(&self, target: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>> {
        let c1 = self.clone();
        Box::pin(async move {
            assert_eq!(target.port_u16(), Some(443));
            c1.secure(c1.pipe()?, &target, versions).await
        })
    }
}

/// The way over sockets.
pub(crate) struct Sockets {
    c1: StandIn,
    address: SocketAddr,
}

impl Sockets {
    pub(crate) async fn of(c1: &StandIn) -> Self {
        let address = c1.listen().await.unwrap();
        Self {
            c1: c1.clone(),
            address,
        }
    }
}

impl Dial for Sockets {
    fn dial(&self, target: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>> {
        let (c1, address) = (self.c1.clone(), self.address);
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            c1.secure(stream, &target, versions).await
        })
    }
}
