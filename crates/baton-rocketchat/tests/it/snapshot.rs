//! What was printed, compared with the files in `snapshots/`.

/// The identifier of a sync.
pub(crate) const SYNC_ID: (&str, &str) = ("[0-9A-Za-z]{27}", "[sync]");

/// A time for people.
pub(crate) const TIME: (&str, &str) = (r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", "[time]");

/// Compares a text, in which the filters replace what is different in every run.
pub(crate) fn check(name: &str, text: &str, filters: &[(&str, &str)]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (from, to) in filters {
        settings.add_filter(from, *to);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}
