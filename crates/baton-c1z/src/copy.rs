//! The private working copy of a database: SQLite never works on the c1z file itself.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::workplace::Workplace;
use crate::{Error, Limits, container, expansion, forged, schema};

/// A decompressed database in a directory of its own, which is removed with it.
#[derive(Debug)]
pub(crate) struct WorkingCopy {
    connection: Connection,
    database: PathBuf,
    // Dropped after the connection, whose file lies in it.
    directory: Workplace,
    origin: PathBuf,
}

impl WorkingCopy {
    /// Makes an empty database that is to become the file `origin`.
    pub(crate) fn empty(origin: &Path, temp_dir: Option<&Path>) -> Result<Self, Error> {
        Self::open(origin, Workplace::make(temp_dir)?)
    }

    /// Decompresses the database in the file `origin` and brings its tables up to date.
    pub(crate) fn extract(
        origin: &Path,
        limits: Limits,
        temp_dir: Option<&Path>,
    ) -> Result<Self, Error> {
        let directory = Workplace::make(temp_dir)?;
        let path = directory.path().join("db");
        let mut database = File::create_new(&path).map_err(Error::io("create", &path))?;
        container::decode(origin, &mut database, &path, limits)?;
        drop(database);
        Self::open(origin, directory)
    }

    fn open(origin: &Path, directory: Workplace) -> Result<Self, Error> {
        let database = directory.path().join("db");
        let connection =
            connect(&database, &directory).map_err(Error::database("open the tables", origin))?;
        let copy = Self {
            connection,
            database,
            directory,
            origin: origin.to_owned(),
        };
        copy.refuse_if(forged::damaged_page)?;
        copy.refuse_if(forged::active_part)?;
        copy.run("complete the tables", schema::complete_tables)?;
        expansion::backfill(&copy)?;
        Ok(copy)
    }

    /// Refuses a database that others wrote if writing into it would not mean what it should.
    pub(crate) fn check_tables(&self) -> Result<(), Error> {
        self.refuse_if(forged::changed_table)
    }

    fn refuse_if(
        &self,
        finding: impl FnOnce(&Connection) -> rusqlite::Result<Option<String>>,
    ) -> Result<(), Error> {
        match self.run("look over the tables", finding)? {
            None => Ok(()),
            Some(reason) => Err(Error::Damaged {
                path: self.origin.clone(),
                reason,
            }),
        }
    }

    /// The database.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The c1z file that the database comes from or is to become.
    pub(crate) fn origin(&self) -> &Path {
        &self.origin
    }

    /// Does something with the database; `action` says what if it fails.
    pub(crate) fn run<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        work(&self.connection).map_err(Error::database(action, &self.origin))
    }

    /// Rewrites the database without its free pages (`VACUUM`), into a second file that takes its place.
    pub(crate) fn compact(self) -> Result<Self, Error> {
        // In this order, so that on an error the connection goes before the directory that its file lies in.
        let Self {
            directory,
            connection,
            database,
            origin,
        } = self;
        let path = directory.path().join("compact");
        // The bytes of the name, which need not be text.
        let name = ValueRef::Text(path.as_os_str().as_encoded_bytes());
        connection
            .execute("vacuum into ?1", [ToSqlOutput::Borrowed(name)])
            .map_err(Error::database("remove free pages", &origin))?;
        drop(connection);
        fs::rename(&path, &database).map_err(Error::io("replace", &database))?;
        let connection =
            connect(&database, &directory).map_err(Error::database("open the tables", &origin))?;
        Ok(Self {
            connection,
            database,
            directory,
            origin,
        })
    }

    /// Closes the database and hands its file to `work`; then the directory is removed.
    pub(crate) fn close(self, work: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
        let Self {
            connection,
            database,
            directory,
            origin,
        } = self;
        connection
            .close()
            .map_err(|(_, error)| Error::database("close the tables", &origin)(error))?;
        work(&database)?;
        // The sync is saved; a directory that cannot be removed does not unmake it.
        drop(directory);
        Ok(())
    }
}

/// Most bytes of a text or blob, also of those that an expression in a forged schema makes. What is kept of an interrupted
/// sync can have some dozen million.
const LONGEST_VALUE: i32 = 128 << 20;
/// Ours are not deep.
const DEEPEST_EXPRESSION: i32 = 50;

/// Opens the database for one user without any care for crashes: the copy is thrown away on every error.
///
/// The size of a page is that of a new database and of one that is compacted; any other keeps its own. Upstream has
/// 4096 and takes all (`c1z.md` section 2.1). Fewer pages are faster to read when indexes are made. It has to be known
/// before the size of the cache, which else is four times of what was asked for.
///
/// What does not fit into memory is sorted where `directory` is, and not in the system's own places, which a container may
/// not have. SQLite knows one such place for all databases of a process, and takes the system's if it is gone.
fn connect(path: &Path, directory: &Workplace) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // Code hidden in the schema of a forged file must not run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    // Nor may deleting a row delete others.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_EXPR_DEPTH, DEEPEST_EXPRESSION)?;
    if let Some(parent) = directory.path().parent().and_then(Path::to_str) {
        connection.pragma_update(None, "temp_store_directory", parent)?;
    }
    connection.execute_batch(
        "pragma page_size = 16384; pragma locking_mode = exclusive; pragma journal_mode = off; \
         pragma synchronous = off; pragma cell_size_check = on; pragma cache_size = -4096;",
    )?;
    Ok(connection)
}
