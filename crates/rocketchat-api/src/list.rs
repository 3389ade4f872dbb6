//! The bodies of lists. They differ by the name of the list, and by whether they announce how long it is.

use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Rows;
use crate::endpoint::Body;

/// What a list consists of.
pub trait Listed: DeserializeOwned + Send {
    /// The name of the list in the body.
    const LIST: &'static str;
}

/// Everything but the rows of a list that is whole.
#[derive(Debug, Deserialize)]
#[serde(bound = "")]
pub struct Whole<R> {
    #[serde(default)]
    success: bool,
    #[serde(skip)]
    rows: PhantomData<R>,
}

impl<R: Listed> Body for Whole<R> {
    type Row = R;
    const ROWS: Option<&'static str> = Some(R::LIST);
    type Output = Vec<R>;

    fn into_output(self, rows: Vec<R>) -> Option<Vec<R>> {
        self.success.then_some(rows)
    }
}

/// Everything but the rows of a part of a list.
#[derive(Debug, Deserialize)]
#[serde(bound = "")]
pub struct Part<R> {
    total: u64,
    #[serde(default)]
    success: bool,
    #[serde(skip)]
    rows: PhantomData<R>,
}

impl<R: Listed> Body for Part<R> {
    type Row = R;
    const ROWS: Option<&'static str> = Some(R::LIST);
    type Output = Rows<R>;

    fn into_output(self, rows: Vec<R>) -> Option<Rows<R>> {
        let total = self.total;
        self.success.then_some(Rows { rows, total })
    }
}
