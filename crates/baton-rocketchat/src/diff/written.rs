//! Differences as they are printed, one after another.

use std::io::Write as _;

use baton_c1z::diff::{Change, Difference, What};
use baton_sinks::json;
use serde::Serialize;

use super::side::Side;
use super::text::Text;
use super::totals::Totals;
use crate::stdout::{JsonLines, Output, Stop};
use crate::stored::About;
use crate::values::OutputFormat;

/// What is being printed.
pub(super) enum Written<'o> {
    Text(Text<'o>),
    Json(JsonLines<'o>),
}

/// A difference for programs.
#[derive(Serialize)]
struct Item<'a, R> {
    what: &'static str,
    record: R,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a [Change]>,
}

/// A side for programs.
#[derive(Serialize)]
struct Compared<'a> {
    file: String,
    sync: About<'a>,
}

impl<'a> From<&'a Side> for Compared<'a> {
    fn from(side: &'a Side) -> Self {
        Self {
            file: side.path.display().to_string(),
            sync: (&side.sync).into(),
        }
    }
}

impl<'o> Written<'o> {
    pub(super) fn start(
        old: &'o Side,
        new: &'o Side,
        format: OutputFormat,
        output: &'o mut Output,
    ) -> Result<Self, Stop> {
        if format == OutputFormat::Text {
            return Text::start(old, new, output).map(Self::Text);
        }
        if format == OutputFormat::Json {
            let old = serde_json::to_string(&Compared::from(old))?;
            let new = serde_json::to_string(&Compared::from(new))?;
            let sides = format!("{{\n\"old\": {old},\n\"new\": {new},\n\"differences\": ");
            output.write_all(sides.as_bytes())?;
        }
        JsonLines::start(format, output).map(Self::Json)
    }

    pub(super) fn put(&mut self, it: &Difference) -> Result<(), Stop> {
        let lines = match self {
            Self::Text(text) => return text.put(it),
            Self::Json(lines) => lines,
        };
        let (what, changes) = match &it.what {
            What::Added => ("added", None),
            What::Removed => ("removed", None),
            What::Changed(changes) => ("changed", Some(changes.as_slice())),
        };
        lines.put(Item {
            what,
            record: json(&it.record),
            changes,
        })
    }

    pub(super) fn end(self, totals: &Totals) -> Result<(), Stop> {
        match self {
            Self::Text(text) => text.end(totals),
            Self::Json(lines) => {
                let totals = serde_json::to_string(totals)?;
                lines.end(&format!(",\n\"totals\": {totals}\n}}"))
            }
        }
    }
}
