//! The address of a workspace.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use url::{Host, Url};

use crate::Error;

/// The address of a workspace, such as `https://chat.example.org` or `https://example.org/chat`.
///
/// A trailing slash is dropped and a sub-path is kept: every request path is appended to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    origin: String,
    prefix: String,
    scheme: Scheme,
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl BaseUrl {
    /// Tells whether tokens would cross a network unencrypted: `http` to a host that is not this machine.
    pub fn is_cleartext_to_remote(&self) -> bool {
        !self.is_https() && !self.is_loopback()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Tells whether the host is this machine, whatever its network.
    pub(crate) fn is_loopback(&self) -> bool {
        let address: IpAddr = match &self.host {
            Host::Domain(name) => return name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => (*address).into(),
            Host::Ipv6(address) => (*address).into(),
        };
        address.to_canonical().is_loopback()
    }

    /// Joins the address and an origin-form target such as `/api/v1/me`; the result never leaves this origin.
    pub(crate) fn join(&self, target: &Uri) -> Result<Uri, &'static str> {
        if target.authority().is_some() {
            return Err("names a server of its own");
        }
        if !target.path().starts_with('/') {
            return Err("does not start with a slash");
        }
        format!("{self}{target}")
            .parse()
            .map_err(|_| "does not form a URL")
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(refuse("is empty"));
        }
        let url = Url::parse(text).map_err(|cause| match cause {
            url::ParseError::RelativeUrlWithoutBase => {
                refuse("does not start with https:// or http://")
            }
            cause => refuse(format!("is not a URL: {cause}")),
        })?;
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            // `chat.example.org:3000` and `localhost:3000` read as a scheme and a path.
            other if other.contains('.') || other == "localhost" => {
                return Err(refuse("does not start with https:// or http://"));
            }
            other => {
                return Err(refuse(format!(
                    "has the scheme {other}, which is neither https nor http"
                )));
            }
        };
        // None of the parts refused below may be repeated in a message: people put secrets there.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(
                "holds a user name or password, which belong in the user id and token",
            ));
        }
        if url.query().is_some() {
            return Err(refuse("has a query (the part from ? on)"));
        }
        if url.fragment().is_some() {
            return Err(refuse("has a fragment (the part from # on)"));
        }
        let host = url.host().ok_or_else(|| refuse("names no host"))?;
        let port = url.port_or_known_default();
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            prefix: url.path().trim_end_matches('/').to_owned(),
            scheme,
            host: host.to_owned(),
            port: port.ok_or_else(|| refuse("names no port"))?,
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.prefix)
    }
}

fn refuse(problem: impl Into<String>) -> Error {
    Error::BaseUrl {
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, cleartext: bool) {
        let url: BaseUrl = text.parse().unwrap();
        assert_eq!(url.to_string(), expected);
        assert_eq!(url.is_cleartext_to_remote(), cleartext);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let message = text.parse::<BaseUrl>().unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }

    #[test]
    fn slashes_go_and_sub_paths_stay() {
        check(
            "https://chat.example.org",
            "https://chat.example.org",
            false,
        );
        check(
            " https://chat.example.org/ ",
            "https://chat.example.org",
            false,
        );
        check(
            "https://Example.org:8443/team/chat//",
            "https://example.org:8443/team/chat",
            false,
        );
        check("https://example.org:443/", "https://example.org", false);
    }

    #[test]
    fn cleartext_is_seen_unless_it_stays_here() {
        check("http://chat.example.org", "http://chat.example.org", true);
        check("http://10.0.0.1:3000", "http://10.0.0.1:3000", true);
        check("http://localhost:3000", "http://localhost:3000", false);
        check("http://chat.localhost", "http://chat.localhost", false);
        check("http://127.0.0.9/", "http://127.0.0.9", false);
        check("http://[::1]:3000", "http://[::1]:3000", false);
        check("http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]", false);
    }

    #[test]
    fn each_refusal_says_what_is_wrong() {
        refused("", "is empty");
        refused("chat.example.org", "does not start with");
        refused("chat.example.org:3000", "does not start with");
        refused("localhost:3000", "does not start with");
        refused("ftp://chat.example.org", "scheme ftp");
        refused("https://", "is not a URL");
        refused("https://exa mple.org/s3cret", "is not a URL");
        refused(
            "https://bob:s3cret@chat.example.org",
            "user name or password",
        );
        refused("https://chat.example.org?token=s3cret", "query");
        refused("https://chat.example.org#s3cret", "fragment");
    }

    #[test]
    fn joining_keeps_the_sub_path_and_the_origin() {
        let base: BaseUrl = "https://example.org/chat/".parse().unwrap();
        let joined = base
            .join(&Uri::from_static("/api/v1/users.list?count=0"))
            .unwrap();
        assert_eq!(joined, "https://example.org/chat/api/v1/users.list?count=0");
        assert!(
            base.join(&Uri::from_static("https://elsewhere.example/api/v1/me"))
                .is_err()
        );
        assert!(base.join(&Uri::from_static("*")).is_err());
    }
}
