//! What all endpoints have in common.

use http::Request;
use serde::de::DeserializeOwned;

use crate::{Answer, Error, Query};

/// A question that can be asked, with its parameters. All of them are `GET`.
pub trait Endpoint {
    /// What an answer holds.
    type Output;
    /// The shape of the body.
    type Body: Body<Output = Self::Output>;
    /// Rocket.Chat's name, such as `users.list`.
    const NAME: &'static str;
    /// The path below the workspace's base URL.
    const PATH: &'static str;

    /// Returns the parameters.
    fn query(&self) -> Query {
        Query::new()
    }

    /// Builds the request, its target relative to the workspace's base URL.
    ///
    /// # Errors
    /// A parameter that cannot stand in a URL even when encoded; none of ours is like that.
    fn request(&self) -> Result<Request<()>, http::Error> {
        let query = self.query().encode();
        let target = if query.is_empty() {
            Self::PATH.to_owned()
        } else {
            format!("{}?{query}", Self::PATH)
        };
        Request::get(target).body(())
    }
}

/// A success body: the data, and the word of the server that it is one.
pub trait Body: DeserializeOwned {
    /// What the caller wants of it.
    type Output;

    /// Returns the data, or `None` when the body does not say `"success": true`.
    fn into_output(self) -> Option<Self::Output>;
}

/// Reads the answer to a request of `endpoint`.
///
/// # Errors
/// Anything but a JSON body that says `"success": true` and has the documented shape, whatever the status.
pub fn decode<E: Endpoint>(_endpoint: &E, answer: &Answer<'_>) -> Result<E::Output, Error> {
    if !(200..300).contains(&answer.status) || !answer.is_json() {
        return Err(Error::read(E::NAME, answer));
    }
    let malformed = |source| Error::Malformed {
        endpoint: E::NAME,
        status: answer.status,
        source,
    };
    match serde_json::from_slice::<E::Body>(answer.body) {
        Ok(body) => body
            .into_output()
            .ok_or_else(|| Error::read(E::NAME, answer)),
        // A refusal with status 200 lacks the data; it is worth more than "missing field".
        Err(source) => match Error::read(E::NAME, answer) {
            refused @ Error::Refused { .. } if says_no(answer.body) => Err(refused),
            _ => Err(malformed(source)),
        },
    }
}

fn says_no(body: &[u8]) -> bool {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body.get("success") == Some(&serde_json::Value::Bool(false))
}
