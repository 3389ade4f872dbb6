//! Comma-separated tables, for spreadsheets and access reviews.

mod guard;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use baton_model::{Attributes, Record, Summary};
use csv::Writer;

use crate::folder::Folder;
use crate::tables::{self, Access, Cell, Column, Each, Table, Tables};
use crate::{Error, Sink};

pub use self::guard::{guard, unguard};

const ACCESS: &str = "access.csv";

const NAMES: &[&str] = &["users.csv", "roles.csv", "teams.csv", "grants.csv", ACCESS];

/// What stands between the texts of a list.
const BETWEEN: &str = "; ";

/// Writes a directory with `users.csv`, `roles.csv`, `teams.csv`, `grants.csv`, and `access.csv`, which has a row for each
/// account and access.
///
/// UTF-8 without a byte order mark, commas, quotes where they are needed, a header line. A cell that a spreadsheet might take
/// for a formula is preceded by an apostrophe: see [`guard`].
///
/// Memory: what rows of `access.csv` need of each user, about 300 bytes; everything else goes to disk at once.
pub struct Csv {
    // Before the folder, which is removed with it.
    files: Files,
    tables: Tables,
    access: Access,
    folder: Folder,
}

/// The files of the tables, then that of accesses.
struct Files {
    tables: Each<Output>,
    access: Output,
}

struct Output {
    name: &'static str,
    table: CsvTable<File>,
}

impl Csv {
    /// Starts a directory that replaces `path` when the sync is finished. The attributes get columns of their own.
    ///
    /// # Errors
    /// The directory above is missing or not writable, or `path` cannot be replaced: it holds anything but such files, or a
    /// file system is mounted there.
    pub fn create(path: &Path, attributes: Attributes) -> Result<Self, Error> {
        let folder = Folder::create(path, NAMES)?;
        let tables = Tables::new(attributes);
        let files = Files::create(&folder, &tables)?;
        Ok(Self {
            files,
            tables,
            access: Access::default(),
            folder,
        })
    }

    fn put(&mut self, record: &Record) -> Result<(), (&'static str, io::Error)> {
        self.access.learn(record);
        let at = |name| move |error| (name, error);
        if let Some((table, row)) = self.tables.row(record) {
            let output = self.files.tables.of(table);
            output.table.put(&row).map_err(at(output.name))?;
        }
        if let Record::Grant(grant) = record {
            let name = self.tables.entitlement_name(&grant.entitlement);
            let row = self.access.row(grant, name);
            self.files.access.table.put(&row).map_err(at(ACCESS))?;
        }
        Ok(())
    }
}

impl Files {
    /// Makes all files anew, and writes their first lines.
    fn create(folder: &Folder, tables: &Tables) -> Result<Self, Error> {
        let start = |name: &'static str, columns: &[Column]| {
            let table = CsvTable::new(folder.file(name)?, columns);
            let table = table.map_err(|error| failed(folder, (name, error)))?;
            Ok::<_, Error>(Output { name, table })
        };
        let table = |table| start(name(table), &tables.columns(table));
        Ok(Self {
            tables: Each::try_new(table)?,
            access: start(ACCESS, tables::ACCESS)?,
        })
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Output> {
        self.tables.all().chain([&mut self.access])
    }
}

fn name(table: Table) -> &'static str {
    match table {
        Table::Users => "users.csv",
        Table::Roles => "roles.csv",
        Table::Teams => "teams.csv",
        Table::Grants => "grants.csv",
    }
}

/// A table as CSV, in the form that [`Csv`] has: a line with the names of the columns, then the rows.
pub struct CsvTable<W: Write> {
    writer: Writer<W>,
    /// Room for a cell.
    text: String,
}

impl<W: Write> CsvTable<W> {
    /// Starts a table.
    ///
    /// # Errors
    /// The line of the names cannot be written.
    pub fn new(to: W, columns: &[Column]) -> io::Result<Self> {
        let mut writer = Writer::from_writer(to);
        let names = columns.iter().map(|it| it.name);
        writer.write_record(names).map_err(io_error)?;
        Ok(Self {
            writer,
            text: String::new(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// It cannot be written, or has not a cell for each column.
    pub fn put(&mut self, row: &[Cell<'_>]) -> io::Result<()> {
        for cell in row {
            let text = text(cell, &mut self.text);
            self.writer.write_field(text).map_err(io_error)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(io_error)
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Puts a cell into words; what comes from records is guarded.
fn text<'a>(cell: &'a Cell<'_>, room: &'a mut String) -> &'a str {
    use std::fmt::Write as _;
    room.clear();
    let written = match cell {
        Cell::Null => return "",
        Cell::Bool(true) => return "true",
        Cell::Bool(false) => return "false",
        Cell::Text(text) => return guard::guarded(text, room),
        Cell::List(texts) => {
            let joined = texts.join(BETWEEN);
            return guard::guarded_owned(&joined, room);
        }
        Cell::Count(count) => write!(room, "{count}"),
        Cell::Time(time) => write!(room, "{time}"),
    };
    // Times that records hold can be printed, and a String takes everything.
    debug_assert!(written.is_ok());
    room
}

fn failed(folder: &Folder, (name, error): (&str, io::Error)) -> Error {
    Error::io(&folder.path(name))(error)
}

impl Sink for Csv {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        let written = self.put(record);
        written.map_err(|error| failed(&self.folder, error))
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.tables.restart();
        self.access.restart();
        self.files = Files::create(&self.folder, &self.tables)?;
        Ok(())
    }

    fn prepare(&mut self, _summary: &Summary) -> Result<(), Error> {
        self.tables.tell_of_others();
        for output in self.files.all() {
            let flushed = output.table.flush();
            let synced = flushed.and_then(|()| output.table.writer.get_ref().sync_all());
            synced.map_err(Error::io(&self.folder.path(output.name)))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Error> {
        self.prepare(summary)?;
        let Self { folder, files, .. } = *self;
        drop(files);
        folder.commit()
    }

    fn abort(self: Box<Self>) {}
}
