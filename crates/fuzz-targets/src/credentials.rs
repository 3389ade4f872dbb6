//! Who the connector is, to C1 and to the workspace.

use crate::lines;

/// Reads the first two lines as client id and client secret, and as user id and token.
///
/// # Panics
/// An error or a value shows the secret.
pub fn credentials(bytes: &[u8]) {
    let lines = lines(bytes);
    let [id, secret, ..] = lines.as_slice() else {
        return;
    };
    for say in [to_c1, to_the_workspace] {
        let words = say(id, OTHER);
        // What is short, or is a part of the id or of our own words, may be there by chance.
        let is_telling = secret.len() >= 8 && !id.contains(secret) && !words.contains(secret);
        let is_shown = is_telling && say(id, secret).contains(secret);
        assert!(!is_shown, "the secret is shown");
    }
}

/// A secret that is as good as none, for comparison.
const OTHER: &str = "another secret";

fn to_c1(id: &str, secret: &str) -> String {
    match baton_service::Credentials::parse(id, secret) {
        Ok(it) => {
            assert!(it.client_id() == id && id.contains(it.host()));
            format!("{it:?}")
        }
        Err(error) => format!("{error} {error:?}"),
    }
}

fn to_the_workspace(id: &str, token: &str) -> String {
    match rocketchat_http::Credentials::new(id, token) {
        Ok(it) => format!("{it:?}"),
        Err(error) => format!("{error} {error:?}"),
    }
}
