//! Columnar tables, for analysis.

mod buffer;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::Type as Physical;
use ::parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{Type, TypePtr};
use baton_model::{Attributes, Record, Summary};

use self::buffer::Buffer;
use crate::folder::Folder;
use crate::tables::{Cell, Column, Each, Kind, Table, Tables};
use crate::{Error, Sink};

const NAMES: &[&str] = &[
    "users.parquet",
    "roles.parquet",
    "teams.parquet",
    "grants.parquet",
];

/// Rows of a row group, at most.
const GROUP: usize = 100_000;

/// Writes a directory with `users.parquet`, `roles.parquet`, `teams.parquet` and `grants.parquet`.
///
/// Texts are `STRING`, times `TIMESTAMP` in UTC microseconds, counts `INT64`, lists `LIST<STRING>`; compressed with zstd. A row
/// group has 100,000 rows, which wait in memory: about 30 MB for users.
pub struct Parquet {
    // Before the folder, which is removed with it.
    outputs: Each<Output>,
    tables: Tables,
    folder: Folder,
}

struct Output {
    name: &'static str,
    writer: SerializedFileWriter<File>,
    columns: Vec<Buffer>,
    rows: usize,
    has_ended: bool,
}

impl Parquet {
    /// Starts a directory that replaces `path` when the sync is finished. The attributes get columns of their own.
    ///
    /// # Errors
    /// The directory above is missing or not writable, or `path` cannot be replaced: it holds anything but such files, or a
    /// file system is mounted there.
    pub fn create(path: &Path, attributes: Attributes) -> Result<Self, Error> {
        let folder = Folder::create(path, NAMES)?;
        let tables = Tables::new(attributes);
        let outputs = create(&folder, &tables)?;
        Ok(Self {
            outputs,
            tables,
            folder,
        })
    }
}

/// Makes all files anew.
fn create(folder: &Folder, tables: &Tables) -> Result<Each<Output>, Error> {
    Each::try_new(|table| {
        let name = name(table);
        let made = Output::new(name, folder.file(name)?, &tables.columns(table));
        made.map_err(failed(folder, name))
    })
}

fn name(table: Table) -> &'static str {
    match table {
        Table::Users => "users.parquet",
        Table::Roles => "roles.parquet",
        Table::Teams => "teams.parquet",
        Table::Grants => "grants.parquet",
    }
}

impl Output {
    fn new(name: &'static str, file: File, columns: &[Column]) -> Result<Self, ParquetError> {
        let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder("schema")
            .with_fields(fields)
            .build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(
                concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned(),
            )
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        Ok(Self {
            name,
            writer,
            columns: columns.iter().map(Buffer::new).collect(),
            rows: 0,
            has_ended: false,
        })
    }

    fn put(&mut self, row: &[Cell<'_>]) -> Result<(), ParquetError> {
        for (column, cell) in self.columns.iter_mut().zip(row) {
            column.put(cell)?;
        }
        self.rows += 1;
        if self.rows < GROUP {
            return Ok(());
        }
        self.end_group()
    }

    /// Writes the rows that wait.
    fn end_group(&mut self) -> Result<(), ParquetError> {
        if std::mem::take(&mut self.rows) == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for buffer in &mut self.columns {
            if let Some(mut column) = group.next_column()? {
                buffer.write(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        Ok(())
    }

    /// Writes what is left, all of it to disk.
    fn end(&mut self) -> Result<(), ParquetError> {
        if !self.has_ended {
            self.end_group()?;
            self.writer.finish()?;
            self.has_ended = true;
        }
        Ok(self.writer.inner().sync_all()?)
    }
}

/// Returns the type of a column.
fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let repetition = if column.is_required {
        Repetition::REQUIRED
    } else {
        Repetition::OPTIONAL
    };
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Bool => (Physical::BOOLEAN, None),
        Kind::Count => (Physical::INT64, None),
        Kind::Time => (Physical::INT64, Some(micros())),
        Kind::List => return list(column.name),
    };
    let field = Type::primitive_type_builder(column.name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical);
    Ok(Arc::new(field.build()?))
}

fn micros() -> LogicalType {
    LogicalType::timestamp(true, TimeUnit::MICROS)
}

/// A list that is never missing, of texts that are never missing.
fn list(name: &str) -> Result<TypePtr, ParquetError> {
    let element = Type::primitive_type_builder("element", Physical::BYTE_ARRAY)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::String))
        .build()?;
    let elements = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)])
        .build()?;
    let list = Type::group_type_builder(name)
        .with_repetition(Repetition::REQUIRED)
        .with_converted_type(ConvertedType::LIST)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(elements)])
        .build()?;
    Ok(Arc::new(list))
}

fn failed(folder: &Folder, name: &str) -> impl FnOnce(ParquetError) -> Error {
    let path = folder.path(name);
    move |error| Error::io(&path)(std::io::Error::other(error))
}

impl Sink for Parquet {
    fn write(&mut self, record: &Record) -> Result<(), Error> {
        let Some((table, row)) = self.tables.row(record) else {
            return Ok(());
        };
        let output = self.outputs.of(table);
        output.put(&row).map_err(failed(&self.folder, output.name))
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.tables.restart();
        self.outputs = create(&self.folder, &self.tables)?;
        Ok(())
    }

    fn prepare(&mut self, _summary: &Summary) -> Result<(), Error> {
        self.tables.tell_of_others();
        for output in self.outputs.all() {
            output.end().map_err(failed(&self.folder, output.name))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Error> {
        self.prepare(summary)?;
        let Self {
            folder, outputs, ..
        } = *self;
        drop(outputs);
        folder.commit()
    }

    fn abort(self: Box<Self>) {}
}
