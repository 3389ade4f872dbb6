//! Sentences and numbers for people.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use rocketchat_sync::mapping::{ROLE, TEAM, USER};
use rocketchat_sync::{DormantMemberships, Report};
use serde::Serialize;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::code::Code;
use crate::failure::Failure;
use crate::oneshot::Synced;

/// Returns how the connector introduces itself to servers.
pub(crate) fn user_agent() -> String {
    format!("baton-rocketchat/{}", env!("CARGO_PKG_VERSION"))
}

/// Returns a document for programs, on several lines and without a line break at the end.
pub(crate) fn json(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document)
        .map_err(|error| Failure::new(Code::Internal, error.into()))
}

/// Says what a sync did, in one line.
pub(crate) fn sentence(synced: &Synced) -> String {
    let Synced { report, .. } = synced;
    let mut line = format!(
        "synced {} ({} disabled, {} service, {} federated), {}, {}, {} in {}",
        counted(synced.resources(USER), USER),
        number(report.disabled_users),
        number(report.service_users),
        number(report.federated_users),
        counted(synced.resources(ROLE), ROLE),
        counted(synced.resources(TEAM), TEAM),
        counted(synced.all_grants(), "grant"),
        duration(synced.took),
    );
    // Writing to a string cannot fail.
    if report.waited >= Duration::from_millis(100) {
        let _ = write!(line, ", waited {} for rate limits", duration(report.waited));
    }
    for (count, what) in oddities(synced) {
        if count > 0 {
            let _ = write!(line, "; {}", counted(count, what));
        }
    }
    line
}

/// What most syncs have none of.
fn oddities(synced: &Synced) -> [(u64, &'static str); 6] {
    let Synced { report, .. } = synced;
    let only_counted = match synced.options.dormant_memberships {
        DormantMemberships::Resolve => 0,
        DormantMemberships::Count => report.dormant_members,
    };
    let [roles, members, teams] = losses(report);
    [
        (only_counted, "dormant membership* only counted"),
        roles,
        members,
        teams,
        (report.late_users, "user* created meanwhile"),
        (report.orphaned_members, "membership row* of deleted users"),
    ]
}

/// What could not be put into the file as the server told it.
fn losses(report: &Report) -> [(u64, &'static str); 3] {
    [
        (report.unknown_roles, "role id* without a role"),
        (
            report.gone_members,
            "member* dropped because the account is gone",
        ),
        (report.gone_teams, "team* deleted meanwhile"),
    ]
}

/// Returns what kept something out of the file or was not as it should be, for the warnings of the sync.
pub(crate) fn warnings(synced: &Synced) -> Vec<String> {
    let Synced { report, .. } = synced;
    let counts = losses(report).into_iter().filter(|(count, _)| *count > 0);
    let absent = report.absent.iter();
    counts
        .map(|(count, what)| counted(count, what))
        .chain(absent.map(|id| format!("resource {id} does not exist")))
        .collect()
}

/// Writes a number of things: "1 team", "1,234 teams". The plural goes where the star is, else at the end.
pub(crate) fn counted(count: u64, what: &str) -> String {
    let (noun, rest) = what.split_once('*').unwrap_or((what, ""));
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}{rest}", number(count))
}

/// Lists alternatives: "text or json", "users, roles or teams".
pub(crate) fn any_of(names: &[&str]) -> String {
    list(names, "or")
}

/// Lists what belongs together: "users and grants".
pub(crate) fn all_of(names: &[&str]) -> String {
    list(names, "and")
}

fn list(names: &[&str], word: &str) -> String {
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => {
            format!("{} {word} {last}", before.join(", "))
        }
        _ => names.concat(),
    }
}

/// Returns a text that is safe on a terminal and stays on its line: whatever steers a terminal, or is not to be seen, is
/// replaced.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(is_unsafe) {
        Cow::Owned(text.replace(is_unsafe, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns a text as it can be shown in `most` columns of a terminal: what is too long is cut off.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let text = plain(text);
    if text.width() <= most {
        return text.into_owned();
    }
    let mut width = 0;
    let fits = |it: &char| {
        width += it.width().unwrap_or_default();
        width < most
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// Tells controls, line breaks, and what turns the direction of writing or takes no room. Joiners stay: names of some
/// languages have them.
fn is_unsafe(it: char) -> bool {
    it.is_control()
        || matches!(
            it,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// Breaks a text into lines of at most `width` characters, between words only.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// Returns seconds with three decimal places at most; what is beyond them is noise.
pub(crate) fn rounded_seconds(value: Duration) -> f64 {
    (value.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Returns whole seconds, none of them cut off.
pub(crate) fn rounded_up(value: Duration) -> u64 {
    value
        .as_secs()
        .saturating_add(u64::from(value.subsec_nanos() > 0))
}

/// Writes a time to come: 37s, 12m 04s, 2h 31m. It is never over before it says so.
pub(crate) fn whole_seconds(value: Duration) -> String {
    match rounded_up(value) {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => duration(Duration::from_secs(seconds)),
    }
}

/// Writes 1234567 as 1,234,567.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a duration as people say it: 0.31s, 12m 04s, 2h 31m.
pub(crate) fn duration(value: Duration) -> String {
    let seconds = value.as_secs();
    match seconds {
        // Rounding must not give 60.00s.
        0..60 if value.as_millis() < 59_995 => format!("{:.2}s", value.as_secs_f64()),
        0..60 => "1m 00s".to_owned(),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn one_is_no_plural() {
        for (count, what, text) in [
            (0, "team", "0 teams"),
            (1, "team", "1 team"),
            (1, "role id* without a role", "1 role id without a role"),
            (
                1200,
                "role id* without a role",
                "1,200 role ids without a role",
            ),
        ] {
            assert_eq!(counted(count, what), text);
        }
    }

    #[test]
    fn alternatives_are_listed() {
        for (names, text) in [
            (&["text"][..], "text"),
            (&["text", "json"], "text or json"),
            (&["users", "roles", "teams"], "users, roles or teams"),
        ] {
            assert_eq!(any_of(names), text);
        }
    }

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, safe) in [
            ("Zoë 🎉 李", "Zoë 🎉 李"),
            ("\u{1b}[31mred", "\u{fffd}[31mred"),
            ("a\r\nb\tc", "a\u{fffd}\u{fffd}b\u{fffd}c"),
            ("\u{9b}2J\u{7f}", "\u{fffd}2J\u{fffd}"),
            ("\u{202e}gpj.exe", "\u{fffd}gpj.exe"),
        ] {
            assert_eq!(plain(text), safe);
        }
    }

    #[test]
    fn lines_break_between_words() {
        for (text, lines) in [
            ("", vec![""]),
            ("one", vec!["one"]),
            ("one two  three\nfour", vec!["one two", "three", "four"]),
            (
                "one extraordinary word",
                vec!["one", "extraordinary", "word"],
            ),
            ("änderung ü", vec!["änderung", "ü"]),
        ] {
            assert_eq!(wrap(text, 9), lines);
        }
    }

    #[test]
    fn a_time_to_come_is_rounded_up() {
        for (millis, text) in [
            (0, "0s"),
            (1, "1s"),
            (36_400, "37s"),
            (59_001, "1m 00s"),
            (723_100, "12m 04s"),
        ] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn durations_read_well() {
        for (millis, text) in [
            (310, "0.31s"),
            (59_990, "59.99s"),
            (59_999, "1m 00s"),
            (724_000, "12m 04s"),
            (9_060_000, "2h 31m"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
    }
}
