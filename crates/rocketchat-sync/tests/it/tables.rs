//! The tables of a workspace have the columns that `docs/outputs.md` describes, and every attribute has one.

use std::fs;
use std::path::Path;

use baton_model::{EntitlementId, Grant, Record, ResourceId, Summary};
use baton_sinks::{Csv, Sink as _};
use rocketchat_sync::mapping::{self, team::Members};

use crate::mapping::{role, team, user};

fn rows() -> Vec<Record> {
    let user = user(
        r#"{"_id":"u1","name":"Ada","username":"@ada:other.example","type":"user","active":true,"federated":true,
            "emails":[{"address":"a@b","verified":true}],"lastLogin":"2026-06-01T08:15:30.221Z"}"#,
    );
    let role = role(
        r#"{"_id":"r1","name":"Scribe","scope":"Subscriptions","description":"Keeps minutes","protected":false,"mandatory2fa":true}"#,
    );
    let team = team(
        r#"{"_id":"t1","name":"crew","type":1,"roomId":"g1","createdAt":"2026-06-01T08:15:30.221Z","createdBy":{"_id":"u1","username":"ada"}}"#,
    );
    let members = Members {
        active: 1,
        dormant: 2,
    };
    let member = Grant {
        entitlement: EntitlementId::new(ResourceId::new(mapping::TEAM, "t1"), "member"),
        principal: mapping::user::id(&user.id),
    };
    vec![
        Record::Resource(mapping::user::resource(&user)),
        Record::Resource(mapping::role::resource(&role)),
        Record::Resource(mapping::team::resource(&team, Some(members))),
        Record::Grant(member),
    ]
}

/// Returns the names in the first column of the table under a heading.
fn documented(table: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/outputs.md");
    let text = fs::read_to_string(path).unwrap();
    let heading = format!("### `{table}`");
    let section = text.lines().skip_while(|line| *line != heading).skip(1);
    let section = section.take_while(|line| !line.starts_with('#'));
    let cell = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    section.filter_map(cell).collect()
}

#[test]
fn every_column_is_documented_and_every_attribute_has_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut sink = Box::new(Csv::create(dir.path(), mapping::ATTRIBUTES).unwrap());
    for record in rows() {
        sink.write(&record).unwrap();
    }
    sink.finish(&Summary::default()).unwrap();
    for table in ["users", "roles", "teams", "grants", "access"] {
        let text = fs::read_to_string(dir.path().join(format!("{table}.csv"))).unwrap();
        let (header, row) = text.split_once('\n').unwrap();
        assert_eq!(
            header.split(',').collect::<Vec<_>>(),
            documented(table),
            "{table}"
        );
        if header.ends_with(",profile") {
            assert!(
                row.trim_end().ends_with(','),
                "attributes without a column: {row}"
            );
        }
    }
}
