//! Exit codes: the number of the gRPC status that says what went wrong (`baton-runtime.md` section 1.6).

use baton_service::Code as Status;
use rocketchat_sync::Problem;

use crate::signals;

/// The exit code of a run that did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Ctrl-C, which is no failure to whoever pressed it.
    Interrupted = 0,
    /// `validate` was stopped, or C1 called something off.
    Canceled = 1,
    /// Wrong usage, a file that cannot be used, or anything without a better code.
    Unknown = 2,
    /// The server does not accept the request, or its name does not exist.
    InvalidArgument = 3,
    /// The server took too long, or a sync or `validate` longer than it may.
    DeadlineExceeded = 4,
    /// The endpoint does not exist.
    NotFound = 5,
    /// A permission is missing.
    PermissionDenied = 7,
    /// The result is too small to be believed.
    FailedPrecondition = 9,
    /// The list kept changing while it was read.
    Aborted = 10,
    /// The server does not know how (501).
    Unimplemented = 12,
    /// A program error.
    Internal = 13,
    /// The server cannot be reached or is in trouble.
    Unavailable = 14,
    /// The user id or token is wrong.
    Unauthenticated = 16,
    /// SIGTERM: what a shell tells of a process that died of it.
    Terminated = 143,
}

impl Code {
    /// Returns the name of the status, as Go writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Interrupted | Self::Canceled | Self::Terminated => "Canceled",
            Self::Unknown => "Unknown",
            Self::InvalidArgument => "InvalidArgument",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::NotFound => "NotFound",
            Self::PermissionDenied => "PermissionDenied",
            Self::FailedPrecondition => "FailedPrecondition",
            Self::Aborted => "Aborted",
            Self::Unimplemented => "Unimplemented",
            Self::Internal => "Internal",
            Self::Unavailable => "Unavailable",
            Self::Unauthenticated => "Unauthenticated",
        }
    }

    /// Returns the status that C1 is told when a task fails. Nothing that failed is told to have gone well.
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Interrupted | Self::Canceled | Self::Terminated => Status::Cancelled,
            code => Status::from(i32::from(code as u8)),
        }
    }

    /// Returns the code of a failed sync.
    pub(crate) fn of_sync(error: &rocketchat_sync::Error) -> Self {
        use rocketchat_sync::Error;
        match error {
            Error::Http(error) => Self::of_http(error),
            Error::Api(error) => Self::of_api(error),
            Error::Stopped { reason } if reason == signals::INTERRUPT => Self::Interrupted,
            Error::Stopped { reason } if reason == signals::TERMINATE => Self::Terminated,
            Error::Stopped { .. } => Self::Canceled,
            Error::Preflight { problems } => Self::of_problems(problems),
            Error::RolesHidden { .. } | Error::UserHidden { .. } | Error::MembersHidden { .. } => {
                Self::PermissionDenied
            }
            Error::NoTeams { .. } | Error::Shrunk { .. } => Self::FailedPrecondition,
            Error::Unstable { .. }
            | Error::TeamDisputed { .. }
            | Error::NoRoles
            | Error::CallerMissing { .. } => Self::Aborted,
            Error::Request(_) | Error::Writer(_) => Self::Internal,
            _ => Self::Unknown,
        }
    }

    /// A missing permission stays missing with the right user id, so it comes first.
    fn of_problems(problems: &[Problem]) -> Self {
        let permission = |it: &Problem| matches!(it, Problem::MissingPermission(_));
        if problems.iter().any(permission) {
            Self::PermissionDenied
        } else {
            Self::Unauthenticated
        }
    }

    /// Returns the code of what C1 answered.
    pub(crate) fn of_status(code: Status) -> Self {
        match code {
            Status::Cancelled => Self::Canceled,
            Status::InvalidArgument => Self::InvalidArgument,
            Status::DeadlineExceeded => Self::DeadlineExceeded,
            Status::NotFound => Self::NotFound,
            Status::PermissionDenied => Self::PermissionDenied,
            Status::FailedPrecondition => Self::FailedPrecondition,
            Status::Aborted => Self::Aborted,
            Status::Unimplemented => Self::Unimplemented,
            Status::Internal => Self::Internal,
            Status::Unavailable => Self::Unavailable,
            Status::Unauthenticated => Self::Unauthenticated,
            _ => Self::Unknown,
        }
    }

    /// Returns the code of a connection that failed.
    pub(crate) fn of_http(error: &rocketchat_http::Error) -> Self {
        use rocketchat_http::Kind;
        match error.kind() {
            Kind::Dns => Self::InvalidArgument,
            Kind::Timeout => Self::DeadlineExceeded,
            Kind::Proxy if !error.is_retryable() => Self::InvalidArgument,
            Kind::Proxy | Kind::Refused | Kind::Unreachable | Kind::Reset => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    fn of_api(error: &rocketchat_api::Error) -> Self {
        use rocketchat_api::Kind;
        match error.kind() {
            Kind::Unauthenticated => Self::Unauthenticated,
            Kind::PermissionDenied => Self::PermissionDenied,
            Kind::NoSuchTeam | Kind::NoSuchUser => Self::NotFound,
            Kind::Absent if error.status() == 404 => Self::NotFound,
            Kind::Unavailable if error.status() == 501 => Self::Unimplemented,
            Kind::RateLimited | Kind::Unavailable => Self::Unavailable,
            Kind::InvalidRequest | Kind::TwoFactorRequired | Kind::Uncoded => Self::InvalidArgument,
            Kind::Other if error.status() >= 400 => Self::InvalidArgument,
            _ => Self::Unknown,
        }
    }
}
