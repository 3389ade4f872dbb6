//! Texts that mean something: durations, choices, rates.

use std::time::Duration;

use rocketchat_sim::Limiter;
use rocketchat_sync::DormantMemberships;

const DORMANT: &str = "expected resolve or count";

/// How something is written to stdout. No command has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// Tables for people.
    Text,
    /// The same for programs: one document.
    Json,
    /// A JSON document on each line.
    Ndjson,
    /// A table for programs.
    Csv,
}

impl OutputFormat {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

pub(crate) fn dormant(text: &str) -> Result<(), &'static str> {
    parse_dormant(text).map(drop)
}

pub(crate) fn max_duration(text: &str) -> Result<(), &'static str> {
    parse_duration(text).map(drop)
}

pub(crate) fn rate_limit(text: &str) -> Result<(), &'static str> {
    parse_rate_limit(text).map(drop)
}

pub(crate) fn parse_dormant(text: &str) -> Result<DormantMemberships, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "resolve" => Ok(DormantMemberships::Resolve),
        "count" => Ok(DormantMemberships::Count),
        _ => Err(DORMANT),
    }
}

pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let duration: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "expected a duration such as 90m, 2h30m or 600s")?;
    match Duration::try_from(duration) {
        Ok(it) if !it.is_zero() => Ok(it),
        Ok(_) | Err(_) => Err("expected a duration of more than nothing"),
    }
}

pub(crate) fn parse_rate_limit(text: &str) -> Result<Limiter, &'static str> {
    const FORM: &str = "expected calls and seconds, such as 10/60";
    let (calls, seconds) = text.split_once('/').ok_or(FORM)?;
    let calls: u32 = calls.parse().map_err(|_| FORM)?;
    let seconds: f64 = seconds.parse().map_err(|_| FORM)?;
    if calls == 0 || !(0.1..=86_400.0).contains(&seconds) {
        return Err("expected at least 1 call and 0.1 to 86400 seconds");
    }
    Ok(Limiter {
        calls,
        window: Duration::from_secs_f64(seconds),
    })
}

/// Reads a switch with the words that Go knows, as other connectors do.
pub(crate) fn parse_switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Splits a list at its commas. A part in double quotes may hold commas, and quotes that are doubled.
pub(crate) fn parse_list(text: &str) -> Result<Vec<String>, &'static str> {
    let mut items = Vec::new();
    let mut rest = text;
    loop {
        let (item, tail) = if let Some(quoted) = rest.strip_prefix('"') {
            parse_quoted(quoted)?
        } else {
            let (item, tail) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            if item.contains('"') {
                return Err(QUOTE);
            }
            (item.to_owned(), tail)
        };
        items.push(item);
        if tail.is_empty() {
            return Ok(items);
        }
        rest = tail.strip_prefix(',').ok_or(QUOTE)?;
    }
}

const QUOTE: &str = "a double quote has to surround a whole item, or be doubled within one";

/// Takes a part whose first quote is gone already, and returns it with what follows its last one.
fn parse_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut item = String::new();
    let mut rest = text;
    loop {
        let (part, tail) = rest.split_once('"').ok_or(QUOTE)?;
        item.push_str(part);
        let Some(more) = tail.strip_prefix('"') else {
            return Ok((item, tail));
        };
        item.push('"');
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_follow_csv() {
        for (text, items) in [
            ("a", &["a"][..]),
            ("a,b", &["a", "b"]),
            (r#""a,b",c"#, &["a,b", "c"]),
            (r#""say ""hi""""#, &[r#"say "hi""#]),
            ("a,,b", &["a", "", "b"]),
            (r#""""#, &[""]),
        ] {
            assert_eq!(parse_list(text).unwrap(), items, "{text}");
        }
        for text in [r#""a"#, r#"a"b"#, r#""a"b"#, r#"a,"b"#] {
            assert!(parse_list(text).is_err(), "{text}");
        }
    }

    #[test]
    fn switches_take_the_words_of_go() {
        for (text, value) in [
            ("1", Some(true)),
            ("True", Some(true)),
            ("f", Some(false)),
            ("yes", None),
            ("tRUE", None),
            ("", None),
        ] {
            assert_eq!(parse_switch(text), value, "{text}");
        }
    }
}
