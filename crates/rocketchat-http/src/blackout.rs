//! Blacking out a secret in a text that arrives in parts.

use std::borrow::Cow;

use memchr::memmem;

/// Puts asterisks in the place of a secret.
pub(crate) struct Blackout<'a> {
    secret: &'a [u8],
    /// The end of what has arrived, where the secret may begin.
    held: Vec<u8>,
}

impl<'a> Blackout<'a> {
    /// The secret must not be empty.
    pub(crate) fn new(secret: &'a [u8]) -> Self {
        Self {
            secret,
            held: Vec::new(),
        }
    }

    /// Takes the next part, and passes on what cannot be the start of the secret.
    pub(crate) fn take(&mut self, part: &[u8], mut pass: impl FnMut(&[u8])) {
        let mut held = std::mem::take(&mut self.held);
        let bytes = if held.is_empty() {
            Cow::Borrowed(part)
        } else {
            held.extend_from_slice(part);
            Cow::Owned(held)
        };
        let clean = self.clean(bytes);
        let (done, start) = clean.split_at(clean.len() - self.start_of_secret(&clean));
        self.held = start.to_vec();
        pass(done);
    }

    /// Passes on what is left.
    pub(crate) fn end(self, mut pass: impl FnMut(&[u8])) {
        pass(&self.held);
    }

    fn clean<'b>(&self, bytes: Cow<'b, [u8]>) -> Cow<'b, [u8]> {
        let places: Vec<usize> = memmem::find_iter(&bytes, self.secret).collect();
        if places.is_empty() {
            return bytes;
        }
        let mut clean = bytes.into_owned();
        for at in places {
            for byte in clean.iter_mut().skip(at).take(self.secret.len()) {
                *byte = b'*';
            }
        }
        Cow::Owned(clean)
    }

    /// Returns how many bytes at the end are the start of the secret.
    fn start_of_secret(&self, bytes: &[u8]) -> usize {
        let starts = |length: &usize| {
            let start = self.secret.get(..*length);
            start.is_some_and(|start| bytes.ends_with(start))
        };
        (1..self.secret.len()).rev().find(starts).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a text arrives, nothing but the secret is gone from it.
        #[test]
        fn parts_hide_nothing(
            text in "[ab*]{0,40}",
            secret in "[ab]{1,4}",
            lengths in prop::collection::vec(0usize..5, 0..30),
        ) {
            let mut blackout = Blackout::new(secret.as_bytes());
            let mut seen = Vec::new();
            let mut left = text.as_bytes();
            for length in lengths.into_iter().chain([usize::MAX]) {
                let (part, behind) = left.split_at(length.min(left.len()));
                blackout.take(part, |it| seen.extend_from_slice(it));
                left = behind;
            }
            blackout.end(|it| seen.extend_from_slice(it));
            prop_assert_eq!(String::from_utf8(seen).unwrap(), text.replace(&secret, &"*".repeat(secret.len())));
        }
    }
}
