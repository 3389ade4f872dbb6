//! The file changes all at once, or not at all.

use std::fs;

use baton_c1z::ErrorKind;
use baton_model::Record;

use crate::support::{Place, files_in, open_at, tiny, user, vector_path};

#[test]
fn only_the_file_is_left_behind() {
    let place = Place::new();
    place.add(place.options(), &tiny());
    place.add(place.options(), &tiny());
    assert_eq!(files_in(place.directory()), ["sync.c1z"]);
    place.assert_no_working_copy();
    let reader = place.reader();
    assert_eq!(reader.syncs().unwrap().len(), 2);
    drop(reader);
    place.assert_no_working_copy();
}

#[test]
fn an_empty_file_is_new() {
    let place = Place::new();
    fs::write(place.file(), "").unwrap();
    let sync = place.add(place.options(), &tiny());
    assert_eq!(place.reader().syncs().unwrap()[0].sync_id, sync);
}

#[test]
fn a_file_of_just_the_magic_bytes_is_an_empty_database() {
    let place = Place::new();
    fs::write(place.file(), b"C1ZF\0").unwrap();
    assert!(place.reader().syncs().unwrap().is_empty());
    assert!(place.reader().newest_finished().unwrap().is_none());
    place.add(place.options(), &tiny());
    assert_eq!(place.reader().syncs().unwrap().len(), 1);
}

#[test]
fn a_dropped_writer_leaves_everything_as_it_was() {
    let place = Place::new();
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    writer.put(&tiny()[0]).unwrap();
    drop(writer);
    assert!(files_in(place.directory()).is_empty());

    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    let before = place.bytes();
    let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
    writer.put(&tiny()[0]).unwrap();
    drop(writer);
    assert_eq!(place.bytes(), before);
    assert_eq!(files_in(place.directory()), ["sync.c1z"]);
    place.assert_no_working_copy();
}

#[test]
fn a_save_that_fails_leaves_the_old_file() {
    let place = Place::new();
    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    let writer = place.open(place.options()).unwrap().start_sync().unwrap();
    // A directory with something in it cannot be replaced by a file.
    let moved = place.directory().join("moved");
    fs::rename(place.file(), moved).unwrap();
    fs::create_dir_all(place.file().join("inside")).unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System);
    assert!(error.to_string().ends_with("sync.c1z"), "{error}");
    assert_eq!(files_in(place.directory()), ["moved", "sync.c1z"]);
    assert_eq!(files_in(&place.file()), ["inside"]);
    place.assert_no_working_copy();
}

#[cfg(unix)]
#[test]
fn a_directory_that_was_closed_meanwhile_leaves_the_old_file() {
    let place = Place::new();
    let directory = place.directory().join("inner");
    fs::create_dir(&directory).unwrap();
    let file = directory.join("sync.c1z");
    fs::copy(vector_path("tiny.c1z"), &file).unwrap();
    let before = fs::read(&file).unwrap();
    let moved = place.directory().join("moved");
    let writer = open_at(&file, place.options())
        .unwrap()
        .start_sync()
        .unwrap();
    fs::rename(&directory, &moved).unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System);
    assert!(
        error.to_string().starts_with("cannot create a file in"),
        "{error}"
    );
    assert_eq!(fs::read(moved.join("sync.c1z")).unwrap(), before);
    assert_eq!(files_in(&moved), ["sync.c1z"]);
    place.assert_no_working_copy();
}

#[test]
fn what_another_run_or_an_interrupted_one_writes_is_not_touched() {
    let place = Place::new();
    let foreign = place.directory().join("sync.c1z.tmp");
    fs::write(&foreign, "half a file").unwrap();
    place.add(place.options(), &tiny());
    assert_eq!(files_in(place.directory()), ["sync.c1z", "sync.c1z.tmp"]);
    assert_eq!(fs::read(foreign).unwrap(), b"half a file");
}

