//! What an interrupted sync of a c1z file keeps, and who goes on with it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_c1z::{Limits, Options, Reader, Store, SyncKind, SyncRun, Unfinished};
use baton_model::{Clock, FixedClock, SyncId, Timestamp};
use baton_sinks::{C1z, Error, Piece, Recalled, Resume, Sink};
use tempfile::TempDir;

use crate::records::{names, small_sync, write};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const OURS: &str = "a workspace";
const CONNECTOR: &str = "test";

fn time(seconds: i64) -> Timestamp {
    Timestamp::new(1_780_000_000 + seconds, 0).unwrap()
}

pub(crate) fn piece(value: &str, seconds: i64) -> Piece {
    Piece {
        value: value.to_owned(),
        kept_at: time(seconds),
    }
}

fn resume(subject: &str, allowed: bool) -> Resume {
    Resume {
        connector: CONNECTOR,
        subject: subject.to_owned(),
        allowed,
    }
}

/// A directory with a c1z file and its journal.
pub(crate) struct Place {
    dir: TempDir,
    temp: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            temp: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("sync.c1z")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.path().join("sync.c1z.journal")
    }

    fn names(&self) -> Vec<String> {
        names(self.dir.path())
    }

    /// What file and journal hold, byte for byte.
    fn bytes(&self) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        (fs::read(self.file()).ok(), fs::read(self.journal()).ok())
    }

    fn options(&self) -> Options {
        Options {
            temp_dir: Some(self.temp.path().to_owned()),
            ..Options::default()
        }
    }

    pub(crate) fn try_open(&self, at: i64, resume: Option<&Resume>) -> Result<Box<C1z>, Error> {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock(time(at)));
        C1z::open(&self.file(), self.options(), clock, resume).map(Box::new)
    }

    pub(crate) fn open(&self, at: i64) -> Box<C1z> {
        self.try_open(at, Some(&resume(OURS, true))).unwrap()
    }

    fn store(&self) -> Store {
        let clock = Arc::new(FixedClock(time(0)));
        Store::open(&self.file(), self.options(), clock).unwrap()
    }

    /// Starts or continues a sync, writes records, keeps pieces, and gives back the sink.
    fn work(&self, at: i64, pieces: &[(&str, &str)]) -> Box<C1z> {
        let mut sink = self.open(at);
        write(sink.as_mut(), &small_sync());
        for (key, value) in pieces {
            sink.journal().keep(key, value);
        }
        sink
    }

    /// The same for a run that is interrupted.
    fn interrupt(&self, at: i64, pieces: &[(&str, &str)]) -> SyncId {
        let sink = self.work(at, pieces);
        let id = sink.sync_id();
        sink.suspend();
        id
    }

    /// The same for a process that is killed: what it leaves on disk is what a dropped sink leaves.
    fn kill(&self, at: i64, pieces: &[(&str, &str)]) -> SyncId {
        let sink = self.work(at, pieces);
        sink.sync_id()
    }

    /// One piece of work of a sync that went no further, in the file or in the journal.
    fn leave(&self, in_file: bool) -> SyncId {
        let pieces = [("a", "1")];
        if in_file {
            self.interrupt(0, &pieces)
        } else {
            self.kill(0, &pieces)
        }
    }

    /// A sync that comes to its end.
    fn finish(&self, at: i64) -> SyncId {
        let mut sink = self.open(at);
        let id = sink.sync_id();
        let summary = write(sink.as_mut(), &small_sync());
        sink.finish(&summary).unwrap();
        id
    }

    fn syncs(&self) -> Vec<SyncRun> {
        let reader = Reader::open(&self.file(), Limits::default(), Some(self.temp.path()));
        reader.unwrap().syncs().unwrap()
    }

    /// Identifiers of the syncs in the file, and whether they are finished.
    fn runs(&self) -> Vec<(String, bool)> {
        let run = |it: &SyncRun| (it.sync_id.clone(), it.ended_at.is_some());
        self.syncs().iter().map(run).collect()
    }

    /// Adds an interrupted sync of another tool to the file.
    fn add_foreign(&self) -> SyncId {
        let sync = Unfinished {
            sync_id: SyncId::new(time(-DAY), [9; 16]),
            started_at: time(-DAY),
            kept: vec![("other/subject".to_owned(), OURS.as_bytes().to_vec())],
        };
        let store = self.store();
        store.keep(&sync).unwrap();
        store.save().unwrap();
        sync.sync_id
    }

    /// Puts something in the place of the file that cannot be replaced, and returns where the file is now.
    fn block(&self) -> PathBuf {
        let moved = self.dir.path().join("moved");
        if self.file().exists() {
            fs::rename(self.file(), &moved).unwrap();
        }
        fs::create_dir_all(self.file().join("inside")).unwrap();
        moved
    }

    fn unblock(&self) {
        fs::remove_dir_all(self.file()).unwrap();
        let moved = self.dir.path().join("moved");
        if moved.exists() {
            fs::rename(moved, self.file()).unwrap();
        }
    }
}

