//! The only place that prints: data on stdout, everything else on stderr.

use std::fmt::Display;

/// Prints what the task was asked for.
#[expect(
    clippy::print_stdout,
    reason = "a task is a program for people, and this is its output"
)]
pub(crate) fn data(line: impl Display) {
    println!("{line}");
}

/// Says what is going on.
#[expect(
    clippy::print_stderr,
    reason = "a task is a program for people, and tells them what it does"
)]
pub(crate) fn note(line: impl Display) {
    eprintln!("{line}");
}

/// Says why a task failed, the causes below.
pub(crate) fn failure(error: &anyhow::Error) {
    note(format_args!("error: {error}"));
    for cause in error.chain().skip(1) {
        note(format_args!("  caused by: {cause}"));
    }
}
