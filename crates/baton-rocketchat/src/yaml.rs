//! YAML that takes no more memory than a configuration can need: an alias stands for all that its anchor holds, so that some
//! lines may mean gigabytes, and what is nested deeply can exhaust the stack of the parser.

use std::collections::HashMap;

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::{Marker, ScanError};
use yaml_rust2::{Yaml, YamlLoader};

/// Most bytes of all texts, with those that aliases stand for. Each node counts for some more.
const LARGEST: usize = 1 << 20;
/// What a node takes beside its text.
const NODE: usize = 64;
/// A setting is at most a list in a document.
const DEEPEST: usize = 16;

/// Reads the documents of a text. An error names the place and repeats nothing of what stands there.
pub(crate) fn load(text: &str) -> Result<Vec<Yaml>, String> {
    let invalid = |error: ScanError| at(error.marker(), "is no valid YAML");
    let mut size = Size::default();
    let mut parser = Parser::new_from_str(text);
    loop {
        let (event, place) = parser.next_token().map_err(invalid)?;
        if event == Event::StreamEnd {
            break;
        }
        size.add(&event).map_err(|problem| at(&place, problem))?;
    }
    YamlLoader::load_from_str(text).map_err(invalid)
}

fn at(place: &Marker, problem: &str) -> String {
    format!(
        "line {}, column {} {problem}",
        place.line(),
        place.col() + 1
    )
}

/// How large a text is with all aliases in place.
#[derive(Default)]
struct Size {
    /// Of each list and mapping that is open, its anchor and the size so far.
    open: Vec<(usize, usize)>,
    anchors: HashMap<usize, usize>,
    total: usize,
}

impl Size {
    fn add(&mut self, event: &Event) -> Result<(), &'static str> {
        match event {
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                self.open.push((*anchor, 0));
                if self.open.len() > DEEPEST {
                    return Err("is nested too deeply for a setting");
                }
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (anchor, size) = self.open.pop().unwrap_or_default();
                return self.end(anchor, size);
            }
            Event::Scalar(text, _, anchor, _) => return self.end(*anchor, text.len()),
            Event::Alias(anchor) => {
                let size = self.anchors.get(anchor).copied();
                return self.end(0, size.unwrap_or_default());
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts a node that is complete.
    fn end(&mut self, anchor: usize, size: usize) -> Result<(), &'static str> {
        let size = size + NODE;
        if anchor > 0 {
            // A copy is kept for aliases.
            self.anchors.insert(anchor, size);
        }
        match self.open.last_mut() {
            Some((_, outer)) => *outer += size,
            None => self.total += size,
        }
        let all = self.open.iter().map(|it| it.1).sum::<usize>() + self.total;
        if all > LARGEST {
            return Err("makes more than settings can need");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_stand_for_what_they_name() {
        let documents = load("a: &x [1, 2]\nb: *x\nc: &y text\nd: *y").unwrap();
        assert_eq!(documents[0]["b"], documents[0]["a"]);
        assert_eq!(documents[0]["d"].as_str(), Some("text"));
        assert!(load("").unwrap().is_empty());
    }

    /// Ten lists, each with ten times the one before: ten thousand million texts.
    #[test]
    fn aliases_of_aliases_are_counted() {
        let levels = (1..10).map(|level| {
            let list = vec![format!("*a{}", level - 1); 10].join(", ");
            format!("a{level}: &a{level} [{list}]\n")
        });
        let text = "a0: &a0 [secret]\n".to_owned() + &levels.collect::<String>();
        let problem = load(&text).unwrap_err();
        assert!(
            problem.contains("makes more than settings can need"),
            "{problem}"
        );
        assert!(!problem.contains("secret"));
        let long = format!("a: &a {}\n", "x".repeat(200_000)) + "b: [*a, *a, *a, *a, *a, *a]";
        assert!(load(&long).unwrap_err().starts_with("line 2, "));
    }

    #[test]
    fn what_is_deep_is_refused() {
        for text in [
            "[".repeat(200_000),
            "- ".repeat(200_000),
            "{a: ".repeat(100_000),
        ] {
            assert!(load(&text).is_err());
        }
        assert!(load(&format!("{}{}", "[".repeat(16), "]".repeat(16))).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in r#"([a:\-\[\]{}&*|>"'#!%?,\\]|[ \n\t\x00ü]|- |&x |\*x|---|: ){0,24}"#) {
            let _ = load(&text);
        }
    }
}