impl Drop for Place {
    /// No working copy is ever left.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(names(self.temp.path()), Vec::<String>::new());
        }
    }
}

#[track_caller]
pub(crate) fn recalls(sink: &C1z, expected: &[(&str, Piece)]) {
    let oldest = expected.iter().map(|it| it.1.kept_at).min();
    let expected_count = oldest.map(|oldest| Recalled {
        pieces: expected.len(),
        oldest,
    });
    assert_eq!(sink.recalled(), expected_count);
    let journal = sink.journal();
    assert_eq!(journal.holds_work(), oldest.is_some());
    for (key, piece) in expected {
        assert_eq!(journal.recall(key).as_ref(), Some(piece), "{key}");
        assert_eq!(journal.recall(key), None, "{key} once");
    }
}

#[test]
fn an_interrupted_sync_is_in_the_file_as_one_that_has_just_begun() {
    let place = Place::new();
    let id = place.interrupt(0, &[("a", "1")]);
    assert_eq!(place.names(), ["sync.c1z"]);
    let syncs = place.syncs();
    let [sync] = &syncs[..] else {
        panic!("one sync")
    };
    assert_eq!(sync.sync_id, id.to_string());
    assert_eq!((sync.sync_token.as_str(), &sync.ended_at), ("", &None));
    let reader = Reader::open(&place.file(), Limits::default(), None).unwrap();
    assert_eq!(reader.resources(&sync.sync_id).count(), 0);
    assert_eq!(reader.newest_finished().unwrap(), None);
}

#[test]
fn the_next_sync_continues_and_finishes_it() {
    let place = Place::new();
    let id = place.interrupt(0, &[("a", "1"), ("b", "[\"\u{e9}\\n\"]")]);
    let mut sink = place.open(HOUR);
    assert_eq!(sink.sync_id(), id);
    recalls(
        &sink,
        &[("a", piece("1", 0)), ("b", piece("[\"\u{e9}\\n\"]", 0))],
    );
    let summary = write(sink.as_mut(), &small_sync());
    let journal = sink.journal();
    journal.keep("c", "3");
    sink.finish(&summary).unwrap();
    assert!(!journal.holds_work());
    assert_eq!(place.names(), ["sync.c1z"]);
    assert_eq!(place.runs(), [(id.to_string(), true)]);
    let started = place.syncs()[0].started_at.timestamp();
    assert_eq!(started, Some(time(0)), "the start is that of the first run");
    let next = place.open(2 * HOUR);
    assert_ne!(next.sync_id(), id);
    recalls(&next, &[]);
}

#[test]
fn a_process_that_is_killed_leaves_its_work_in_the_journal() {
    let place = Place::new();
    let id = place.kill(0, &[("a", "1")]);
    assert_eq!(place.names(), ["sync.c1z.journal"]);
    let sink = place.open(HOUR);
    assert_eq!(sink.sync_id(), id);
    recalls(&sink, &[("a", piece("1", 0))]);
}

