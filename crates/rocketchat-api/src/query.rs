//! Query strings.

use form_urlencoded::Serializer;

use crate::Page;

/// The parameters of a request. Only documented ones may go in: many endpoints answer 400 to any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(&'static str, String)>);

impl Query {
    /// Makes a query without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Adds `count`, and `offset` unless it is zero.
    pub fn with_page(self, page: Page) -> Self {
        let query = self.with("count", page.count.to_string());
        if page.offset == 0 {
            query
        } else {
            query.with("offset", page.offset.to_string())
        }
    }

    /// Asks for the one order that is stable: `_id` is unique, indexed and never edited.
    pub(crate) fn sorted_by_id(self) -> Self {
        self.with("sort", r#"{"_id":1}"#)
    }

    /// Returns the encoded text, empty when there are no parameters.
    pub fn encode(&self) -> String {
        let mut text = Serializer::new(String::new());
        for (name, value) in &self.0 {
            text.append_pair(name, value);
        }
        text.finish()
    }
}
