//! How C1 refuses.

/// A refusal, or any other end of a call: a code, as gRPC numbers them, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The number: 0 is success, and 14 the answer of a server in trouble.
    pub code: i32,
    /// The words.
    pub message: String,
}

impl Status {
    /// Makes one of any code. What is no code of gRPC arrives as 2, which is "unknown".
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Says that there is no such thing (5).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(5, message)
    }

    /// Says that the client may not do that (7).
    pub fn permission_denied(message: impl Into<String>) -> Self {
        Self::new(7, message)
    }

    /// Says that there is no room, or that there were too many calls (8).
    pub fn resource_exhausted(message: impl Into<String>) -> Self {
        Self::new(8, message)
    }

    /// Says that C1 is in trouble for the moment (14).
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(14, message)
    }

    /// Returns it as it is sent.
    pub(crate) fn sent(self) -> tonic::Status {
        tonic::Status::new(self.code.into(), self.message)
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::Status;

    #[test]
    fn refusals_arrive_as_what_they_are_called() {
        type Refusal = fn(&'static str) -> Status;
        let refusals: [(Refusal, Code); 4] = [
            (Status::not_found, Code::NotFound),
            (Status::permission_denied, Code::PermissionDenied),
            (Status::resource_exhausted, Code::ResourceExhausted),
            (Status::unavailable, Code::Unavailable),
        ];
        for (refusal, code) in refusals {
            let sent = refusal("words").sent();
            assert_eq!((sent.code(), sent.message()), (code, "words"));
        }
        assert_eq!(Status::new(99, "").sent().code(), Code::Unknown);
    }
}
