//! Every setting there is: the one place to look for a flag, to add one or to change it.
//!
//! From these tables come the flags of each command, the environment variables, the keys of the configuration file, the
//! help, the completions and the output of `config`. What a setting does stands where it is read.

mod baton;
mod connector;

use crate::field::Field;

pub(crate) use baton::*;
pub(crate) use connector::*;

/// Makes a constant of each row and a table of all.
macro_rules! fields {
    ($table:ident: $($name:ident = $field:expr;)*) => {
        $(pub(crate) static $name: $crate::field::Field = $field;)*
        pub(super) static $table: &[&$crate::field::Field] = &[$(&$name),*];
    };
}
use fields;

/// Returns all fields: those that every connector has, in the order in which `config` tells them, then this one's.
pub(crate) fn all() -> impl Iterator<Item = &'static Field> {
    BATON.iter().chain(CONNECTOR).copied()
}

/// Groups of fields that must be set together, in the order in which they are checked.
pub(crate) static TOGETHER: &[&[&Field]] = &[
    &[&BULK_CREATE_TICKET, &BULK_TICKET_TEMPLATE_PATH],
    &[&CLIENT_ID, &CLIENT_SECRET],
    &[
        &COMPACT_SYNCS,
        &COMPACT_SYNC_IDS,
        &COMPACT_FILE_PATHS,
        &COMPACT_OUTPUT_PATH,
    ],
    &[&CREATE_TICKET, &TICKET_TEMPLATE_PATH],
    &[&DIFF_SYNCS, &BASE_SYNC_ID, &APPLIED_SYNC_ID],
    &[&GET_TICKET, &TICKET_ID],
    &[&GRANT_ENTITLEMENT, &GRANT_PRINCIPAL],
    &[&CLIENT_CERTIFICATE, &CLIENT_KEY],
];

/// Groups of fields of which one at most may be set, in the order in which they are checked.
pub(crate) static EXCLUSIVE: &[&[&Field]] = &[
    &[
        &GRANT_ENTITLEMENT,
        &REVOKE_GRANT,
        &CREATE_ACCOUNT_EMAIL,
        &DELETE_RESOURCE_TYPE,
        &ROTATE_CREDENTIALS_TYPE,
        &EVENT_FEED,
        &DIFF_SYNCS,
        &COMPACT_SYNCS,
        &LIST_TICKET_SCHEMAS,
    ],
    &[
        &GRANT_ENTITLEMENT,
        &REVOKE_GRANT,
        &CREATE_ACCOUNT_LOGIN,
        &DELETE_RESOURCE,
        &ROTATE_CREDENTIALS,
        &EVENT_FEED,
        &CREATE_TICKET,
        &GET_TICKET,
        &LIST_TICKET_SCHEMAS,
        &BULK_CREATE_TICKET,
    ],
    &[&AUTH_TOKEN, &AUTH_TOKEN_FILE],
    &[
        &OTEL_COLLECTOR_ENDPOINT_TLS_CERT_PATH,
        &OTEL_COLLECTOR_ENDPOINT_TLS_CERT,
    ],
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_and_no_letter_stands_for_two_fields() {
        let mut seen = HashSet::new();
        for field in all() {
            assert!(seen.insert(field.name), "{}", field.name);
            assert!(!field.help.ends_with('.'), "{}", field.name);
        }
        let letters: Vec<_> = all().filter_map(|it| it.short).collect();
        assert_eq!(letters, ['f', 'p']);
    }
}
