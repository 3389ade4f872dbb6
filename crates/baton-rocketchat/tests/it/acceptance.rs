//! The acceptance checks for the command line (`baton-runtime.md` section 8), row by row.
//!
//! A row is met, or `docs/differences.md` has an entry for it that says what is done instead, and why. Rows 34 to 57 are
//! about service mode: `service.rs` says where they are shown. A part of row 54 needs no service.

mod parts;
mod syncs;
mod usage;

use serde_json::Value;

use crate::binary::{Binary, Run};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Met,
    /// Its check tests what is done instead, which this entry of `docs/differences.md` describes.
    Differs(&'static str),
}
use Mark::{Differs, Met};

/// Makes a test of each row and a table of all.
macro_rules! rows {
    ($($number:literal $mark:expr, $module:ident::$name:ident;)*) => {
        const ROWS: &[(u8, Mark)] = &[$(($number, $mark)),*];

        mod row {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$module::$name().await;
                }
            )*
        }
    };
}

rows! {
    1 Met, usage::the_version;
    2 Differs("own-settings"), usage::the_help;
    3 Met, usage::unknown_commands;
    4 Met, usage::unknown_flags;
    5 Met, usage::nothing_set;
    6 Met, usage::an_empty_variable;
    7 Met, usage::an_empty_flag;
    8 Met, usage::the_configuration_file;
    9 Differs("file-remarks"), usage::a_configuration_file_that_is_none;
    10 Met, usage::the_capabilities;
    11 Met, usage::the_schema;
    12 Met, usage::flags_of_other_commands;
    13 Met, syncs::a_sync;
    14 Met, syncs::lines_for_people;
    15 Met, syncs::a_log_file;
    16 Met, syncs::refusals_at_the_start;
    17 Differs("retries"), syncs::trouble_at_the_start;
    18 Differs("rate-limits"), syncs::a_rate_limit_at_the_start;
    19 Met, syncs::a_rate_limit_in_the_middle;
    20 Differs("retries"), syncs::trouble_in_the_middle;
    21 Met, syncs::a_host_that_does_not_exist;
    22 Met, syncs::a_refusal_in_the_middle;
    23 Differs("not-found"), syncs::a_list_that_is_not_there;
    24 Met, syncs::a_type_that_does_not_exist;
    25 Met, parts::some_types;
    26 Met, parts::resources_only;
    27 Met, parts::a_resource_that_is_none;
    28 Met, parts::half_a_grant;
    29 Met, parts::a_grant;
    30 Met, parts::events;
    31 Met, parts::action_schemas;
    32 Met, parts::values_out_of_range;
    33 Met, parts::wrong_credentials;
    54 Met, parts::the_health_check;
}

/// Returns a line of the log by its message.
fn line<'a>(logs: &'a [Value], message: &str) -> &'a Value {
    let found = logs.iter().find(|it| it["msg"] == message);
    found.unwrap_or_else(|| panic!("no {message:?} in {logs:#?}"))
}

fn messages(run: &Run) -> Vec<String> {
    let logs = run.logs();
    logs.iter()
        .map(|it| it["msg"].as_str().unwrap().to_owned())
        .collect()
}

/// Runs without any request and compares the end of it.
async fn check(binary: &Binary, arguments: &[&str], code: i32, words: &str) {
    let run = binary.run(arguments).await;
    assert_eq!(run.code, Some(code), "{arguments:?}: {}", run.stderr);
    assert_eq!(run.last_words(), words, "{arguments:?}: {}", run.stderr);
    assert_eq!(run.stdout, "", "{arguments:?}");
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
}

const TASK: &str = "runner: error processing task: rpc error: code = ";

#[test]
fn every_difference_has_an_entry() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/differences.md");
    let text = std::fs::read_to_string(path).unwrap();
    for (row, mark) in ROWS {
        let Differs(id) = mark else { continue };
        let entry = text
            .lines()
            .find(|it| it.starts_with(&format!("| `{id}` |")));
        let entry = entry.unwrap_or_else(|| panic!("row {row}: no entry {id}"));
        let rows: Vec<_> = entry
            .split('|')
            .nth(2)
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        assert!(
            rows.contains(&row.to_string().as_str()),
            "row {row}: {entry}"
        );
    }
    let rows: Vec<_> = ROWS.iter().map(|(row, _)| *row).collect();
    let expected: Vec<_> = (1..=33).chain([54]).collect();
    assert_eq!(rows, expected);
}
