//! What all endpoints have in common.

use http::Request;
use serde::de::DeserializeOwned;

use crate::{Answer, Arrival, Error, Query};

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
///
/// A list is taken out of the body while it arrives, so that neither all of its text is held at once nor read twice.
pub trait Body: DeserializeOwned {
    /// An element of the list; [`IgnoredAny`](serde::de::IgnoredAny) where there is none.
    type Row: DeserializeOwned + Send;
    /// The name of the list in the body, if there is one.
    const ROWS: Option<&'static str> = None;
    /// What the caller wants of it.
    type Output;

    /// Returns the data, or `None` when the body does not say `"success": true`.
    fn into_output(self, rows: Vec<Self::Row>) -> Option<Self::Output>;
}

/// Reads the answer to a request of `endpoint`, if all of its body is there; [`Arrival`] reads it while it comes.
///
/// # Errors
/// Anything but a JSON body that says `"success": true` and has the documented shape, whatever the status.
pub fn decode<E: Endpoint>(_endpoint: &E, answer: &Answer<'_>) -> Result<E::Output, Error> {
    let mut arrival = Arrival::<E>::new();
    if !arrival.begin(answer.status, answer.content_type) {
        return arrival.end(answer);
    }
    let mut rest = Vec::new();
    arrival.take(answer.body, &mut rest);
    arrival.end(&Answer {
        body: &rest,
        ..*answer
    })
}
