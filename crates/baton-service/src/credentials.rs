//! Who the connector is to C1 (`baton-runtime.md` section 4.2).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::Ed25519KeyPair;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;

use crate::Error;

/// A client id and the private key that belongs to it.
pub struct Credentials {
    client_id: String,
    name: String,
    host: String,
    key: Ed25519KeyPair,
    key_id: Option<String>,
}

impl Credentials {
    /// Reads what C1 shows when a connector is created: a client id `name@host/use`, and a client secret
    /// `secret-token:conductorone.com:v1:…`, whose last part holds an Ed25519 key. Of the secret the key alone is kept.
    ///
    /// # Errors
    ///
    /// When either is of another form. The error says which, and repeats neither.
    pub fn parse(client_id: &str, client_secret: &str) -> Result<Self, Error> {
        let (name, place) = client_id.split_once('@').ok_or(Error::ClientId)?;
        let (host, _) = place.split_once('/').ok_or(Error::ClientId)?;
        let (key, key_id) = key(client_secret).ok_or(Error::ClientSecret)?;
        Ok(Self {
            client_id: client_id.to_owned(),
            name: name.to_owned(),
            host: host.to_owned(),
            key,
            key_id,
        })
    }

    /// Returns the whole client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the host of C1, with the port if the client id names one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the part of the client id that names the connector.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> impl AsRef<[u8]> + use<> {
        self.key.sign(message)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The parts of a JSON Web Key that matter here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    d: String,
    kid: Option<String>,
}

fn key(secret: &str) -> Option<(Ed25519KeyPair, Option<String>)> {
    let mut parts = secret.split(':');
    let (_, _, version, payload) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version != "v1" || parts.next().is_some() {
        return None;
    }
    let json = decode(payload)?;
    let jwk: Jwk = serde_json::from_slice(&json).ok()?;
    if jwk.kty != "OKP" || jwk.crv != "Ed25519" {
        return None;
    }
    let seed = Zeroizing::new(jwk.d);
    let pair = Ed25519KeyPair::from_seed_and_public_key(&decode(&seed)?, &decode(&jwk.x)?).ok()?;
    Some((pair, jwk.kid.filter(|it| !it.is_empty())))
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::tests::vector;

    fn refused(client_id: &str, secret: &str) -> Error {
        Credentials::parse(client_id, secret).unwrap_err()
    }

    #[test]
    fn client_ids_are_split_at_the_first_at_and_slash() {
        let secret = vector("client_secret");
        let credentials = Credentials::parse("a-b-1@acme.example:8443/pcc/x@y", &secret).unwrap();
        assert_eq!(credentials.name(), "a-b-1");
        assert_eq!(credentials.host(), "acme.example:8443");
        assert_eq!(credentials.client_id(), "a-b-1@acme.example:8443/pcc/x@y");
        assert!(Credentials::parse("@/", &secret).is_ok());
    }

    #[test]
    fn what_is_no_client_id_is_refused() {
        for bad in ["", "x", "a@b", "@", "name-without-host", "a/b@c"] {
            let error = refused(bad, &vector("client_secret"));
            assert_eq!(error.to_string(), "invalid client id", "{bad}");
        }
    }

    #[test]
    fn what_is_no_client_secret_is_refused_without_being_shown() {
        let good = vector("client_secret");
        let payload = good.rsplit(':').next().unwrap();
        let public = BASE64_URL_SAFE_NO_PAD.encode(format!(
            r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
            "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
        ));
        let other_half = BASE64_URL_SAFE_NO_PAD.encode(
            r#"{"kty":"OKP","crv":"Ed25519","x":"AAEHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg","d":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#,
        );
        for bad in [
            String::new(),
            "y".to_owned(),
            "v1:1:2:3".to_owned(),
            format!("a:b:v2:{payload}"),
            format!("a:b:v1:{payload}:"),
            format!("a:b:v1:{payload}="),
            format!("a:b:v1:{public}"),
            format!("a:b:v1:{other_half}"),
        ] {
            let error = refused("a@b/c", &bad);
            assert_eq!(
                format!("{error}{error:?}"),
                "invalid client secretClientSecret",
                "{bad}"
            );
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let credentials = Credentials::parse("a@b/c", &vector("client_secret")).unwrap();
        assert_eq!(
            format!("{credentials:?}"),
            r#"Credentials { client_id: "a@b/c", .. }"#
        );
    }
}
