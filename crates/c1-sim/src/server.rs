//! C1 as a test sees it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use baton_proto::connectorapi::baton::v1::task::TaskType;
use baton_proto::connectorapi::baton::v1::{BatonServiceFinishTaskRequest as FinishTask, Task};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::network::Network;
use crate::service::Service;
use crate::{Behaviour, Call, Secure, Settings, What, task_id};

/// A simulated C1; it closes its ports and connections when this is dropped.
pub struct Server {
    service: Arc<Service>,
    network: Arc<Network>,
    ports: Mutex<JoinSet<()>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// How to reach it.
impl Server {
    /// Makes a C1 that can be reached within this process, where time can be paused.
    ///
    /// # Errors
    ///
    /// Fails if no certificate can be made for the hosts.
    pub fn new(settings: Settings) -> io::Result<Self> {
        let service = Arc::new(Service::new(settings));
        Ok(Self {
            network: Arc::new(Network::new(Arc::clone(&service))?),
            service,
            ports: Mutex::default(),
        })
    }

    /// Opens a free port of 127.0.0.1 too, and returns its address.
    ///
    /// # Errors
    ///
    /// Fails if no port can be opened.
    pub async fn listen(&self) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        ports.spawn(Arc::clone(&self.network).serve(listener));
        Ok(address)
    }

    /// Returns the client's end of a new connection within this process, before its TLS handshake.
    ///
    /// # Errors
    ///
    /// Refuses the connection while C1 is down.
    pub fn pipe(&self) -> io::Result<DuplexStream> {
        if self.network.is_down() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (near, far) = tokio::io::duplex(1 << 16);
        self.network.accept(far);
        Ok(near)
    }

    /// Does the client's part of the TLS handshake: trusts our authority only, and offers `protocols` by ALPN.
    ///
    /// # Errors
    ///
    /// Fails like any handshake, and with one of our certificate's hosts missing.
    pub async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        host: &str,
        protocols: &[&str],
    ) -> io::Result<Secure<S>> {
        self.network.secure(stream, host, protocols).await
    }

    /// Returns the certificate of the authority, for clients that read a file of trusted ones.
    pub fn authority_pem(&self) -> &str {
        &self.network.pem
    }
}

/// What it is told.
impl Server {
    /// Changes, or looks at, what C1 does from now on.
    pub fn behave<T>(&self, change: impl FnOnce(&mut Behaviour) -> T) -> T {
        change(&mut self.service.behaviour())
    }

    /// Queues a task, and returns its id.
    pub fn give(&self, kind: TaskType) -> String {
        let id = {
            let mut memory = self.service.memory();
            memory.given += 1;
            task_id(memory.given)
        };
        self.give_task(Task {
            id: id.clone(),
            task_type: Some(kind),
            ..Task::default()
        });
        id
    }

    /// Queues a task with an id of its own.
    pub fn give_task(&self, task: Task) {
        self.behave(|it| it.tasks.push_back(task));
    }

    /// Takes all tokens back: who still uses one is told that there is no such token.
    pub fn revoke_tokens(&self) {
        self.service.revoke_tokens();
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        self.network.cut();
    }

    /// Lets all connections be as if this machine were gone: nothing comes any more, not even an end.
    pub fn freeze(&self) {
        self.network.freeze();
    }

    /// Lets nobody connect, or does again.
    pub fn set_down(&self, is_down: bool) {
        self.network.set_down(is_down);
    }
}

/// What it saw.
impl Server {
    /// Returns every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.service.memory().calls.clone()
    }

    /// Returns what was wrong with calls, in a few words each.
    pub fn problems(&self) -> Vec<String> {
        self.service.memory().problems.clone()
    }

    /// Returns what was uploaded for a task: the sync, and then the log of a debugged task.
    pub fn uploads(&self, task_id: &str) -> Vec<Vec<u8>> {
        let memory = self.service.memory();
        memory.uploads.get(task_id).cloned().unwrap_or_default()
    }

    /// Returns how many connections there were, and how many are open.
    pub fn connections(&self) -> (usize, usize) {
        self.network.made_and_open()
    }

    /// Forgets calls and uploads, so that a long run does not fill the memory with them.
    pub fn forget(&self) {
        let mut memory = self.service.memory();
        memory.calls.clear();
        memory.uploads.clear();
    }

    /// Returns the names of the calls in their order.
    ///
    /// # Panics
    ///
    /// Panics if anything was wrong with any call.
    pub fn names(&self) -> Vec<&'static str> {
        let memory = self.service.memory();
        assert_eq!(memory.problems, Vec::<String>::new());
        memory.calls.iter().map(Call::name).collect()
    }

    /// Returns when there was a call with a name, in seconds since the start, rounded to tenths.
    ///
    /// # Panics
    ///
    /// Panics if anything was wrong with any call.
    pub fn times(&self, name: &str) -> Vec<f64> {
        self.names();
        let calls = self.calls();
        let named = calls.iter().filter(|it| it.name() == name);
        let tenths = named.map(|it| (it.at.as_secs_f64() * 10.0).round());
        tenths.map(|it| it / 10.0).collect()
    }

    /// Returns how tasks were finished.
    ///
    /// # Panics
    ///
    /// Panics if anything was wrong with any call.
    pub fn finished(&self) -> Vec<FinishTask> {
        self.names();
        let finished = self.calls().into_iter().filter_map(|it| match it.what {
            What::FinishTask(request) => Some(request),
            _ => None,
        });
        finished.collect()
    }

    /// Waits until the calls so far are as wanted.
    ///
    /// # Panics
    ///
    /// Panics if that takes longer than [`Settings::patience`].
    pub async fn until(&self, wanted: impl Fn(&[Call]) -> bool) {
        let wait = async {
            loop {
                let called = self.service.called.notified();
                if wanted(&self.service.memory().calls) {
                    return;
                }
                called.await;
            }
        };
        let end = timeout(self.service.settings.patience, wait).await;
        let seen = || (self.problems(), self.calls());
        assert!(end.is_ok(), "it never came to that: {:?}", seen());
    }

    /// Waits until there were so many calls with a name.
    ///
    /// # Panics
    ///
    /// Panics if that takes longer than [`Settings::patience`].
    pub async fn until_called(&self, name: &str, times: usize) {
        let wanted = |calls: &[Call]| calls.iter().filter(|it| it.name() == name).count() >= times;
        self.until(wanted).await;
    }

    /// Waits until so many tasks are finished.
    ///
    /// # Panics
    ///
    /// Panics if that takes longer than [`Settings::patience`].
    pub async fn until_finished(&self, tasks: usize) {
        self.until_called("FinishTask", tasks).await;
    }
}
