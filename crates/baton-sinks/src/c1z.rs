//! The file that Baton reads.
//!
//! While a sync goes on, its journal keeps what it has read in a file of its own beside the c1z file. When it is
//! interrupted, that moves into the c1z file, as an unfinished sync. A later run continues whichever there is.

mod journal;
mod kept;
mod lines;
mod lock;
mod mark;
mod syncer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_c1z::{Options, Previous, Store, SyncKind, SyncWriter, Unfinished};
use baton_model::{Clock, Record, Summary, SyncId, Timestamp};

use self::journal::{JournalFile, is_usable};
use self::kept::Connector;
use self::lines::{Contents, Header, Pieces};
use self::lock::Locked;
use crate::{Error, Journal, NoJournal, Sink};

/// Adds a finished sync to a c1z file, or keeps what an interrupted full one has read (`c1z.md` section 3.3).
pub struct C1z {
    writer: SyncWriter,
    work: Work,
    recalled: Option<Recalled>,
}

/// What is kept of the sync, and where.
struct Work {
    place: Place,
    /// `None` where files cannot be locked.
    journal: Option<Arc<JournalFile>>,
    /// The lock of a sync that keeps nothing, for as long as it goes on.
    _idle: Option<Locked>,
    /// Whose work is kept; `None` if nothing is.
    resume: Option<Resume>,
    /// Whether the file holds an interrupted sync of the same subject.
    is_in_file: bool,
}

/// Whether, and of what, an interrupted sync is continued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The name of the connector, which has to stay: what the file keeps is called so. Interrupted syncs that the file holds of
    /// other connectors are left alone. (The journal beside it, of a run that was killed, tells subjects apart only.)
    pub connector: &'static str,
    /// What is synced, such as the address of a workspace and the account: work for anything else is not used.
    pub subject: String,
    /// Whether an interrupted sync is continued; otherwise a new one starts, and is kept if it is interrupted.
    pub allowed: bool,
}

/// The work of an interrupted sync that can be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recalled {
    /// How many pieces it has.
    pub pieces: usize,
    /// When the oldest of them was kept.
    pub oldest: Timestamp,
}

/// The file, and how to open it once more.
struct Place {
    path: PathBuf,
    options: Options,
    clock: Arc<dyn Clock>,
}

/// A sync to continue.
struct Interrupted {
    sync_id: SyncId,
    started_at: Timestamp,
    pieces: Pieces,
}

impl Resume {
    fn connector(&self) -> Connector {
        Connector(self.connector)
    }
}

impl C1z {
    /// Starts a sync in a working copy of `path`, or continues an interrupted one. The file itself is replaced when the
    /// sync is finished, or interrupted after it kept something. A full sync that is finished takes all interrupted ones of
    /// the connector with it. Without `resume` nothing is kept or continued, and interrupted syncs that the
    /// file holds stay.
    ///
    /// # Errors
    /// The file is no c1z file of the SQLite format, cannot be replaced, or another process works on it.
    pub fn open(
        path: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
        resume: Option<&Resume>,
    ) -> Result<Self, Error> {
        // Behind links, so that two runs meet at the same journal.
        let path = &Store::place_of(path);
        let place = Place {
            path: path.clone(),
            options,
            clock,
        };
        Store::check(path)?;
        // Before the file is read: what another process is about to save must not be overwritten.
        let mut locked = Locked::open(path)?;
        let left = match &mut locked {
            Some(locked) => {
                remove_leftovers(path);
                locked.contents()?
            }
            None => None,
        };
        // A sync of a part keeps nothing, and what an interrupted full one has kept stays for the next full one.
        let is_full = place.options.kind == SyncKind::Full;
        let ours = resume.map(Resume::connector).filter(|_| is_full);
        let resume = resume.filter(|_| locked.is_some() && is_full);
        let store = place.store()?;
        let in_file = match resume {
            Some(it) => store.unfinished(&it.connector().subject(), it.subject.as_bytes())?,
            None => None,
        };
        let is_in_file = in_file.is_some();
        let journal_ends = left.as_ref().map(|it| (it.header.clone(), it.end));
        let found = match resume.filter(|it| it.allowed) {
            Some(it) => find(&store, in_file, left, it)?,
            None => None,
        };
        // They go when this sync is finished; until then they are in the file.
        if let Some(ours) = ours {
            store.forget(&ours.subject(), None)?;
        }
        let (writer, mut pieces) = match found {
            Some(it) => (store.resume_sync(it.sync_id, it.started_at)?, it.pieces),
            None => (store.start_sync()?, Pieces::new()),
        };
        let now = place.clock.now();
        pieces.retain(|_, piece| is_usable(piece, now));
        let resume = resume.cloned();
        let header = Header {
            sync_id: writer.sync_id(),
            started_at: writer.started_at(),
            subject: resume
                .as_ref()
                .map(|it| it.subject.clone())
                .unwrap_or_default(),
            pid: std::process::id(),
        };
        let recalled = Recalled::of(&pieces);
        let clock = Arc::clone(&place.clock);
        let (journal, idle) = if is_full {
            (locked, None)
        } else {
            (None, locked)
        };
        let journal = journal.map(|it| JournalFile::new(it, header, journal_ends, pieces, clock));
        let work = Work {
            place,
            journal: journal.map(Arc::new),
            _idle: idle,
            resume,
            is_in_file,
        };
        Ok(Self {
            writer,
            work,
            recalled,
        })
    }

