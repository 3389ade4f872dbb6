//! Taking parts out of a body on its way.

use http::{HeaderMap, StatusCode};

/// Takes out of a body what it has a use for, as the body arrives, so that nobody needs to hold all of it.
///
/// One is handed over with a request and sees each attempt at it: whatever it took from an earlier one is worth nothing
/// when another [begins](Self::begin).
pub trait Sieve: Send {
    /// Looks at the head of an answer. Returns whether the body is to pass; otherwise all of it is kept.
    fn begin(&mut self, status: StatusCode, headers: &HeaderMap) -> bool;

    /// Takes the next part of the body, and gives to `rest` what is to be kept.
    fn take(&mut self, bytes: &[u8], rest: &mut Vec<u8>);
}

/// Lets nothing pass.
pub(crate) struct Nothing;

impl Sieve for Nothing {
    fn begin(&mut self, _status: StatusCode, _headers: &HeaderMap) -> bool {
        false
    }

    fn take(&mut self, bytes: &[u8], rest: &mut Vec<u8>) {
        rest.extend_from_slice(bytes);
    }
}
