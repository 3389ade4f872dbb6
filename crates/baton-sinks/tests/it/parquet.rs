//! The tables of Parquet, read back by another reader than the library's own: that of Arrow.

use std::fs::File;
use std::path::Path;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::file::metadata::RowGroupMetaData;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array as _, RecordBatch};
use baton_model::{EntitlementId, Grant, Record, ResourceId};
use baton_sinks::{Parquet, Sink};

use crate::csv::ATTRIBUTES;
use crate::records::{small_sync, write};

fn parquet(path: &Path, records: &[Record]) {
    let mut sink = Box::new(Parquet::create(path, ATTRIBUTES).unwrap());
    let summary = write(sink.as_mut(), records);
    sink.finish(&summary).unwrap();
}

/// Returns the rows of a table, and how they are distributed over row groups.
fn read(path: &Path) -> (RecordBatch, Vec<i64>) {
    let file = File::open(path).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let groups = builder.metadata().row_groups().iter();
    let groups = groups.map(RowGroupMetaData::num_rows).collect();
    let schema = builder.schema().clone();
    let mut batches = builder.with_batch_size(1 << 20).build().unwrap();
    let first = batches.next().map(Result::unwrap);
    assert!(batches.next().is_none());
    (
        first.unwrap_or_else(|| RecordBatch::new_empty(schema)),
        groups,
    )
}

fn text<'b>(batch: &'b RecordBatch, column: &str, row: usize) -> Option<&'b str> {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    column.is_valid(row).then(|| column.value(row))
}

fn schema(batch: &RecordBatch) -> String {
    let schema = batch.schema();
    let fields = schema.fields().iter().map(|it| {
        let optional = if it.is_nullable() {
            "optional"
        } else {
            "required"
        };
        format!("{} {optional} {}\n", it.name(), it.data_type())
    });
    fields.collect()
}

#[test]
fn the_tables_of_a_small_sync() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    parquet(&out, &small_sync());

    let (users, groups) = read(&out.join("users.parquet"));
    assert_eq!(groups, [2]);
    assert_eq!(text(&users, "id", 0), Some("1234"));
    assert_eq!(
        text(&users, "display_name", 0),
        Some("Ann \"Ace\" Ärger\n\u{2028}")
    );
    assert_eq!(text(&users, "description", 0), None);
    assert_eq!(text(&users, "status", 1), Some("disabled"));
    assert_eq!(text(&users, "profile", 1), None);
    let emails = users
        .column_by_name("emails")
        .unwrap()
        .as_list::<i32>()
        .value(0);
    assert_eq!(
        emails.as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some("ann@example.org")]
    );
    let logins = users.column_by_name("last_login").unwrap();
    let logins = logins.as_primitive::<TimestampMicrosecondType>();
    assert_eq!(logins.value(0), 1_780_301_730_221_000);
    let created = users.column_by_name("created_at").unwrap();
    assert_eq!(created.null_count(), 2);
    assert!(
        !users
            .column_by_name("federated")
            .unwrap()
            .as_boolean()
            .value(0)
    );

    let (teams, _) = read(&out.join("teams.parquet"));
    let members = teams.column_by_name("active_members").unwrap();
    assert_eq!(members.as_primitive::<Int64Type>().value(0), 2);
    assert_eq!(text(&teams, "room_id", 0), None);

    let (grants, _) = read(&out.join("grants.parquet"));
    assert_eq!(grants.num_rows(), 2);
    assert_eq!(text(&grants, "entitlement_id", 1), Some("team:5678:member"));
    assert_eq!(
        text(&grants, "entitlement_name", 1),
        Some("Press Team Member")
    );
    assert_eq!(text(&grants, "purpose", 1), Some("assignment"));
    assert_eq!(text(&grants, "principal_id", 1), Some("5"));

    let (roles, groups) = read(&out.join("roles.parquet"));
    assert_eq!((roles.num_rows(), groups.len()), (0, 0));
}

/// Who wrote it is this library, whatever program uses that.
#[test]
fn files_are_signed() {
    let dir = tempfile::tempdir().unwrap();
    parquet(dir.path(), &small_sync());
    let file = File::open(dir.path().join("users.parquet")).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let signed = builder.metadata().file_metadata().created_by();
    let expected = concat!("baton-sinks ", env!("CARGO_PKG_VERSION"));
    assert_eq!(signed, Some(expected));
}

#[test]
fn columns_have_types() {
    let dir = tempfile::tempdir().unwrap();
    parquet(dir.path(), &small_sync());
    let tables = ["users", "roles", "teams", "grants"].map(|name| {
        let (batch, _) = read(&dir.path().join(format!("{name}.parquet")));
        format!("== {name}\n{}", schema(&batch))
    });
    insta::assert_snapshot!(tables.concat());
}

/// Lists of no, one and several texts, and values that come and go, over the border of a row group.
#[test]
fn many_rows_are_in_groups() {
    const COUNT: usize = 100_003;
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut sink = Box::new(Parquet::create(&out, ATTRIBUTES).unwrap());
    let Some(Record::Resource(user)) = small_sync().into_iter().nth(2) else {
        panic!("an account");
    };
    for number in 0..COUNT {
        let mut user = user.clone();
        user.id = ResourceId::new("user", number.to_string());
        if let baton_model::ResourceTrait::User(it) = &mut user.details {
            it.login = (number % 3 > 0).then(|| format!("login {number}"));
            let email = it.emails.remove(0);
            it.emails = vec![email; number % 3];
        }
        sink.write(&Record::Resource(user)).unwrap();
        let grant = Grant {
            entitlement: EntitlementId::new(ResourceId::new("team", "t"), "member"),
            principal: ResourceId::new("user", number.to_string()),
        };
        sink.write(&Record::Grant(grant)).unwrap();
    }
    sink.finish(&baton_model::Summary::default()).unwrap();
    let (users, groups) = read(&out.join("users.parquet"));
    assert_eq!(groups, [100_000, 3]);
    let emails = users.column_by_name("emails").unwrap().as_list::<i32>();
    for number in (0..1000).chain(COUNT - 1000..COUNT) {
        assert_eq!(
            text(&users, "id", number),
            Some(number.to_string().as_str())
        );
        let login = format!("login {number}");
        assert_eq!(
            text(&users, "login", number),
            (number % 3 > 0).then_some(login.as_str())
        );
        assert_eq!(emails.value(number).len(), number % 3);
    }
    let (grants, groups) = read(&out.join("grants.parquet"));
    assert_eq!((grants.num_rows(), groups), (COUNT, vec![100_000, 3]));
    assert_eq!(text(&grants, "principal_id", COUNT - 1), Some("100002"));
}

#[test]
fn what_was_written_before_a_restart_is_gone_and_the_bytes_are_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for records in [small_sync(), Vec::new()] {
        let mut sink = Box::new(Parquet::create(&dir.path().join("again"), ATTRIBUTES).unwrap());
        write(sink.as_mut(), &small_sync());
        sink.restart().unwrap();
        let summary = write(sink.as_mut(), &records);
        sink.finish(&summary).unwrap();
        parquet(&dir.path().join("once"), &records);
        for name in ["users", "roles", "teams", "grants"] {
            let bytes = |of: &str| {
                std::fs::read(dir.path().join(of).join(format!("{name}.parquet"))).unwrap()
            };
            assert!(bytes("again") == bytes("once"), "{name}");
        }
    }
}
