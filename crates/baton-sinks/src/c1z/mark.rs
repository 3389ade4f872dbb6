//! The mark of the process that has a journal: a last line with its number, which is no line of a journal.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lines::Contents;

/// How long a process that has just locked the file is given to say who it is.
const MOMENT: Duration = Duration::from_millis(50);

/// More bytes than a mark ever has, with the end of the line before it.
const LONGEST: u64 = 64;

/// Stands between a line that a dead process left unfinished and the mark. No line of a journal ends like that.
const TORN: &str = "~\n";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    pid: u32,
}

/// Marks the file as this process's, in place of one that a dead process left.
pub(super) fn set(file: &mut File) -> io::Result<()> {
    remove(file)?;
    // What a dead process left of a line must not count because it has an end for a while.
    let is_torn = !matches!(tail(file)?.last(), None | Some(b'\n'));
    let mark = serde_json::to_string(&Mark {
        pid: std::process::id(),
    })?;
    let mark = format!("{}{mark}\n", if is_torn { TORN } else { "" });
    let end = file.seek(SeekFrom::End(0))?;
    let written = file.write_all(mark.as_bytes());
    if written.is_err() {
        file.set_len(end)?;
    }
    written
}

/// Takes the mark away, if there is one.
pub(super) fn remove(file: &mut File) -> io::Result<()> {
    let tail = tail(file)?;
    let last = last_line(&tail);
    if parse(last).is_some() {
        let before = tail.len() - last.len();
        let is_torn = tail
            .get(..before)
            .is_some_and(|it| it.ends_with(TORN.as_bytes()));
        let length = last.len() + if is_torn { TORN.len() } else { 0 };
        let end = file.seek(SeekFrom::End(0))?;
        file.set_len(end - length as u64)?;
    }
    Ok(())
}

/// Returns the process that has the file: as it has marked it or, where it has kept something, as it says there.
pub(super) fn owner(file: &mut File) -> io::Result<Option<u32>> {
    let mut tail_now = tail(file)?;
    if parse(last_line(&tail_now)).is_none() {
        // Perhaps it was locked this very moment, and what stands there is of an earlier process.
        thread::sleep(MOMENT);
        tail_now = tail(file)?;
    }
    if let Some(pid) = parse(last_line(&tail_now)) {
        return Ok(Some(pid));
    }
    Ok(Contents::read(file)?.map(|it| it.header.pid))
}

/// Returns the number in a line that is a mark.
pub(super) fn parse(line: &[u8]) -> Option<u32> {
    let line = line.strip_suffix(b"\n")?;
    serde_json::from_slice::<Mark>(line).ok().map(|it| it.pid)
}

fn last_line(bytes: &[u8]) -> &[u8] {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .next_back()
        .unwrap_or_default()
}

/// Returns the end of the file, in which a mark would be whole.
fn tail(file: &mut File) -> io::Result<Vec<u8>> {
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(end.saturating_sub(LONGEST)))?;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
