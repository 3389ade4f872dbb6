//! Reading one link of a chain of errors.

use std::error::Error as StdError;
use std::io;
use std::io::ErrorKind;

use http::StatusCode;
use rustls::{AlertDescription, CertificateError};

use super::links::{ConnectTimeout, LookupError, Refusal, Rejected};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Refused,
    Unreachable,
    NoSuchName,
    NameLookup,
    ConnectTimeout,
    Certificate(Flaw),
    /// The server wants a certificate and was shown none.
    NoIdentity,
    /// The server does not like the certificate that it was shown.
    BadIdentity,
    NotTls,
    Tls,
    ProxyRefused(StatusCode),
    Reset,
    Protocol,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    UnknownIssuer,
    Expired,
    NotYetValid,
    WrongName,
    Revoked,
    WrongPurpose,
    Other,
}

impl Reason {
    /// Returns what a link says, if it says something definite.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<Rejected>() {
            return Some(Self::Certificate(Flaw::of(&error.reason)));
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(error));
        }
        if let Some(error) = error.downcast_ref::<LookupError>() {
            return Some(Self::of_lookup(&error.source));
        }
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return Some(Self::ProxyRefused(refusal.status));
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
        use AlertDescription as Alert;
        match error {
            rustls::Error::InvalidCertificate(error) => Self::Certificate(Flaw::of(error)),
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            // Servers only ever look at the certificate that they were shown.
            rustls::Error::AlertReceived(alert) => match alert {
                Alert::CertificateRequired => Self::NoIdentity,
                Alert::AccessDenied
                | Alert::BadCertificate
                | Alert::CertificateExpired
                | Alert::CertificateRevoked
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::UnsupportedCertificate => Self::BadIdentity,
                _ => Self::Tls,
            },
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

impl Flaw {
    fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::Revoked => Self::Revoked,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                Self::WrongPurpose
            }
            _ => Self::Other,
        }
    }
}

/// Returns what a link adds to its reason: which certificate, or what the proxy said.
pub(super) fn detail(error: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return Some(refusal.to_string());
    }
    let rejected = error.downcast_ref::<Rejected>()?;
    Some(rejected.detail.clone())
}
