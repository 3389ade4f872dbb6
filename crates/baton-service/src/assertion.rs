//! The signed statement that is exchanged for a token (`baton-runtime.md` section 4.3).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use baton_model::Timestamp;
use serde::Serialize;

use crate::Credentials;

/// How far the clocks of both sides may be apart, and how long the statement is good for, in seconds.
const LEEWAY: i64 = 120;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    nonce: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    nbf: i64,
    iat: i64,
}

/// Returns the form that asks for a token. It is a secret for as long as the assertion in it is good.
pub(crate) fn form(credentials: &Credentials, now: Timestamp, nonce: [u8; 16]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("client_assertion", &sign(credentials, now, nonce))
        .append_pair(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        .append_pair("client_id", credentials.client_id())
        .append_pair("grant_type", "client_credentials")
        .finish()
}

/// Makes a compact JSON Web Signature, which names the host without its port.
fn sign(credentials: &Credentials, now: Timestamp, nonce: [u8; 16]) -> String {
    let nonce = format!("{:032x}", u128::from_be_bytes(nonce));
    let header = Header {
        alg: "EdDSA",
        kid: credentials.key_id(),
        nonce: &nonce,
    };
    let now = now.seconds();
    let claims = Claims {
        iss: credentials.client_id(),
        sub: credentials.client_id(),
        aud: without_port(credentials.host()),
        exp: now + LEEWAY,
        nbf: now - LEEWAY,
        iat: now,
    };
    let input = format!("{}.{}", part(&header), part(&claims));
    let signature = credentials.sign(input.as_bytes());
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn part(value: &impl Serialize) -> String {
    // Neither part has a map or a number that JSON cannot hold, which is all that could go wrong.
    let json = serde_json::to_vec(value).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns a value of `tests/it/service_credentials.json`, a made-up pair and what it yields.
    pub(crate) fn vector(field: &str) -> String {
        let text = include_str!("../tests/it/service_credentials.json");
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        value[field].as_str().unwrap().to_owned()
    }

    fn credentials(client_id: &str) -> Credentials {
        Credentials::parse(client_id, &vector("client_secret")).unwrap()
    }

    #[test]
    fn assertion_and_form_are_those_of_the_vector() {
        let credentials = credentials(&vector("client_id"));
        let now = Timestamp::new(1_700_000_000, 0).unwrap();
        let nonce = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
        assert_eq!(sign(&credentials, now, nonce), vector("assertion"));
        assert_eq!(form(&credentials, now, nonce), vector("form_body"));
    }

    #[test]
    fn a_nonce_keeps_its_zeros_and_the_audience_has_no_port() {
        let signed = sign(
            &credentials("a@b.example:8443/c"),
            Timestamp::EPOCH,
            [0; 16],
        );
        let mut parts = signed
            .split('.')
            .map(|part| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default()));
        let header = parts.next().unwrap().unwrap();
        assert_eq!(
            header,
            format!(r#"{{"alg":"EdDSA","nonce":"{}"}}"#, "0".repeat(32))
        );
        assert!(
            parts
                .next()
                .unwrap()
                .unwrap()
                .contains(r#""aud":"b.example","#)
        );
        assert_eq!(without_port("[::1]:8443"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }
}
