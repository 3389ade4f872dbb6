//! Which proxy the requests go through, if any.
//!
//! The rules are those of Go's `golang.org/x/net/http/httpproxy`, which other Baton connectors follow
//! (`baton-runtime.md` section 1.4). Connecting through a proxy is left to the transport.

mod exceptions;
mod proxy;

use secrecy::{ExposeSecret, SecretString};

use crate::{BaseUrl, Error};

use self::exceptions::Exceptions;
pub(crate) use self::proxy::Proxy;

/// The proxies that the environment names. There is none by default.
///
/// For an `https` workspace the proxy is that of `HTTPS_PROXY`, for an `http` one that of `HTTP_PROXY`. Its value is a
/// URL, `http://` or `https://`, or `host:port`, which means `http://`. A user and password before the host are sent
/// to the proxy as basic authentication; what is special in a URL has to be percent-encoded in them.
///
/// `NO_PROXY` lists, with commas between them, what is reached directly:
///
/// - `example.org`: this host and all below it; `.example.org` and `*.example.org`: only those below it;
/// - `10.1.2.3`, `fd00::1`, `10.0.0.0/8`, `fd00::/8`: addresses, where the base URL names one;
/// - any of them but networks with a port: `example.org:8443`, `10.1.2.3:3000`, `[fd00::1]:3000`;
/// - `*`: everything.
///
/// `localhost` and the addresses of this machine (`127.0.0.0/8`, `::1`) are always reached directly, and so are, unlike in
/// Go, names below `localhost`.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    https: Option<Variable>,
    http: Option<Variable>,
    exceptions: Exceptions,
}

/// A variable that is set. Its value may hold a password.
#[derive(Debug, Clone)]
struct Variable {
    name: &'static str,
    value: SecretString,
}

impl Proxies {
    /// Takes the variables from an environment: `lookup` returns the value of a variable.
    ///
    /// The name in capitals wins over that in small letters, and an empty value counts as none. `HTTP_PROXY` is not
    /// used where `REQUEST_METHOD` is set: in a CGI program, whoever sends a request can set it. Nothing is read of a
    /// value before it is needed, so that one that cannot be used is an error only where it would have been.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &'static str| {
            let value = lookup(name).filter(|value| !value.is_empty())?;
            let value = value.into();
            Some(Variable { name, value })
        };
        let http = match get("REQUEST_METHOD") {
            None => get("HTTP_PROXY").or_else(|| get("http_proxy")),
            Some(_) => None,
        };
        let exceptions = get("NO_PROXY").or_else(|| get("no_proxy"));
        let exceptions = exceptions.map(|list| Exceptions::new(list.value.expose_secret()));
        Self {
            https: get("HTTPS_PROXY").or_else(|| get("https_proxy")),
            http,
            exceptions: exceptions.unwrap_or_default(),
        }
    }

    /// Returns the proxy that requests to `target` go through.
    pub(crate) fn of(&self, target: &BaseUrl) -> Result<Option<Proxy>, Error> {
        let variable = if target.is_https() {
            &self.https
        } else {
            &self.http
        };
        let Some(variable) = variable else {
            return Ok(None);
        };
        if target.is_loopback() || self.exceptions.contains(target.host(), target.port()) {
            return Ok(None);
        }
        let proxy = Proxy::new(variable.value.expose_secret());
        let proxy = proxy.map_err(|problem| Error::Proxy {
            variable: variable.name,
            problem,
        })?;
        Ok(Some(proxy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[(&str, &str)] = &[
        ("HTTPS_PROXY", "http://secure:1"),
        ("HTTP_PROXY", "http://plain:2"),
    ];

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::from_variables(|wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn of(variables: &[(&str, &str)], target: &str) -> Option<String> {
        let proxy = proxies(variables).of(&target.parse().unwrap()).unwrap();
        proxy.map(|proxy| proxy.to_string())
    }

    #[track_caller]
    fn check(variables: &[(&str, &str)], target: &str, expected: Option<&str>) {
        assert_eq!(of(variables, target).as_deref(), expected);
    }

    #[test]
    fn the_scheme_of_the_workspace_chooses() {
        check(ALL, "https://chat.example.org", Some("secure:1"));
        check(ALL, "http://chat.example.org", Some("plain:2"));
        check(&ALL[..1], "http://chat.example.org", None);
        check(&ALL[1..], "https://chat.example.org", None);
        check(&[], "https://chat.example.org", None);
    }

    #[test]
    fn capitals_win_and_empty_counts_as_unset() {
        let both = [("HTTPS_PROXY", "upper:1"), ("https_proxy", "lower:1")];
        check(&both, "https://chat.example.org", Some("upper:1"));
        check(&both[1..], "https://chat.example.org", Some("lower:1"));
        let empty = [("HTTPS_PROXY", ""), ("https_proxy", "lower:1")];
        check(&empty, "https://chat.example.org", Some("lower:1"));
        check(&[("HTTPS_PROXY", "")], "https://chat.example.org", None);
        let no = [
            ("HTTPS_PROXY", "upper:1"),
            ("NO_PROXY", "other.example"),
            ("no_proxy", "*"),
        ];
        check(&no, "https://chat.example.org", Some("upper:1"));
    }

    #[test]
    fn a_cgi_program_does_not_believe_http_proxy() {
        let cgi = [ALL, &[("REQUEST_METHOD", "GET")]].concat();
        check(&cgi, "http://chat.example.org", None);
        check(&cgi, "https://chat.example.org", Some("secure:1"));
        let lower = [("http_proxy", "plain:2"), ("REQUEST_METHOD", "GET")];
        check(&lower, "http://chat.example.org", None);
    }

    #[test]
    fn this_machine_is_reached_directly() {
        for host in [
            "localhost",
            "LOCALHOST:8443",
            "127.0.0.1",
            "127.8.7.6:3000",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            check(ALL, &format!("https://{host}"), None);
        }
        check(ALL, "https://localhost.example.org", Some("secure:1"));
        check(ALL, "https://128.0.0.1", Some("secure:1"));
    }

    #[test]
    fn a_value_that_cannot_be_used_matters_only_where_it_is_used() {
        let bad = [("HTTPS_PROXY", "ftp://bob:s3cret@proxy:1")];
        let bad = proxies(&[&bad[..], &[("NO_PROXY", "direct.example")]].concat());
        let error = bad
            .of(&"https://chat.example.org".parse().unwrap())
            .unwrap_err();
        let shown = format!("{error} {error:?} {bad:?}");
        assert!(shown.contains("HTTPS_PROXY"), "{shown}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("bob"),
            "{shown}"
        );
        for direct in ["https://direct.example", "http://chat.example.org"] {
            assert!(bad.of(&direct.parse().unwrap()).unwrap().is_none());
        }
    }
}
