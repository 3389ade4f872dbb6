//! A stored sync as a stream of records.

use crate::decode::{Decoder, LeftOut, Problem};
use crate::rows::{self, Rows};
use crate::stored::Stored;
use crate::{Error, Reader};

/// Streams the records of a sync: resource types, resources, entitlements, grants, each in the order of their rows.
///
/// A row that cannot be read is an error, after which there is nothing more. Files of other connectors may hold grants to
/// resources that are not listed, and several grants that say the same; all of them are handed out.
#[derive(Debug)]
pub struct Records<'r> {
    reader: &'r Reader,
    decoder: Decoder,
    resource_types: Rows<'r, rows::ResourceType>,
    resources: Rows<'r, rows::Resource>,
    entitlements: Rows<'r, rows::Entitlement>,
    grants: Rows<'r, rows::Grant>,
    failed: bool,
}

impl<'r> Records<'r> {
    pub(crate) fn new(reader: &'r Reader, sync_id: &str) -> Self {
        Self {
            reader,
            decoder: Decoder::default(),
            resource_types: reader.resource_types(sync_id),
            resources: reader.resources(sync_id),
            entitlements: reader.entitlements(sync_id),
            grants: reader.grants(sync_id),
            failed: false,
        }
    }

    /// Tells what of the rows so far the records do not say.
    pub fn left_out(&self) -> &LeftOut {
        &self.decoder.left_out
    }

    fn read(&mut self) -> Option<Result<baton_model::Record, Error>> {
        use baton_model::Record;
        let (reader, decoder) = (self.reader, &mut self.decoder);
        if let Some(row) = self.resource_types.next() {
            let record = row.and_then(|row| decode(reader, &row, |row| decoder.resource_type(row)));
            return Some(record.map(Record::ResourceType));
        }
        if let Some(row) = self.resources.next() {
            let record = row.and_then(|row| decode(reader, &row, |row| decoder.resource(row)));
            return Some(record.map(Record::Resource));
        }
        if let Some(row) = self.entitlements.next() {
            let record = row.and_then(|row| decode(reader, &row, |row| decoder.entitlement(row)));
            return Some(record.map(Record::Entitlement));
        }
        let row = self.grants.next()?;
        let record = row.and_then(|row| decode(reader, &row, |row| decoder.grant(row)));
        Some(record.map(Record::Grant))
    }
}

/// Decodes a row; an error says which one it is.
pub(crate) fn decode<R: Stored, T>(
    reader: &Reader,
    row: &R,
    decode: impl FnOnce(&R) -> Result<T, Problem>,
) -> Result<T, Error> {
    decode(row).map_err(|problem| Error::Content {
        path: reader.copy().origin().to_owned(),
        table: R::TABLE,
        id: row.id(),
        problem,
    })
}

impl Iterator for Records<'_> {
    type Item = Result<baton_model::Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let record = self.read();
        self.failed = matches!(record, Some(Err(_)));
        record
    }
}
