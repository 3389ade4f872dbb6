//! One proxy, as the value of a variable describes it.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::uri::Scheme;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

/// A proxy that speaks HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads a value such as `http://user:password@proxy.example.org:3128`. An error is to be read after the name of
    /// the variable, and repeats nothing of the value.
    pub(super) fn new(value: &str) -> Result<Self, &'static str> {
        let url = parse(value.trim())?;
        match url.scheme() {
            "http" | "https" => {}
            "socks5" | "socks5h" => {
                return Err("names a SOCKS proxy, which is not supported");
            }
            _ => return Err("has a scheme that is neither http nor https"),
        }
        // An unescaped / ? or # in a password ends the host, and part of the password would be taken for its name.
        if [Some(url.path()), url.query(), url.fragment()]
            .iter()
            .flatten()
            .any(|rest| rest.contains('@'))
        {
            return Err(
                "has an @ behind the host; / ? and # have to be percent-encoded in a password",
            );
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or("names no host")?;
        let port = url.port_or_known_default().ok_or("names no port")?;
        let uri = format!("{}://{host}:{port}", url.scheme()).parse();
        Ok(Self {
            uri: uri.map_err(|_| "is not a URL")?,
            authorization: authorization(&url)?,
        })
    }

    /// The address, without user and password.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// The `Proxy-Authorization` header, where there is a user or a password.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

impl Proxy {
    /// Tells whether a text of the proxy's repeats the password, decoded or as it was sent.
    pub(crate) fn is_quoted_in(&self, text: &str) -> bool {
        let sent = self.authorization.as_ref().and_then(|it| it.to_str().ok());
        let Some(encoded) = sent.and_then(|it| it.strip_prefix("Basic ")) else {
            return false;
        };
        let pair = BASE64_STANDARD.decode(encoded).unwrap_or_default();
        let pair = String::from_utf8_lossy(&pair);
        let password = pair.split_once(':').map_or("", |(_, password)| password);
        text.contains(encoded) || (!password.is_empty() && text.contains(password))
    }
}

/// Shows host and port.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri.authority().map_or("", |it| it.as_str()))
    }
}

/// `proxy:3128` reads as a scheme and a path, `user:password@proxy:3128` as well.
fn parse(value: &str) -> Result<Url, &'static str> {
    match Url::parse(value) {
        Ok(url) if url.has_host() => Ok(url),
        _ if value.contains("://") => Err("is not a URL"),
        _ => Url::parse(&format!("http://{value}")).map_err(|_| "is not a URL"),
    }
}

fn authorization(url: &Url) -> Result<Option<HeaderValue>, &'static str> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let mut value =
        HeaderValue::try_from(value).map_err(|_| "has a user or password that is too long")?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, uri: &str, pair: Option<&str>) {
        let proxy = Proxy::new(value).unwrap();
        assert_eq!(proxy.uri(), uri, "{value}");
        let sent = proxy
            .authorization()
            .map(|it| it.to_str().unwrap().to_owned());
        let expected = pair.map(|pair| format!("Basic {}", BASE64_STANDARD.encode(pair)));
        assert_eq!(sent, expected, "{value}");
        assert!(!format!("{proxy} {proxy:?}").contains("s3cret"));
    }

    #[track_caller]
    fn refused(value: &str, expected: &str) {
        let problem = Proxy::new(value).unwrap_err();
        assert!(problem.contains(expected), "{value}: {problem}");
    }

    #[test]
    fn a_value_without_scheme_means_http() {
        check("proxy:3128", "http://proxy:3128", None);
        check(
            "proxy.example.org:3128",
            "http://proxy.example.org:3128",
            None,
        );
        check("10.1.2.3:3128", "http://10.1.2.3:3128", None);
        check("[fd00::1]:3128", "http://[fd00::1]:3128", None);
        check("proxy", "http://proxy:80", None);
        check(
            "bob:s3cret@proxy:3128",
            "http://proxy:3128",
            Some("bob:s3cret"),
        );
        check(" http://proxy/ ", "http://proxy:80", None);
        check("HTTPS://Proxy", "https://proxy:443", None);
        check("https://proxy:3128/ignored", "https://proxy:3128", None);
    }

    #[test]
    fn user_and_password_are_decoded() {
        check(
            "http://bob%40corp:s3cret%2F%3a%C3%A9@p:1",
            "http://p:1",
            Some("bob@corp:s3cret/:\u{e9}"),
        );
        check("http://bob@p:1", "http://p:1", Some("bob:"));
        check("http://:s3cret@p:1", "http://p:1", Some(":s3cret"));
        check(
            "http://corp\\bob:s3cret@p:1".replace('\\', "%5C").as_str(),
            "http://p:1",
            Some("corp\\bob:s3cret"),
        );
        check("http://b\u{fc}b:s@p:1", "http://p:1", Some("b\u{fc}b:s"));
        // What a header could not hold as it is.
        check(
            "http://bob:s3%0d%0acret@p:1",
            "http://p:1",
            Some("bob:s3\r\ncret"),
        );
    }

    #[test]
    fn what_cannot_be_used_is_told_without_being_shown() {
        refused("socks5://proxy:1080", "SOCKS");
        refused("socks5h://bob:s3cret@proxy:1080", "SOCKS");
        refused("ftp://proxy", "neither http nor https");
        refused("http://", "not a URL");
        refused("https://bob:s3cret@", "not a URL");
        refused("http://proxy:99999", "not a URL");
        refused("bob:s3/cret@proxy:3128", "not a URL");
        refused("http://bob:12/3@proxy:3128", "percent-encoded");
        refused("bob:1#s3cret@proxy:3128", "percent-encoded");
        refused("http://exa mple", "not a URL");
        refused("http://proxy:3128:1", "not a URL");
    }
}
