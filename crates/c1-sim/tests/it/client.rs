//! A client that makes mistakes when asked to.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use c1_sim::{CLIENT_ID, HOST, Server, Settings, StatusCode};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};

/// What the client's clock shows.
pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) fn server() -> Server {
    let settings = Settings {
        client_clock: Some(NOW),
        ..Settings::default()
    };
    Server::new(settings).unwrap()
}

/// Everything that a token request says.
pub(crate) struct Ask {
    pub(crate) agent: &'static str,
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) form: BTreeMap<&'static str, String>,
    /// The last byte of the secret.
    pub(crate) key: u8,
}

impl Default for Ask {
    /// Makes a request that is right.
    fn default() -> Self {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let form = [
            ("client_id", CLIENT_ID),
            ("grant_type", "client_credentials"),
            ("client_assertion_type", kind),
        ];
        let (from, until) = (NOW - 120, NOW + 120);
        let claims = json!({
            "iss": CLIENT_ID, "sub": CLIENT_ID, "aud": HOST, "nbf": from, "iat": NOW, "exp": until,
        });
        Self {
            agent: "baton-c1-credential-provider baton-sdk/v0.25.0",
            header: json!({"alg": "EdDSA", "nonce": "00112233445566778899aabbccddeeff"}),
            claims,
            form: form.map(|(key, value)| (key, value.to_owned())).into(),
            key: 31,
        }
    }
}

impl Ask {
    /// Sends it, and returns the status of the answer.
    pub(crate) async fn send(mut self, c1: &Server) -> StatusCode {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut seed: Vec<u8> = (0..31).collect();
        seed.push(self.key);
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let [header, claims] =
            [&self.header, &self.claims].map(|it| encode(it.to_string().as_bytes()));
        let input = format!("{header}.{claims}");
        let signature = encode(key.sign(input.as_bytes()).as_ref());
        self.form
            .insert("client_assertion", format!("{input}.{signature}"));
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(&self.form).finish();
        let kind = "application/x-www-form-urlencoded";
        let headers = [("user-agent", self.agent), ("content-type", kind)];
        post(c1, "/auth/v1/token", &headers, body.into()).await.0
    }
}

/// Posts something, and returns the status and the headers, trailers among them.
pub(crate) async fn post(
    c1: &Server,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    let stream = c1.secure(c1.pipe().unwrap(), HOST, &["h2"]).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut request = Request::post(format!("https://{HOST}{path}"))
        .body(Full::new(body))
        .unwrap();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        request
            .headers_mut()
            .insert(name, HeaderValue::from_str(value).unwrap());
    }
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let mut headers = head.headers;
    if let Some(trailers) = body.collect().await.unwrap().trailers() {
        headers.extend(trailers.clone());
    }
    (head.status, headers)
}
