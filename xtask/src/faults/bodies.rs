//! Bodies that no server should send, made from a true one.

use serde_json::{Map, Value};

/// What a field says instead of what it should.
pub(super) const WRONG: &[Wrong] = &[
    Wrong::Missing,
    Wrong::Null,
    Wrong::Bool,
    Wrong::Number,
    Wrong::Text,
    Wrong::List,
    Wrong::Object,
];

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Missing,
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

impl Wrong {
    /// What it is, as documents say it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Missing => "a field is missing",
            Self::Null => "a field is null",
            Self::Bool => "a field is true or false, and should not be",
            Self::Number => "a field is a number, and should not be",
            Self::Text => "a field is a text, and should not be",
            Self::List => "a field is a list, and should not be",
            Self::Object => "a field is an object, and should not be",
        }
    }

    fn value(self) -> Option<Value> {
        Some(match self {
            Self::Missing => return None,
            Self::Null => Value::Null,
            Self::Bool => Value::Bool(true),
            Self::Number => Value::from(-7.5),
            Self::Text => Value::from("made up"),
            Self::List => Value::from(vec![Value::Null]),
            Self::Object => Value::Object(Map::from_iter([("x".to_owned(), Value::Null)])),
        })
    }

    /// Tells whether a value is of this kind, so that it would not be wrong.
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Missing => false,
            Self::Null => value.is_null(),
            Self::Bool => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// A place in a JSON text: keys, and the first element of each list on the way.
pub(super) type Place = Vec<String>;

/// The key that stands for the first element of a list.
const FIRST: &str = "[0]";

/// Returns the places of all fields of a body, lists by their first element.
pub(super) fn fields(body: &[u8]) -> Vec<Place> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        collect(&value, &[], &mut found);
    }
    found
}

fn collect(value: &Value, place: &[String], found: &mut Vec<Place>) {
    let mut visit = |key: &str, value: &Value| {
        let place: Place = place.iter().cloned().chain([key.to_owned()]).collect();
        collect(value, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| visit(key, value)),
        Value::Array(items) => items.iter().take(1).for_each(|item| visit(FIRST, item)),
        _ => {}
    }
}

/// Returns the body with something else at a place; `None` where that would be no fault.
pub(super) fn with_wrong(body: &[u8], place: &[String], wrong: Wrong) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let (last, above) = place.split_last()?;
    let parent = above.iter().try_fold(&mut value, |value, key| match key {
        key if key == FIRST => value.get_mut(0),
        key => value.get_mut(key.as_str()),
    })?;
    match parent {
        Value::Object(fields) => {
            if wrong.is(fields.get(last)?) {
                return None;
            }
            match wrong.value() {
                Some(value) => fields.insert(last.clone(), value),
                None => fields.remove(last),
            };
        }
        Value::Array(items) => {
            // A list without its first element lacks a row, which is another fault.
            let value = wrong
                .value()
                .filter(|_| !items.first().is_some_and(|it| wrong.is(it)))?;
            *items.first_mut()? = value;
        }
        _ => return None,
    }
    serde_json::to_vec(&value).ok()
}

/// Writes every field of every object twice.
pub(super) fn with_duplicates(body: &[u8]) -> Vec<u8> {
    fn write(value: &Value, text: &mut String) {
        match value {
            Value::Object(fields) => {
                let mut written = Vec::new();
                for (key, value) in fields {
                    let mut field = format!("{}:", Value::from(key.as_str()));
                    write(value, &mut field);
                    written.extend([field.clone(), field]);
                }
                text.extend(["{", &written.join(","), "}"]);
            }
            Value::Array(items) => {
                text.push('[');
                for (number, item) in items.iter().enumerate() {
                    text.push_str(if number == 0 { "" } else { "," });
                    write(item, text);
                }
                text.push(']');
            }
            other => text.push_str(&other.to_string()),
        }
    }
    let mut text = String::new();
    write(&serde_json::from_slice(body).unwrap_or_default(), &mut text);
    text.into_bytes()
}

