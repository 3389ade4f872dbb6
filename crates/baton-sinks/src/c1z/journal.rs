//! The journal of a sync into a c1z file: what it recalls, and what it writes.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_model::{Clock, Timestamp};

use super::lines::{self, Header, Pieces};
use super::lock::Locked;
use super::syncer::Syncer;
use crate::{Journal, Piece, directory};

/// How long a piece of work may stay out of reach of a power failure. The death of the process does no harm to any.
const LONGEST_UNSYNCED: Duration = Duration::from_secs(1);

/// The age up to which a piece of work is used, in seconds.
const OLDEST: i64 = 24 * 3600;

/// How far a clock may have been put back since, in seconds.
const CLOCK_SLACK: i64 = 60;

/// Tells whether a piece of work can be used at `now`. One from the future says that a clock is wrong.
pub(super) fn is_usable(piece: &Piece, now: Timestamp) -> bool {
    let age = now.seconds() - piece.kept_at.seconds();
    (-CLOCK_SLACK..=OLDEST).contains(&age)
}

/// A journal that is kept in a file.
pub(super) struct JournalFile {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    // Before the file, which must stay locked until all of it is on disk.
    syncer: Option<Syncer>,
    /// Gone when the sync has ended, after which nothing is kept.
    file: Option<Locked>,
    header: Header,
    /// Where the next line goes.
    end: u64,
    owner: Owner,
    recallable: Pieces,
    holds_work: bool,
    has_warned: bool,
}

/// Who kept what is in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Nobody, or somebody in a sync that this run does not continue.
    Other,
    /// An earlier run of this sync.
    EarlierRun,
    /// This run, and maybe an earlier one of this sync.
    ThisRun,
}

impl JournalFile {
    /// Makes the journal of a sync. `left` is what the file says, up to where: it stays if it is of the same sync, and
    /// makes room when the first piece is kept otherwise.
    pub(super) fn new(
        file: Locked,
        header: Header,
        left: Option<(Header, u64)>,
        recallable: Pieces,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let continued = left.filter(|(left, _)| left.is_same_sync(&header));
        let state = State {
            syncer: None,
            file: Some(file),
            header,
            end: continued.as_ref().map_or(0, |(_, end)| *end),
            owner: if continued.is_some() {
                Owner::EarlierRun
            } else {
                Owner::Other
            },
            holds_work: !recallable.is_empty(),
            recallable,
            has_warned: false,
        };
        Self {
            clock,
            state: Mutex::new(state),
        }
    }

    /// Ends the keeping and hands the file back, all of it on disk; `None` if that happened before.
    pub(super) fn close(&self) -> Option<Locked> {
        let mut state = self.lock();
        state.syncer = None;
        state.recallable.clear();
        state.file.take()
    }

    /// The same, when there is nothing left for a later run.
    pub(super) fn give_up(&self) -> Option<Locked> {
        let file = self.close();
        self.lock().holds_work = false;
        file
    }

    /// Tells whether the file is of this sync.
    pub(super) fn is_ours(&self) -> bool {
        self.lock().owner != Owner::Other
    }