#[test]
fn runs_that_save_at_once_leave_one_whole_file() {
    for _ in 0..20 {
        let place = Place::new();
        let start = std::sync::Barrier::new(4);
        let save = || {
            let mut writer = place.open(place.options()).unwrap().start_sync().unwrap();
            for record in tiny() {
                writer.put(&record).unwrap();
            }
            start.wait();
            writer.finish().unwrap();
        };
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(save);
            }
        });
        assert_eq!(files_in(place.directory()), ["sync.c1z"]);
        let reader = place.reader();
        let sync = reader.newest_finished().unwrap().unwrap();
        assert_eq!(
            reader.stats(&sync).unwrap(),
            reader.count(&sync.sync_id).unwrap()
        );
        assert_eq!(reader.syncs().unwrap().len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_new_file_can_be_read_by_others_and_an_old_one_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    place.add(place.options(), &tiny());
    let probe = place.directory().join("probe");
    fs::write(&probe, "").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place.file()), mode(probe) & 0o644);
    for kept in [0o600, 0o640, 0o666] {
        fs::set_permissions(place.file(), fs::Permissions::from_mode(kept)).unwrap();
        place.add(place.options(), &tiny());
        assert_eq!(mode(place.file()), kept);
    }
}

/// Not every system has names of directories that are text.
#[cfg(target_os = "linux")]
#[test]
fn a_temporary_directory_with_any_name_will_do() {
    use std::os::unix::ffi::OsStrExt as _;

    let place = Place::new();
    let temp = place
        .directory()
        .join(std::ffi::OsStr::from_bytes(b"t\xe9mporaire"));
    fs::create_dir(&temp).unwrap();
    let options = || baton_c1z::Options {
        temp_dir: Some(temp.clone()),
        keep_syncs: 1,
        ..place.options()
    };
    place.add(options(), &tiny());
    // The older one is deleted, and the pages that it had go.
    let sync = place.add(options(), &tiny());
    let syncs = place.reader().syncs().unwrap();
    assert_eq!(syncs.len(), 1);
    assert_eq!(syncs[0].sync_id, sync);
    assert_eq!(files_in(&temp), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn the_working_copy_is_private() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let options = place.options();
    let temp = options.temp_dir.clone().unwrap();
    let _store = place.open(options).unwrap();
    let copies = files_in(&temp);
    assert_eq!(copies.len(), 1);
    assert!(copies[0].starts_with("c1z"));
    assert_eq!(
        fs::metadata(temp.join(&copies[0]))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
}

/// Checks the container and returns how long its content is.
#[track_caller]
fn check_container(place: &Place) -> usize {
    let bytes = place.bytes();
    let frame = bytes.strip_prefix(b"C1ZF\0").unwrap();
    let decoded = zstd::decode_all(frame).unwrap();
    assert_eq!(
        zstd::stream::decompressed_size(frame),
        Some(decoded.len() as u64),
        "content size is told"
    );
    assert_ne!(frame[4] & 0x04, 0, "content checksum is there");
    let single_segment = frame[4] & 0x20 != 0;
    let window = if single_segment {
        decoded.len()
    } else {
        1024 << (frame[5] >> 3)
    };
    assert!(window <= 8 << 20, "window of at most 8 MiB");
    assert_eq!(
        zstd::zstd_safe::find_frame_compressed_size(frame),
        Ok(frame.len()),
        "one frame and nothing else"
    );
    decoded.len()
}

#[test]
fn the_container_is_what_upstream_writes() {
    let place = Place::new();
    place.add(place.options(), &tiny());
    check_container(&place);
}

#[test]
fn content_for_several_threads_makes_one_frame() {
    let place = Place::new();
    let users =
        (0..6000).map(|number| Record::Resource(user(&number.to_string(), &"U".repeat(1000))));
    let records: Vec<_> = tiny().into_iter().chain(users).collect();
    place.add(place.options(), &records);
    assert!(check_container(&place) > 6 << 20);
    let reader = place.reader();
    let sync = reader.newest_finished().unwrap().unwrap().sync_id;
    let resources = reader.resources(&sync).flatten().count();
    assert_eq!(resources, 6004);
}
