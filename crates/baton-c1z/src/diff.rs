//! Compares two stored syncs, of one file or of two.
//!
//! Both are read in the order of their identifiers, side by side, so that memory does not grow with them. Things are the
//! same if their identifiers mean the same: the type and the identifier of a resource, entitlement and principal of a grant,
//! whatever the identifier of the grant looks like. When and in which order rows were written does not count, nor does which
//! of its two places a fact stands in (see [`encode`](crate::encode)). Fields that the messages of `baton-proto` do not have do
//! not count either.

mod facts;

use std::cmp::Ordering;

use baton_model::Record;
use rusqlite::Statement;
use serde::Serialize;
use serde_json::Value;

use self::facts::Facts;
use crate::decode::{Decoder, Problem};
use crate::stored::{self, Stored};
use crate::{Error, Reader, records, rows};

/// One thing in which two syncs differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The thing, as the newer sync has it if it does.
    pub record: Record,
    /// What became of it.
    pub what: What,
}

/// What became of a thing between two syncs.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Only the newer sync has it.
    Added,
    /// Only the older sync has it.
    Removed,
    /// Both have it, with other facts. At least one, in the order of the names.
    Changed(Vec<Change>),
}

/// A fact that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its name, such as `status` or `profile.active_members`.
    pub field: String,
    /// What it was; null if the older sync does not say it.
    pub old: Value,
    /// What it is; null if the newer sync does not say it.
    pub new: Value,
}

/// Hands all differences between the syncs `old` and `new`, each a reader and an identifier of a sync, to `found`: those of
/// resource types, then resources, entitlements and grants, each in the order of their identifiers.
///
/// # Errors
///
/// When a row cannot be read, or `found` fails.
pub fn compare<E: From<Error>>(
    old: (&Reader, &str),
    new: (&Reader, &str),
    mut found: impl FnMut(Difference) -> Result<(), E>,
) -> Result<(), E> {
    merge::<rows::ResourceType, E>(old, new, &mut found)?;
    merge::<rows::Resource, E>(old, new, &mut found)?;
    merge::<rows::Entitlement, E>(old, new, &mut found)?;
    merge::<rows::Grant, E>(old, new, &mut found)
}

/// A kind of row that can be compared.
trait Compared: Stored {
    /// The columns of the key, then what makes the order of equal keys stable. An index has them first, so that nothing is
    /// sorted; in a file without it the database sorts on disk.
    const ORDER: &'static str;

    /// What the row is about, as its columns tell.
    fn key(&self) -> Vec<&str>;

    /// Tells without a closer look that two rows say the same.
    fn is_same(&self, other: &Self) -> bool;

    /// Returns the record and all that is said about it.
    fn describe(&self) -> Result<(Record, Facts), Problem>;
}

impl Compared for rows::ResourceType {
    const ORDER: &'static str = "external_id";

    fn key(&self) -> Vec<&str> {
        vec![&self.external_id]
    }

    fn is_same(&self, other: &Self) -> bool {
        self.data == other.data
    }

    fn describe(&self) -> Result<(Record, Facts), Problem> {
        let record = Decoder::default().resource_type(self)?;
        let facts = facts::of_resource_type(&record, self);
        Ok((Record::ResourceType(record), facts))
    }
}

impl Compared for rows::Resource {
    const ORDER: &'static str = "external_id, resource_type_id";

    fn key(&self) -> Vec<&str> {
        vec![&self.external_id, &self.resource_type_id]
    }

    fn is_same(&self, other: &Self) -> bool {
        self.data == other.data
    }

    fn describe(&self) -> Result<(Record, Facts), Problem> {
        let record = Decoder::default().resource(self)?;
        let facts = facts::of_resource(&record, self);
        Ok((Record::Resource(record), facts))
    }
}

impl Compared for rows::Entitlement {
    const ORDER: &'static str = "external_id, resource_type_id, resource_id";

    fn key(&self) -> Vec<&str> {
        vec![&self.external_id, &self.resource_type_id, &self.resource_id]
    }

    fn is_same(&self, other: &Self) -> bool {
        self.data == other.data
    }

    fn describe(&self) -> Result<(Record, Facts), Problem> {
        let record = Decoder::default().entitlement(self)?;
        let facts = facts::of_entitlement(&record, self);
        Ok((Record::Entitlement(record), facts))
    }
}

impl Compared for rows::Grant {
    const ORDER: &'static str = "entitlement_id, principal_resource_type_id, principal_resource_id, \
                                 resource_type_id, resource_id, external_id";

    fn key(&self) -> Vec<&str> {
        vec![
            &self.entitlement_id,
            &self.principal_resource_type_id,
            &self.principal_resource_id,
            &self.resource_type_id,
            &self.resource_id,
        ]
    }

