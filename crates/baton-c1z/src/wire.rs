//! Protobuf messages written field by field into a buffer, without building them first.
//!
//! Which fields there are, and that they come in ascending order (`c1z.md` section 2.6), is left to the caller.

/// How a value is laid out: the lower three bits of its key.
#[derive(Clone, Copy)]
enum Layout {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
}

/// Adds fields behind what a buffer holds.
pub(crate) struct Wire<'b>(pub(crate) &'b mut Vec<u8>);

impl Wire<'_> {
    /// Writes a number or an enumeration, unless it is zero.
    pub(crate) fn number(&mut self, field: u8, value: i64) {
        if value != 0 {
            self.key(field, Layout::Varint);
            self.varint(value.cast_unsigned());
        }
    }

    /// Writes a truth, unless it is false.
    pub(crate) fn bool(&mut self, field: u8, value: bool) {
        self.number(field, value.into());
    }

    /// Writes a text, unless it is empty.
    pub(crate) fn text(&mut self, field: u8, value: &str) {
        if !value.is_empty() {
            self.bytes(field, value.as_bytes());
        }
    }

    /// Writes bytes or an encoded message, empty ones too.
    pub(crate) fn bytes(&mut self, field: u8, value: &[u8]) {
        self.key(field, Layout::Length);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Writes the message that `fill` writes, an empty one too.
    pub(crate) fn message(&mut self, field: u8, fill: impl FnOnce(&mut Wire<'_>)) {
        self.key(field, Layout::Length);
        let start = self.0.len();
        // Room for the length of a short message. A long one is moved when its length is known.
        self.0.push(0);
        fill(&mut Wire(self.0));
        let end = self.0.len();
        let length = varint((end - start - 1) as u64);
        let more = length.len() - 1;
        if more > 0 {
            self.0.resize(end + more, 0);
            self.0.copy_within(start + 1..end, start + 1 + more);
        }
        let places = self.0.iter_mut().skip(start);
        places.zip(length).for_each(|(place, byte)| *place = byte);
    }

    /// Writes one of several possible values that is a truth, false too.
    pub(crate) fn chosen_bool(&mut self, field: u8, value: bool) {
        self.key(field, Layout::Varint);
        self.0.push(value.into());
    }

    /// Writes one of several possible values that is a number, zero too.
    pub(crate) fn chosen_double(&mut self, field: u8, value: f64) {
        self.key(field, Layout::Fixed64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn key(&mut self, field: u8, layout: Layout) {
        self.varint(u64::from(field) << 3 | layout as u64);
    }

    fn varint(&mut self, value: u64) {
        match u8::try_from(value) {
            Ok(short @ ..0x80) => self.0.push(short),
            _ => self.0.extend(varint(value)),
        }
    }
}

/// Returns the bytes of a number: seven bits each, the lowest first, the highest bit telling that there is more.
fn varint(value: u64) -> impl ExactSizeIterator<Item = u8> {
    let bits = u64::BITS - (value | 1).leading_zeros();
    let count = bits.div_ceil(7);
    (0..count).map(move |at| {
        let [low, ..] = (value >> (7 * at)).to_le_bytes();
        if at + 1 < count { low | 0x80 } else { low }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fill: impl FnOnce(&mut Wire<'_>), expected: &[u8]) {
        let mut buffer = vec![7];
        fill(&mut Wire(&mut buffer));
        assert_eq!(buffer, [&[7], expected].concat());
    }

    #[test]
    fn values_that_are_the_default_are_left_out_unless_chosen() {
        check(|it| it.number(1, 0), &[]);
        check(|it| it.bool(1, false), &[]);
        check(|it| it.text(1, ""), &[]);
        check(|it| it.bytes(1, &[]), &[0x0A, 0]);
        check(|it| it.message(1, |_| ()), &[0x0A, 0]);
        check(|it| it.chosen_bool(4, false), &[0x20, 0]);
        check(
            |it| it.chosen_double(2, 0.0),
            &[0x11, 0, 0, 0, 0, 0, 0, 0, 0],
        );
    }

    #[test]
    fn numbers_are_as_long_as_they_need_to_be() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut expected = Vec::new();
            prost::encoding::encode_varint(number, &mut expected);
            assert_eq!(varint(number).collect::<Vec<_>>(), expected);
        }
        check(
            |it| it.number(2, -1),
            &[&[0x10], [0xFF; 9].as_slice(), &[1]].concat(),
        );
    }

    #[test]
    fn long_messages_are_moved_behind_their_length() {
        for length in [0, 127, 128, 20_000] {
            let content = vec![3; length];
            let mut expected = vec![0x0A];
            prost::encoding::encode_varint(length as u64, &mut expected);
            expected.extend_from_slice(&content);
            check(
                |it| it.message(1, |inner| inner.0.extend_from_slice(&content)),
                &expected,
            );
        }
    }
}
