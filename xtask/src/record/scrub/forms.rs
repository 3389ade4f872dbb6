//! Texts that are kept for their form: dates, versions, and what the server says of an error.

use super::words::{CODES, PHRASES};

/// Stands for a code that is not known. It has no space, so it still reads as a code.
const REDACTED_CODE: &str = "redacted";

/// Stands for a sentence that is not known. It has a space: `rocketchat-api.md` section 6.1 takes a text without one for
/// a code, and whether an error has a code decides whether it is tried again.
const REDACTED_PHRASE: &str = "redacted text";

/// Keeps a date in the only form that the API writes, `2026-06-01T08:15:30.221Z`.
pub(super) fn date(text: &str) -> Option<String> {
    (with_numbers_as(text, '0', false) == "0000-00-00T00:00:00.000Z").then(|| text.to_owned())
}

/// Keeps the two or three numbers that a version starts with, such as `8.6.1` of `8.6.1-rc.2`.
pub(super) fn version(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let numbers: Vec<&str> = text
        .get(..end)?
        .split('.')
        .take(3)
        .take_while(|part| !part.is_empty())
        .collect();
    (numbers.len() >= 2).then(|| numbers.join("."))
}

/// Keeps a code of an error, or a sentence in its place, or says that there was one.
pub(super) fn code(text: &str) -> String {
    known_code(text)
        .or_else(|| known_phrase(text))
        .unwrap_or_else(|| redacted(text).to_owned())
}

/// Keeps what the server says of an error as far as the words are known: a sentence, a code, or both as `text [code]`.
pub(super) fn phrase(text: &str) -> String {
    let Some((words, code)) = text
        .strip_suffix(']')
        .and_then(|text| text.rsplit_once('['))
    else {
        return code(text);
    };
    let code = known_code(code).unwrap_or_else(|| REDACTED_CODE.to_owned());
    match words.trim_end() {
        "" => format!("[{code}]"),
        words => format!(
            "{} [{code}]",
            known_phrase(words).unwrap_or_else(|| REDACTED_PHRASE.to_owned())
        ),
    }
}

fn redacted(text: &str) -> &'static str {
    if text.contains(char::is_whitespace) {
        REDACTED_PHRASE
    } else {
        REDACTED_CODE
    }
}

fn known_code(text: &str) -> Option<String> {
    CODES.contains(&text).then(|| text.to_owned())
}

fn known_phrase(text: &str) -> Option<String> {
    PHRASES
        .contains(&with_numbers_as(text, '#', true).as_str())
        .then(|| text.to_owned())
}

/// Returns `text` with `mark` for each digit, or for each run of digits.
fn with_numbers_as(text: &str, mark: char, runs: bool) -> String {
    let mut marked = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' if runs && marked.ends_with(mark) => {}
            '0'..='9' => marked.push(mark),
            other => marked.push(other),
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::{code, date, phrase, version};

    #[test]
    fn only_dates_of_the_api_stay() {
        let good = "2026-06-01T08:15:30.221Z";
        assert_eq!(date(good).as_deref(), Some(good));
        for text in [
            "",
            "yesterday",
            "2026-06-01",
            "2026-06-01T08:15:30Z",
            "2026-06-01T08:15:30.221Z at home",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn versions_lose_what_follows_the_numbers() {
        for (text, expected) in [
            ("8.6.1", Some("8.6.1")),
            ("6.4", Some("6.4")),
            ("8.6.1-rc.2", Some("8.6.1")),
            ("8.6.1.4096", Some("8.6.1")),
            ("8.6.company", Some("8.6")),
            ("8", None),
            ("v8.6", None),
            ("", None),
        ] {
            assert_eq!(version(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn errors_keep_their_known_words_and_their_shape() {
        for (text, expected) in [
            (
                "You must be logged in to do this.",
                "You must be logged in to do this.",
            ),
            ("team-does-not-exist", "team-does-not-exist"),
            (
                "Not allowed [error-not-allowed]",
                "Not allowed [error-not-allowed]",
            ),
            ("[error-invalid-roleId]", "[error-invalid-roleId]"),
            (
                "jonas.weber is already in use :( [error-field-unavailable]",
                "redacted text [redacted]",
            ),
            (
                "jonas.weber may not [error-not-allowed]",
                "redacted text [error-not-allowed]",
            ),
            ("connection 4 to 192.0.2.10:27017 closed", "redacted text"),
            ("jonas.weber", "redacted"),
        ] {
            assert_eq!(phrase(text), expected, "{text}");
        }
        let wait = "Error, too many requests. Please slow down. You must wait 26 seconds before trying this endpoint again. \
            [error-too-many-requests]";
        assert_eq!(phrase(wait), wait);
    }

    #[test]
    fn codes_and_swapped_texts_keep_their_kind() {
        for (text, expected) in [
            ("totp-required", "totp-required"),
            ("Role not found", "Role not found"),
            ("error-custom-jonas", "redacted"),
            ("Something about Jonas", "redacted text"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }
}
