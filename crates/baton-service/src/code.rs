//! The codes of gRPC.

use std::fmt;

/// How a call or a task ended, as gRPC numbers it. There are no others: a number that is none of these counts as
/// [`Unknown`](Code::Unknown).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// It went well.
    Ok = 0,
    /// Somebody called it off.
    Cancelled = 1,
    /// Nothing more is known.
    Unknown = 2,
    /// What was asked for makes no sense, whatever the state of things.
    InvalidArgument = 3,
    /// It took too long.
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be made exists already.
    AlreadyExists = 6,
    /// The caller may not do that.
    PermissionDenied = 7,
    /// A quota is used up, or there is no room.
    ResourceExhausted = 8,
    /// Something else has to be done first.
    FailedPrecondition = 9,
    /// Something else came in between.
    Aborted = 10,
    /// What was asked for lies beyond the end.
    OutOfRange = 11,
    /// Nobody can do that here.
    Unimplemented = 12,
    /// There is a fault in the program.
    Internal = 13,
    /// The other side is not there at the moment.
    Unavailable = 14,
    /// Data was lost or damaged.
    DataLoss = 15,
    /// The caller did not show who it is.
    Unauthenticated = 16,
}

const ALL: [Code; 17] = [
    Code::Ok,
    Code::Cancelled,
    Code::Unknown,
    Code::InvalidArgument,
    Code::DeadlineExceeded,
    Code::NotFound,
    Code::AlreadyExists,
    Code::PermissionDenied,
    Code::ResourceExhausted,
    Code::FailedPrecondition,
    Code::Aborted,
    Code::OutOfRange,
    Code::Unimplemented,
    Code::Internal,
    Code::Unavailable,
    Code::DataLoss,
    Code::Unauthenticated,
];

impl Code {
    /// Returns the code of an answer.
    pub(crate) fn of(status: &tonic::Status) -> Self {
        i32::from(status.code()).into()
    }
}

impl From<i32> for Code {
    fn from(number: i32) -> Self {
        let at = usize::try_from(number).ok();
        at.and_then(|at| ALL.get(at).copied())
            .unwrap_or(Self::Unknown)
    }
}

impl From<Code> for i32 {
    fn from(code: Code) -> Self {
        code as Self
    }
}

/// Writes the name that gRPC of Go has for it, which users of other connectors search their logs for.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("OK"),
            Self::Cancelled => f.write_str("Canceled"),
            code => write!(f, "{code:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_grpc() {
        for number in -1..20 {
            let code = Code::from(number);
            let expected = tonic::Code::from(number);
            assert_eq!(i32::from(code), i32::from(expected), "{number}");
            assert_eq!(format!("{code:?}"), format!("{expected:?}"));
            assert_eq!(Code::of(&tonic::Status::new(expected, "")), code);
        }
    }
}
