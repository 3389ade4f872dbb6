//! The header of a zstd frame (RFC 8878 section 3.1.1.1), read before anything is decoded.

const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// What a frame says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Memory needed for decoding, in bytes.
    pub(crate) window: u64,
    /// Size of the content in bytes, if told.
    pub(crate) content: Option<u64>,
}

impl Header {
    /// Most bytes a header takes.
    pub(crate) const MAX_LENGTH: usize = 18;

    /// Reads the header at the start of `bytes`; `None` if there is no complete one, which decoding then complains about.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&descriptor, mut rest) = bytes.strip_prefix(&MAGIC)?.split_first()?;
        let single_segment = descriptor & 0x20 != 0;
        let window = if single_segment {
            None
        } else {
            let (&window, after) = rest.split_first()?;
            rest = after;
            Some(window_size(window))
        };
        let dictionary_length = [0, 1, 2, 4].get(usize::from(descriptor & 3))?;
        let rest = rest.get(*dictionary_length..)?;
        let content = match content_size_length(descriptor >> 6, single_segment) {
            0 => None,
            length => Some(content_size(rest.get(..length)?)),
        };
        Some(Self {
            window: window.or(content)?,
            content,
        })
    }
}

fn window_size(descriptor: u8) -> u64 {
    let base = 1u64 << (10 + (descriptor >> 3));
    base + base / 8 * u64::from(descriptor & 7)
}

fn content_size_length(flag: u8, single_segment: bool) -> usize {
    match flag {
        0 => usize::from(single_segment),
        1 => 2,
        2 => 4,
        _ => 8,
    }
}

/// Reads a little-endian number; one of two bytes starts at 256.
fn content_size(bytes: &[u8]) -> u64 {
    let number = bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    if bytes.len() == 2 {
        number + 256
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(after_magic: &[u8], expected: Option<(u64, Option<u64>)>) {
        let bytes = [&MAGIC, after_magic].concat();
        let expected = expected.map(|(window, content)| Header { window, content });
        assert_eq!(Header::parse(&bytes), expected);
    }

    #[test]
    fn reads_the_header_that_a_real_connector_wrote() {
        check(
            &[0x84, 0x38, 0x00, 0xA0, 0x01, 0x00],
            Some((1 << 17, Some(106_496))),
        );
    }

    #[test]
    fn reads_every_size_of_content_size() {
        check(&[0x00, 0x58], Some((2 << 20, None)));
        check(&[0x20, 7], Some((7, Some(7))));
        check(&[0x60, 1, 1], Some((513, Some(513))));
        check(
            &[0xE0, 0, 0, 0, 0, 1, 0, 0, 0],
            Some((1 << 32, Some(1 << 32))),
        );
    }

    #[test]
    fn reads_mantissa_and_skips_the_dictionary_id() {
        check(&[0x03, 0x01, 9, 9, 9, 9], Some((1024 + 128, None)));
        check(&[0x41, 0x00, 9, 0, 0], Some((1024, Some(256))));
    }

    #[test]
    fn gives_up_on_what_is_cut_short_or_something_else() {
        check(&[], None);
        check(&[0x84, 0x38, 0x00], None);
        assert_eq!(Header::parse(&[0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]), None);
    }
}
