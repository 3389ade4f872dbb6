//! Laying out JSON for reading without touching anything but white space.
//!
//! Decoding and encoding again would reorder keys and rewrite numbers, and a fixture has to stay what the server sent.

use serde::de::IgnoredAny;

const INDENT: &str = "  ";

/// Lays out a JSON text, ended by a line break. Returns `None` for what is no JSON.
pub(super) fn layout(json: &[u8]) -> Option<Vec<u8>> {
    serde_json::from_slice::<IgnoredAny>(json).ok()?;
    let mut out = Vec::with_capacity(json.len() * 2);
    let mut depth = 0usize;
    let mut bytes = json.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => copy_string(&mut bytes, &mut out),
            b'{' | b'[' => {
                out.push(byte);
                skip_space(&mut bytes);
                if let Some(close) = bytes.next_if(|next| matches!(next, b'}' | b']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                break_line(&mut out, depth);
            }
            b':' => out.extend(b": "),
            space if space.is_ascii_whitespace() => {}
            byte => out.push(byte),
        }
    }
    out.push(b'\n');
    Some(out)
}

type Bytes<'a> = std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, u8>>>;

/// Copies the rest of a string whose opening quote was taken.
fn copy_string(bytes: &mut Bytes<'_>, out: &mut Vec<u8>) {
    out.push(b'"');
    while let Some(byte) = bytes.next() {
        out.push(byte);
        match byte {
            b'\\' => out.extend(bytes.next()),
            b'"' => return,
            _ => {}
        }
    }
}

fn skip_space(bytes: &mut Bytes<'_>) {
    while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
}

fn break_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.extend(INDENT.repeat(depth).bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert_eq!(
            String::from_utf8(layout(json.as_bytes()).unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn only_white_space_changes() {
        check("7", "7\n");
        check(" [ ] ", "[]\n");
        check(
            r#"{"z":1.0,"a":[1e2,{}, "x: {\"y\"}, \\"],"b":12345678901234567890123}"#,
            "{\n  \"z\": 1.0,\n  \"a\": [\n    1e2,\n    {},\n    \"x: {\\\"y\\\"}, \\\\\"\n  ],\n  \"b\": 12345678901234567890123\n}\n",
        );
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in ["", "<html>", "{\"a\":1", "[1] [2]"] {
            assert_eq!(layout(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_another_encoder(strings: Vec<String>, numbers: Vec<i64>) {
            let value = serde_json::json!({"strings": strings, "nested": {"numbers": numbers, "none": null}});
            let compact = serde_json::to_vec(&value).unwrap();
            let mut expected = serde_json::to_vec_pretty(&value).unwrap();
            expected.push(b'\n');
            prop_assert_eq!(layout(&compact).unwrap(), expected.clone());
            prop_assert_eq!(layout(&expected).unwrap(), expected);
        }
    }
}
