//! Grants of older files, which carry their `GrantExpandable` annotation inside the message (`c1z.md` section 2.4).
//!
//! Messages are cut apart on the wire, not decoded and encoded, so that fields unknown to us survive.

use baton_proto::connector::v2::GrantExpandable;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{DecodeError, Message, Name};
use prost_types::Any;
use rusqlite::{Connection, Result, params};

use crate::copy::WorkingCopy;
use crate::room::Room;
use crate::stored::LONGEST_ROW;
use crate::{Error, decode};

/// Field number of `Grant.annotations`.
const ANNOTATIONS: u32 = 4;
/// What the annotation is called in a message, whatever the encoding of texts is in the database.
const NAME: &[u8] = b"c1.connector.v2.GrantExpandable";
/// Rows and bytes rewritten in one go.
const PAGE_ROWS: usize = 1000;
const PAGE_BYTES: usize = 4 << 20;

/// Moves the annotation into its own column for all syncs where that has not been done.
pub(crate) fn backfill(copy: &WorkingCopy) -> Result<(), Error> {
    let syncs = copy.run("list syncs", |connection| {
        let mut statement =
            connection.prepare("select sync_id from v1_sync_runs where grants_backfilled = 0")?;
        let mut rows = statement.query([])?;
        let (mut syncs, mut room) = (Vec::new(), Room::of("list of syncs"));
        while let Some(row) = rows.next()? {
            room.take(row)?;
            syncs.push(row.get::<_, String>(0)?);
        }
        Ok(syncs)
    })?;
    for sync in syncs {
        let mut last = i64::MIN;
        loop {
            let page = copy.run("read grants", |connection| {
                annotated_grants(connection, &sync, last)
            })?;
            for (id, data) in &page {
                move_annotation(copy, *id, data)?;
            }
            match page.last() {
                Some((id, _)) => last = *id,
                None => break,
            }
        }
        copy.run("mark the sync", |connection| {
            connection.execute(
                "update v1_sync_runs set grants_backfilled = 1 where sync_id = ?1",
                [&sync],
            )
        })?;
    }
    Ok(())
}

/// Reads grants that may carry the annotation: a search for its name in the bytes spares decoding the others.
fn annotated_grants(
    connection: &Connection,
    sync: &str,
    after: i64,
) -> Result<Vec<(i64, Vec<u8>)>> {
    let mut statement = connection.prepare_cached(
        "select id, data from v1_grants where sync_id = ?1 and id > ?2 \
         and length(data) <= ?4 and instr(data, ?3) > 0 order by id",
    )?;
    // Whoever reads a longer one says that it is too long.
    let mut rows = statement.query(params![sync, after, NAME, LONGEST_ROW])?;
    let (mut page, mut size) = (Vec::new(), 0);
    while page.len() < PAGE_ROWS && size < PAGE_BYTES {
        let Some(row) = rows.next()? else { break };
        let data: Vec<u8> = row.get(1)?;
        size += data.len();
        page.push((row.get(0)?, data));
    }
    Ok(page)
}

fn move_annotation(copy: &WorkingCopy, id: i64, data: &[u8]) -> Result<(), Error> {
    let split = split(data).map_err(|error| Error::Message {
        path: copy.origin().to_owned(),
        table: "v1_grants",
        id,
        source: error.into(),
    })?;
    if split.grant.len() == data.len() {
        // The name stood elsewhere in the message; what the columns say stays.
        return Ok(());
    }
    copy.run("rewrite grants", |connection| {
        rewrite(connection, id, &split)
    })
}

fn rewrite(connection: &Connection, id: i64, split: &Split) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "update v1_grants set data = ?2, expansion = ?3, needs_expansion = ?4 where id = ?1",
    )?;
    statement
        .execute(params![
            id,
            split.grant,
            split.expandable,
            split.expandable.is_some()
        ])
        .map(drop)
}

/// A grant and the annotation that was in it.
#[derive(Debug, PartialEq)]
struct Split {
    grant: Vec<u8>,
    expandable: Option<Vec<u8>>,
}

fn split(mut rest: &[u8]) -> Result<Split, DecodeError> {
    let mut split = Split {
        grant: Vec::with_capacity(rest.len()),
        expandable: None,
    };
    while !rest.is_empty() {
        let field = rest;
        let (tag, wire_type) = decode_key(&mut rest)?;
        let mut value = rest;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default())?;
        let expandable = match (tag, wire_type) {
            (ANNOTATIONS, WireType::LengthDelimited) => {
                decode_varint(&mut value)?;
                expandable(value.get(..value.len() - rest.len()).unwrap_or_default())?
            }
            _ => None,
        };
        match expandable {
            // An annotation that names no entitlement says nothing and is only taken out.
            Some(found) if names_entitlements(&found)? => split.expandable = Some(found),
            Some(_) => {}
            None => split
                .grant
                .extend_from_slice(field.get(..field.len() - rest.len()).unwrap_or_default()),
        }
    }
    Ok(split)
}

/// Returns the payload of an annotation if it is the one.
fn expandable(annotation: &[u8]) -> Result<Option<Vec<u8>>, DecodeError> {
    let any = Any::decode(annotation)?;
    Ok((decode::type_name(&any) == GrantExpandable::full_name()).then_some(any.value))
}

fn names_entitlements(expandable: &[u8]) -> Result<bool, DecodeError> {
    let expandable = GrantExpandable::decode(expandable)?;
    Ok(expandable
        .entitlement_ids
        .iter()
        .any(|id| !id.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use baton_proto::connector::v2::{Grant, GrantImmutable};

    use super::*;

    fn grant(annotations: Vec<Any>) -> Vec<u8> {
        Grant {
            id: "g".to_owned(),
            annotations,
            ..Grant::default()
        }
        .encode_to_vec()
    }

    fn expandable_by(entitlement: &str) -> GrantExpandable {
        GrantExpandable {
            entitlement_ids: vec![entitlement.to_owned()],
            ..GrantExpandable::default()
        }
    }

    #[test]
    fn takes_out_only_the_one_annotation() {
        let immutable = Any::from_msg(&GrantImmutable::default()).unwrap();
        let expandable = expandable_by("team:a:member");
        let unknown = [0xFA, 0x01, 0x01, 0x07];
        let data = [
            grant(vec![Any::from_msg(&expandable).unwrap(), immutable.clone()]),
            unknown.to_vec(),
        ]
        .concat();
        let expected = Split {
            grant: [grant(vec![immutable]), unknown.to_vec()].concat(),
            expandable: Some(expandable.encode_to_vec()),
        };
        assert_eq!(split(&data).unwrap(), expected);
    }

    #[test]
    fn an_annotation_without_entitlements_vanishes() {
        let data = grant(vec![Any::from_msg(&expandable_by(" ")).unwrap()]);
        assert_eq!(
            split(&data).unwrap(),
            Split {
                grant: grant(vec![]),
                expandable: None
            }
        );
    }

    #[test]
    fn refuses_what_is_no_message() {
        assert!(split(&[0x22, 0x7F]).is_err());
    }
}
