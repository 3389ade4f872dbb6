//! The entitlements inside grants: just an identifier and the whole resource, the same bytes for every grant of one.

use std::sync::Arc;

use foldhash::HashMap;

use crate::known::Number;

/// How many bytes are remembered before all are forgotten. Grants come in groups, so that a new start costs little.
const CAPACITY: usize = 16 << 20;

/// The entitlements of grants.
#[derive(Debug, Default)]
pub(crate) struct Stubs {
    stubs: HashMap<Number, Arc<Stub>>,
    size: usize,
}

/// An entitlement inside grants.
#[derive(Debug)]
pub(crate) struct Stub {
    /// Its identifier.
    pub(crate) id: String,
    /// The message.
    pub(crate) encoded: Vec<u8>,
}

impl Stubs {
    /// Returns the stub of an entitlement, if it is remembered.
    pub(crate) fn get(&self, entitlement: Number) -> Option<Arc<Stub>> {
        self.stubs.get(&entitlement).cloned()
    }

    /// Remembers the stub of an entitlement.
    pub(crate) fn add(&mut self, entitlement: Number, stub: Stub) -> Arc<Stub> {
        if self.size > CAPACITY {
            *self = Self::default();
        }
        self.size += stub.id.len() + stub.encoded.len();
        let stub = Arc::new(stub);
        self.stubs.insert(entitlement, Arc::clone(&stub));
        stub
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_until_it_is_full() {
        let mut stubs = Stubs::default();
        let stub = |length| Stub {
            id: String::new(),
            encoded: vec![7; length],
        };
        assert!(stubs.get(1).is_none());
        assert_eq!(stubs.add(1, stub(3)).encoded.len(), 3);
        assert_eq!(stubs.add(2, stub(CAPACITY)).encoded.len(), CAPACITY);
        assert_eq!(stubs.get(1).unwrap().encoded.len(), 3);
        stubs.add(3, stub(4));
        assert!(stubs.get(1).is_none() && stubs.get(2).is_none());
        assert!(stubs.get(3).is_some());
    }
}
