//! A client that knows nothing of Rocket.Chat: one kept connection and the bare answers.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rocketchat_sim::{Account, Server, Settings, Version, Workspace};
use serde_json::Value;
use tokio::net::TcpStream;

/// `sort={"_id":1}`, encoded.
pub(crate) const BY_ID: &str = "sort=%7B%22_id%22%3A1%7D";

pub(crate) struct Client {
    connection: SendRequest<Empty<Bytes>>,
    /// The path of the workspace on its host.
    pub(crate) prefix: String,
    pub(crate) headers: HeaderMap,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) async fn connect(server: &Server, account: Option<Account>) -> Self {
        let url = server.base_url();
        let (host, path) = url
            .strip_prefix("http://")
            .unwrap()
            .split_at(url[7..].find('/').unwrap_or(url.len() - 7));
        let stream = TcpStream::connect(host).await.unwrap();
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        let mut headers = HeaderMap::new();
        headers.insert("host", host.parse().unwrap());
        if let Some(account) = account {
            let (user_id, token) = server.credentials(account);
            headers.insert("x-user-id", user_id.parse().unwrap());
            headers.insert("x-auth-token", token.parse().unwrap());
        }
        Self {
            connection,
            prefix: path.to_owned(),
            headers,
        }
    }

    /// Asks for a path below the workspace's URL; fails when the connection is cut.
    pub(crate) async fn send(&mut self, method: Method, path: &str) -> hyper::Result<Answer> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = method;
        *request.uri_mut() = format!("{}{path}", self.prefix).parse().unwrap();
        *request.headers_mut() = self.headers.clone();
        self.connection.ready().await?;
        let (head, body) = self.connection.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    pub(crate) async fn path(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path).await.unwrap()
    }

    /// Asks for what follows `/api/v1/`.
    pub(crate) async fn get(&mut self, route: &str) -> Answer {
        self.path(&format!("/api/v1/{route}")).await
    }

    /// Asks for what follows `/api/v1/` and expects success.
    pub(crate) async fn json(&mut self, route: &str) -> Value {
        let answer = self.get(route).await;
        assert_eq!(answer.status, 200, "{route}: {}", answer.text());
        answer.json()
    }
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{}",
            self.text()
        );
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Starts a server of the given release.
pub(crate) async fn server(workspace: Workspace, version: Version) -> Server {
    Server::start(
        workspace,
        Settings {
            version,
            ..Settings::default()
        },
    )
    .await
    .unwrap()
}

/// Returns the `_id` of each row.
#[track_caller]
pub(crate) fn ids(rows: &Value) -> Vec<String> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row["_id"].as_str().unwrap().to_owned())
        .collect()
}
