//! Sinks that write a directory: all of it or nothing, and never at the cost of what is not theirs.

use std::fs;
use std::path::Path;

use baton_model::{Attributes, Summary};
use baton_sinks::{Csv, Error, Sink};

use crate::records::{names, small_sync, write};

/// Makes a sink for a path.
type Create = fn(&Path) -> Result<Box<dyn Sink>, Error>;

fn csv(path: &Path) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(Csv::create(path, Attributes::default())?))
}

#[cfg(feature = "parquet")]
fn parquet(path: &Path) -> Result<Box<dyn Sink>, Error> {
    let sink = baton_sinks::Parquet::create(path, Attributes::default())?;
    Ok(Box::new(sink))
}

#[cfg(feature = "parquet")]
const SINKS: [(Create, &str); 2] = [(csv, "users.csv"), (parquet, "users.parquet")];
#[cfg(not(feature = "parquet"))]
const SINKS: [(Create, &str); 1] = [(csv, "users.csv")];

fn finish(mut sink: Box<dyn Sink>) {
    let summary = write(sink.as_mut(), &small_sync());
    sink.finish(&summary).unwrap();
}

#[test]
fn nothing_has_the_name_before_the_end() {
    for (create, _) in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let mut sink = create(&out).unwrap();
        let summary = write(sink.as_mut(), &small_sync());
        sink.prepare(&summary).unwrap();
        assert!(!out.exists());
        sink.finish(&summary).unwrap();
        assert_eq!(names(dir.path()), ["out"]);
    }
}

#[test]
fn whatever_does_not_finish_leaves_nothing_behind() {
    let ends: [fn(Box<dyn Sink>); 3] = [|it| it.abort(), |it| it.suspend(), drop];
    for (create, _) in SINKS {
        for end in ends {
            let dir = tempfile::tempdir().unwrap();
            let mut sink = create(&dir.path().join("out")).unwrap();
            write(sink.as_mut(), &small_sync());
            end(sink);
            assert_eq!(names(dir.path()), Vec::<String>::new());
        }
    }
}

#[test]
fn an_earlier_directory_stays_until_the_end() {
    for (create, file) in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        fs::write(out.join(file), "earlier").unwrap();
        let read = || fs::read(out.join(file)).unwrap();
        let mut sink = create(&out).unwrap();
        write(sink.as_mut(), &small_sync());
        assert_eq!(read(), b"earlier");
        sink.abort();
        assert_eq!(read(), b"earlier");
        finish(create(&out).unwrap());
        assert_ne!(read(), b"earlier");
        finish(create(&out).unwrap());
        assert_eq!(names(dir.path()), ["out"]);
    }
}

#[test]
fn an_empty_directory_is_taken() {
    for (create, file) in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        finish(create(&out).unwrap());
        assert!(out.join(file).exists());
    }
}

#[track_caller]
fn refuses(create: Create, out: &Path, found: &str) {
    let Err(error @ Error::Foreign { .. }) = create(out) else {
        panic!("{found} is not ours");
    };
    let text = error.to_string();
    assert!(text.contains(&format!("holds {found:?}")), "{text}");
    assert_eq!(error.hint(), Some("choose a new or an empty directory"));
}

#[test]
fn a_directory_with_anything_else_is_refused() {
    for (create, file) in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        fs::write(out.join("thesis.txt"), "years of work").unwrap();
        refuses(create, &out, "thesis.txt");
        fs::remove_file(out.join("thesis.txt")).unwrap();
        // The right name, and yet no file.
        fs::create_dir(out.join(file)).unwrap();
        refuses(create, &out, file);
        assert_eq!(names(dir.path()), ["out"]);
    }
}

#[test]
fn what_comes_into_the_directory_meanwhile_is_safe() {
    for (create, _) in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        let mut sink = create(&out).unwrap();
        let summary = write(sink.as_mut(), &small_sync());
        fs::write(out.join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(sink.finish(&summary), Err(Error::Foreign { .. })));
        assert_eq!(names(&out), ["thesis.txt"]);
        assert_eq!(names(dir.path()), ["out"]);
    }
}

#[test]
fn a_place_that_cannot_be_written_shows_at_once() {
    for (create, _) in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [
            dir.path().join("missing").join("out"),
            file.clone(),
            file.join("out"),
        ] {
            assert!(matches!(create(&path), Err(Error::Io { .. })), "{path:?}");
        }
        assert_eq!(names(dir.path()), ["file"]);
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn only_the_owner_can_read_it_unless_that_was_changed() {
        for (create, file) in SINKS {
            let dir = tempfile::tempdir().unwrap();
            let out = dir.path().join("out");
            finish(create(&out).unwrap());
            for entry in names(&out) {
                assert_eq!(mode(&out.join(entry)), 0o600);
            }
            assert_eq!(mode(&out), 0o700);
            set_mode(&out, 0o750);
            set_mode(&out.join(file), 0o640);
            finish(create(&out).unwrap());
            assert_eq!((mode(&out), mode(&out.join(file))), (0o750, 0o640));
            let other = names(&out).into_iter().find(|it| it != file).unwrap();
            assert_eq!(mode(&out.join(other)), 0o600);
        }
    }

    #[test]
    fn a_link_stays_and_leads_to_the_new_directory() {
        for (create, file) in SINKS {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("real")).unwrap();
            symlink("real", dir.path().join("link")).unwrap();
            finish(create(&dir.path().join("link")).unwrap());
            assert!(dir.path().join("link").is_symlink());
            assert!(dir.path().join("real").join(file).exists());
            assert_eq!(names(dir.path()), ["link", "real"]);
            symlink("nowhere", dir.path().join("broken")).unwrap();
            assert!(create(&dir.path().join("broken")).is_err());
        }
    }

    #[test]
    fn a_mount_is_refused() {
        for (create, _) in SINKS {
            let result = create(Path::new("/proc"));
            let Err(error) = result else {
                panic!("/proc cannot be replaced")
            };
            if cfg!(target_os = "linux") {
                assert!(matches!(error, Error::Mounted { .. }), "{error}");
            }
        }
    }
}

/// What fails at the end fails before anything is visible.
#[test]
fn preparing_twice_is_preparing_once() {
    for (create, file) in SINKS {
        let dir = tempfile::tempdir().unwrap();
        let (once, twice) = (dir.path().join("once"), dir.path().join("twice"));
        finish(create(&once).unwrap());
        let mut sink = create(&twice).unwrap();
        write(sink.as_mut(), &small_sync());
        for _ in 0..2 {
            sink.prepare(&Summary::default()).unwrap();
        }
        sink.finish(&Summary::default()).unwrap();
        assert_eq!(
            fs::read(once.join(file)).unwrap(),
            fs::read(twice.join(file)).unwrap()
        );
    }
}
