//! A server that behaves as no C1 should: what it answers is written by hand, and it need not listen. There is no TLS, so
//! that the frames can be looked at.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::{
    BatonServiceFinishTaskRequest as FinishTask, BatonServiceGetTaskResponse as GetTask, Task,
};
use baton_service::{BoxError, BoxFuture, Dial, Link, Versions};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, copy, duplex};
use tokio::io::{ReadHalf, WriteHalf, join, split};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tonic::Status;
use tonic::body::Body;

/// What it does when it is called.
pub(crate) enum Act {
    /// Reads the call, waits, and answers with a message.
    Answer(Duration, Vec<u8>),
    /// Answers with a message before it has read the call.
    Early(Vec<u8>),
    /// Answers with whatever this is.
    Other(Response<Body>),
    /// Neither reads nor answers.
    Silence,
}

/// The good answer to a request for a token.
const TOKEN: &str = r#"{"access_token":"tok","expires_in":3600}"#;

#[derive(Clone)]
pub(crate) struct Peer(Arc<Inner>);

struct Inner {
    start: Instant,
    state: Mutex<State>,
    called: Notify,
}

#[derive(Default)]
pub(crate) struct State {
    acts: HashMap<&'static str, VecDeque<Act>>,
    /// Answers to requests for a token; without any, a good one. `None` is silence.
    pub(crate) tokens: VecDeque<Option<String>>,
    /// When what was called, and with what message.
    calls: Vec<(f64, String, Bytes)>,
    /// When the client checked a connection.
    pub(crate) pings: Vec<f64>,
    /// How many bytes came from the client.
    pub(crate) received: usize,
}

impl Peer {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            start: Instant::now(),
            state: Mutex::default(),
            called: Notify::new(),
        }))
    }

    /// Plans what the next calls of a method come to; an empty message when there is no plan. Tasks are not given out but
    /// by plan.
    pub(crate) fn plan(&self, method: &'static str, acts: impl IntoIterator<Item = Act>) {
        self.state(|it| it.acts.entry(method).or_default().extend(acts));
    }

    pub(crate) fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.state.lock().unwrap())
    }

    /// Returns when a method was called.
    pub(crate) fn times(&self, method: &str) -> Vec<f64> {
        self.state(|state| {
            let named = state.calls.iter().filter(|it| it.1 == method);
            named.map(|it| it.0).collect()
        })
    }

    /// Returns what C1 was told of the ends of tasks.
    pub(crate) fn finished(&self) -> Vec<FinishTask> {
        self.state(|state| {
            let calls = state.calls.iter().filter(|it| it.1 == "FinishTask");
            calls
                .map(|it| FinishTask::decode(it.2.slice(5..)).unwrap())
                .collect()
        })
    }

    /// Waits until a method was called so often.
    pub(crate) async fn until_called(&self, method: &str, times: usize) {
        let wait = async {
            loop {
                let called = self.0.called.notified();
                if self.times(method).len() >= times {
                    return;
                }
                called.await;
            }
        };
        let end = timeout(Duration::from_hours(1), wait).await;
        assert!(end.is_ok(), "{:?}", self.state(|it| it.calls.clone()));
    }

    fn now(&self) -> f64 {
        (self.0.start.elapsed().as_secs_f64() * 10.0).round() / 10.0
    }

    fn write_down(&self, method: &str, message: Bytes) {
        let call = (self.now(), method.to_owned(), message);
        self.state(|it| it.calls.push(call));
        self.0.called.notify_waiters();
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        assert_eq!(authority, Some("acme.conductor.one:443"));
        let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let act = self.state(|it| it.acts.get_mut(method.as_str())?.pop_front());
        if let Some(Act::Silence | Act::Early(_)) = act {
            self.write_down(&method, Bytes::new());
            if let Some(Act::Early(message)) = act {
                return response([Ok(data(&message)), Ok(end())]);
            }
            // With the request, which is not read.
            let _request = request;
            return pending().await;
        }
        let Ok(body) = request.into_body().collect().await else {
            return response([Ok(end())]);
        };
        self.write_down(&method, body.to_bytes());
        match act {
            Some(Act::Other(response)) => response,
            Some(Act::Answer(wait, message)) => {
                sleep(wait).await;
                response([Ok(data(&message)), Ok(end())])
            }
            _ if method == "GetTask" => response([Ok(data(&no_task())), Ok(end())]),
            _ => response([Ok(data(&[])), Ok(end())]),
        }
    }

    async fn give_token(&self, mut stream: DuplexStream) {
        let mut request = Vec::new();
        while !request.windows(17).any(|it| it == b"client_credential") {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let text = String::from_utf8_lossy(&request);
        let path = text.split(' ').nth(1).unwrap().to_owned();
        self.write_down(&path, Bytes::new());
        let planned = self.state(|it| it.tokens.pop_front());
        match planned.unwrap_or_else(|| Some(token(TOKEN))) {
            // The client may have gone.
            Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
            None => pending().await,
        }
    }

    /// Passes on what the client says, and looks at it.
    async fn listen(self, mut from: ReadHalf<DuplexStream>, mut to: WriteHalf<DuplexStream>) {
        let mut preface = [0; 24];
        if from.read_exact(&mut preface).await.is_err() || to.write_all(&preface).await.is_err() {
            return;
        }
        let mut head = [0; 9];
        while from.read_exact(&mut head).await.is_ok() {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8;
            let mut frame = head.to_vec();
            frame.resize(9 + length + usize::from(head[2]), 0);
            if from.read_exact(&mut frame[9..]).await.is_err() {
                return;
            }
            let now = self.now();
            self.state(|it| {
                it.received += frame.len();
                if head[3] == 6 && head[4] & 1 == 0 {
                    it.pings.push(now);
                }
            });
            if to.write_all(&frame).await.is_err() {
                return;
            }
        }
    }
}

