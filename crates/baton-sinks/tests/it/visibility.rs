//! All of a sync becomes visible, or nothing.

use std::path::Path;

use baton_sinks::{Error, Json, Ndjson, Sink};

use crate::records::{names, small_sync, write};

const EARLIER: &str = "what an earlier sync left";

/// Makes a sink for a path.
type Create = fn(&Path) -> Result<Box<dyn Sink>, Error>;

fn json(path: &Path) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(Json::create(path)?))
}

fn ndjson(path: &Path) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(Ndjson::create(path)?))
}

#[cfg(feature = "c1z")]
fn c1z(path: &Path) -> Result<Box<dyn Sink>, Error> {
    use std::sync::Arc;

    use baton_c1z::Options;
    use baton_model::{FixedClock, Timestamp};
    use baton_sinks::C1z;

    let options = Options {
        temp_dir: path.parent().map(Path::to_owned),
        ..Options::default()
    };
    let clock = Arc::new(FixedClock(Timestamp::EPOCH));
    Ok(Box::new(C1z::open(path, options, clock, None)?))
}

#[cfg(feature = "c1z")]
const SINKS: [Create; 3] = [json, ndjson, c1z];
#[cfg(not(feature = "c1z"))]
const SINKS: [Create; 2] = [json, ndjson];

/// The sinks that replace a file whatever it holds.
const TEXT_SINKS: [Create; 2] = [json, ndjson];

#[test]
fn nothing_has_the_name_before_the_end() {
    for create in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut sink = create(&path).unwrap();
        let summary = write(sink.as_mut(), &small_sync());
        assert!(!path.exists());
        sink.finish(&summary).unwrap();
        assert_eq!(names(dir.path()), ["out"]);
    }
}

#[test]
fn abort_leaves_nothing_behind() {
    for create in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = create(&dir.path().join("out")).unwrap();
        write(sink.as_mut(), &small_sync());
        sink.abort();
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }
}

#[test]
fn a_dropped_sink_leaves_nothing_behind() {
    for create in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = create(&dir.path().join("out")).unwrap();
        write(sink.as_mut(), &small_sync());
        drop(sink);
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }
}

#[test]
fn an_earlier_file_stays_until_the_end() {
    for create in TEXT_SINKS {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        std::fs::write(&path, EARLIER).unwrap();
        let read = || std::fs::read_to_string(&path).unwrap();

        let mut sink = create(&path).unwrap();
        write(sink.as_mut(), &small_sync());
        sink.abort();
        assert_eq!(read(), EARLIER);

        let mut sink = create(&path).unwrap();
        let summary = write(sink.as_mut(), &small_sync());
        assert_eq!(read(), EARLIER);
        sink.finish(&summary).unwrap();
        assert_ne!(read(), EARLIER);
        assert_eq!(names(dir.path()), ["out"]);
    }
}

#[test]
fn a_place_that_cannot_be_written_shows_at_once() {
    for create in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing").join("out");
        assert!(create(&missing).is_err());
        assert!(create(dir.path()).is_err());
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_text_file_unless_that_was_changed() {
    use std::os::unix::fs::PermissionsExt as _;

    // A c1z file has the mode that `c1z.md` section 1.4 asks for.
    for create in TEXT_SINKS {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let finish = || {
            let mut sink = create(&path).unwrap();
            let summary = write(sink.as_mut(), &small_sync());
            sink.finish(&summary).unwrap();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            mode & 0o777
        };
        assert_eq!(finish(), 0o600);
        // A reader of the same group was let in, and stays so.
        let changed = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&path, changed).unwrap();
        assert_eq!(finish(), 0o640);
    }
}

/// What a process leaves that is killed before the end.
#[test]
fn a_file_that_is_not_whole_yet_says_whose_it_is() {
    for create in TEXT_SINKS {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = create(&dir.path().join("out.json")).unwrap();
        write(sink.as_mut(), &small_sync());
        let names = names(dir.path());
        assert_eq!(names.len(), 1);
        assert!(names[0].starts_with(".out.json."), "{names:?}");
    }
}
