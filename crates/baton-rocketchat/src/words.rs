//! Sentences and numbers for people.

use std::fmt::Write as _;
use std::time::Duration;

use rocketchat_sync::Report;

/// Returns how the connector introduces itself to servers.
pub(crate) fn user_agent() -> String {
    format!("baton-rocketchat/{}", env!("CARGO_PKG_VERSION"))
}

/// Says what a sync did, in one line.
pub(crate) fn summary(report: &Report, took: Duration) -> String {
    let resources = |kind: &str| {
        report
            .summary
            .resources
            .get(&kind.into())
            .copied()
            .unwrap_or_default()
    };
    let grants: u64 = report.summary.grants.values().sum();
    let mut line = format!(
        "synced {} users ({} disabled, {} service, {} federated), {} roles, {} teams, {} grants in {}",
        number(resources("user")),
        number(report.disabled_users),
        number(report.service_users),
        number(report.federated_users),
        number(resources("role")),
        number(resources("team")),
        number(grants),
        duration(took),
    );
    if report.waited >= Duration::from_millis(100) {
        // Writing to a string cannot fail.
        let _ = write!(
            line,
            " (waited {} for rate limits)",
            duration(report.waited)
        );
    }
    for (count, what) in [
        (report.unknown_roles, "role ids without a role"),
        (report.late_users, "users created meanwhile"),
        (
            report.gone_members,
            "members dropped because their account is gone",
        ),
        (report.gone_teams, "teams deleted meanwhile"),
        (report.orphaned_members, "membership rows of deleted users"),
    ] {
        if count > 0 {
            let _ = write!(line, "; {} {what}", number(count));
        }
    }
    line
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
