//! The one error of this crate.

use std::path::PathBuf;
use std::time::Duration;

use crate::failure::Failure;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Something that kept a request from being answered, or a client from being set up.
///
/// An answer, whatever its status, is no error here. No message and no cause holds a token, a body or a query (of a live
/// server; a record's request is named with its query).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of the workspace cannot be used.
    #[error("the base URL {problem}")]
    BaseUrl {
        /// What is wrong with it, to be read after "the base URL".
        problem: String,
    },
    /// The user id or token cannot be used.
    #[error("the {field} {problem}")]
    Credentials {
        /// Which of the two.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The configuration of the transport cannot be used.
    #[error("cannot set up the connection: {problem}")]
    Setup {
        /// What is wrong.
        problem: &'static str,
        /// What the TLS library or certificate store said.
        #[source]
        cause: Option<Cause>,
    },
    /// A proxy that is to be used cannot be.
    #[error("the proxy in {variable} {problem}")]
    Proxy {
        /// The environment variable that names it.
        variable: &'static str,
        /// What is wrong with it, to be read after the variable. Nothing of the value is repeated.
        problem: &'static str,
    },
    /// A file with certificates or a key cannot be used.
    #[error("{}: {problem}", .path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
        /// What the file system or decoder said.
        #[source]
        cause: Option<Cause>,
    },
    /// The request cannot be sent to this server.
    #[error("{route}: the request's target {problem}")]
    Request {
        /// Method and path.
        route: String,
        /// What is wrong with the target.
        problem: &'static str,
    },
    /// The connection could not be made, or broke.
    #[error("{route}: {failure}")]
    Connection {
        /// Method and path.
        route: String,
        /// What the chain of causes amounts to.
        failure: Failure,
        /// What the network library said.
        #[source]
        cause: Cause,
    },
    /// Something took too long.
    #[error("{route}: {phase} took longer than {} s", .limit.as_secs_f64())]
    Timeout {
        /// Method and path.
        route: String,
        /// What took too long.
        phase: &'static str,
        /// How long it was allowed to take.
        limit: Duration,
    },
    /// The body is longer than allowed. The rest was not read.
    #[error("{route}: {part} is longer than {limit} bytes")]
    BodyTooLarge {
        /// Method and path.
        route: String,
        /// What is longer: the answer, or the answer without its rows.
        part: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer is compressed although that was not asked for.
    #[error("{route}: the answer is compressed ({encoding}), which was not asked for")]
    Encoding {
        /// Method and path.
        route: String,
        /// The content encoding.
        encoding: String,
    },
    /// A replayed request has no recorded answer.
    #[error("no recorded answer: {request} {problem}")]
    Replay {
        /// Method, path and query.
        request: String,
        /// Whether it is unknown or used up.
        problem: &'static str,
    },
    /// A scenario cannot be read or written.
    #[error("scenario {}: {problem}", .path.display())]
    Scenario {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What the file system or decoder said.
        #[source]
        cause: Option<Cause>,
    },
}

/// Sorts errors by what a caller can do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The address, credentials, configuration or request is wrong.
    Config,
    /// Nothing listens at the address.
    Refused,
    /// There is no way to the address.
    Unreachable,
    /// The name could not be looked up.
    Dns,
    /// Something took too long.
    Timeout,
    /// A certificate is not trusted, on either side, or no TLS connection could be agreed on.
    Tls,
    /// The proxy does not let the request through.
    Proxy,
    /// The connection broke before the answer was complete.
    Reset,
    /// The body is longer than allowed.
    BodyTooLarge,
    /// What came back is not the HTTP that was asked for.
    Protocol,
    /// A record does not hold the answer.
    Replay,
    /// A scenario's files are wrong.
    Scenario,
}

impl Error {
    /// Returns what kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::BaseUrl { .. }
            | Self::Credentials { .. }
            | Self::Setup { .. }
            | Self::Proxy { .. }
            | Self::File { .. }
            | Self::Request { .. } => Kind::Config,
            Self::Connection { failure, .. } => failure.kind(),
            Self::Timeout { .. } => Kind::Timeout,
            Self::BodyTooLarge { .. } => Kind::BodyTooLarge,
            Self::Encoding { .. } => Kind::Protocol,
            Self::Replay { .. } => Kind::Replay,
            Self::Scenario { .. } => Kind::Scenario,
        }
    }

    /// Tells whether the same request may succeed later. True for breaks, timeouts and refused connections, false for
    /// certificates, names that do not exist, and everything that would come out the same.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connection { failure, .. } => failure.is_retryable(),
            Self::Timeout { .. } => true,
            _ => false,
        }
    }

    /// Returns what a user may do about it, as a sentence without full stop.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::BaseUrl { .. } => {
                Some("give the address of the workspace, such as https://chat.example.org")
            }
            Self::Proxy { .. } => Some(
                "give it as http://host:port, with user:password@ before the host where the proxy asks for them",
            ),
            Self::Credentials { .. } => Some("copy it again from the personal access token's page"),
            Self::Connection { failure, .. } => Some(failure.hint()),
            Self::Timeout { .. } => Some("check that the server is up and not overloaded"),
            Self::BodyTooLarge { .. } => Some("check that the base URL is a Rocket.Chat workspace"),
            Self::Encoding { .. } => Some("check the proxy in front of the server"),
            Self::Replay { .. } => Some("record the scenario again"),
            Self::Setup { .. }
            | Self::File { .. }
            | Self::Request { .. }
            | Self::Scenario { .. } => None,
        }
    }
}
