//! The cells of one column that wait for their row group.

use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::writer::SerializedColumnWriter;
use baton_model::Timestamp;

use crate::tables::{Cell, Column, Kind};

/// Values and levels of a column (`definition`: whether there is a value; `repetition`: whether it goes on with a list).
pub(super) struct Buffer {
    values: Values,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    is_required: bool,
}

enum Values {
    /// All texts, one behind the other, and where each ends.
    Texts(Vec<u8>, Vec<usize>),
    Bools(Vec<bool>),
    Numbers(Vec<i64>),
}

impl Buffer {
    pub(super) fn new(column: &Column) -> Self {
        let values = match column.kind {
            Kind::Text | Kind::List => Values::Texts(Vec::new(), Vec::new()),
            Kind::Bool => Values::Bools(Vec::new()),
            Kind::Count | Kind::Time => Values::Numbers(Vec::new()),
        };
        Self {
            values,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            // The definition of a list tells whether it goes on.
            is_required: column.is_required && column.kind != Kind::List,
        }
    }

    /// Adds a cell.
    pub(super) fn put(&mut self, cell: &Cell<'_>) -> Result<(), ParquetError> {
        match (cell, &mut self.values) {
            (Cell::Null, _) if !self.is_required => {
                self.definitions.push(0);
                return Ok(());
            }
            (Cell::List(texts), Values::Texts(bytes, ends)) => {
                for text in texts {
                    push(text, bytes, ends);
                }
                // An empty list takes a level too.
                let length = texts.len().max(1);
                let is_there = i16::from(!texts.is_empty());
                self.definitions
                    .extend(std::iter::repeat_n(is_there, length));
                self.repetitions.push(0);
                self.repetitions.extend(std::iter::repeat_n(1, length - 1));
                return Ok(());
            }
            (Cell::Text(text), Values::Texts(bytes, ends)) => push(text, bytes, ends),
            (Cell::Bool(value), Values::Bools(values)) => values.push(*value),
            (Cell::Count(value), Values::Numbers(values)) => values.push(*value),
            (Cell::Time(time), Values::Numbers(values)) => values.push(micros(*time)),
            _ => {
                let problem = "a cell does not fit its column";
                return Err(ParquetError::General(problem.to_owned()));
            }
        }
        if !self.is_required {
            self.definitions.push(1);
        }
        Ok(())
    }

    /// Writes all cells and forgets them.
    pub(super) fn write(
        &mut self,
        column: &mut SerializedColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        let definitions = std::mem::take(&mut self.definitions);
        let repetitions = std::mem::take(&mut self.repetitions);
        let levels = (definitions.as_slice(), repetitions.as_slice());
        match &mut self.values {
            Values::Texts(bytes, ends) => {
                let texts = ByteArray::from(std::mem::take(bytes));
                write_texts(column, &texts, ends, levels)?;
                ends.clear();
            }
            Values::Bools(values) => {
                let column = column.typed::<BoolType>();
                column.write_batch(values, some(levels.0), None)?;
                values.clear();
            }
            Values::Numbers(values) => {
                let column = column.typed::<Int64Type>();
                column.write_batch(values, some(levels.0), None)?;
                values.clear();
            }
        }
        Ok(())
    }
}

fn push(text: &str, bytes: &mut Vec<u8>, ends: &mut Vec<usize>) {
    bytes.extend_from_slice(text.as_bytes());
    ends.push(bytes.len());
}

fn some(levels: &[i16]) -> Option<&[i16]> {
    Some(levels).filter(|it| !it.is_empty())
}

/// Hands over texts as parts of one allocation.
fn write_texts(
    column: &mut SerializedColumnWriter<'_>,
    texts: &ByteArray,
    ends: &[usize],
    (definitions, repetitions): (&[i16], &[i16]),
) -> Result<(), ParquetError> {
    let mut start = 0;
    let values: Vec<_> = ends
        .iter()
        .map(|end| {
            let text = texts.slice(start, end - start);
            start = *end;
            text
        })
        .collect();
    let column = column.typed::<ByteArrayType>();
    column.write_batch(&values, some(definitions), some(repetitions))?;
    Ok(())
}

/// Microseconds since 1970; what is finer is cut.
fn micros(time: Timestamp) -> i64 {
    time.seconds() * 1_000_000 + i64::from(time.nanos() / 1_000)
}
