//! How a task fails.

use std::any::Any;

use tonic::Status;

use crate::Code;

/// Of longer messages the rest is left out: nobody reads it, and C1 refuses what has more than 4 MiB.
const LONGEST: usize = 16 << 10;

/// Why a task, or a validation, failed: what C1 is told, and shows to people.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    code: Code,
    message: String,
    is_retryable: bool,
}

impl Failure {
    /// Makes a failure after which C1 may give out the task again.
    ///
    /// The message must not hold secrets: it leaves the machine.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > LONGEST {
            message.truncate(message.floor_char_boundary(LONGEST));
            message.push('…');
        }
        Self {
            // A failure that says that nothing failed would be taken for a success.
            code: if code == Code::Ok {
                Code::Unknown
            } else {
                code
            },
            message,
            is_retryable: true,
        }
    }

    /// Makes the failure of a task for which C1 had to be called: what was done, and what C1 or the way to it answered.
    pub(crate) fn of_call(doing: &str, status: &Status) -> Self {
        Self::new(
            Code::of(status),
            format!("{doing} failed: {}", status.message()),
        )
    }

    /// Makes the failure of what panicked.
    pub(crate) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("without words");
        Self::new(Code::Internal, format!("a fault of the connector: {words}"))
    }

    /// Says that the task would fail again.
    pub fn permanent(mut self) -> Self {
        self.is_retryable = false;
        self
    }

    /// Returns the gRPC code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Returns the words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Tells whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        self.is_retryable
    }
}

/// Writes a code and a message the way gRPC of Go does.
pub(crate) fn rpc_error(code: Code, message: &str) -> String {
    format!("rpc error: code = {code} desc = {message}")
}

/// Joins an error and its causes on one line, leaving out those that a line before has told already.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_and_can_be_sent() {
        let failure = Failure::new(Code::Ok, "ä".repeat(LONGEST));
        assert_eq!(failure.code(), Code::Unknown);
        assert!(failure.message().len() < LONGEST + 4 && failure.message().ends_with("ä…"));
    }

    #[test]
    fn codes_are_named_as_in_go() {
        assert_eq!(
            rpc_error(Code::FailedPrecondition, "no"),
            "rpc error: code = FailedPrecondition desc = no"
        );
        assert!(rpc_error(Code::Cancelled, "").contains("code = Canceled "));
    }
}