    /// Returns where the journal of the file at `path` is while a sync goes on: nothing else can be written there.
    pub fn journal_path(path: &Path) -> PathBuf {
        lock::journal_path(&Store::place_of(path))
    }

    /// Returns the identifier of the sync; one that continues another has the identifier of that.
    pub fn sync_id(&self) -> SyncId {
        self.writer.sync_id()
    }

    /// Tells what an interrupted sync left for this one; `None` if it left nothing.
    pub fn recalled(&self) -> Option<Recalled> {
        self.recalled
    }

    /// Returns the finished full sync to compare this one with before it is finished, of those that the file already holds: see
    /// [`Previous`]. `None` if there is none.
    ///
    /// # Errors
    /// The database is damaged.
    pub fn previous(&self) -> Result<Option<Previous>, Error> {
        Ok(self.writer.previous()?)
    }
}

impl Recalled {
    fn of(pieces: &Pieces) -> Option<Self> {
        let oldest = pieces.values().map(|it| it.kept_at).min()?;
        Some(Self {
            pieces: pieces.len(),
            oldest,
        })
    }
}

fn remove_leftovers(path: &Path) {
    if let Err(error) = Store::remove_leftovers(path) {
        tracing::warn!(path = %path.display(), %error, "cannot remove what an interrupted save left");
    }
}

/// Finds the sync to continue. When file and journal hold the same, what the journal says of it is newer; when they hold
/// different ones, the one that began last counts.
fn find(
    store: &Store,
    in_file: Option<Unfinished>,
    left: Option<Contents>,
    resume: &Resume,
) -> Result<Option<Interrupted>, Error> {
    let in_file = in_file.map(|it| Interrupted {
        sync_id: it.sync_id,
        started_at: it.started_at,
        pieces: kept::pieces(resume.connector(), &it),
    });
    let in_journal = match left {
        Some(Contents { header, pieces, .. })
            if header.subject == resume.subject
                && store.can_continue(header.sync_id, header.started_at)? =>
        {
            Some(Interrupted {
                sync_id: header.sync_id,
                started_at: header.started_at,
                pieces,
            })
        }
        _ => None,
    };
    Ok(match (in_file, in_journal) {
        (Some(mut it), Some(journal)) if it.sync_id == journal.sync_id => {
            it.pieces.extend(journal.pieces);
            Some(it)
        }
        (file, journal) => [file, journal]
            .into_iter()
            .flatten()
            .max_by_key(|it| (it.started_at, it.sync_id)),
    })
}

impl Place {
    fn store(&self) -> Result<Store, Error> {
        let (options, clock) = (self.options.clone(), Arc::clone(&self.clock));
        Ok(Store::open(&self.path, options, clock)?)
    }

