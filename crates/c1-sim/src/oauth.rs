//! The token endpoint, which believes nothing (`baton-runtime.md` section 4.3).

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use jiff::Timestamp;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

use crate::What;
use crate::client::{PUBLIC_KEY, TOKEN_USER_AGENT, host_of};
use crate::service::Service;

/// So many seconds may be between a client that goes with this machine's clock and us.
const TOLERANCE: i64 = 30;

impl Service {
    pub(crate) async fn token(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return answer(StatusCode::BAD_REQUEST, "half a request");
        };
        let body = body.to_bytes();
        let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        let keys = form.keys().cloned().collect();
        self.write_down(&head.headers, What::Token(keys));
        if let Some(status) = self.behaviour().token_answers.pop_front() {
            return answer(status, "");
        }
        let is_admitted = self
            .check(head.method == Method::POST, "method")
            .and_then(|()| self.check_headers(&head.headers))
            .and_then(|()| self.check_form(&form));
        match is_admitted {
            Ok(()) => answer(StatusCode::OK, &self.new_token()),
            Err(status) => answer(StatusCode::UNAUTHORIZED, status.message()),
        }
    }

    fn new_token(&self) -> String {
        let seconds = self.behaviour().expires_in;
        let mut memory = self.memory();
        let token = format!("tok{}", memory.tokens.len() + 1);
        let end = Instant::now() + Duration::from_secs(seconds);
        memory.tokens.push((token.clone(), end));
        format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":{seconds}}}"#)
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), Status> {
        let is = |name: HeaderName, value: &str| {
            self.check(
                headers.get(&name).is_some_and(|it| it == value),
                name.as_str(),
            )
        };
        is(CONTENT_TYPE, "application/x-www-form-urlencoded")?;
        is(USER_AGENT, TOKEN_USER_AGENT)
    }

    fn check_form(&self, form: &BTreeMap<String, String>) -> Result<(), Status> {
        let field = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
        self.check(form.len() == 4, "fields of the form")?;
        self.check(field("grant_type") == "client_credentials", "grant type")?;
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        self.check(field("client_assertion_type") == kind, "type of assertion")?;
        self.check_assertion(field("client_assertion"), field("client_id"))
    }

    fn check_assertion(&self, assertion: &str, client_id: &str) -> Result<(), Status> {
        let hosts = &self.settings.hosts;
        let host = host_of(client_id).filter(|host| hosts.iter().any(|it| it == host));
        self.check(host.is_some(), "client id")?;
        let (input, signature) = assertion.rsplit_once('.').unwrap_or_default();
        let is_signed = UnparsedPublicKey::new(&ED25519, decode(PUBLIC_KEY))
            .verify(input.as_bytes(), &decode(signature))
            .is_ok();
        self.check(is_signed, "signature")?;
        let (header, claims) = input.split_once('.').unwrap_or_default();
        let (header, claims) = (json(header), json(claims));
        self.check(claims["aud"].as_str() == host, "audience")?;
        let is_issuer = claims["iss"] == client_id && claims["sub"] == client_id;
        self.check(is_issuer, "issuer")?;
        self.check_times(&claims)?;
        self.check(header["alg"] == "EdDSA", "algorithm")?;
        self.check_nonce(header["nonce"].as_str().unwrap_or_default())
    }

    fn check_times(&self, claims: &Value) -> Result<(), Status> {
        let at = claims["iat"].as_i64().unwrap_or_default();
        let is_now = match self.settings.client_clock {
            Some(now) => at == now,
            None => (Timestamp::now().as_second() - at).abs() <= TOLERANCE,
        };
        let is_around = claims["nbf"] == at - 120 && claims["exp"] == at + 120;
        self.check(is_now && is_around, "times")
    }

    fn check_nonce(&self, nonce: &str) -> Result<(), Status> {
        let is_hex = nonce.bytes().all(|it| b"0123456789abcdef".contains(&it));
        self.check(nonce.len() == 32 && is_hex, "nonce")?;
        let is_new = !self.memory().nonces.iter().any(|it| it == nonce);
        self.check(is_new, "nonce used before")?;
        self.memory().nonces.push(nonce.to_owned());
        Ok(())
    }

    /// Tells whether a token was given out and has not ended.
    pub(crate) fn is_good(&self, authorization: &str) -> bool {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        let memory = self.memory();
        let mut tokens = memory.tokens.iter();
        tokens.any(|(known, end)| known == token && Instant::now() < *end)
    }

    pub(crate) fn revoke_tokens(&self) {
        for token in &mut self.memory().tokens {
            token.1 = Instant::now();
        }
    }
}

/// Reads base64url; what is none has no bytes.
fn decode(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
}

/// Reads JSON in base64url; what is none has no fields.
fn json(text: &str) -> Value {
    serde_json::from_slice(&decode(text)).unwrap_or_default()
}

fn answer(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(body.to_owned())));
    *response.status_mut() = status;
    response
}
