//! Links of a chain of errors that are our own.

use std::io;

use http::StatusCode;
use rustls::CertificateError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

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

/// Whatever went wrong between here and a proxy, or was said by it.
#[derive(Debug, thiserror::Error)]
#[error("proxy {proxy}")]
pub(crate) struct ProxyError {
    /// Host and port.
    pub(crate) proxy: String,
    #[source]
    pub(crate) cause: Cause,
}

/// A proxy answered something else than that the way is open.
#[derive(Debug, thiserror::Error)]
#[error("{} {words}", .status.as_u16())]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) words: String,
}

/// A certificate was refused.
#[derive(Debug, Clone, thiserror::Error)]
#[error("invalid peer certificate: {reason}")]
pub(crate) struct Rejected {
    pub(crate) reason: CertificateError,
    /// Which certificate it is, and what there is to say about it.
    pub(crate) detail: String,
}
