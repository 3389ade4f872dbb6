//! The journal as a file: found beside the c1z file, locked while it is open, and gone when it is empty.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::lines::Contents;
use super::mark;
use crate::Error;

/// More bytes than the first line of a journal ever has.
const LONGEST_HEADER: u64 = 64 << 10;

/// A journal that no other process works on as long as this one has it.
///
/// Opening it changes nothing of what it says. Until something is kept, its last line is a mark of the process that has it, for
/// others to tell of; it is no line of a journal, so it ends nothing and makes room for the first piece.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

/// What became of an attempt to lock a file.
enum Attempt {
    Locked(File),
    Busy(File),
    /// The file system knows no locks.
    Impossible(io::Error),
}

type TryLock = fn(&File) -> Result<(), TryLockError>;

impl Locked {
    /// Opens the journal beside `target` and locks it; `None` where files cannot be locked, which is logged.
    ///
    /// # Errors
    /// Another process has the lock, the journal cannot be opened, or something else has its name.
    pub(super) fn open(target: &Path) -> Result<Option<Self>, Error> {
        Self::open_with(target, File::try_lock)
    }

    fn open_with(target: &Path, try_lock: TryLock) -> Result<Option<Self>, Error> {
        let path = journal_path(target);
        match attempt(&path, try_lock).map_err(Error::io(&path))? {
            Attempt::Locked(mut file) => {
                let is_ours = check_content(&mut file).map_err(Error::io(&path))?;
                if let Some(error) = is_ours.then(|| mark::set(&mut file).err()).flatten() {
                    tracing::debug!(path = %path.display(), %error, "others cannot be told which process has the journal");
                }
                Ok(Some(Self { path, file }))
            }
            Attempt::Busy(mut file) => Err(Error::Busy {
                path: target.to_owned(),
                pid: mark::owner(&mut file).unwrap_or_default(),
            }),
            Attempt::Impossible(error) => {
                tracing::warn!(path = %path.display(), %error, "the file system cannot lock files; nothing is kept of an interrupted sync");
                Ok(None)
            }
        }
    }

    /// Reads what the journal says; `None` if it says nothing.
    pub(super) fn contents(&mut self) -> Result<Option<Contents>, Error> {
        Contents::read(&mut self.file).map_err(Error::io(&self.path))
    }

    /// Empties the journal, durably.
    pub(super) fn empty(&self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.sync_data()
    }

    /// Removes the name if the file is empty: then it has nothing to tell.
    fn remove_if_empty(&mut self) -> io::Result<()> {
        mark::remove(&mut self.file)?;
        if self.file.metadata()?.len() == 0 && is_at(&self.path, &self.file)? {
            std::fs::remove_file(&self.path)?;
        }
        Ok(())
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        if let Err(error) = self.remove_if_empty() {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the journal");
        }
    }
}

pub(super) fn journal_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".journal");
    target.with_file_name(name)
}

fn attempt(path: &Path, try_lock: TryLock) -> io::Result<Attempt> {
    loop {
        let (file, is_new) = open(path)?;
        match try_lock(&file) {
            // The process that had the lock may have removed the file between the two.
            Ok(()) if !is_at(path, &file)? => {}
            Ok(()) => return Ok(Attempt::Locked(file)),
            Err(TryLockError::WouldBlock) => return Ok(Attempt::Busy(file)),
            // Whatever the reason: without a lock nothing of the journal may be believed or changed.
            Err(TryLockError::Error(error)) => {
                if is_new {
                    std::fs::remove_file(path)?;
                }
                return Ok(Attempt::Impossible(error));
            }
        }
    }
}

/// Opens the file, and tells whether it was made by that. Only its owner can read it: it holds personal data.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        match options.clone().create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (file, true)),
        }
        match options.open(path) {
            // There, and leads nowhere: it could be made and opened for ever.
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
                return Err(is_link());
            }
            // Gone since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => return result.map(|file| (file, false)),
        }
    }
}

fn is_link() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is a symbolic link")
}

/// Refuses a file whose first line is no journal's, because it is whole or too long: it is somebody's, and not to be
/// overwritten. Tells whether it is known to be ours: a journal, or nothing.
fn check_content(file: &mut File) -> io::Result<bool> {
    let mut line = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    BufReader::new(file.take(LONGEST_HEADER)).read_until(b'\n', &mut line)?;
    let is_known = || Contents::parse(&line).is_some() || mark::parse(&line).is_some();
    match line.ends_with(b"\n") {
        false if (line.len() as u64) < LONGEST_HEADER => Ok(line.is_empty()),
        true if is_known() => Ok(true),
        _ => {
            let problem = "it is no journal of a sync; move it away";
            Err(io::Error::new(io::ErrorKind::InvalidData, problem))
        }
    }
}

