//! The places in a document that links can lead to: its headings, named as GitHub names them.

/// Returns the places, in the order of the headings. A name that occurs again gets a number.
pub(super) fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        let Some(title) = title(line).filter(|_| !in_code) else {
            continue;
        };
        let name = slug(title);
        let times = seen.iter().filter(|it| **it == name).count();
        anchors.push(match times {
            0 => name.clone(),
            times => format!("{name}-{times}"),
        });
        seen.push(name);
    }
    anchors
}

/// Returns the text of a heading.
fn title(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    (1..=6)
        .contains(&level)
        .then(|| rest.strip_prefix(' '))
        .flatten()
}

/// Letters and digits in lower case, `-` and `_` as they are, a hyphen for each space, and nothing else. Of a link in a
/// heading its text counts.
fn slug(title: &str) -> String {
    let mut text = String::new();
    let mut rest = title.trim();
    while let Some((before, after)) = rest.split_once("](") {
        text.push_str(before);
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    };
    text.to_lowercase().chars().filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_named_as_on_github() {
        for (title, expected) in [
            ("Exit codes", "exit-codes"),
            ("`validate`", "validate"),
            (
                "1. Create the connector in C1",
                "1-create-the-connector-in-c1",
            ),
            (
                "The least-privilege account, step by step",
                "the-least-privilege-account-step-by-step",
            ),
            ("A [link](there.md) in it", "a-link-in-it"),
            ("snake_case & more", "snake_case--more"),
        ] {
            assert_eq!(slug(title), expected);
        }
    }

    #[test]
    fn only_headings_count_and_repeated_ones_get_numbers() {
        let text = "# A\n\n## B\n```sh\n# comment\n```\n#no\n####### seven\n### B\n## B\n";
        assert_eq!(anchors(text), ["a", "b", "b-1", "b-2"]);
    }
}
