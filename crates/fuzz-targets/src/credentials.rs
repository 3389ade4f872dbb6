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
    let shown = match baton_service::Credentials::parse(id, secret) {
        Ok(it) => {
            assert!(it.client_id() == id && id.contains(it.host()));
            format!("{it:?}")
        }
        Err(error) => format!("{error} {error:?}"),
    };
    assert_hidden(&shown, id, secret);
    let shown = match rocketchat_http::Credentials::new(id, secret) {
        Ok(it) => format!("{it:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert_hidden(&shown, id, secret);
}

/// What is short, or a part of the id, may be there by chance.
fn assert_hidden(shown: &str, id: &str, secret: &str) {
    let is_telling =
        secret.len() >= 8 && !id.contains(secret) && secret.contains(char::is_uppercase);
    assert!(
        !is_telling || !shown.contains(secret),
        "the secret is shown"
    );
}
