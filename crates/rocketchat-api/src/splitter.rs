//! Takes the rows of a list out of a JSON text that arrives in parts.
//!
//! It looks at brackets and strings only. Whether the rows and what is left of the text are JSON is for its parser to say;
//! a text that is none comes out as one that is none.

use memchr::memchr2;

/// The longest element that is handed out whole, in bytes. A c1z file could not hold a longer one.
pub(crate) const LONGEST_ELEMENT: usize = 16 << 20;

/// Splits one JSON text. The array under the name `field` of the outermost object is handed out element by element; all
/// else, with that array empty, is what is left. An element longer than [`LONGEST_ELEMENT`] comes out cut off, one byte longer
/// than that.
#[derive(Debug)]
pub(crate) struct Splitter {
    field: &'static str,
    place: Place,
    /// Brackets open, within the element if there is one.
    depth: u64,
    string: Text,
    /// The start of an element whose end has not arrived.
    element: Vec<u8>,
    /// Whether a comma came before the element.
    follows: bool,
    arrays: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Outside of the array, and not just behind a name.
    Around,
    /// Where the outermost object may have a name.
    BeforeName,
    /// In a name, of which so many bytes are those of the field; `None` once one was not.
    InName(Option<usize>),
    /// Behind the name of the array.
    BehindName,
    /// In the array.
    Inside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    Escape,
}

impl Splitter {
    pub(crate) fn new(field: &'static str) -> Self {
        Self {
            field,
            place: Place::Around,
            depth: 0,
            string: Text::Outside,
            element: Vec::new(),
            follows: false,
            arrays: 0,
        }
    }

    /// Returns how many arrays of that name began.
    pub(crate) fn arrays(&self) -> u32 {
        self.arrays
    }