    /// Moves what the journal says into the file, over what that holds of the same sync. Returns how many pieces it then
    /// holds; with none it stays as it was, and so does the journal.
    fn keep(
        &self,
        journal: &mut Locked,
        header: &Header,
        connector: Connector,
    ) -> Result<usize, Error> {
        let (key, subject) = (connector.subject(), header.subject.as_bytes());
        let store = self.store()?;
        let in_file = store.unfinished(&key, subject)?;
        let mut pieces = in_file
            .filter(|it| it.sync_id == header.sync_id)
            .map(|it| kept::pieces(connector, &it))
            .unwrap_or_default();
        let left = journal.contents()?;
        pieces.extend(left.into_iter().flat_map(|it| it.pieces));
        let now = self.clock.now();
        pieces.retain(|_, piece| is_usable(piece, now));
        if pieces.is_empty() {
            return Ok(0);
        }
        store.forget(&key, Some(subject))?;
        store.keep(&kept::unfinished(connector, header, &pieces).map_err(Error::encode)?)?;
        store.save()?;
        empty(journal);
        Ok(pieces.len())
    }

    /// Removes what the file holds of interrupted syncs of the same subject.
    fn forget(&self, resume: &Resume) -> Result<(), Error> {
        let store = self.store()?;
        let (key, subject) = (resume.connector().subject(), resume.subject.as_bytes());
        store.forget(&key, Some(subject))?;
        Ok(store.save()?)
    }
}

/// Empties the journal, whose name then goes with it.
fn empty(journal: &Locked) {
    if let Err(error) = journal.empty() {
        tracing::warn!(path = %journal.path.display(), %error, "cannot empty the journal");
    }
}

/// Tells whether the journal may hold work for `subject`.
fn is_of(journal: &mut Locked, subject: &str) -> bool {
    match journal.contents() {
        Ok(contents) => contents.is_some_and(|it| it.header.subject == subject),
        Err(_) => true,
    }
}

impl Work {
    /// Removes everything that is kept of the subject, because it is in doubt.
    fn forget(self) {
        let Some(mut journal) = self.journal.and_then(|it| it.give_up()) else {
            return;
        };
        let Some(resume) = self.resume else { return };
        // First of all, so that being killed from here on does not bring back what this run has read.
        if is_of(&mut journal, &resume.subject) {
            empty(&journal);
        }
        if !self.is_in_file {
            return;
        }
        if let Err(error) = self.place.forget(&resume) {
            tracing::warn!(path = %self.place.path.display(), %error, "cannot remove an interrupted sync from the file; start over with the next one");
        }
    }
}

impl Sink for C1z {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        Ok(self.writer.put(record)?)
    }

    fn restart(&mut self) -> Result<(), Error> {
        Ok(self.writer.restart()?)
    }

    fn finish(self: Box<Self>, _summary: &Summary) -> Result<(), Error> {
        let Self { writer, work, .. } = *self;
        if let Err(error) = writer.finish().map_err(Error::from) {
            if error.is_interruption() {
                // What is kept stays where it is. The lock goes with the sink, whoever still has the journal.
                drop(work.journal.and_then(|it| it.close()));
            } else {
                work.forget();
            }
            return Err(error);
        }
        // From here on the file holds the sync as a finished one, and the journal of such a one counts for nothing.
        if let Some(journal) = work.journal.and_then(|it| it.give_up()) {
            empty(&journal);
        }
        Ok(())
    }

    fn abort(self: Box<Self>) {
        let Self { writer, work, .. } = *self;
        // Two working copies at once would only take space.
        drop(writer);
        work.forget();
    }

    fn suspend(self: Box<Self>) {
        let Self { writer, work, .. } = *self;
        drop(writer);
        let Work {
            place,
            journal,
            resume,
            ..
        } = work;
        let (Some(journal), Some(resume)) = (journal, resume) else {
            return;
        };
        let (header, is_ours) = (journal.header(), journal.is_ours());
        let Some(mut file) = journal.close().filter(|_| is_ours) else {
            // Whatever can be recalled is in the file already.
            return;
        };
        let path = place.path.display();
        match place.keep(&mut file, &header, resume.connector()) {
            Ok(pieces) => tracing::debug!(%path, pieces, "kept an interrupted sync"),
            Err(error) => {
                tracing::warn!(%path, %error, "cannot keep an interrupted sync in the file; it stays in the journal");
            }
        }
    }

    fn journal(&self) -> Arc<dyn Journal> {
        match (&self.work.journal, &self.work.resume) {
            (Some(journal), Some(_)) => Arc::clone(journal) as Arc<dyn Journal>,
            _ => Arc::new(NoJournal),
        }
    }
}
