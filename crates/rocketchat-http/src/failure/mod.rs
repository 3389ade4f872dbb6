//! What a chain of network errors amounts to.

mod links;
mod reason;

use std::error::Error as StdError;
use std::{fmt, io};

use crate::Kind;

pub(crate) use self::links::{ConnectTimeout, LookupError, ProxyError, Refusal, Rejected};
use self::reason::{Flaw, Reason};

/// What a chain of network errors amounts to, and where: at the server or at a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    reason: Reason,
    /// The proxy that it happened at.
    proxy: Option<String>,
    /// Which certificate, or what was said.
    detail: Option<String>,
}

impl Failure {
    /// Looks through the whole chain; the first link that says something definite decides. What nothing is known of
    /// counts as a broken connection.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut failure = Self {
            reason: Reason::Reset,
            proxy: None,
            detail: None,
        };
        let mut link = Some(error);
        while let Some(error) = link {
            if let Some(error) = error.downcast_ref::<ProxyError>() {
                failure.proxy = Some(error.proxy.clone());
            }
            if let Some(reason) = Reason::of(error) {
                failure.reason = reason;
                failure.detail = reason::detail(error);
                break;
            }
            link = next(error);
        }
        failure
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.reason {
            Reason::Refused => Kind::Refused,
            Reason::Unreachable => Kind::Unreachable,
            Reason::NoSuchName | Reason::NameLookup => Kind::Dns,
            Reason::ConnectTimeout => Kind::Timeout,
            Reason::Certificate(_)
            | Reason::NoIdentity
            | Reason::BadIdentity
            | Reason::NotTls
            | Reason::Tls => Kind::Tls,
            Reason::ProxyRefused(_) => Kind::Proxy,
            Reason::Reset => Kind::Reset,
            Reason::Protocol => Kind::Protocol,
        }
    }

    pub(crate) fn is_retryable(&self) -> bool {
        match self.kind() {
            Kind::Refused | Kind::Unreachable | Kind::Timeout | Kind::Reset => true,
            Kind::Dns => self.reason == Reason::NameLookup,
            Kind::Proxy => match self.reason {
                // The server, or its name, could not be reached from there.
                Reason::ProxyRefused(status) => status.is_server_error(),
                _ => false,
            },
            _ => false,
        }
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self.reason {
            Reason::ProxyRefused(status) => proxy_hint(status.as_u16()),
            Reason::Certificate(flaw) => certificate_hint(flaw),
            Reason::NotTls if self.proxy.is_some() => {
                "check the proxy's port, and whether its address has to begin with http://"
            }
            Reason::Tls if self.proxy.is_some() => {
                "check the proxy's certificate and TLS settings (1.2 or later)"
            }
            _ if self.proxy.is_some() => {
                "check the proxy that HTTPS_PROXY or HTTP_PROXY names, or list the host in NO_PROXY"
            }
            Reason::Refused => {
                "check host and port of the base URL, and that the server is running"
            }
            Reason::Unreachable => "check this machine's network, routes and firewall",
            Reason::NoSuchName => "check the spelling of the host in the base URL",
            Reason::NameLookup => "check this machine's name servers",
            Reason::ConnectTimeout => {
                "check host and port of the base URL, and firewalls on the way"
            }
            Reason::NoIdentity => "give a client certificate and its key",
            Reason::BadIdentity => {
                "give a client certificate from an authority that the server trusts, and renew it in time"
            }
            Reason::NotTls => "check the port, and whether the base URL has to begin with http://",
            Reason::Tls => "check the server's certificate and TLS settings (1.2 or later)",
            Reason::Reset | Reason::Protocol => "check the server and the proxies in front of it",
        }
    }
}

fn certificate_hint(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::UnknownIssuer => {
            "add the certificate of its issuer, or the certificate itself, with --rocketchat-ca-bundle"
        }
        Flaw::Expired => "renew the certificate, or correct this machine's clock",
        Flaw::NotYetValid => "correct this machine's clock",
        Flaw::WrongName => "use a name that the certificate was issued for",
        Flaw::Revoked => "replace the certificate",
        Flaw::WrongPurpose => "replace the certificate by one that is issued for servers",
        Flaw::Other => "check the server's certificate and TLS settings (1.2 or later)",
    }
}

