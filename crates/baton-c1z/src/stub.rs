//! The entitlements inside grants: just an identifier and the whole resource, the same bytes for every grant of one.

use std::collections::HashMap;

use crate::known::RowId;

/// How many bytes are remembered before all are forgotten. Grants come in groups, so that a new start costs little.
const CAPACITY: usize = 16 << 20;

/// Encoded entitlements, by the row of the entitlement.
#[derive(Debug, Default)]
pub(crate) struct Stubs {
    encoded: HashMap<RowId, Box<[u8]>>,
    size: usize,
}

impl Stubs {
    /// Returns the stub of an entitlement, which `make` encodes if it is not remembered.
    pub(crate) fn get_or_make<E>(
        &mut self,
        entitlement: RowId,
        make: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<&[u8], E> {
        if self.size > CAPACITY {
            *self = Self::default();
        }
        match self.encoded.entry(entitlement) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                let stub = make()?;
                self.size += stub.len();
                Ok(vacant.insert(stub.into_boxed_slice()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_once_and_forgets_when_full() {
        let mut stubs = Stubs::default();
        let mut made = 0;
        let mut get = |row, length| {
            let stub = stubs.get_or_make(row, || {
                made += 1;
                Ok::<_, ()>(vec![7; length])
            });
            (stub.unwrap().len(), made)
        };
        assert_eq!(get(1, 3), (3, 1));
        assert_eq!(get(1, 9), (3, 1));
        assert_eq!(get(2, CAPACITY), (CAPACITY, 2));
        assert_eq!(get(1, 4), (4, 3));
    }
}
