//! Times and identifiers, as servers, files and command lines have them.

use baton_model::{EntitlementId, ResourceId, SyncId, Timestamp};

use crate::lines;

/// Reads each line as everything that it could be. What can be read is written such that it is read as the same again.
///
/// # Panics
/// What was written is read as something else.
pub fn texts(bytes: &[u8]) {
    for line in lines(bytes) {
        if let Ok(time) = Timestamp::parse(&line) {
            assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
            assert_eq!(Timestamp::new(time.seconds(), time.nanos()), Ok(time));
        }
        if let Ok(id) = line.parse::<SyncId>() {
            assert_eq!(id.to_string(), line);
        }
        let (kind, rest) = line.split_once('|').unwrap_or(("team", &line));
        let resource = ResourceId::new(kind.to_owned(), "1");
        let id = EntitlementId::parse(resource.clone(), rest);
        assert_eq!(EntitlementId::parse(resource, &id.to_string()), id);
    }
}