/// Tells whether the open file is the one that has the name. A link could lead anywhere, so it is refused.
#[cfg(unix)]
fn is_at(path: &Path, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let opened = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(named) if named.is_symlink() => Err(is_link()),
        Ok(named) => Ok((named.dev(), named.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Elsewhere the name of an open file stays.
#[cfg(not(unix))]
fn is_at(path: &Path, _: &File) -> io::Result<bool> {
    path.try_exists()
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::header;
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (target, journal) = (
            folder.path().join("sync.c1z"),
            folder.path().join("sync.c1z.journal"),
        );
        (folder, target, journal)
    }

    #[test]
    fn opening_and_closing_changes_nothing() {
        let whole = header(1).line().unwrap();
        for content in [&whole, &format!("{whole}{{\"key"), "rubbish", "\0"] {
            let (_folder, target, journal) = folder();
            std::fs::write(&journal, content).unwrap();
            let said = Contents::parse(content.as_bytes());
            let mut locked = Locked::open(&target).unwrap().unwrap();
            assert_eq!(locked.contents().unwrap(), said);
            drop(locked);
            assert_eq!(std::fs::read_to_string(&journal).unwrap(), content);
        }
    }

    #[test]
    fn an_empty_journal_goes() {
        let (_folder, target, journal) = folder();
        let locked = Locked::open(&target).unwrap().unwrap();
        assert!(journal.exists());
        drop(locked);
        assert!(!journal.exists());
        std::fs::write(&journal, "something").unwrap();
        Locked::open(&target).unwrap().unwrap().empty().unwrap();
        assert!(!journal.exists());
    }

    #[test]
    fn two_at_a_time_are_refused_with_the_process_that_has_it_now() {
        let me = std::process::id();
        let earlier = header(me + 1).line().unwrap();
        let killed = format!("{{\"pid\":{}}}\n", me + 2);
        let torn = format!("{earlier}{{\"key");
        for (content, left) in [
            (String::new(), ""),
            (killed.clone(), ""),
            (earlier.clone(), earlier.as_str()),
            (torn.clone(), &torn),
            (format!("{earlier}{killed}"), &earlier),
            (format!("{torn}~\n{killed}"), &torn),
        ] {
            let (_folder, target, journal) = folder();
            std::fs::write(&journal, &content).unwrap();
            let first = Locked::open(&target).unwrap();
            let Err(Error::Busy { path, pid }) = Locked::open(&target) else {
                panic!("a second one may not have it");
            };
            assert_eq!((path, pid), (target, Some(me)), "{content}");
            drop(first);
            let found = std::fs::read_to_string(&journal).unwrap_or_default();
            assert_eq!(found, left, "{content}");
        }
    }

    /// What a file system answers that has no locks: ENOLCK, ENOSYS, EOPNOTSUPP as Linux numbers them.
    #[test]
    fn without_locks_nothing_is_read_or_left() {
        let attempts: [TryLock; 4] = [
            |_| Err(TryLockError::Error(io::Error::from_raw_os_error(37))),
            |_| Err(TryLockError::Error(io::Error::from_raw_os_error(38))),
            |_| Err(TryLockError::Error(io::Error::from_raw_os_error(95))),
            |_| Err(TryLockError::Error(io::ErrorKind::Unsupported.into())),
        ];
        for attempt in attempts {
            let (_folder, target, journal) = folder();
            assert!(Locked::open_with(&target, attempt).unwrap().is_none());
            assert!(!journal.exists());
            std::fs::write(&journal, "another's").unwrap();
            assert!(Locked::open_with(&target, attempt).unwrap().is_none());
            assert_eq!(std::fs::read_to_string(&journal).unwrap(), "another's");
        }
    }

    /// A process may get the lock on a file that has just lost its name.
    #[cfg(unix)]
    #[test]
    fn the_file_of_another_process_is_not_taken_for_this_one() {
        let (_folder, target, journal) = folder();
        let locked = Locked::open(&target).unwrap().unwrap();
        assert!(is_at(&journal, &locked.file).unwrap());
        std::fs::remove_file(&journal).unwrap();
        assert!(!is_at(&journal, &locked.file).unwrap());
        std::fs::write(&journal, "").unwrap();
        assert!(!is_at(&journal, &locked.file).unwrap());
        // Another's by now.
        drop(locked);
        assert!(journal.exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, target, journal) = folder();
        let _locked = Locked::open(&target).unwrap();
        let mode = std::fs::metadata(&journal).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
