//! What can go wrong.

use std::io;
use std::path::{Path, PathBuf};

/// What another library says. Which one it is may change, so its types are not part of the interface.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A file could not be read or written, or a record was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory concerned.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The path cannot be written to, whatever it holds.
    #[error("cannot write to {}: {reason}", path.display())]
    Target {
        /// The path.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// The file begins with something else.
    #[error("{} is not a c1z file", path.display())]
    NotC1z {
        /// The file.
        path: PathBuf,
    },
    /// The file is in the newer format, which keeps a Pebble database (`c1z.md` section 1.5).
    #[error("{} is a c1z file of the newer Pebble format, which is not supported", path.display())]
    Pebble {
        /// The file.
        path: PathBuf,
    },
    /// The container is broken.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file asks for more than [`Limits`](crate::Limits) allow.
    #[error("{} is too large: {what} exceeds the limit of {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What exceeds the limit.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The database refused.
    #[error("cannot {action} in the database of {}", path.display())]
    Database {
        /// The file that holds the database.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What SQLite says.
        source: Cause,
    },
    /// A stored message cannot be decoded.
    #[error("row {id} of {table} in {} holds no valid message", path.display())]
    Message {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The row.
        id: i64,
        /// What is wrong with it.
        source: Cause,
    },
    /// A stored message can be decoded but says nothing that can be used.
    #[error("row {id} of {table} in {} {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The row.
        id: i64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The file holds no such sync.
    #[error("{} holds no {}", path.display(), sync_id.as_deref().map_or_else(|| "finished sync".to_owned(), |it| format!("sync {it}")))]
    NoSync {
        /// The file.
        path: PathBuf,
        /// What was asked for; `None` for the newest finished one.
        sync_id: Option<String>,
    },
    /// The sync was interrupted, so that a part of it is missing.
    #[error("sync {sync_id} in {} is not finished", path.display())]
    NotFinished {
        /// The file.
        path: PathBuf,
        /// The sync.
        sync_id: String,
    },
    /// Two records have the same identifier.
    #[error("{what} {id} was already written")]
    Duplicate {
        /// The kind of record.
        what: &'static str,
        /// The identifier.
        id: String,
    },
    /// A record refers to something that was not written before it.
    #[error("{what} {id} needs {missing}, which was not written")]
    Dangling {
        /// The kind of record.
        what: &'static str,
        /// Its identifier.
        id: String,
        /// What it refers to.
        missing: String,
    },
    /// A part of an identifier is empty or too long.
    #[error("{what} {id:?} is not 1 to 1024 bytes long")]
    IdLength {
        /// The kind of identifier.
        what: &'static str,
        /// Its beginning.
        id: String,
    },
    /// A record is longer than readers take.
    #[error("{what} {id} has more than 16 MiB")]
    RecordLength {
        /// The kind of record.
        what: &'static str,
        /// Its identifier.
        id: String,
    },
    /// No random bytes for the identifier of the sync.
    #[error("the system gives no random bytes")]
    Random(#[source] Cause),
    /// The sync cannot be finished because a write failed before.
    #[error("an earlier write failed")]
    Failed,
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The path cannot be written to.
    Target,
    /// The file is something else, or of a format that is not supported.
    Format,
    /// The file is damaged.
    Damaged,
    /// The file is beyond the limits.
    TooLarge,
    /// The file holds no such sync, or not the whole of it.
    Missing,
    /// The records contradict each other: an error of the caller.
    Record,
    /// The system or the database failed, which may pass.
    System,
}

impl Error {
    /// Tells what kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Target { .. } => ErrorKind::Target,
            Self::NotC1z { .. } | Self::Pebble { .. } => ErrorKind::Format,
            Self::Damaged { .. } | Self::Message { .. } | Self::Content { .. } => {
                ErrorKind::Damaged
            }
            Self::NoSync { .. } | Self::NotFinished { .. } => ErrorKind::Missing,
            Self::Database { source, .. } if is_damage(source.as_ref()) => ErrorKind::Damaged,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Duplicate { .. }
            | Self::Dangling { .. }
            | Self::IdLength { .. }
            | Self::RecordLength { .. } => ErrorKind::Record,
            Self::Io { .. } | Self::Database { .. } | Self::Random(_) | Self::Failed => {
                ErrorKind::System
            }
        }
    }

    /// Suggests what to do, if there is something the user can do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Pebble { .. } => Some(
                "choose another file; a connector writes the older format with --storage-engine sqlite",
            ),
            Self::RecordLength { .. } => {
                Some("look it up in the source system: no name or description should be that long")
            }
            Self::IdLength { .. } => {
                Some("look it up in the source system: identifiers have to be shorter")
            }
            Self::Duplicate { .. } | Self::Dangling { .. } => Some(
                "this should not happen, whatever the source system says: report it, with the log at the debug level",
            ),
            _ => match self.kind() {
                ErrorKind::Target => {
                    Some("choose a file in an existing directory that you may write to")
                }
                ErrorKind::Format => Some("the file was left as it is; choose another one"),
                ErrorKind::Damaged => {
                    Some("the file was left as it is; move it away to start a new one")
                }
                ErrorKind::Missing => Some("choose a finished sync of the file, or sync once more"),
                ErrorKind::TooLarge => Some("raise the limit only if you trust the file"),
                ErrorKind::Record => None,
                ErrorKind::System => Some(
                    "check free space and permissions of the file and of the temporary directory",
                ),
            },
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn database(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Database {
            path,
            action,
            source: Box::new(source),
        }
    }
}

/// Tells errors that lie in the file from those that lie in the machine.
fn is_damage(error: &(dyn std::error::Error + 'static)) -> bool {
    use rusqlite::ErrorCode::{
        CannotOpen, DiskFull, OutOfMemory, PermissionDenied, ReadOnly, SystemIoFailure,
    };
    let error = error.downcast_ref::<rusqlite::Error>();
    !matches!(
        error.and_then(rusqlite::Error::sqlite_error_code),
        Some(CannotOpen | DiskFull | OutOfMemory | PermissionDenied | ReadOnly | SystemIoFailure)
    )
}
