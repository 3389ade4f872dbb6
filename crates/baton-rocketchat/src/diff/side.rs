//! The two syncs to compare, as the command line names them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use baton_c1z::{Reader, SyncRun};

use crate::cli::Line;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{choices, fields, stored};

/// A sync in a file.
pub(super) struct Side {
    pub(super) path: PathBuf,
    /// Shared if one file was named.
    reader: Rc<Reader>,
    pub(super) sync: SyncRun,
}

impl Side {
    fn open(argument: &OsStr, settings: &Settings) -> Result<Self, Failure> {
        let (path, sync_id) = split(argument);
        let reader = open(&path, settings)?;
        let sync = stored::finished(&reader, sync_id.as_deref())?;
        Ok(Self { path, reader, sync })
    }

    /// Returns the reader and the identifier of the sync.
    pub(super) fn pair(&self) -> (&Reader, &str) {
        (&self.reader, &self.sync.sync_id)
    }
}

/// Opens what is to be compared, the older side first: two files, or the two newest full syncs of one.
///
/// # Errors
/// The command line names something else, or a file cannot be read.
pub(super) fn sides(line: &Line, settings: &Settings) -> Result<(Side, Side), Failure> {
    if !line.arguments.is_empty() && line.flags.get(&fields::FILE).is_some() {
        return Err(
            Failure::usage("files are named both with --file and without it")
                .with_hint("leave --file out: baton-rocketchat diff OLD NEW"),
        );
    }
    match line.arguments.as_slice() {
        [] => of_one_file(&choices::file(settings), settings),
        [argument] => match split(argument) {
            (path, None) => of_one_file(&path, settings),
            (_, Some(_)) => Err(Failure::usage("one sync has nothing to be compared with")
                .with_hint("name two: baton-rocketchat diff FILE#SYNC FILE#SYNC")),
        },
        [old, new] => Ok((Side::open(old, settings)?, Side::open(new, settings)?)),
        more => Err(Failure::usage(format!(
            "accepts at most 2 arg(s), received {}",
            more.len()
        ))),
    }
}

/// Returns the files that the command line names.
pub(crate) fn files(line: &Line, settings: &Settings) -> Vec<PathBuf> {
    if line.arguments.is_empty() {
        return vec![choices::file(settings)];
    }
    line.arguments.iter().map(|it| split(it).0).collect()
}

fn of_one_file(path: &Path, settings: &Settings) -> Result<(Side, Side), Failure> {
    let reader = open(path, settings)?;
    let (old, new) = stored::newest_two(&reader, path)?;
    let side = |sync| Side {
        path: path.to_owned(),
        reader: Rc::clone(&reader),
        sync,
    };
    Ok((side(old), side(new)))
}

fn open(path: &Path, settings: &Settings) -> Result<Rc<Reader>, Failure> {
    let hint = "name files that exist: baton-rocketchat diff OLD NEW";
    stored::open(path, settings, hint).map(Rc::new)
}

/// Splits `FILE#SYNC`, unless there is a file of that name.
fn split(argument: &OsStr) -> (PathBuf, Option<String>) {
    let path = PathBuf::from(argument);
    if path.exists() {
        return (path, None);
    }
    match argument.to_str().and_then(|it| it.rsplit_once('#')) {
        Some((file, sync_id)) if !file.is_empty() && !sync_id.is_empty() => {
            (file.into(), Some(sync_id.to_owned()))
        }
        _ => (path, None),
    }
}
