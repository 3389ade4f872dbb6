//! The token endpoint, which believes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

use super::{Call, HOST, StandIn};
use crate::fake::{NOW, vector};

impl StandIn {
    pub(super) async fn token(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
        let keys = form.keys().cloned().collect();
        self.write_down(Call::Token(head.headers.clone(), keys));
        if let Some(status) = self.state(|state| state.token_answers.pop_front()) {
            return answer(status, String::new());
        }
        if let Err(status) = self.check_form(&head.headers, &form) {
            return answer(StatusCode::UNAUTHORIZED, status.message().to_owned());
        }
        let json = self.state(|state| {
            let token = format!("tok{}", state.tokens.len() + 1);
            let end = Instant::now() + Duration::from_secs(state.expires_in);
            state.tokens.push((token.clone(), end));
            format!(
                r#"{{"access_token":"{token}","token_type":"bearer","expires_in":{}}}"#,
                state.expires_in
            )
        });
        answer(StatusCode::OK, json)
    }

    fn check_form(
        &self,
        headers: &HeaderMap,
        form: &BTreeMap<String, String>,
    ) -> Result<(), Status> {
        let is =
            |key: &str, value: &str| self.check(form.get(key).is_some_and(|it| it == value), key);
        is("client_id", &vector("client_id"))?;
        is("grant_type", "client_credentials")?;
        is(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )?;
        self.check(form.len() == 4, "fields of the form")?;
        self.check(
            headers[CONTENT_TYPE] == "application/x-www-form-urlencoded",
            "content type",
        )?;
        let assertion = form["client_assertion"].clone();
        let (input, signature) = assertion.rsplit_once('.').unwrap();
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let key = decode("A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg");
        let is_signed = UnparsedPublicKey::new(&ED25519, key)
            .verify(input.as_bytes(), &decode(signature))
            .is_ok();
        self.check(is_signed, "signature")?;
        let (header, claims) = input.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&decode(header)).unwrap();
        let claims: Value = serde_json::from_slice(&decode(claims)).unwrap();
        self.check(claims["aud"] == HOST, "audience")?;
        self.check(
            claims["iss"] == vector("client_id") && claims["sub"] == claims["iss"],
            "issuer",
        )?;
        let times = [&claims["nbf"], &claims["iat"], &claims["exp"]];
        self.check(times == [NOW - 120, NOW, NOW + 120], "times")?;
        let nonce = header["nonce"].as_str().unwrap().to_owned();
        let is_nonce =
            nonce.len() == 32 && nonce.bytes().all(|it| b"0123456789abcdef".contains(&it));
        self.check(is_nonce && header["alg"] == "EdDSA", "header")?;
        let is_new = self.state(|state| !state.nonces.contains(&nonce));
        self.check(is_new, "nonce used before")?;
        self.state(|state| state.nonces.push(nonce));
        Ok(())
    }

    /// Tells whether a token was given out and has not ended.
    pub(super) fn is_good(&self, authorization: &str) -> bool {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        self.state(|state| {
            let mut tokens = state.tokens.iter();
            tokens.any(|(known, end)| known == token && Instant::now() < *end)
        })
    }

    /// Takes all tokens back.
    pub(crate) fn revoke_tokens(&self) {
        self.state(|state| {
            for token in &mut state.tokens {
                token.1 = Instant::now();
            }
        });
    }
}

fn answer(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(body)));
    *response.status_mut() = status;
    response
}
