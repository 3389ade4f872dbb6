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
    /// A record could not be put into words.
    #[error("cannot encode a record")]
    Encode(#[source] serde_json::Error),
    /// The c1z file refused a record or could not be saved.
    #[cfg(feature = "c1z")]
    #[error(transparent)]
    C1z(#[from] baton_c1z::Error),
}

impl Error {
    /// Tells whether the sink was only kept from writing, which may pass; anything else is about the records.
    pub fn is_interruption(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::Encode(_) => false,
            #[cfg(feature = "c1z")]
            Self::C1z(error) => error.kind() != baton_c1z::ErrorKind::Record,
        }
    }

    /// Makes an error about `path` out of what the system says.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