/// Rule 1: a run that fails before it has kept anything destroys nothing.
#[test]
fn a_run_that_keeps_nothing_changes_nothing() {
    let place = Place::new();
    place.finish(0);
    place.interrupt(HOUR, &[("a", "1")]);
    place.kill(2 * HOUR, &[("b", "2")]);
    // A line that was torn is not touched either.
    let mut torn = fs::read(place.journal()).unwrap();
    torn.extend(b"{\"key\":\"c");
    fs::write(place.journal(), torn).unwrap();
    let before = place.bytes();
    let runs = [
        Some(resume("another workspace", true)),
        Some(resume(OURS, false)),
        None,
    ];
    for run in &runs {
        let open = || place.try_open(3 * HOUR, run.as_ref()).unwrap();
        recalls(&open(), &[]);
        open().suspend();
        assert_eq!(place.bytes(), before, "{run:?}");
        if run.as_ref().is_none_or(|it| it.subject != OURS) {
            open().abort();
            assert_eq!(place.bytes(), before, "{run:?}");
        }
    }
    let sink = place.open(3 * HOUR);
    recalls(
        &sink,
        &[("a", piece("1", HOUR)), ("b", piece("2", 2 * HOUR))],
    );
    // As long as it is open, it says whose it is, behind all that counts.
    let (file, journal) = place.bytes();
    assert_eq!(file, before.0);
    assert!(journal.unwrap().starts_with(&before.1.clone().unwrap()));
    drop(sink);
    assert_eq!(place.bytes(), before);
}

#[test]
fn the_first_piece_makes_room_in_the_journal_of_something_else() {
    for run in [resume("another workspace", true), resume(OURS, false)] {
        let place = Place::new();
        let id = place.kill(0, &[("a", "1")]);
        let sink = place.try_open(HOUR, Some(&run)).unwrap();
        let second = sink.sync_id();
        assert_ne!(second, id);
        sink.journal().keep("b", "2");
        drop(sink);
        let run = resume(&run.subject, true);
        let sink = place.try_open(2 * HOUR, Some(&run)).unwrap();
        assert_eq!(sink.sync_id(), second);
        recalls(&sink, &[("b", piece("2", HOUR))]);
    }
}

/// The journal of an older sync does not mix with the work that comes from the file.
#[test]
fn the_first_piece_makes_room_when_the_work_comes_from_the_file() {
    let place = Place::new();
    place.kill(0, &[("a", "old"), ("b", "old")]);
    let old = fs::read(place.journal()).unwrap();
    fs::remove_file(place.journal()).unwrap();
    let id = place.interrupt(HOUR, &[("a", "new")]);
    fs::write(place.journal(), old).unwrap();
    assert_eq!(place.kill(2 * HOUR, &[("c", "3")]), id);
    let text = fs::read_to_string(place.journal()).unwrap();
    assert!(
        !text.contains("old") && text.contains(&id.to_string()),
        "{text}"
    );
    let sink = place.open(3 * HOUR);
    assert_eq!(sink.sync_id(), id);
    recalls(
        &sink,
        &[("a", piece("new", HOUR)), ("c", piece("3", 2 * HOUR))],
    );
}

#[test]
fn a_torn_line_makes_room() {
    let place = Place::new();
    let id = place.kill(0, &[("a", "1")]);
    let mut text = fs::read(place.journal()).unwrap();
    text.extend(b"{\"key\":\"torn\",\"at\":\"2026-");
    // Longer than what comes in its place.
    text.extend([b'1'; 10_000]);
    fs::write(place.journal(), text).unwrap();
    assert_eq!(place.kill(HOUR, &[("b", "2")]), id);
    recalls(
        &place.open(2 * HOUR),
        &[("a", piece("1", 0)), ("b", piece("2", HOUR))],
    );
}

