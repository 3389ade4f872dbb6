//! Names of resources as Baton writes them on the command line (`c1z.md` section 5): `bid:r:type/id`.

use std::fmt;

/// A resource, named by its type and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bid {
    pub(crate) kind: String,
    pub(crate) id: String,
}

/// Why a text names no resource, and where in it that shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Error {
    text: String,
    /// In characters.
    at: usize,
    reason: String,
}

impl fmt::Display for Error {
    /// Writes a second and a third line with a mark below the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, at, reason } = self;
        write!(
            f,
            "error parsing baton id '{text}' at location {at}: {reason}\n{text}\n{:at$}^",
            ""
        )
    }
}

impl std::str::FromStr for Bid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fail = |at: usize, reason: String| Error {
            text: text.to_owned(),
            at,
            reason,
        };
        let (prefix, rest) = text.split_once(':').unwrap_or((text, ""));
        if prefix != "bid" {
            return Err(fail(
                prefix.chars().count(),
                format!("invalid prefix: '{prefix}'"),
            ));
        }
        let start = "bid:".len();
        let Some(resource) = rest.strip_prefix("r:") else {
            let kind = rest.split(':').next().unwrap_or_default();
            return Err(fail(
                start,
                format!("'{kind}' names no resource, which 'r' does"),
            ));
        };
        let parts =
            parts(resource, start + 2).map_err(|(at, reason)| fail(at, reason.to_owned()))?;
        match parts.as_slice() {
            [kind, id] => Ok(Self {
                kind: kind.clone(),
                id: id.clone(),
            }),
            [_, _, _, _] => Err(fail(
                start + 2,
                "no resource of this connector has a parent".to_owned(),
            )),
            _ => Err(fail(
                text.chars().count(),
                "expected a type and an id, divided by a slash".to_owned(),
            )),
        }
    }
}

/// Divides at slashes, and takes the backslash off what it protects. `at` is where the text begins.
fn parts(text: &str, mut at: usize) -> Result<Vec<String>, (usize, &'static str)> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let taken = match character {
            '/' => {
                if parts.last().is_some_and(String::is_empty) {
                    return Err((at, "a part is empty"));
                }
                parts.push(String::new());
                at += 1;
                continue;
            }
            ':' => return Err((at, "a colon has to stand behind a backslash")),
            '\\' => {
                at += 1;
                match characters.next() {
                    Some(it @ ('\\' | '/' | ':')) => it,
                    _ => {
                        return Err((
                            at,
                            "a backslash stands before another one, a slash or a colon only",
                        ));
                    }
                }
            }
            it => it,
        };
        at += 1;
        if let Some(part) = parts.last_mut() {
            part.push(taken);
        }
    }
    match parts.last() {
        Some(last) if last.is_empty() => Err((at, "a part is empty")),
        _ => Ok(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_ids_are_read() {
        for (text, kind, id) in [
            ("bid:r:user/u1", "user", "u1"),
            (r"bid:r:team/a\/b\:c\\d", "team", r"a/b:c\d"),
            ("bid:r:role/Directory Reader", "role", "Directory Reader"),
            ("bid:r:user/ü", "user", "ü"),
        ] {
            let bid = text.parse::<Bid>().unwrap();
            assert_eq!((bid.kind.as_str(), bid.id.as_str()), (kind, id), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r"(bid:r:)?([a/:\\ü]|\\[/:\\]){0,12}") {
            match text.parse::<Bid>() {
                Ok(it) => proptest::prop_assert!(!it.kind.is_empty() && !it.id.is_empty()),
                Err(error) => proptest::prop_assert!(error.at <= text.chars().count() + 1, "{}", error),
            }
        }
    }

    #[test]
    fn the_place_of_a_mistake_is_told() {
        for (text, at, reason) in [
            ("bogus", 5, "invalid prefix: 'bogus'"),
            ("", 0, "invalid prefix: ''"),
            ("bid", 4, "'' names no resource"),
            ("bid:e:team/t1:member", 4, "'e' names no resource"),
            ("bid:r:user", 10, "expected a type and an id"),
            ("bid:r:/u1", 6, "a part is empty"),
            ("bid:r:user/", 11, "a part is empty"),
            ("bid:r:team/t1/user/u1", 6, "has a parent"),
            ("bid:r:user/a:b", 12, "a colon"),
            (r"bid:r:user/a\n", 13, "a backslash"),
        ] {
            let error = text.parse::<Bid>().unwrap_err();
            assert_eq!(error.at, at, "{text}");
            assert!(error.reason.contains(reason), "{text}: {}", error.reason);
        }
        let shown = "bogus".parse::<Bid>().unwrap_err().to_string();
        assert_eq!(
            shown,
            "error parsing baton id 'bogus' at location 5: invalid prefix: 'bogus'\nbogus\n     ^"
        );
    }
}
