//! A file that we wrote has the schema that upstream's has.

use std::fs;

use baton_c1z::Options;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Place, database, tiny, vector, vector_path};

fn objects(connection: &Connection) -> Vec<Value> {
    let mut statement = connection
        .prepare("select type, name, tbl_name from sqlite_master order by rowid")
        .unwrap();
    let rows = statement.query_map([], |row| {
        Ok(json!({"type": row.get::<_, String>(0)?, "name": row.get::<_, String>(1)?, "table": row.get::<_, String>(2)?}))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn columns(connection: &Connection, table: &str) -> Vec<Value> {
    let mut statement = connection
        .prepare(&format!("pragma table_info({table})"))
        .unwrap();
    let rows = statement.query_map([], |row| {
        Ok(json!({
            "name": row.get::<_, String>(1)?, "decl_type": row.get::<_, String>(2)?,
            "not_null": row.get::<_, bool>(3)?, "default": row.get::<_, Option<String>>(4)?, "pk": row.get::<_, bool>(5)?,
        }))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn indexes(connection: &Connection, table: &str) -> Vec<Value> {
    let mut statement = connection
        .prepare(&format!("pragma index_list({table})"))
        .unwrap();
    let rows = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, String>(1)?,
                row.get::<_, bool>(2)?,
                row.get::<_, bool>(4)?,
            ))
        })
        .unwrap();
    rows.map(|row| {
        let (name, unique, partial) = row.unwrap();
        let mut info = connection
            .prepare(&format!("pragma index_info({name})"))
            .unwrap();
        let columns: Vec<String> = info
            .query_map([], |row| row.get(2))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        json!({"name": name, "unique": unique, "partial": partial, "columns": columns})
    })
    .collect()
}

fn conditions(connection: &Connection) -> Vec<(String, String)> {
    let sql = "select name, lower(sql) from sqlite_master where sql like '% where %' order by name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let sql: String = row.get(1)?;
        Ok((row.get(0)?, sql.split_once(" where ").unwrap().1.to_owned()))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Sorts indexes: two of them are made earlier than upstream makes them.
fn by_name(indexes: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut indexes: Vec<_> = indexes.into_iter().collect();
    indexes.sort_by_key(|index| index["name"].to_string());
    indexes
}

#[track_caller]
fn check(connection: &Connection) {
    let vector = vector("tiny");
    let known = |objects: Vec<Value>, kind: &str| -> Vec<Value> {
        let objects = objects.into_iter().filter(|it| it["type"] == kind);
        if kind == "index" {
            by_name(objects)
        } else {
            objects.collect()
        }
    };
    let upstream = vector["sqlite"]["objects"].as_array().unwrap().clone();
    for kind in ["table", "index"] {
        assert_eq!(
            known(objects(connection), kind),
            known(upstream.clone(), kind)
        );
    }
    assert_eq!(
        objects(connection).len(),
        upstream.len(),
        "no views, no triggers"
    );
    for (table, known) in vector["tables"].as_object().unwrap() {
        assert_eq!(
            Value::from(columns(connection, table)),
            known["columns"],
            "{table}"
        );
        assert_eq!(
            by_name(indexes(connection, table)),
            by_name(known["indexes"].as_array().unwrap().clone()),
            "{table}"
        );
    }
    assert_eq!(
        conditions(connection),
        conditions(&database(&vector_path("tiny.c1z")).connection)
    );
    for (pragma, expected) in vector["sqlite"]["pragmas"].as_object().unwrap() {
        // Pages are larger than upstream's, and another number of them.
        if pragma == "page_count" || pragma == "page_size" {
            continue;
        }
        let value: rusqlite::types::Value = connection
            .query_row(&format!("pragma {pragma}"), [], |row| row.get(0))
            .unwrap();
        let value = match value {
            rusqlite::types::Value::Integer(number) => Value::from(number),
            rusqlite::types::Value::Text(text) => Value::from(text),
            other => panic!("{pragma} is {other:?}"),
        };
        assert_eq!(&value, expected, "{pragma}");
    }
}

#[test]
fn a_new_file_has_upstreams_schema() {
    let place = Place::new();
    place.add(place.options(), &tiny());
    check(&database(&place.file()).connection);
}

#[test]
fn a_file_keeps_it_when_syncs_are_added_and_deleted() {
    let place = Place::new();
    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    for _ in 0..3 {
        place.add(place.options(), &tiny());
        let database = database(&place.file());
        check(&database.connection);
        assert_eq!(database.text("pragma integrity_check"), "ok");
    }
}

#[test]
fn new_and_compacted_databases_have_large_pages() {
    let page_size = |place: &Place| database(&place.file()).number("pragma page_size");
    let place = Place::new();
    place.add(place.options(), &tiny());
    assert_eq!(page_size(&place), 16_384);

    fs::copy(vector_path("tiny.c1z"), place.file()).unwrap();
    assert_eq!(page_size(&place), 4096, "upstream's");
    let keep = Options {
        skip_cleanup: true,
        ..place.options()
    };
    place.add(keep, &tiny());
    assert_eq!(page_size(&place), 4096);
    place.add(place.options(), &tiny());
    assert_eq!(page_size(&place), 16_384, "free pages were removed");
}