/// Rule 2: the journal over the file, if both are of the same sync.
#[test]
fn what_the_journal_says_is_newer_than_the_file() {
    let place = Place::new();
    let id = place.interrupt(0, &[("a", "1"), ("b", "2")]);
    assert_eq!(place.kill(HOUR, &[("b", "3"), ("c", "4")]), id);
    let expected = [
        ("a", piece("1", 0)),
        ("b", piece("3", HOUR)),
        ("c", piece("4", HOUR)),
    ];
    recalls(&place.open(2 * HOUR), &expected);
    // Once more through the file, which keeps the time of each.
    place.interrupt(2 * HOUR, &[]);
    assert_eq!(place.names(), ["sync.c1z"]);
    recalls(&place.open(3 * HOUR), &expected);
}

#[test]
fn of_two_syncs_the_one_that_began_last_is_continued() {
    let (journal, file) = (Place::new(), Place::new());
    for (in_journal, in_file) in [(0, HOUR), (HOUR, 0)] {
        let first = journal.kill(in_journal, &[("a", "journal")]);
        let second = file.interrupt(in_file, &[("b", "file")]);
        fs::rename(journal.journal(), file.journal()).unwrap();
        let sink = file.open(2 * HOUR);
        if in_journal > in_file {
            assert_eq!(sink.sync_id(), first);
            recalls(&sink, &[("a", piece("journal", HOUR))]);
        } else {
            assert_eq!(sink.sync_id(), second);
            recalls(&sink, &[("b", piece("file", HOUR))]);
        }
        drop(sink);
        fs::remove_file(file.file()).unwrap();
        fs::remove_file(file.journal()).unwrap();
    }
}

#[test]
fn a_sync_is_continued_for_a_week_and_its_pieces_for_a_day() {
    for (at, is_continued, is_recalled) in [
        (DAY, true, true),
        (DAY + 1, true, false),
        (7 * DAY, true, false),
        (7 * DAY + 1, false, false),
        (-1, false, false),
    ] {
        for in_file in [true, false] {
            let place = Place::new();
            let id = place.leave(in_file);
            let sink = place.open(at);
            assert_eq!(sink.sync_id() == id, is_continued, "{at}");
            let expected = [("a", piece("1", 0))];
            recalls(&sink, if is_recalled { &expected } else { &[] });
        }
    }
}

#[test]
fn what_was_interrupted_twice_is_as_old_as_each_piece() {
    let place = Place::new();
    let id = place.interrupt(0, &[("a", "1")]);
    place.interrupt(20 * HOUR, &[("b", "2")]);
    let sink = place.open(25 * HOUR);
    assert_eq!(sink.sync_id(), id);
    recalls(&sink, &[("b", piece("2", 20 * HOUR))]);
}

#[test]
fn the_work_of_another_subject_is_not_used() {
    for in_file in [true, false] {
        let place = Place::new();
        let id = place.leave(in_file);
        let run = resume("another workspace", true);
        let sink = place.try_open(HOUR, Some(&run)).unwrap();
        assert_ne!(sink.sync_id(), id);
        recalls(&sink, &[]);
    }
}

/// Another tool's sync is not ours to take over.
#[test]
fn the_sync_of_another_tool_is_not_continued() {
    let place = Place::new();
    let foreign = place.add_foreign();
    let sink = place.open(0);
    assert_ne!(sink.sync_id(), foreign);
    recalls(&sink, &[]);
}

/// Even one that is made with the same library, and syncs something of the same name.
#[test]
fn the_interrupted_sync_of_another_connector_stays() {
    let place = Place::new();
    let theirs = Resume {
        connector: "other",
        ..resume(OURS, true)
    };
    let sink = place.try_open(0, Some(&theirs)).unwrap();
    sink.journal().keep("a", "1");
    let id = sink.sync_id();
    sink.suspend();
    let sink = place.open(HOUR);
    assert_ne!(sink.sync_id(), id);
    recalls(&sink, &[]);
    sink.journal().keep("b", "2");
    sink.abort();
    let finished = place.finish(2 * HOUR).to_string();
    assert_eq!(
        place.runs(),
        [(id.to_string(), false), (finished, true)],
        "it is neither continued nor deleted"
    );
    let sink = place.try_open(3 * HOUR, Some(&theirs)).unwrap();
    assert_eq!(sink.sync_id(), id);
    recalls(&sink, &[("a", piece("1", 0))]);
}

