//! A value as somebody wrote it, before anybody knows what it means.

use std::ffi::{OsStr, OsString};
use std::ops::Deref;

use secrecy::zeroize::Zeroize as _;

/// A value from the command line, the environment or the configuration file. It may be a token, so its memory is cleared when
/// it is dropped, and it has no `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Typed(OsString);

impl Drop for Typed {
    fn drop(&mut self) {
        std::mem::take(&mut self.0).into_encoded_bytes().zeroize();
    }
}

impl<T: Into<OsString>> From<T> for Typed {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl Deref for Typed {
    type Target = OsStr;

    fn deref(&self) -> &OsStr {
        &self.0
    }
}