    /// Takes the next part of the text, hands each element that ends in it to `element`, and gives what is left to `rest`.
    pub(crate) fn take(
        &mut self,
        mut bytes: &[u8],
        rest: &mut Vec<u8>,
        mut element: impl FnMut(&[u8]),
    ) {
        while !bytes.is_empty() {
            let used = if self.place == Place::Inside {
                self.take_elements(bytes, rest, &mut element)
            } else {
                let used = self.take_around(bytes);
                rest.extend_from_slice(bytes.get(..used).unwrap_or_default());
                used
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    /// Walks on to the array, or to the end. Returns how far it came.
    fn take_around(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if self.string != Text::Outside {
                self.name(*byte);
                self.string = self.string.next(*byte);
                continue;
            }
            let behind_name = self.place == Place::BehindName;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b':' if behind_name => continue,
                b'[' if behind_name => {
                    self.place = Place::Inside;
                    self.arrays += 1;
                    self.depth = 0;
                    self.follows = false;
                    return at + 1;
                }
                b'"' => {
                    self.string = Text::Inside;
                    self.place = match self.place {
                        Place::BeforeName => Place::InName(Some(0)),
                        _ => Place::Around,
                    };
                    continue;
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.place = match (byte, self.depth) {
                (b'{' | b',', 1) => Place::BeforeName,
                _ => Place::Around,
            };
        }
        bytes.len()
    }

    /// Compares a byte of a string with the name of the array.
    fn name(&mut self, byte: u8) {
        let Place::InName(matched) = self.place else {
            return;
        };
        let name = self.field.as_bytes();
        self.place = match (matched, byte) {
            (Some(count), b'"') if count == name.len() => Place::BehindName,
            (_, b'"') if self.string == Text::Inside => Place::Around,
            (Some(count), byte) if name.get(count) == Some(&byte) => Place::InName(Some(count + 1)),
            _ => Place::InName(None),
        };
    }

    /// Hands out elements, up to the end of the array or of the part. Returns how far it came.
    fn take_elements(
        &mut self,
        bytes: &[u8],
        rest: &mut Vec<u8>,
        element: &mut impl FnMut(&[u8]),
    ) -> usize {
        let (mut start, mut at) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            if self.string != Text::Outside {
                at = self.walk_string(bytes, at);
                continue;
            }
            at += 1;
            match byte {
                b'"' => self.string = Text::Inside,
                b'{' | b'[' => self.depth += 1,
                b']' if self.depth == 0 => {
                    self.end_last(bytes.get(start..at - 1).unwrap_or_default(), element);
                    rest.push(b']');
                    self.place = Place::Around;
                    self.depth = 1;
                    return at;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b',' if self.depth == 0 => {
                    self.end(bytes.get(start..at - 1).unwrap_or_default(), element);
                    self.follows = true;
                    start = at;
                }
                _ => {}
            }
        }
        self.keep(bytes.get(start..).unwrap_or_default());
        bytes.len()
    }

    /// Passes over what belongs to a string. Returns where it goes on.
    fn walk_string(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        if self.string == Text::Escape {
            self.string = Text::Inside;
            return at + 1;
        }
        match memchr2(b'"', b'\\', rest) {
            Some(found) => {
                let byte = rest.get(found).copied().unwrap_or_default();
                self.string = self.string.next(byte);
                at + found + 1
            }
            None => bytes.len(),
        }
    }

    /// Keeps more of an element, but not for ever.
    fn keep(&mut self, part: &[u8]) {
        let room = (LONGEST_ELEMENT + 1).saturating_sub(self.element.len());
        let kept = part.get(..room).unwrap_or(part);
        self.element.extend_from_slice(kept);
    }

    /// Hands out the element that ends with `tail`.
    fn end(&mut self, tail: &[u8], element: &mut impl FnMut(&[u8])) {
        if self.element.is_empty() {
            return element(tail);
        }
        self.keep(tail);
        element(&self.element);
        self.element.clear();
    }

    /// The same at the end of the array, which may hold nothing.
    fn end_last(&mut self, tail: &[u8], element: &mut impl FnMut(&[u8])) {
        let mut all = self.element.iter().chain(tail);
        if self.follows || !all.all(u8::is_ascii_whitespace) {
            self.end(tail, element);
        }
        self.element = Vec::new();
    }
}

impl Text {
    /// Returns where the byte behind `byte` is, which is in a string.
    fn next(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Inside, b'"') => Self::Outside,
            (Self::Inside, b'\\') => Self::Escape,
            _ => Self::Inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Splits `text`, which arrives in parts of these lengths, the last one as long as it takes.
    fn split(text: &[u8], lengths: &[usize]) -> (Vec<String>, String, u32) {
        let mut splitter = Splitter::new("users");
        let (mut rest, mut elements) = (Vec::new(), Vec::new());
        let mut left = text;
        for length in lengths.iter().copied().chain([usize::MAX]) {
            let (part, behind) = left.split_at(length.min(left.len()));
            splitter.take(part, &mut rest, |it| {
                elements.push(String::from_utf8_lossy(it).into_owned());
            });
            left = behind;
        }
        let rest = String::from_utf8_lossy(&rest).into_owned();
        (elements, rest, splitter.arrays())
    }

    #[test]
    fn elements_go_one_way_and_the_rest_another() {
        let text = br#"{"count":2, "users" : [ {"a":"]}\""}, 7 ] ,"total":2}"#;
        let (elements, rest, arrays) = split(text, &[]);
        assert_eq!(elements, [r#" {"a":"]}\""}"#, " 7 "]);
        assert_eq!(rest, r#"{"count":2, "users" : [] ,"total":2}"#);
        assert_eq!(arrays, 1);
    }

    #[test]
    fn only_an_array_of_that_name_in_the_outermost_object_is_taken() {
        for text in [
            r#"{"data":{"users":[1]},"us":[2],"users2":[3],"x":"users","y":[4]}"#,
            r#"{"users":{"users":[1]}}"#,
            r#"{"users":"users","a":["users",[1]]}"#,
            r#"[{"users":[1]}]"#,
            r#"{"users\"":[1]}"#,
            r#"{"users":1[2]}"#,
            r#""users":[1]"#,
            "",
        ] {
            assert_eq!(split(text.as_bytes(), &[]), (vec![], text.to_owned(), 0));
        }
    }

    #[test]
    fn what_is_no_list_shows() {
        let elements = |text: &str| split(text.as_bytes(), &[]).0;
        assert_eq!(elements(r#"{"users":[1,]}"#), ["1", ""]);
        assert_eq!(elements(r#"{"users":[,1]}"#), ["", "1"]);
        assert_eq!(elements(r#"{"users":[ ]}"#), [""; 0]);
        assert_eq!(elements(r#"{"users":[1}]}"#), ["1}"]);
        assert_eq!(split(br#"{"users":[1],"users":[2]}"#, &[]).2, 2);
        // The rest of a cut text is cut too.
        assert_eq!(split(br#"{"users":[1,2"#, &[]).1, r#"{"users":["#);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            r#"["\\\[\]{},:ué ]{0,6}"#.prop_map(Value::from),
            Just(Value::from("users")),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            let name = prop_oneof![Just("users".to_owned()), r#"["\\a]{0,2}"#];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(name, inner, 0..4).prop_map(|it| json!(it)),
            ]
        })
    }

    proptest! {
        /// However a text arrives, its elements are those that a parser of the whole finds.
        #[test]
        fn a_text_in_parts_is_split_as_its_parser_would(
            before in prop::collection::btree_map("[a-t\"\\\\]{0,3}", values(), 0..3),
            rows in prop::collection::vec(values(), 0..5),
            after in prop::collection::btree_map("[v-z]{1,3}", values(), 0..3),
            pretty: bool,
            lengths in prop::collection::vec(0usize..9, 0..60),
        ) {
            let mut whole = json!(before);
            whole["users"] = json!(rows);
            for (name, value) in after {
                whole[name] = value;
            }
            let text = if pretty {
                serde_json::to_vec_pretty(&whole)
            } else {
                serde_json::to_vec(&whole)
            };
            let (elements, rest, arrays) = split(&text.unwrap(), &lengths);
            let elements: Result<Vec<Value>, _> =
                elements.iter().map(|it| serde_json::from_str(it)).collect();
            prop_assert_eq!(elements.unwrap(), rows);
            whole["users"] = json!([]);
            prop_assert_eq!(serde_json::from_str::<Value>(&rest).unwrap(), whole);
            prop_assert_eq!(arrays, 1);
        }

        /// Whatever arrives, and however: nothing is lost but the elements, and parts change nothing.
        #[test]
        fn parts_change_nothing(
            text in r#"(\{|"users"|:|\[|\]|\}|,|"|\\|x| ){0,30}"#,
            lengths in prop::collection::vec(0usize..5, 0..30),
        ) {
            prop_assert_eq!(split(text.as_bytes(), &lengths), split(text.as_bytes(), &[]));
        }
    }
}
