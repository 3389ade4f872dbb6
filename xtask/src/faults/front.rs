//! A server in front of a simulated workspace: hands on what is asked, and does one thing wrong.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::{Answer, ELSEWHERE, Then, Way, read_head};
use super::tls::Shown;

/// What is done wrong with answers.
pub(super) trait Spoil: Send + Sync {
    /// Makes what is answered to the `nth` call of `route`, counted from 1, and says how it is written. Nothing where the
    /// call is answered as it should be.
    fn spoil(&self, route: &str, nth: usize, answer: &Answer) -> Option<(Answer, Way)>;
}

/// Nothing is done wrong.
pub(super) struct Nothing;

impl Spoil for Nothing {
    fn spoil(&self, _: &str, _: usize, _: &Answer) -> Option<(Answer, Way)> {
        None
    }
}

/// The server. It ends when this is dropped.
pub(super) struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    workspace: SocketAddr,
    elsewhere: String,
    spoil: Box<dyn Spoil>,
    shown: Option<Shown>,
    /// From here on nothing goes wrong.
    is_healed: AtomicBool,
    connections: AtomicUsize,
    calls: Mutex<BTreeMap<String, Vec<Answer>>>,
    keeps_answers: bool,
    sent: AtomicU64,
}

impl Front {
    /// Stands in front of the workspace at `workspace`; redirects lead to `elsewhere`.
    pub(super) async fn start(
        workspace: SocketAddr,
        elsewhere: &Elsewhere,
        spoil: Box<dyn Spoil>,
        shown: Option<Shown>,
        keeps_answers: bool,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("cannot open a port")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            workspace,
            elsewhere: format!("http://{}/?token=", elsewhere.address),
            spoil,
            shown,
            is_healed: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            calls: Mutex::default(),
            keeps_answers,
            sent: AtomicU64::new(0),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// Returns the address of the workspace, as a client is to be told it.
    pub(super) fn base_url(&self) -> String {
        match &self.shared.shown {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    /// Does nothing wrong any more.
    pub(super) fn heal(&self) {
        self.shared.is_healed.store(true, Ordering::SeqCst);
    }

    /// Returns whether anything was done wrong.
    pub(super) fn has_spoilt(&self) -> bool {
        self.shared.sent.load(Ordering::SeqCst) > 0
    }

    /// Returns the true answers to each route, in their order.
    pub(super) fn answers(&self) -> BTreeMap<String, Vec<Answer>> {
        self.shared.lock().clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<Answer>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call, and returns its number.
    fn count(&self, route: &str, answer: &Answer) -> usize {
        let mut calls = self.lock();
        let calls = calls.entry(route.to_owned()).or_default();
        calls.push(if self.keeps_answers {
            answer.clone()
        } else {
            answer.clone().saying("")
        });
        calls.len()
    }

    /// Asks the workspace.
    async fn ask(&self, head: &str) -> anyhow::Result<Answer> {
        let mut server = TcpStream::connect(self.workspace).await?;
        let request = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        server.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        server.read_to_end(&mut bytes).await?;
        Answer::parse(&bytes)
    }

    /// Answers the requests of one connection.
    async fn talk<S>(&self, stream: &mut S) -> io::Result<Then>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while let Some(head) = read_head(stream).await? {
            let mut answer = self.ask(&head).await.map_err(io::Error::other)?;
            // A new connection each time, where those are what goes wrong.
            let is_last = self.shown.is_some();
            if is_last {
                answer = answer.with("connection", "close");
            }
            let route = route(&head);
            let nth = self.count(&route, &answer);
            let is_healed = self.is_healed.load(Ordering::SeqCst);
            let spoilt = self.spoil.spoil(&route, nth, &answer);
            let then = match spoilt.filter(|_| !is_healed) {
                None => answer.write(stream, Way::Whole).await?,
                Some((answer, way)) => {
                    self.sent.fetch_add(1, Ordering::SeqCst);
                    // A server may say whatever it was told.
                    let token = token(&head).to_owned();
                    let elsewhere = format!("{}{token}", self.elsewhere);
                    let mut answer = answer.with("x-seen", token);
                    for (_, value) in &mut answer.headers {
                        *value = value.replace(ELSEWHERE, &elsewhere);
                    }
                    answer.write(stream, way).await?
                }
            };
            if then != Then::Keep || is_last {
                return Ok(then);
            }
        }
        Ok(Then::Close)
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let nth = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let mut stream = stream;
        let Some(shown) = &self.shown else {
            if self.talk(&mut stream).await? == Then::Reset {
                stream.set_zero_linger()?;
            }
            return Ok(());
        };
        let is_healed = self.is_healed.load(Ordering::SeqCst);
        if !is_healed && shown.is_wrong(nth) {
            self.sent.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(mut stream) = shown.accept(stream, nth, is_healed).await? {
            self.talk(&mut stream).await?;
            stream.shutdown().await?;
        }
        Ok(())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let shared = Arc::clone(&shared);
            // What a client does to a connection is no concern of the server's.
            connections.spawn(async move { shared.serve(stream).await.ok() });
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Returns the route that a request asks for, such as `users.listByStatus`.
fn route(head: &str) -> String {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Returns the token that a request is sent with, if it is with any.
fn token(head: &str) -> &str {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let token = headers.find(|(name, _)| name.eq_ignore_ascii_case("x-auth-token"));
    token.map_or("", |(_, value)| value.trim())
}

/// A server that nobody has any business with.
pub(super) struct Elsewhere {
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Elsewhere {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("cannot open a port")?;
        let address = listener.local_addr()?;
        let visits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&visits);
        let task = tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(Self {
            address,
            visits,
            task,
        })
    }

    /// Returns how many came all the same.
    pub(super) fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.task.abort();
    }
}
