//! What a chain of network errors amounts to.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::{fmt, io};

use rustls::CertificateError;

use crate::Kind;

/// What a chain of network errors amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure(Reason);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Refused,
    Unreachable,
    NoSuchName,
    NameLookup,
    ConnectTimeout,
    UnknownIssuer,
    Expired,
    NotYetValid,
    WrongName,
    Certificate,
    NotTls,
    Tls,
    Reset,
    Protocol,
}

/// A name could not be looked up.
#[derive(Debug, thiserror::Error)]
#[error("cannot look up {host}")]
pub(crate) struct LookupError {
    pub(crate) host: String,
    pub(crate) source: io::Error,
}

/// No connection in time, the TLS handshake included.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} s", .0.as_secs_f64())]
pub(crate) struct ConnectTimeout(pub(crate) std::time::Duration);

impl Failure {
    /// Looks through the whole chain; the first link that says something definite decides. What nothing is known of
    /// counts as a broken connection.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut link = Some(error);
        while let Some(error) = link {
            if let Some(reason) = Reason::of(error) {
                return Self(reason);
            }
            link = next(error);
        }
        Self(Reason::Reset)
    }

    pub(crate) fn kind(self) -> Kind {
        match self.0 {
            Reason::Refused => Kind::Refused,
            Reason::Unreachable => Kind::Unreachable,
            Reason::NoSuchName | Reason::NameLookup => Kind::Dns,
            Reason::ConnectTimeout => Kind::Timeout,
            Reason::UnknownIssuer
            | Reason::Expired
            | Reason::NotYetValid
            | Reason::WrongName
            | Reason::Certificate
            | Reason::NotTls
            | Reason::Tls => Kind::Tls,
            Reason::Reset => Kind::Reset,
            Reason::Protocol => Kind::Protocol,
        }
    }

    pub(crate) fn is_retryable(self) -> bool {
        match self.kind() {
            Kind::Refused | Kind::Unreachable | Kind::Timeout | Kind::Reset => true,
            Kind::Dns => self.0 == Reason::NameLookup,
            _ => false,
        }
    }

    pub(crate) fn hint(self) -> &'static str {
        match self.0 {
            Reason::Refused => {
                "check host and port of the base URL, and that the server is running"
            }
            Reason::Unreachable => "check this machine's network, routes and firewall",
            Reason::NoSuchName => "check the spelling of the host in the base URL",
            Reason::NameLookup => "check this machine's name servers",
            Reason::ConnectTimeout => {
                "check host and port of the base URL, and firewalls on the way"
            }
            Reason::UnknownIssuer => {
                "install the authority that issued the certificate on this machine"
            }
            Reason::Expired => "renew the server's certificate, or correct this machine's clock",
            Reason::NotYetValid => "correct this machine's clock",
            Reason::WrongName => "use the name that the certificate was issued for",
            Reason::NotTls => "check the port, and whether the base URL has to begin with http://",
            Reason::Certificate | Reason::Tls => {
                "check the server's certificate and TLS settings (1.2 or later)"
            }
            Reason::Reset | Reason::Protocol => "check the server and the proxies in front of it",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::Refused => "the connection was refused",
            Reason::Unreachable => "the server cannot be reached",
            Reason::NoSuchName => "there is no host of this name",
            Reason::NameLookup => "the host's name could not be looked up",
            Reason::ConnectTimeout => "no connection in time",
            Reason::UnknownIssuer => "the server's certificate comes from an unknown issuer",
            Reason::Expired => "the server's certificate has expired",
            Reason::NotYetValid => "the server's certificate is not valid yet",
            Reason::WrongName => "the server's certificate is for another name",
            Reason::Certificate => "the server's certificate is not accepted",
            Reason::NotTls => "the server does not speak TLS at this port",
            Reason::Tls => "no TLS connection could be agreed on",
            Reason::Reset => "the connection broke before the answer was complete",
            Reason::Protocol => "the answer is not valid HTTP",
        })
    }
}

impl Reason {
    fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(error));
        }
        if let Some(error) = error.downcast_ref::<LookupError>() {
            return Some(Self::of_lookup(&error.source));
        }
        if error.is::<ConnectTimeout>() {
            return Some(Self::ConnectTimeout);
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return (error.is_parse() || error.is_user()).then_some(Self::Protocol);
        }
        Self::of_io(error.downcast_ref::<io::Error>()?)
    }

    fn of_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => match error {
                CertificateError::UnknownIssuer => Self::UnknownIssuer,
                // How a self-signed certificate shows that was made as its own authority, as is usual.
                CertificateError::Other(error)
                    if error.to_string().contains("CaUsedAsEndEntity") =>
                {
                    Self::UnknownIssuer
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::Expired
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Self::WrongName,
                _ => Self::Certificate,
            },
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            _ => Self::Tls,
        }
    }

    /// The standard library tells "try again" from "no such name" in words only, except on Windows (`WSATRY_AGAIN`).
    fn of_lookup(error: &io::Error) -> Self {
        const WSATRY_AGAIN: i32 = 11_002;
        let text = error.to_string().to_lowercase();
        let temporary = text.contains("temporary failure") || text.contains("try again");
        if temporary || error.raw_os_error() == Some(WSATRY_AGAIN) {
            Self::NameLookup
        } else {
            Self::NoSuchName
        }
    }

    fn of_io(error: &io::Error) -> Option<Self> {
        // What another error is wrapped in says less than that error.
        if let Some(reason) = error.get_ref().and_then(|inner| Self::of(inner)) {
            return Some(reason);
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => Some(Self::Refused),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
                Some(Self::Unreachable)
            }
            ErrorKind::TimedOut => Some(Self::ConnectTimeout),
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => Some(Self::Reset),
            ErrorKind::InvalidData | ErrorKind::InvalidInput => Some(Self::Protocol),
            _ => None,
        }
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