/// Whoever does not say which connector it is has no interrupted syncs.
#[test]
fn a_sync_without_a_journal_leaves_interrupted_ones() {
    let place = Place::new();
    let id = place.interrupt(0, &[("a", "1")]);
    let mut sink = place.try_open(HOUR, None).unwrap();
    let summary = write(sink.as_mut(), &small_sync());
    sink.finish(&summary).unwrap();
    assert_eq!(place.runs()[0], (id.to_string(), false));
}

/// Rule 3.
#[test]
fn an_interruption_without_work_leaves_no_trace() {
    let place = Place::new();
    place.interrupt(0, &[]);
    assert!(place.names().is_empty());
    place.finish(HOUR);
    let before = place.bytes();
    place.interrupt(2 * HOUR, &[]);
    assert_eq!(place.bytes(), before);
    assert_eq!(place.names(), ["sync.c1z"]);
}

#[test]
fn what_was_not_asked_for_is_kept_again() {
    let place = Place::new();
    let id = place.kill(0, &[("a", "1"), ("b", "2")]);
    let sink = place.open(HOUR);
    sink.journal().recall("a").unwrap();
    sink.journal().keep("b", "3");
    let journal = sink.journal();
    sink.suspend();
    assert!(journal.holds_work());
    assert_eq!(place.names(), ["sync.c1z"]);
    let sink = place.open(2 * HOUR);
    assert_eq!(sink.sync_id(), id);
    recalls(&sink, &[("a", piece("1", 0)), ("b", piece("3", HOUR))]);
}

#[test]
fn what_cannot_be_saved_stays_in_the_journal() {
    let place = Place::new();
    place.interrupt(0, &[("a", "1")]);
    let sink = place.work(HOUR, &[("b", "2")]);
    let journal = sink.journal();
    place.block();
    sink.suspend();
    assert!(journal.holds_work());
    place.unblock();
    recalls(
        &place.open(2 * HOUR),
        &[("a", piece("1", 0)), ("b", piece("2", HOUR))],
    );
}

/// Tells the time, and once it is armed makes the file one that cannot be replaced.
struct Saboteur {
    file: PathBuf,
    is_armed: AtomicBool,
}

impl Clock for Saboteur {
    fn now(&self) -> Timestamp {
        if self.is_armed.swap(false, Ordering::Relaxed) {
            fs::create_dir_all(self.file.join("inside")).unwrap();
        }
        time(0)
    }
}

/// The journal is emptied when the file is saved, and not a moment before.
#[test]
fn a_save_that_fails_at_the_very_end_leaves_the_journal() {
    let place = Place::new();
    let clock = Arc::new(Saboteur {
        file: place.file(),
        is_armed: AtomicBool::new(false),
    });
    let told: Arc<dyn Clock> = Arc::<Saboteur>::clone(&clock);
    let sink = C1z::open(
        &place.file(),
        place.options(),
        told,
        Some(&resume(OURS, true)),
    )
    .unwrap();
    sink.journal().keep("a", "1");
    // Next asked when the file has been opened once more.
    clock.is_armed.store(true, Ordering::Relaxed);
    Box::new(sink).suspend();
    assert_eq!(place.names(), ["sync.c1z", "sync.c1z.journal"]);
    assert_eq!(names(&place.file()), ["inside"]);
    place.unblock();
    recalls(&place.open(HOUR), &[("a", piece("1", 0))]);
}

