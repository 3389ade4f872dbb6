//! Files that were written before: opening them, and choosing a sync.

mod about;

use std::io;
use std::path::Path;

use baton_c1z::{Error, ErrorKind, Limits, Reader, SyncRun};

pub(crate) use self::about::{About, in_words, rfc3339, second};
use crate::choices;
use crate::failure::Failure;
use crate::field::Field;
use crate::settings::Settings;

/// How to name the file, where that is the flag.
pub(crate) const NAME_IT: &str =
    "name the file with -f FILE; without it, it is sync.c1z in the current directory";

/// Opens a file for reading; `hint` says how to name another one, should there be none.
pub(crate) fn open(path: &Path, settings: &Settings, hint: &str) -> Result<Reader, Failure> {
    let limits: Limits = choices::limits()?;
    let temp_dir = choices::temp_dir(settings);
    Reader::open(path, limits, Some(&temp_dir)).map_err(|error| {
        let is_missing = matches!(&error, Error::Io { path: of, source, .. }
            if of == path && source.kind() == io::ErrorKind::NotFound);
        let failure = Failure::from(error);
        if is_missing {
            failure.with_hint(hint)
        } else {
            failure
        }
    })
}

/// Returns a name that something stored has. An empty one is a mistake, as of a script whose variable is not set: it must not mean everybody.
pub(crate) fn named(field: &Field, settings: &Settings) -> Result<Option<String>, Failure> {
    let text = settings.text(field);
    if text.is_none() && settings.is_set(field) {
        return Err(Failure::usage(format!("--{} is empty", field.name)));
    }
    Ok(text)
}

/// Returns a finished sync of the file, or the one that ended last.
pub(crate) fn finished(reader: &Reader, sync_id: Option<&str>) -> Result<SyncRun, Failure> {
    reader.finished(sync_id).map_err(explain)
}

/// Returns the two finished full syncs that ended last, the older one first.
pub(crate) fn newest_two(reader: &Reader, path: &Path) -> Result<(SyncRun, SyncRun), Failure> {
    let syncs = reader.syncs()?.into_iter();
    let is_full = |run: &SyncRun| run.ended_at.is_some() && run.is_full();
    let mut full: Vec<_> = syncs.filter(is_full).collect();
    full.sort_by(|a, b| (&b.ended_at, &b.sync_id).cmp(&(&a.ended_at, &a.sync_id)));
    let mut newest = full.into_iter();
    match (newest.next(), newest.next()) {
        (Some(new), Some(old)) => Ok((old, new)),
        (only, _) => {
            let count = if only.is_some() { "only one" } else { "no" };
            let text = format!("{} holds {count} finished full sync", path.display());
            Err(Failure::usage(text).with_hint(
                "two are compared: name another file as well, or other syncs as FILE#ID; \
                 `baton-rocketchat show syncs` lists those of a file",
            ))
        }
    }
}

fn explain(error: Error) -> Failure {
    let is_missing = error.kind() == ErrorKind::Missing;
    let failure = Failure::from(error);
    if is_missing {
        failure.with_hint(
            "`baton-rocketchat show syncs` lists the syncs of a file; choose a finished one, or sync once more",
        )
    } else {
        failure
    }
}
