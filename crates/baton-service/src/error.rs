//! Why a service ends, or never begins.

use std::io;

use crate::{BoxError, Code, failure};

/// What ends the process. What goes wrong with a task ends that task only: see [`Failure`](crate::Failure).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client id is not `name@host/use`.
    #[error("invalid client id")]
    ClientId,
    /// The client secret is not one of the kind that C1 gives out. Nothing is said about how: that would quote it.
    #[error("invalid client secret")]
    ClientSecret,
    /// The client id, or `BATON_C1_API_HOST`, names no host that can be connected to.
    #[error("not a host that C1 could be reached at: {host:?}")]
    Host {
        /// What was given.
        host: String,
    },
    /// The host id is too short or too long.
    #[error("the host id has {length} characters and has to have 1 to 256")]
    HostId {
        /// How long it is.
        length: usize,
    },
    /// C1 could not be connected to at the start.
    #[error("startup Hello failed: context deadline exceeded")]
    Unreachable {
        /// What the last attempt came to.
        source: BoxError,
    },
    /// C1 does not want this connector.
    #[error("startup Hello failed: {}", failure::rpc_error(*.code, .message))]
    Hello {
        /// Why not.
        code: Code,
        /// Its words.
        message: String,
    },
    /// The address for health checks cannot be used.
    #[error("failed to start health check server: {address}: {source}")]
    Health {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// Returns the gRPC code that says what went wrong, which is the exit code of a connector as well
    /// (`baton-runtime.md` sections 1.6 and 4.5).
    pub fn code(&self) -> Code {
        match self {
            Self::Unreachable { .. } => Code::DeadlineExceeded,
            Self::Hello { code, .. } => *code,
            Self::ClientId
            | Self::ClientSecret
            | Self::Host { .. }
            | Self::HostId { .. }
            | Self::Health { .. } => Code::Unknown,
        }
    }

    /// Says what to do about it, where that is not plain.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ClientId | Self::ClientSecret => Some(
                "copy both from the connector's page in C1; a lost secret has to be replaced there",
            ),
            Self::Unreachable { .. } => Some(
                "check that this machine reaches C1 on port 443; a proxy goes in HTTPS_PROXY, its authority in SSL_CERT_FILE",
            ),
            Self::Hello {
                code: Code::Unauthenticated,
                ..
            } => Some(
                "check the client id and secret, and the clock of this machine, which may be off by two minutes at most",
            ),
            Self::Host { .. } => Some(
                "give a host, or host:port, without https:// and without a path: in BATON_C1_API_HOST, or else between @ and / of the client id",
            ),
            Self::HostId { .. } => Some("set BATON_HOST_ID to a name for this instance"),
            Self::Health { .. } => {
                Some("choose another --health-check-bind-address or --health-check-port")
            }
            _ => None,
        }
    }
}