fn proxy_hint(status: u16) -> &'static str {
    match status {
        407 => {
            "give the proxy's user and password in its variable: http://user:password@host:port, with special characters percent-encoded"
        }
        400..=499 => {
            "have the workspace's host and port allowed on the proxy, or list the host in NO_PROXY"
        }
        500..=599 => "check that the proxy can reach the workspace, or list the host in NO_PROXY",
        _ => "check that HTTPS_PROXY names a proxy",
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match &self.proxy {
            None => "the server",
            Some(proxy) => {
                write!(f, "proxy {proxy}: ")?;
                "the proxy"
            }
        };
        match self.reason {
            Reason::Refused => f.write_str("the connection was refused"),
            Reason::Unreachable => write!(f, "{who} cannot be reached"),
            Reason::NoSuchName => f.write_str("there is no host of this name"),
            Reason::NameLookup => f.write_str("the host's name could not be looked up"),
            Reason::ConnectTimeout => f.write_str("no connection in time"),
            Reason::Certificate(flaw) => write!(f, "{who}'s certificate {flaw}"),
            Reason::NoIdentity => write!(f, "{who} asks for a client certificate"),
            Reason::BadIdentity => write!(f, "{who} does not accept the client certificate"),
            Reason::NotTls => write!(f, "{who} does not speak TLS at this port"),
            Reason::Tls => f.write_str("no TLS connection could be agreed on"),
            Reason::ProxyRefused(_) => f.write_str("it does not let the request through"),
            Reason::Reset => f.write_str("the connection broke before the answer was complete"),
            Reason::Protocol => f.write_str("the answer is not valid HTTP"),
        }?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

/// To be read after "certificate".
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownIssuer => "comes from an unknown issuer",
            Self::Expired => "has expired",
            Self::NotYetValid => "is not valid yet",
            Self::WrongName => "is for another name",
            Self::Revoked => "has been revoked",
            Self::WrongPurpose => "is not for servers",
            Self::Other => "is not accepted",
        })
    }
}

/// Goes one link down. The source of a wrapping `io::Error` would skip the error that it wraps.
fn next<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    wrapped.map_or_else(
        || error.source(),
        |inner| Some(inner as &(dyn StdError + 'static)),
    )
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use rustls::CertificateError;

    use super::*;

    #[track_caller]
    fn check(error: impl StdError + 'static, kind: Kind, retryable: bool) -> Failure {
        let failure = Failure::of(&error);
        assert_eq!(
            (failure.kind(), failure.is_retryable()),
            (kind, retryable),
            "{error:?}"
        );
        assert!(!failure.hint().is_empty());
        failure
    }

    fn lookup(text: &str) -> LookupError {
        LookupError {
            host: "chat.example.org".to_owned(),
            source: io::Error::other(text.to_owned()),
        }
    }

    #[test]
    fn io_errors_are_told_apart() {
        check(
            io::Error::from(ErrorKind::ConnectionRefused),
            Kind::Refused,
            true,
        );
        check(
            io::Error::from(ErrorKind::NetworkUnreachable),
            Kind::Unreachable,
            true,
        );
        check(io::Error::from(ErrorKind::UnexpectedEof), Kind::Reset, true);
        check(io::Error::from(ErrorKind::TimedOut), Kind::Timeout, true);
        check(
            io::Error::from(ErrorKind::InvalidData),
            Kind::Protocol,
            false,
        );
        check(io::Error::other("what no one knows"), Kind::Reset, true);
    }

    #[test]
    fn only_temporary_lookups_are_worth_another_try() {
        check(
            lookup("failed to lookup address information: Name or service not known"),
            Kind::Dns,
            false,
        );
        check(
            lookup("failed to lookup address information: Temporary failure in name resolution"),
            Kind::Dns,
            true,
        );
        check(
            lookup("failed to lookup address information: Try again"),
            Kind::Dns,
            true,
        );
        check(
            io::Error::other(lookup("nodename nor servname provided, or not known")),
            Kind::Dns,
            false,
        );
    }

    #[test]
    fn certificates_are_found_inside_wrapping_errors() {
        let wrap = |error| {
            io::Error::new(
                ErrorKind::InvalidData,
                rustls::Error::InvalidCertificate(error),
            )
        };
        let issuer = check(wrap(CertificateError::UnknownIssuer), Kind::Tls, false);
        assert!(issuer.to_string().contains("unknown issuer"));
        let expired = check(wrap(CertificateError::Expired), Kind::Tls, false);
        assert!(expired.to_string().contains("expired"));
        let name = check(
            io::Error::other(wrap(CertificateError::NotValidForName)),
            Kind::Tls,
            false,
        );
        assert!(name.to_string().contains("another name"));
        check(
            ConnectTimeout(std::time::Duration::from_secs(30)),
            Kind::Timeout,
            true,
        );
    }
}
