//! Reading files that a real connector wrote gives exactly what is known to be in them.

use baton_c1z::{Limits, Reader};
use baton_proto::FILE_DESCRIPTOR_SET;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

use crate::support::{database, dump, hex, vector, vector_path, vector_rows};

const DATA_TABLES: [&str; 4] = [
    "v1_resource_types",
    "v1_resources",
    "v1_entitlements",
    "v1_grants",
];

fn reader(name: &str) -> (Reader, String) {
    let reader = Reader::open(
        &vector_path(&format!("{name}.c1z")),
        Limits::default(),
        None,
    )
    .unwrap();
    let sync = reader.newest_finished().unwrap().unwrap().sync_id;
    (reader, sync)
}

#[track_caller]
fn check_rows(name: &str) {
    let (reader, sync) = reader(name);
    let vector = vector(name);
    let dump = dump(&reader, &sync);
    for table in DATA_TABLES.into_iter().chain(["v1_sync_runs"]) {
        assert_eq!(dump[table], vector_rows(&vector, table), "{table}");
        for row in dump[table].as_array().unwrap() {
            let columns: Vec<_> = row.as_object().unwrap().keys().collect();
            let mut known: Vec<_> = vector["tables"][table]["columns"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["name"].as_str().unwrap())
                .collect();
            known.sort_unstable();
            assert_eq!(columns, known, "{table}");
        }
    }
    for table in ["v1_assets", "v1_connector_sessions"] {
        assert_eq!(vector_rows(&vector, table), Value::Array(vec![]));
        assert_eq!(
            database(&vector_path(&format!("{name}.c1z")))
                .number(&format!("select count(*) from {table}")),
            0
        );
    }
}

#[test]
fn all_rows_of_tiny() {
    check_rows("tiny");
}

#[test]
fn all_rows_of_expand() {
    check_rows("expand");
}

#[track_caller]
fn check_messages(name: &str) {
    let (reader, sync) = reader(name);
    let mut found: Vec<(&str, Vec<u8>, Vec<u8>)> = Vec::new();
    for row in reader.resource_types(&sync).map(Result::unwrap) {
        found.push(("v1_resource_types", row.message.encode_to_vec(), row.data));
    }
    for row in reader.resources(&sync).map(Result::unwrap) {
        found.push(("v1_resources", row.message.encode_to_vec(), row.data));
    }
    for row in reader.entitlements(&sync).map(Result::unwrap) {
        found.push(("v1_entitlements", row.message.encode_to_vec(), row.data));
    }
    for row in reader.grants(&sync).map(Result::unwrap) {
        found.push(("v1_grants", row.message.encode_to_vec(), row.data));
    }
    let vector = vector(name);
    let known = DATA_TABLES.into_iter().flat_map(|table| {
        vector["tables"][table]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(move |row| (table, &row["data"]))
    });
    let known: Vec<_> = known.collect();
    assert_eq!(found.len(), known.len());
    for ((table, message, data), (known_table, blob)) in found.into_iter().zip(known) {
        assert_eq!(table, known_table);
        assert_eq!(
            message, data,
            "the types know every field of {}",
            blob["hex"]
        );
        assert_eq!(Value::from(data.len()), blob["len"]);
        assert_eq!(
            to_json(&message, blob["message"].as_str().unwrap()),
            doubles(blob["decoded"].clone())
        );
    }
}

/// Prints a message in the JSON form of protobuf, with the field names of the `.proto` files.
fn to_json(data: &[u8], name: &str) -> Value {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let message = DynamicMessage::decode(pool.get_message_by_name(name).unwrap(), data).unwrap();
    let options = SerializeOptions::new().use_proto_field_name(true);
    doubles(
        message
            .serialize_with_options(serde_json::value::Serializer, &options)
            .unwrap(),
    )
}

/// Makes 3 and 3.0 the same.
fn doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64()),
        Value::Array(items) => items.into_iter().map(doubles).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, doubles(value)))
            .collect(),
        other => other,
    }
}

#[test]
fn all_messages_of_tiny() {
    check_messages("tiny");
}

#[test]
fn all_messages_of_expand() {
    check_messages("expand");
}

#[test]
fn the_expansion_is_read_from_its_column() {
    let (reader, sync) = reader("expand");
    let vector = vector("expand");
    for (row, known) in reader
        .grants(&sync)
        .zip(vector["tables"]["v1_grants"]["rows"].as_array().unwrap())
    {
        let row = row.unwrap();
        let known = &known["expansion"];
        assert_eq!(row.expansion.is_some(), row.needs_expansion);
        assert_eq!(
            row.expansion
                .as_ref()
                .map(|it| hex(&it.encode_to_vec()))
                .map_or(Value::Null, Value::from),
            known["hex"]
        );
        if let Some(expansion) = row.expansion {
            let json = to_json(
                &expansion.encode_to_vec(),
                "c1.connector.v2.GrantExpandable",
            );
            assert_eq!(json, known["decoded"]);
        }
    }
}

#[test]
fn counting_again_gives_the_stored_stats() {
    for name in ["tiny", "expand"] {
        let (reader, sync) = reader(name);
        let run = reader.newest_finished().unwrap().unwrap();
        let stored = reader.stats(&run).unwrap();
        assert_eq!(stored, reader.count(&sync).unwrap());
        assert_eq!(serde_json::to_string(&stored).unwrap(), run.stats.unwrap());
    }
}
