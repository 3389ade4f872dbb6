//! One JSON document.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, Write};
use std::path::Path;

use baton_model::{Record, Summary};

use crate::replacement::Replacement;
use crate::view::View;
use crate::{Error, Sink};

/// Writes one JSON object with the arrays `resource_types`, `resources`, `entitlements` and `grants`, and a `summary`.
///
/// Records of different kinds come interleaved, so each kind waits in a file without a name: memory stays small however
/// large the workspace is.
pub struct Json {
    file: Replacement,
    kinds: [Kind; 4],
    is_assembled: bool,
}

/// The records of one kind, so far.
struct Kind {
    name: &'static str,
    spool: BufWriter<File>,
    is_empty: bool,
}

impl Kind {
    /// Starts all kinds, each without records.
    fn all(file: &Replacement) -> Result<[Self; 4], Error> {
        let kind = |name| {
            Ok::<_, Error>(Self {
                name,
                spool: file.spool()?,
                is_empty: true,
            })
        };
        Ok([
            kind("resource_types")?,
            kind("resources")?,
            kind("entitlements")?,
            kind("grants")?,
        ])
    }
}

impl Json {
    /// Starts a file that replaces `path` when the sync is finished.
    ///
    /// # Errors
    /// The directory is missing or not writable, or `path` is a directory.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = Replacement::create(path)?;
        let kinds = Kind::all(&file)?;
        Ok(Self {
            file,
            kinds,
            is_assembled: false,
        })
    }

    fn assemble(&mut self, summary: &Summary) -> std::io::Result<()> {
        for (index, kind) in self.kinds.iter_mut().enumerate() {
            let opening = if index == 0 { "{\n" } else { ",\n" };
            write!(self.file, "{opening}\"{}\": [", kind.name)?;
            kind.spool.flush()?;
            let spool = kind.spool.get_mut();
            spool.rewind()?;
            copy(spool, &mut self.file)?;
            self.file.write_all(b"\n]")?;
        }
        let summary = serde_json::to_string(summary)?;
        write!(self.file, ",\n\"summary\": {summary}\n}}\n")
    }
}

impl Sink for Json {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        let [types, resources, entitlements, grants] = &mut self.kinds;
        let kind = match record {
            Record::ResourceType(_) => types,
            Record::Resource(_) => resources,
            Record::Entitlement(_) => entitlements,
            Record::Grant(_) => grants,
        };
        let json = serde_json::to_string(&View::from(record)).map_err(Error::encode)?;
        let separator = if std::mem::take(&mut kind.is_empty) {
            "\n"
        } else {
            ",\n"
        };
        write!(kind.spool, "{separator}{json}").map_err(Error::io(self.file.target()))
    }

    fn restart(&mut self) -> Result<(), Error> {
        // The file itself is written when the sync is finished.
        self.kinds = Kind::all(&self.file)?;
        Ok(())
    }

    fn prepare(&mut self, summary: &Summary) -> Result<(), Error> {
        if !self.is_assembled {
            self.assemble(summary)
                .map_err(|source| Error::io(self.file.target())(source))?;
            self.is_assembled = true;
        }
        self.file.sync()
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Error> {
        self.prepare(summary)?;
        self.file.commit()
    }

    fn abort(self: Box<Self>) {}
}

fn copy(from: &mut File, to: &mut impl Write) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        to.write_all(bytes)?;
    }
}