#[test]
fn an_interruption_leaves_all_else_in_the_file() {
    let place = Place::new();
    let finished = place.finish(0).to_string();
    let foreign = place.add_foreign().to_string();
    let id = place.interrupt(HOUR, &[("a", "1")]).to_string();
    place.interrupt(2 * HOUR, &[("b", "2")]);
    assert_eq!(
        place.runs(),
        [(finished.clone(), true), (foreign, false), (id, false)]
    );
    let reader = Reader::open(&place.file(), Limits::default(), None).unwrap();
    assert!(reader.resources(&finished).count() > 0);
}

/// A sync that starts over takes the place of the one that it does not continue.
#[test]
fn one_sync_is_kept_for_a_subject() {
    let place = Place::new();
    place.interrupt(0, &[("a", "1")]);
    let sink = place.try_open(HOUR, Some(&resume(OURS, false))).unwrap();
    let id = sink.sync_id().to_string();
    sink.journal().keep("b", "2");
    sink.suspend();
    assert_eq!(place.runs(), [(id, false)]);
    recalls(&place.open(2 * HOUR), &[("b", piece("2", HOUR))]);
}

/// Rule 4.
#[test]
fn what_is_in_doubt_is_gone() {
    for in_journal in [true, false] {
        let place = Place::new();
        let finished = place.finish(0).to_string();
        let foreign = place.add_foreign().to_string();
        place.interrupt(HOUR, &[("a", "1")]);
        if in_journal {
            place.kill(2 * HOUR, &[("b", "2")]);
        }
        let sink = place.work(3 * HOUR, &[("c", "3")]);
        let journal = sink.journal();
        sink.abort();
        assert!(!journal.holds_work());
        assert_eq!(place.names(), ["sync.c1z"]);
        assert_eq!(place.runs(), [(finished.clone(), true), (foreign, false)]);
        let reader = Reader::open(&place.file(), Limits::default(), None).unwrap();
        assert!(reader.resources(&finished).count() > 0);
        recalls(&place.open(4 * HOUR), &[]);
    }
}

#[test]
fn a_sync_in_doubt_does_not_touch_a_file_without_it() {
    let place = Place::new();
    place.finish(0);
    place.add_foreign();
    let before = place.bytes();
    place.work(HOUR, &[("a", "1")]).abort();
    assert_eq!(place.bytes(), before);
    assert_eq!(place.names(), ["sync.c1z"]);
}

/// The journal goes first: if the run ends in between, nothing of it can come back.
#[test]
fn work_in_doubt_leaves_the_journal_whatever_becomes_of_the_file() {
    let place = Place::new();
    place.interrupt(0, &[("a", "1")]);
    let sink = place.work(HOUR, &[("b", "2")]);
    place.block();
    sink.abort();
    assert_eq!(place.names(), ["moved", "sync.c1z"]);
    place.unblock();
}

#[test]
fn the_journal_of_a_finished_sync_is_of_no_use() {
    let place = Place::new();
    let sink = place.work(0, &[("a", "1")]);
    let (id, kept) = (sink.sync_id(), fs::read(place.journal()).unwrap());
    let mut sink = sink;
    sink.restart().unwrap();
    let summary = write(sink.as_mut(), &small_sync());
    sink.finish(&summary).unwrap();
    assert_eq!(place.names(), ["sync.c1z"]);
    // As if the process had been killed between the two.
    fs::write(place.journal(), kept).unwrap();
    let sink = place.open(HOUR);
    assert_ne!(sink.sync_id(), id);
    recalls(&sink, &[]);
}

#[test]
fn a_sync_that_cannot_be_saved_is_continued() {
    let place = Place::new();
    let mut sink = place.open(0);
    sink.journal().keep("a", "1");
    let summary = write(sink.as_mut(), &small_sync());
    let journal = sink.journal();
    place.block();
    assert!(sink.finish(&summary).is_err());
    assert!(journal.holds_work());
    place.unblock();
    // The lock is free, whoever still has the journal, and that takes nothing any more.
    journal.keep("b", "2");
    recalls(&place.open(HOUR), &[("a", piece("1", 0))]);
}

