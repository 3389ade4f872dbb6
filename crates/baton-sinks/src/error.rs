//! What can go wrong while writing.

use std::path::{Path, PathBuf};

/// An output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file concerned.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process works on the same output.
    #[error("another process is writing {}{}", path.display(), pid.map_or_else(String::new, |pid| format!(" (process {pid})")))]
    Busy {
        /// The output.
        path: PathBuf,
        /// The process that works on it, where that can be told.
        pid: Option<u32>,
    },
    /// A directory holds something that is not ours to replace.
    #[error("{} holds {found:?}, which is no table of a sync", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Something in it.
        found: String,
    },
    /// A file system is mounted at the directory, so that no other can take its place.
    #[error("a file system is mounted at {}", path.display())]
    Mounted {
        /// The directory.
        path: PathBuf,
    },
    /// The first of several outputs is there, another is not.
    #[error("the sync is finished, but not every output of it")]
    Partly(#[source] Box<Error>),
    /// A record could not be put into words.
    #[error("cannot encode a record")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The c1z file refused a record or could not be saved.
    #[cfg(feature = "c1z")]
    #[error(transparent)]
    C1z(#[from] baton_c1z::Error),
}

impl Error {
    /// Tells whether the sink was only kept from writing, which may pass; anything else is about the records.
    pub fn is_interruption(&self) -> bool {
        match self {
            Self::Io { .. }
            | Self::Busy { .. }
            | Self::Foreign { .. }
            | Self::Mounted { .. }
            | Self::Partly(_) => true,
            Self::Encode(_) => false,
            #[cfg(feature = "c1z")]
            Self::C1z(error) => error.kind() != baton_c1z::ErrorKind::Record,
        }
    }

    /// Suggests what to do, if there is something the user can do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Busy { .. } => Some("wait until it is done, or choose another file"),
            Self::Foreign { .. } => Some("choose a new or an empty directory"),
            Self::Mounted { .. } => Some("choose a directory in it, which can be replaced"),
            Self::Partly(_) => {
                Some("the c1z file holds the whole sync: export what is missing from it")
            }
            #[cfg(feature = "c1z")]
            Self::C1z(error) => error.hint(),
            Self::Io { .. } | Self::Encode(_) => None,
        }
    }

    /// Makes an error out of what the library for JSON says. Which one it is may change, so its type is not part of the
    /// interface.
    pub(crate) fn encode(source: serde_json::Error) -> Self {
        Self::Encode(source.into())
    }

    /// Makes an error about `path` out of what the system says.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
