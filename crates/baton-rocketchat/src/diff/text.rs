//! Differences for people, under headings: names first, with identifiers behind them.

use std::io::Write as _;

use baton_c1z::diff::{Change, Difference, What};
use baton_model::{Record, ResourceId};
use serde_json::Value;

use super::side::Side;
use super::totals::Totals;
use crate::stdout::{Output, Stop};
use crate::stored::in_words;
use crate::words::{number, plain, shortened};

/// How wide a value may be.
const LONGEST: usize = 100;

/// What is being printed.
pub(super) struct Text<'o> {
    old: &'o Side,
    new: &'o Side,
    /// The last heading.
    heading: String,
    output: &'o mut Output,
}

impl<'o> Text<'o> {
    pub(super) fn start(
        old: &'o Side,
        new: &'o Side,
        output: &'o mut Output,
    ) -> Result<Self, Stop> {
        for (name, Side { path, sync, .. }) in [("Old", old), ("New", new)] {
            let file = path.display().to_string();
            writeln!(output, "{name}: {}, sync {}", plain(&file), in_words(sync))?;
        }
        Ok(Self {
            old,
            new,
            heading: String::new(),
            output,
        })
    }

    pub(super) fn put(&mut self, it: &Difference) -> Result<(), Stop> {
        let heading = self.heading(&it.record)?;
        if heading != self.heading {
            writeln!(self.output, "\n{}", plain(&heading))?;
            self.heading = heading;
        }
        let thing = self.thing(&it.record)?;
        let (mark, changes) = match &it.what {
            What::Added => ('+', [].as_slice()),
            What::Removed => ('-', [].as_slice()),
            What::Changed(changes) => ('~', changes.as_slice()),
        };
        writeln!(self.output, "  {mark} {}", plain(&thing))?;
        for Change { field, old, new } in changes {
            let (field, old, new) = (plain(field), value(old), value(new));
            writeln!(self.output, "      {field}: {old} -> {new}")?;
        }
        Ok(())
    }

    fn heading(&self, record: &Record) -> Result<String, Stop> {
        Ok(match record {
            Record::ResourceType(_) => "Resource types".to_owned(),
            Record::Resource(it) => format!("Resources of type {}", it.id.resource_type()),
            Record::Entitlement(_) => "Entitlements".to_owned(),
            Record::Grant(it) => {
                let resource = self.named(it.entitlement.resource())?;
                format!("Grants of {resource}: {}", it.entitlement.slug())
            }
        })
    }

    fn thing(&self, record: &Record) -> Result<String, Stop> {
        Ok(match record {
            Record::ResourceType(it) => with_id(&it.display_name, it.id.as_str()),
            Record::Resource(it) => with_id(&it.display_name, &it.id.to_string()),
            Record::Entitlement(it) => with_id(&it.display_name, &it.id.to_string()),
            Record::Grant(it) => self.named(&it.principal)?,
        })
    }

    /// Returns a resource with the name that it has now, or had.
    fn named(&self, id: &ResourceId) -> Result<String, Stop> {
        for side in [self.new, self.old] {
            let (reader, sync_id) = side.pair();
            if let Some(name) = reader.display_name(sync_id, id)? {
                return Ok(with_id(&name, &id.to_string()));
            }
        }
        Ok(id.to_string())
    }

    pub(super) fn end(self, totals: &Totals) -> Result<(), Stop> {
        let output = self.output;
        if totals.are_none() {
            return Ok(writeln!(output, "\nNo differences")?);
        }
        let mut row = |[name, added, removed, changed]: [&str; 4]| {
            writeln!(output, "{name:14}{added:>11}{removed:>11}{changed:>11}")
        };
        row(["\nTotal         ", "Added", "Removed", "Changed"])?;
        for (name, counts) in totals.named() {
            let [added, removed, changed] =
                [counts.added, counts.removed, counts.changed].map(number);
            row([name, &added, &removed, &changed])?;
        }
        Ok(())
    }
}

fn with_id(name: &str, id: &str) -> String {
    if name.is_empty() {
        id.to_owned()
    } else {
        format!("{name} ({id})")
    }
}

fn value(it: &Value) -> String {
    let text = match it {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    shortened(&text, LONGEST)
}