    /// Which sync it is of.
    pub(super) fn header(&self) -> Header {
        self.lock().header.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for JournalFile {
    fn recall(&self, key: &str) -> Option<Piece> {
        let piece = self.lock().recallable.remove(key);
        piece.filter(|it| is_usable(it, self.clock.now()))
    }

    fn keep(&self, key: &str, value: &str) {
        let piece = Piece {
            value: value.to_owned(),
            kept_at: self.clock.now(),
        };
        self.lock().keep(key, &piece);
    }

    fn holds_work(&self) -> bool {
        self.lock().holds_work
    }
}

impl State {
    /// Keeps a piece. A sync is worth more than its journal, so one that cannot be kept is no error.
    fn keep(&mut self, key: &str, piece: &Piece) {
        let Some(file) = &mut self.file else { return };
        let path = file.path.clone();
        match self.append(key, piece) {
            Ok(()) => self.holds_work = true,
            Err(error) if !self.has_warned => {
                self.has_warned = true;
                tracing::warn!(path = %path.display(), %error, "cannot keep what was read; if the sync is interrupted it is read again");
            }
            Err(_) => {}
        }
    }

    fn append(&mut self, key: &str, piece: &Piece) -> io::Result<()> {
        let Some(Locked { path, file }) = &mut self.file else {
            return Ok(());
        };
        let mut text = lines::piece_line(key, piece)?;
        if self.owner != Owner::ThisRun {
            // What does not count goes: a torn line, or the journal of another sync.
            file.set_len(self.end)?;
            text.insert_str(0, &self.header.line()?);
        }
        let syncer = match self.syncer.take() {
            Some(syncer) => syncer,
            None => start_syncer(file.try_clone()?, path)?,
        };
        let written = file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| file.write_all(text.as_bytes()));
        if written.is_ok() {
            self.end += text.len() as u64;
            self.owner = Owner::ThisRun;
            syncer.changed();
        } else {
            // Nobody reads beyond a line that is not whole, so what follows has to take its place.
            let _ = file.set_len(self.end);
        }
        self.syncer = Some(syncer);
        written
    }
}

/// Syncs the file in the background, and the first time also its name.
fn start_syncer(file: File, path: &Path) -> io::Result<Syncer> {
    let path = path.to_owned();
    let (mut has_name, mut has_warned) = (false, false);
    Syncer::start(LONGEST_UNSYNCED, move || {
        if let Err(error) = file.sync_data()
            && !std::mem::replace(&mut has_warned, true)
        {
            tracing::warn!(path = %path.display(), %error, "what is kept may not outlast a power failure");
        }
        if !std::mem::replace(&mut has_name, true) {
            directory::sync(directory::parent(&path));
        }
    })
}

#[cfg(test)]
mod tests {
    use baton_model::FixedClock;

    use super::super::lines::tests::{header, piece, time};
    use super::super::lines::{Contents, piece_line};
    use super::*;

    const HOUR: i64 = 3600;

    /// A folder with a journal that says `text`.
    fn folder(text: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sync.c1z.journal"), text).unwrap();
        folder
    }

    fn contents(folder: &tempfile::TempDir) -> Option<Contents> {
        let bytes = std::fs::read(folder.path().join("sync.c1z.journal")).unwrap();
        Contents::parse(&bytes)
    }

    /// Opens the journal in a folder at some time.
    fn open(
        folder: &tempfile::TempDir,
        header: Header,
        recallable: Pieces,
        at: i64,
    ) -> JournalFile {
        let mut file = Locked::open(&folder.path().join("sync.c1z"))
            .unwrap()
            .unwrap();
        let left = file.contents().unwrap();
        let left = left.map(|it| (it.header, it.end));
        let clock = Arc::new(FixedClock(time(at)));
        JournalFile::new(file, header, left, recallable, clock)
    }

    fn pieces(of: &[(&str, Piece)]) -> Pieces {
        of.iter()
            .map(|(key, piece)| ((*key).to_owned(), piece.clone()))
            .collect()
    }

    /// However much of an earlier run's text reached the disk, what follows is read, and so is what was whole.
    #[test]
    fn a_torn_line_makes_room() {
        let text = [
            header(1).line().unwrap(),
            piece_line("a", &piece("1", 1)).unwrap(),
            piece_line("b", &piece("\u{e9}", 2)).unwrap(),
        ]
        .concat();
        for length in 0..=text.len() {
            let before = &text.as_bytes()[..length];
            let folder = folder(before);
            let whole = Contents::parse(before);
            let journal = open(&folder, header(2), Pieces::new(), 9);
            journal.keep("c", "3");
            journal.keep("d", "4");
            drop(journal);
            let mut expected = whole.map(|it| it.pieces).unwrap_or_default();
            expected.extend(pieces(&[("c", piece("3", 9)), ("d", piece("4", 9))]));
            let found = contents(&folder).unwrap();
            assert_eq!(
                (found.header, found.pieces),
                (header(2), expected),
                "{length}"
            );
            let end = std::fs::metadata(folder.path().join("sync.c1z.journal"))
                .unwrap()
                .len();
            assert_eq!(found.end, end, "{length}");
        }
    }