    fn is_same(&self, other: &Self) -> bool {
        self.data == other.data && self.expansion_data == other.expansion_data
    }

    fn describe(&self) -> Result<(Record, Facts), Problem> {
        let record = Decoder::default().grant(self)?;
        Ok((Record::Grant(record), facts::of_grant(self)))
    }
}

/// Goes through the rows of both syncs in the order of their keys.
fn merge<T: Compared, E: From<Error>>(
    (old_reader, old_sync): (&Reader, &str),
    (new_reader, new_sync): (&Reader, &str),
    found: &mut impl FnMut(Difference) -> Result<(), E>,
) -> Result<(), E> {
    let mut old_statement = prepare::<T>(old_reader)?;
    let mut new_statement = prepare::<T>(new_reader)?;
    let mut old_rows = Sorted::<T>::new(old_reader, &mut old_statement, old_sync)?;
    let mut new_rows = Sorted::<T>::new(new_reader, &mut new_statement, new_sync)?;
    let (mut old, mut new) = (old_rows.next()?, new_rows.next()?);
    loop {
        let order = match (&old, &new) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.key().cmp(&new.key()),
        };
        let removed = old.take_if(|_| order.is_le());
        let added = new.take_if(|_| order.is_ge());
        if let Some(difference) =
            difference(removed.as_ref(), added.as_ref(), (&old_rows, &new_rows))?
        {
            found(difference)?;
        }
        if order.is_le() {
            old = old_rows.next()?;
        }
        if order.is_ge() {
            new = new_rows.next()?;
        }
    }
}

fn difference<T: Compared>(
    old: Option<&T>,
    new: Option<&T>,
    (old_rows, new_rows): (&Sorted<'_, T>, &Sorted<'_, T>),
) -> Result<Option<Difference>, Error> {
    if let (Some(old), Some(new)) = (old, new)
        && old.is_same(new)
    {
        return Ok(None);
    }
    let old = old.map(|it| old_rows.describe(it)).transpose()?;
    let new = new.map(|it| new_rows.describe(it)).transpose()?;
    Ok(match (old, new) {
        (Some((_, old)), Some((record, new))) => {
            let changes = facts::changes(old, new);
            let what = What::Changed(changes);
            Some(Difference { record, what }).filter(|it| it.what != What::Changed(Vec::new()))
        }
        (Some((record, _)), None) => {
            let what = What::Removed;
            Some(Difference { record, what })
        }
        (None, Some((record, _))) => {
            let what = What::Added;
            Some(Difference { record, what })
        }
        (None, None) => None,
    })
}

fn prepare<T: Compared>(reader: &Reader) -> Result<Statement<'_>, Error> {
    let sql = format!(
        "select * from {} where sync_id = ?1 order by {}",
        T::TABLE,
        T::ORDER
    );
    let copy = reader.copy();
    let prepared = copy.connection().prepare(&sql);
    prepared.map_err(Error::database("read rows", copy.origin()))
}

/// The rows of one sync in the order of their keys, each key once.
struct Sorted<'s, T> {
    reader: &'s Reader,
    rows: rusqlite::Rows<'s>,
    last: Vec<String>,
    of: std::marker::PhantomData<T>,
}

impl<'s, T: Compared> Sorted<'s, T> {
    fn new(
        reader: &'s Reader,
        statement: &'s mut Statement<'_>,
        sync: &str,
    ) -> Result<Self, Error> {
        let rows = reader
            .copy()
            .run("read rows", |_| statement.query([sync]))?;
        Ok(Self {
            reader,
            rows,
            last: Vec::new(),
            of: std::marker::PhantomData,
        })
    }

    fn next(&mut self) -> Result<Option<T>, Error> {
        let origin = self.reader.copy().origin();
        loop {
            let row = self
                .rows
                .next()
                .map_err(Error::database("read rows", origin))?;
            let Some(row) = row else { return Ok(None) };
            let (item, _) = stored::read::<T>(row, origin)?;
            let key = item.key();
            match key
                .iter()
                .copied()
                .cmp(self.last.iter().map(String::as_str))
            {
                Ordering::Greater => {
                    self.last = key.into_iter().map(str::to_owned).collect();
                    return Ok(Some(item));
                }
                // Another grant that says the same.
                Ordering::Equal => {}
                // Only in a database that keeps texts as UTF-16, which no connector writes.
                Ordering::Less => {
                    return Err(Error::Damaged {
                        path: origin.to_owned(),
                        reason: "its texts have no order that can be compared".to_owned(),
                    });
                }
            }
        }
    }

    fn describe(&self, row: &T) -> Result<(Record, Facts), Error> {
        records::decode(self.reader, row, T::describe)
    }
}
