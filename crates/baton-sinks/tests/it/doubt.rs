//! What is not kept of a sync, and what the journal must not touch.

use std::fs;

use baton_model::{
    Profile, Record, Resource, ResourceId, ResourceTrait, ResourceType, Summary, Trait,
};
use baton_sinks::{Error, Sink as _};

use crate::resume::{Place, recalls};

/// A finish that fails for the records is no interruption, and what led to it does not come back.
#[test]
fn work_that_led_to_refused_records_is_forgotten() {
    let place = Place::new();
    let mut sink = place.open(0);
    sink.journal().keep("a", "1");
    let mut summary = Summary::default();
    let mut put = |record: Record| {
        sink.write(&record).unwrap();
        summary.add(&record);
    };
    for id in ["a", "a:b"] {
        put(Record::ResourceType(ResourceType {
            id: id.into(),
            display_name: "T".into(),
            traits: vec![Trait::Group],
            skip_entitlements_and_grants: false,
        }));
    }
    // Their identifiers are the same text.
    for (kind, id) in [("a", "b:c"), ("a:b", "c")] {
        put(Record::Resource(Resource {
            id: ResourceId::new(kind, id),
            display_name: "x".into(),
            description: String::new(),
            status: None,
            created_at: None,
            details: ResourceTrait::Group,
            profile: Profile::default(),
        }));
    }
    assert!(!sink.finish(&summary).unwrap_err().is_interruption());
    recalls(&place.open(10), &[]);
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten() {
    // The second has no line that is whole within what the first one of a journal can have.
    for diary in ["my diary\nof this year\n", &"x".repeat(100_000)] {
        let place = Place::new();
        fs::write(place.journal(), diary).unwrap();
        let Err(error) = place.try_open(0, None) else {
            panic!("it is no journal");
        };
        assert!(error.to_string().contains("sync.c1z.journal"), "{error}");
        assert!(fs::read_to_string(place.journal()).unwrap() == diary);
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    for leads_somewhere in [true, false] {
        let place = Place::new();
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        if leads_somewhere {
            fs::write(&elsewhere, "").unwrap();
        }
        std::os::unix::fs::symlink(&elsewhere, place.journal()).unwrap();
        let Err(error @ Error::Io { .. }) = place.try_open(0, None) else {
            panic!("a link could lead anywhere");
        };
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "it is a symbolic link");
        assert_eq!(elsewhere.exists(), leads_somewhere);
        assert!(place.journal().is_symlink());
    }
}
