//! Identifiers of sync runs: KSUIDs.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::Timestamp;

/// Seconds between 1970 and the start of the KSUID calendar (2014-05-13 16:53:20 UTC).
const EPOCH: i64 = 1_400_000_000;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TEXT_LENGTH: usize = 27;
const BYTE_LENGTH: usize = 20;

/// Identifies a sync run: a KSUID, which sorts by the second it was made in (`c1z.md` section 2.5).
///
/// Converters refuse a file whose sync id is anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SyncId([u8; BYTE_LENGTH]);

/// A text is not a KSUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a sync id: {0:?}")]
pub struct ParseSyncIdError(String);

impl SyncId {
    /// Makes the identifier of a sync started at `started`, from 16 random bytes.
    ///
    /// Instants outside the KSUID calendar (2014 to 2150) take its nearest end.
    pub fn new(started: Timestamp, random: [u8; 16]) -> Self {
        let since = started
            .seconds()
            .saturating_sub(EPOCH)
            .clamp(0, i64::from(u32::MAX));
        let seconds = u32::try_from(since).unwrap_or(u32::MAX);
        let mut bytes = [0; BYTE_LENGTH];
        let (head, tail) = bytes.split_at_mut(4);
        head.copy_from_slice(&seconds.to_be_bytes());
        tail.copy_from_slice(&random);
        Self(bytes)
    }
}

impl fmt::Display for SyncId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [b'0'; TEXT_LENGTH];
        let mut number = self.0;
        for digit in digits.iter_mut().rev() {
            let remainder = divide(&mut number, 62);
            *digit = DIGITS.get(usize::from(remainder)).copied().unwrap_or(b'0');
        }
        f.write_str(&String::from_utf8_lossy(&digits))
    }
}

/// Divides a big-endian number in place and returns the remainder, which is below `divisor`.
fn divide(number: &mut [u8], divisor: u16) -> u8 {
    let mut remainder: u16 = 0;
    for byte in number {
        let current = remainder << 8 | u16::from(*byte);
        *byte = u8::try_from(current / divisor).unwrap_or(u8::MAX);
        remainder = current % divisor;
    }
    u8::try_from(remainder).unwrap_or(u8::MAX)
}

impl FromStr for SyncId {
    type Err = ParseSyncIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseSyncIdError(text.chars().take(64).collect());
        if text.len() != TEXT_LENGTH {
            return Err(error());
        }
        let mut number = [0u8; BYTE_LENGTH];
        for digit in text.bytes() {
            let value = DIGITS.iter().position(|d| *d == digit).ok_or_else(error)?;
            let mut carry = u16::try_from(value).map_err(|_| error())?;
            for byte in number.iter_mut().rev() {
                let current = u16::from(*byte) * 62 + carry;
                *byte = u8::try_from(current & 0xff).map_err(|_| error())?;
                carry = current >> 8;
            }
            if carry != 0 {
                return Err(error());
            }
        }
        Ok(Self(number))
    }
}

impl Serialize for SyncId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_an_id_that_a_real_connector_wrote() {
        let id: SyncId = "3MQhslJNOzAJeSXY4046np2VlTJ".parse().unwrap();
        let mut bytes = vec![0x17, 0x8f, 0xa1, 0x4b];
        bytes.extend([
            0x4f, 0x47, 0x01, 0x02, 0x32, 0xef, 0x98, 0x07, 0xe8, 0x31, 0x4b, 0x2d, 0x45, 0xc3,
            0xf7, 0xdd,
        ]);
        assert_eq!(id.0.as_slice(), bytes);
        assert_eq!(id.to_string(), "3MQhslJNOzAJeSXY4046np2VlTJ");
    }

    #[test]
    fn knows_its_limits() {
        assert_eq!(
            SyncId([0xff; 20]).to_string(),
            "aWgEPTl1tmebfsQzFP4bxwgy80V"
        );
        for text in [
            "",
            "aWgEPTl1tmebfsQzFP4bxwgy80W",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "3MQhslJNOzAJeSXY4046np2Vl-J",
        ] {
            assert!(text.parse::<SyncId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trips_and_sorts_by_time(a in 1_400_000_000i64..5_600_000_000, later in 1i64..1000, random: [u8; 16], other: [u8; 16]) {
            let first = SyncId::new(Timestamp::new(a, 0).unwrap(), random);
            let second = SyncId::new(Timestamp::new(a + later, 0).unwrap(), other);
            prop_assert_eq!(first.to_string().parse::<SyncId>().unwrap(), first);
            prop_assert!(first.to_string() < second.to_string());
        }
    }
}