/// Rule 5: whoever has the lock may be about to save, so the file is not even read.
#[test]
fn two_at_a_time_are_refused_before_the_file_is_read() {
    let place = Place::new();
    let sink = place.open(0);
    fs::write(place.file(), "half a file").unwrap();
    for run in [Some(resume(OURS, true)), None] {
        let Err(error) = place.try_open(0, run.as_ref()) else {
            panic!("a second one may not start");
        };
        let me = std::process::id();
        assert!(
            matches!(error, Error::Busy { pid: Some(pid), .. } if pid == me),
            "{error}"
        );
    }
    sink.journal().keep("a", "1");
    let Err(Error::Busy { pid, .. }) = place.try_open(0, None) else {
        panic!("a second one may not start");
    };
    assert_eq!(pid, Some(std::process::id()));
    fs::remove_file(place.file()).unwrap();
    sink.suspend();
    place.open(0);
}

/// The lock goes with the sink, whoever still has the journal.
#[test]
fn the_lock_ends_with_the_sync() {
    let place = Place::new();
    for end in [Sink::suspend as fn(Box<C1z>), Sink::abort] {
        let sink = place.work(0, &[("a", "1")]);
        let journal = sink.journal();
        end(sink);
        place.open(0);
        journal.keep("b", "2");
    }
    assert!(place.names().is_empty() || place.names() == ["sync.c1z"]);
}

/// Rule 6.
#[test]
fn a_finished_sync_takes_all_interrupted_ones_of_ours_with_it() {
    let place = Place::new();
    let foreign = place.add_foreign().to_string();
    place.interrupt(0, &[("a", "1")]);
    let run = resume("another workspace", true);
    let sink = place.try_open(HOUR, Some(&run)).unwrap();
    sink.journal().keep("b", "2");
    sink.suspend();
    assert_eq!(place.runs().len(), 3);
    // Even one that is too old to be continued.
    let id = place.finish(30 * DAY).to_string();
    assert_eq!(place.runs(), [(foreign, false), (id, true)]);
}

#[test]
fn what_a_killed_save_left_is_removed() {
    let place = Place::new();
    let leftover = place.dir.path().join("sync.c1z.saving-a1B2c3.tmp");
    fs::write(&leftover, "half a file").unwrap();
    let sink = place.open(0);
    assert!(!leftover.exists());
    fs::write(
        &leftover,
        "another process, which does not get the lock, leaves it",
    )
    .unwrap();
    assert!(place.try_open(0, None).is_err());
    assert!(leftover.exists());
    fs::remove_file(leftover).unwrap();
    drop(sink);
}

#[test]
fn nothing_is_kept_for_those_who_do_not_ask_for_it() {
    let place = Place::new();
    let sink = place.try_open(0, None).unwrap();
    let journal = sink.journal();
    journal.keep("a", "1");
    assert!(!journal.holds_work());
    sink.suspend();
    assert!(place.names().is_empty());
}

#[test]
fn a_sync_of_a_part_leaves_interrupted_work_alone() {
    for in_file in [true, false] {
        let place = Place::new();
        let id = place.leave(in_file);
        let options = Options {
            kind: SyncKind::Partial,
            ..place.options()
        };
        let clock: Arc<dyn Clock> = Arc::new(FixedClock(time(10)));
        let resume = resume(OURS, true);
        let mut part = Box::new(C1z::open(&place.file(), options, clock, Some(&resume)).unwrap());
        assert_eq!(part.recalled(), None);
        assert_ne!(part.sync_id(), id);
        part.journal().keep("b", "2");
        assert!(matches!(place.try_open(11, None), Err(Error::Busy { .. })));
        let summary = write(part.as_mut(), &small_sync());
        part.finish(&summary).unwrap();
        let again = place.open(20);
        assert_eq!(
            (again.sync_id(), again.recalled().unwrap().pieces),
            (id, 1),
            "{in_file}"
        );
        again.abort();
    }
}
