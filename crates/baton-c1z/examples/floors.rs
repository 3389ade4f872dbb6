//! Does again what SQLite and zstd did for the newest content of a file, each part alone, and prints the seconds as JSON:
//! `cargo run --release -p baton-c1z --example floors -- FILE.c1z`. `cargo xtask bench` runs it beside the program.
//!
//! The rows are inserted as they stand in the file, by one prepared statement a table and in one transaction; then every
//! index is made; then the database is compressed. Nothing is checked or encoded on the way. The least of three times
//! counts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use zstd::stream::raw::CParameter;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const MAGIC: u64 = 5;
const RUNS: usize = 3;

/// A table with its rows.
struct Table {
    create: String,
    insert: String,
    rows: Vec<Vec<Value>>,
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or("give a c1z file")?;
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("source");
    decompress(Path::new(&path), &source)?;
    let connection = Connection::open(&source)?;
    let tables = tables(&connection)?;
    let indexes = schema(&connection, "index")?;
    drop(connection);

    let mut times: BTreeMap<&str, f64> = BTreeMap::new();
    for run in 0..RUNS {
        let target = folder.path().join(run.to_string());
        let connection = empty(&target, &tables)?;
        let mut note = |name, started: Instant| {
            let seconds = started.elapsed().as_secs_f64();
            let least = times.entry(name).or_insert(seconds);
            *least = least.min(seconds);
        };

        // Those of expandable grants, which stay empty.
        create(&connection, indexes.iter().filter(|it| is_partial(it)))?;
        let started = Instant::now();
        connection.execute_batch("begin")?;
        tables
            .iter()
            .try_for_each(|table| table.fill(&connection))?;
        connection.execute_batch("commit")?;
        note("SQLite: rows", started);

        let started = Instant::now();
        create(&connection, indexes.iter().filter(|it| !is_partial(it)))?;
        note("SQLite: indexes after the rows", started);

        connection.close().map_err(|(_, error)| error)?;
        let started = Instant::now();
        compress(&target, &folder.path().join("compressed"))?;
        note("zstd: level 2, two workers", started);
    }
    writeln!(io::stdout(), "{}", serde_json::to_string(&times)?)?;
    Ok(())
}

fn decompress(from: &Path, to: &Path) -> Result<()> {
    let mut from = File::open(from)?;
    from.seek(SeekFrom::Start(MAGIC))?;
    zstd::stream::copy_decode(from, File::create(to)?)?;
    Ok(())
}

fn compress(from: &Path, to: &Path) -> Result<()> {
    // As much at a time as the writer does.
    let mut from = BufReader::with_capacity(256 << 10, File::open(from)?);
    let mut encoder = zstd::stream::write::Encoder::new(File::create(to)?, 2)?;
    encoder.window_log(21)?;
    encoder.include_checksum(true)?;
    encoder.multithread(2)?;
    encoder.set_parameter(CParameter::JobSize(2 << 20))?;
    io::copy(&mut from, &mut encoder)?;
    encoder.finish()?;
    Ok(())
}

/// Returns the names and definitions of what a database is made of.
fn schema(connection: &Connection, kind: &str) -> Result<Vec<(String, String)>> {
    let sql = "select name, sql from sqlite_master where type = ?1 and sql is not null";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn tables(connection: &Connection) -> Result<Vec<Table>> {
    let read = |(name, create): (String, String)| {
        let mut statement = connection.prepare(&format!("select * from {name} order by id"))?;
        let columns = statement.column_names().collect::<Vec<_>>().join(", ");
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
        let places = vec!["?"; width].join(", ");
        Ok(Table {
            create,
            insert: format!("insert into {name} ({columns}) values ({places})"),
            rows: rows.collect::<rusqlite::Result<_>>()?,
        })
    };
    schema(connection, "table")?.into_iter().map(read).collect()
}

fn is_partial((_, create): &(String, String)) -> bool {
    create.contains(" where ")
}

fn create<'a>(
    connection: &Connection,
    indexes: impl IntoIterator<Item = &'a (String, String)>,
) -> Result<()> {
    for (_, create) in indexes {
        connection.execute_batch(create)?;
    }
    Ok(())
}

/// Makes a database as the writer does: nothing has to survive a crash.
fn empty(path: &Path, tables: &[Table]) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "pragma page_size = 16384; pragma locking_mode = exclusive; pragma journal_mode = off; \
         pragma synchronous = off; pragma cache_size = -4096;",
    )?;
    for table in tables {
        connection.execute_batch(&table.create)?;
    }
    Ok(connection)
}

impl Table {
    fn fill(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&self.insert)?;
        for row in &self.rows {
            statement.execute(params_from_iter(row))?;
        }
        Ok(())
    }
}
