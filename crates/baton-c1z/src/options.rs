//! Choices of the caller. Environment variables that set them are the binary's business.

use std::path::PathBuf;

use crate::SyncKind;

/// How a file is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the sync covers.
    pub kind: SyncKind,
    /// Whether the sync is of some resource types only, so that its entitlements and grants may name others.
    pub some_types: bool,
    /// Where the private working directory is made; the system's temporary directory if `None`.
    pub temp_dir: Option<PathBuf>,
    /// How many finished full syncs the file holds afterwards, the new one included; 0 counts as 1.
    pub keep_syncs: usize,
    /// Keeps every older sync and leaves free pages in the database.
    pub skip_cleanup: bool,
    /// Limits for reading the existing file.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: SyncKind::default(),
            some_types: false,
            temp_dir: None,
            keep_syncs: 2,
            skip_cleanup: false,
            limits: Limits::default(),
        }
    }
}

/// What is read at most, so that a hostile file cannot fill memory or disk (`c1z.md` section 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory that a zstd frame may ask for, in bytes.
    pub window: u64,
    /// Size of the database, in bytes.
    pub decoded: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: 128 << 20,
            decoded: 10 << 30,
        }
    }
}