impl Dial for Peer {
    fn dial(&self, _: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>> {
        let peer = self.clone();
        let (near, far) = duplex(1 << 16);
        if versions == Versions::Any {
            tokio::spawn(async move { peer.give_token(far).await });
            return Box::pin(async { Ok(Link::new(near, false)) });
        }
        let (relay, server) = duplex(1 << 16);
        let ((from_client, mut to_client), (mut from_server, to_server)) =
            (split(far), split(relay));
        tokio::spawn(peer.clone().listen(from_client, to_server));
        tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let peer = peer.clone();
                async move { Ok::<_, Infallible>(peer.answer(request).await) }
            });
            let (read, write) = split(server);
            // Broken connections are for the client to notice.
            let _ = http2::Builder::new(TokioExecutor::new())
                .initial_connection_window_size(65_535)
                .initial_stream_window_size(65_535)
                .serve_connection(TokioIo::new(join(read, write)), service)
                .await;
        });
        Box::pin(async { Ok(Link::new(near, true)) })
    }
}

/// Makes an answer of the token endpoint.
pub(crate) fn token(json: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{json}",
        json.len()
    )
}

/// Makes an answer of frames.
pub(crate) fn response<const N: usize>(
    frames: [Result<Frame<Bytes>, Status>; N],
) -> Response<Body> {
    let body = Body::new(StreamBody::new(stream::iter(frames)));
    let response = Response::builder().header("content-type", "application/grpc");
    response.body(body).unwrap()
}

/// Makes a message as it is sent.
pub(crate) fn data(message: &[u8]) -> Frame<Bytes> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    Frame::data([&[0], length.as_slice(), message].concat().into())
}

/// Makes the end of a good answer.
pub(crate) fn end() -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    Frame::trailers(trailers)
}

/// Makes an answer of `GetTask`, which wants to be asked again a second later.
pub(crate) fn with_task(task: Task) -> Vec<u8> {
    answer(Some(task))
}

pub(crate) fn no_task() -> Vec<u8> {
    answer(None)
}

fn answer(task: Option<Task>) -> Vec<u8> {
    let answer = GetTask {
        task,
        next_poll: Some(c1_sim::seconds(1)),
        ..GetTask::default()
    };
    answer.encode_to_vec()
}