/// Returns lists in lists.
pub(super) fn deep(depth: usize) -> Vec<u8> {
    ["[".repeat(depth), "]".repeat(depth)].concat().into_bytes()
}

/// Returns the body with other JSON, or what is none, in place of the first name: of the first row, or of the body itself where
/// it has no rows.
pub(super) fn with_name(body: &[u8], name: &[u8]) -> Vec<u8> {
    const PLACE: &str = "name to be replaced";
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
    replace_name(&mut value, PLACE);
    let text = value.to_string();
    match text.split_once(&format!("\"{PLACE}\"")) {
        Some((before, after)) => [before.as_bytes(), name, after.as_bytes()].concat(),
        None => text.into_bytes(),
    }
}

/// Replaces the first name that is found from the inside.
fn replace_name(value: &mut Value, by: &str) -> bool {
    match value {
        Value::Object(fields) => {
            let mut inner = fields
                .values_mut()
                .filter(|it| it.is_array() || it.is_object());
            if inner.any(|it| replace_name(it, by)) {
                return true;
            }
            for name in ["name", "version", "_id"] {
                if let Some(text @ Value::String(_)) = fields.get_mut(name) {
                    *text = Value::from(by);
                    return true;
                }
            }
            false
        }
        Value::Array(items) => items.first_mut().is_some_and(|it| replace_name(it, by)),
        _ => false,
    }
}

/// Cuts the body off in the middle, as whole as HTTP can tell.
pub(super) fn cut(body: &[u8]) -> Vec<u8> {
    body.get(..body.len() / 2).unwrap_or_default().to_vec()
}

/// Puts a field in front of all others.
pub(super) fn with_front(body: &[u8], field: &[u8]) -> Vec<u8> {
    let rest = body.strip_prefix(b"{").unwrap_or(body);
    [b"{", field, b",", rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"users":[{"_id":"a","roles":["x"]},{"_id":"b"}],"total":2}"#;

    #[test]
    fn all_fields_are_found_and_can_be_wrong() {
        let places: Vec<_> = fields(BODY).iter().map(|it| it.join(".")).collect();
        let expected = [
            "total",
            "users.[0]._id",
            "users.[0].roles.[0]",
            "users.[0].roles",
            "users.[0]",
            "users",
        ];
        assert_eq!(places, expected);
        let place = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let wrong = |text, wrong| {
            with_wrong(BODY, &place(text), wrong).map(|it| String::from_utf8(it).unwrap())
        };
        assert_eq!(wrong("total", Wrong::Number), None);
        assert_eq!(wrong("users.[0]", Wrong::Missing), None);
        let gone = wrong("users.[0]._id", Wrong::Missing).unwrap();
        assert_eq!(gone, r#"{"total":2,"users":[{"roles":["x"]},{"_id":"b"}]}"#);
        let null = wrong("users.[0].roles.[0]", Wrong::Null).unwrap();
        assert!(null.contains(r#""roles":[null]"#), "{null}");
    }

    #[test]
    fn bodies_are_changed_in_one_way() {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let twice = text(with_duplicates(br#"{"a":{"b":[1,2]}}"#));
        assert_eq!(
            twice,
            r#"{"a":{"b":[1,2],"b":[1,2]},"a":{"b":[1,2],"b":[1,2]}}"#
        );
        assert_eq!(text(with_front(b"{}", &deep(2))), "{[[]],}");
        let named = |name| {
            text(with_name(
                br#"{"users":[{"name":"x"},{"name":"y"}],"name":"z"}"#,
                name,
            ))
        };
        let expected = r#"{"name":"z","users":[{"name":[[]]},{"name":"y"}]}"#;
        assert_eq!(named(&deep(2)), expected);
        assert_eq!(
            text(with_name(br#"{"version":"1"}"#, b"2")),
            r#"{"version":2}"#
        );
        assert_eq!(cut(b"abcd"), b"ab");
    }
}