    #[test]
    fn the_journal_of_another_sync_makes_room_for_the_first_piece() {
        let text = [
            header(1).line().unwrap(),
            piece_line("a", &piece("1", 1)).unwrap(),
        ]
        .concat();
        let mut other_subject = header(2);
        other_subject.subject.push('y');
        let mut other_sync = header(2);
        other_sync.sync_id = baton_model::SyncId::new(time(5), [8; 16]);
        for other in [other_subject, other_sync] {
            let folder = folder(text.as_bytes());
            let journal = open(&folder, other.clone(), Pieces::new(), 9);
            assert!(!journal.is_ours());
            assert_eq!(contents(&folder).unwrap().header, header(1));
            journal.keep("b", "2");
            assert!(journal.is_ours());
            drop(journal);
            let found = contents(&folder).unwrap();
            assert_eq!(found.header, other);
            assert_eq!(found.pieces, pieces(&[("b", piece("2", 9))]));
        }
    }

    #[test]
    fn a_piece_is_handed_out_once_and_stays_in_the_journal() {
        let text = [
            header(1).line().unwrap(),
            piece_line("a", &piece("1", 1)).unwrap(),
        ]
        .concat();
        let folder = folder(text.as_bytes());
        let recallable = pieces(&[("a", piece("1", 1))]);
        let journal = open(&folder, header(1), recallable, 9);
        assert!(journal.holds_work());
        assert_eq!(journal.recall("a"), Some(piece("1", 1)));
        assert_eq!(journal.recall("a"), None);
        journal.keep("b", "2");
        assert_eq!(journal.recall("b"), None, "kept by this run");
        assert_eq!(contents(&folder).unwrap().pieces.len(), 2);
    }

    #[test]
    fn pieces_are_of_use_for_a_day() {
        for (now, expected) in [
            (0, true),
            (24 * HOUR, true),
            (24 * HOUR + 1, false),
            (-60, true),
            (-61, false),
        ] {
            assert_eq!(is_usable(&piece("1", 0), time(now)), expected, "{now}");
            let folder = folder(b"");
            let recallable = pieces(&[("a", piece("1", 0))]);
            let journal = open(&folder, header(1), recallable, now);
            assert_eq!(journal.recall("a").is_some(), expected, "{now}");
        }
    }

    #[test]
    fn a_journal_that_was_closed_keeps_nothing() {
        let folder = folder(b"");
        let journal = open(&folder, header(1), Pieces::new(), 9);
        assert!(!journal.holds_work());
        journal.keep("a", "1");
        assert!(journal.holds_work());
        let file = journal.close().unwrap();
        journal.keep("b", "2");
        assert_eq!(contents(&folder).unwrap().pieces.len(), 1);
        assert!(journal.holds_work() && journal.close().is_none());
        drop(file);
        assert!(
            Locked::open(&folder.path().join("sync.c1z")).is_ok(),
            "no lock is left"
        );
        journal.give_up();
        assert!(!journal.holds_work());
    }

    #[test]
    fn what_could_not_be_kept_is_not_held() {
        let folder = folder(b"");
        let path = folder.path().join("sync.c1z.journal");
        let file = Locked {
            file: File::open(&path).unwrap(),
            path,
        };
        let clock = Arc::new(FixedClock(time(0)));
        let journal = JournalFile::new(file, header(1), None, Pieces::new(), clock);
        journal.keep("a", "1");
        assert!(!journal.holds_work() && !journal.is_ours());
    }
}
