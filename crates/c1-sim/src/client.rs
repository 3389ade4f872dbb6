//! The one client that C1 knows, wherever C1 is.

/// The host in [`CLIENT_ID`].
pub const HOST: &str = "acme.conductor.one";

/// The client's id for a C1 at [`HOST`] (`service_credentials.json`).
pub const CLIENT_ID: &str = "happy-otter-12345@acme.conductor.one/pcc";

/// The client's secret: a made-up key that nobody ever issued (`service_credentials.json`).
pub const CLIENT_SECRET: &str = "secret-token:conductorone.com:v1:eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IkE2RUh2X1BPRUw0ZGNOMFk1MHZBbVdmazFqQ2JwUTFmSGR5R1pCSlZNYmciLCJkIjoiQUFFQ0F3UUZCZ2NJQ1FvTERBME9EeEFSRWhNVUZSWVhHQmthR3h3ZEhoOCJ9";

/// The public half of the key in [`CLIENT_SECRET`], in base64url.
pub(crate) const PUBLIC_KEY: &str = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg";

/// What the client calls itself, to the gRPC service and to the token endpoint.
pub(crate) const USER_AGENT: &str = "happy-otter-12345 baton-sdk/v0.25.0 grpc-go/1.83.0";
pub(crate) const TOKEN_USER_AGENT: &str = "baton-c1-credential-provider baton-sdk/v0.25.0";

const NAME: &str = "happy-otter-12345";
const USE: &str = "pcc";

/// Returns the client's id for a C1 at a host, or at a host and a port such as `localhost:8443`.
pub fn client_id(authority: &str) -> String {
    format!("{NAME}@{authority}/{USE}")
}

/// Makes a task id that C1 could have made, different for different numbers.
pub fn task_id(number: usize) -> String {
    let digits = format!("{number:02}");
    format!("{digits:A>27}")
}

/// Returns the host for which a client id is, if it is the client's.
pub(crate) fn host_of(client_id: &str) -> Option<&str> {
    let (name, place) = client_id.split_once('@')?;
    let (authority, usage) = place.split_once('/')?;
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    (name == NAME && usage == USE).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_their_host() {
        assert_eq!(client_id(HOST), CLIENT_ID);
        assert_eq!(host_of(CLIENT_ID), Some(HOST));
        assert_eq!(host_of(&client_id("localhost:8443")), Some("localhost"));
        assert_eq!(host_of("somebody-else-1@localhost/pcc"), None);
    }

    #[test]
    fn task_ids_have_27_characters() {
        assert_eq!(task_id(1), "AAAAAAAAAAAAAAAAAAAAAAAAA01");
        assert_eq!(task_id(12_345).len(), 27);
    }
}
