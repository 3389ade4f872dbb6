//! Who the requests are made as.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memmem;
use secrecy::{ExposeSecret, SecretString};

use crate::Error;
use crate::blackout::Blackout;

const USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// The user id and token of the account that reads the workspace (`rocketchat-api.md` section 1.1).
#[derive(Clone)]
pub struct Credentials {
    user_id: String,
    auth_token: SecretString,
}

impl Credentials {
    /// Takes the token's owner and the token, and keeps the token where it is shown to nobody and wiped in the end.
    ///
    /// # Errors
    ///
    /// Refuses an empty value and one that cannot be sent as a header as it is: with a space, a line break or a
    /// character outside ASCII. No value is repeated in the error.
    pub fn new(user_id: &str, auth_token: &str) -> Result<Self, Error> {
        header_value("user id", user_id)?;
        header_value("auth token", auth_token)?;
        Ok(Self {
            user_id: user_id.to_owned(),
            auth_token: auth_token.into(),
        })
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) -> Result<(), Error> {
        headers.insert(USER_ID, header_value("user id", &self.user_id)?);
        headers.insert(
            AUTH_TOKEN,
            header_value("auth token", self.auth_token.expose_secret())?,
        );
        Ok(())
    }
}

impl Credentials {
    /// Blacks out the token where the headers of an answer repeat it, as debugging servers and proxies do. Answers are
    /// quoted in errors and logs, and recorded.
    pub(crate) fn black_out(&self, headers: &mut HeaderMap) {
        let token = self.auth_token.expose_secret().as_bytes();
        for value in headers.values_mut() {
            if memmem::find(value.as_bytes(), token).is_some() {
                *value = HeaderValue::from_static("redacted");
            }
        }
    }

    /// Prepares to do the same to a body.
    pub(crate) fn blackout(&self) -> Blackout<'_> {
        Blackout::new(self.auth_token.expose_secret().as_bytes())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

fn header_value(field: &'static str, value: &str) -> Result<HeaderValue, Error> {
    let refuse = |problem| Error::Credentials { field, problem };
    if value.is_empty() {
        return Err(refuse("is empty"));
    }
    if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refuse("holds a space, a line break or a control character"));
    }
    if !value.is_ascii() {
        return Err(refuse("holds a character outside ASCII"));
    }
    let mut value =
        HeaderValue::from_str(value).map_err(|_| refuse("cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_sent_as_sensitive_headers() {
        let credentials = Credentials::new("aobEdbYhXfu5hkeqG", "s3cret").unwrap();
        let mut headers = HeaderMap::new();
        credentials.apply(&mut headers).unwrap();
        assert_eq!(headers["X-User-Id"], "aobEdbYhXfu5hkeqG");
        assert_eq!(headers["X-Auth-Token"], "s3cret");
        assert!(headers["X-Auth-Token"].is_sensitive());
        assert!(!format!("{credentials:?} {headers:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_no_header_value_is_refused_without_being_shown() {
        for token in ["", " s3cret", "s3cret\n", "s3\u{0}cret", "s3cret\u{e9}"] {
            let error = Credentials::new("u", token).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(
                shown.contains("auth token") && !shown.contains("cret\u{e9}"),
                "{shown}"
            );
            assert!(!shown.contains("s3"), "{shown}");
        }
        assert!(
            Credentials::new("", "t")
                .unwrap_err()
                .to_string()
                .contains("user id is empty")
        );
    }
}
