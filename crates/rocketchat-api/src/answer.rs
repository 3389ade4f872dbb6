//! What a server answered, without the HTTP client's own types.

/// Status, content type and body of an answer.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header, if there was one.
    pub content_type: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

/// How much of a server's words goes into an error.
const WORDS: usize = 300;

impl Answer<'_> {
    pub(crate) fn is_success(status: u16) -> bool {
        (200..300).contains(&status)
    }

    pub(crate) fn names_json(content_type: &str) -> bool {
        content_type.to_ascii_lowercase().contains("json")
    }

    /// Tells whether the body claims to be JSON. A 200 is no proof: up to 7.4 an unknown path answers with the web
    /// application's page (`rocketchat-api.md` section 6.2).
    pub(crate) fn is_json(&self) -> bool {
        match self.content_type {
            Some(content_type) => Self::names_json(content_type),
            None => self.body.trim_ascii_start().first() == Some(&b'{'),
        }
    }

    /// Returns the start of the body on one line, for people.
    pub(crate) fn words(&self) -> String {
        let start = self
            .body
            .get(..self.body.len().min(4 * WORDS))
            .unwrap_or_default();
        shorten(&String::from_utf8_lossy(start))
    }
}

/// Folds white space and control characters, and cuts after a sensible length.
pub(crate) fn shorten(text: &str) -> String {
    let folded = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let line = folded.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
