//! Where settings come from: the flag, else the environment, else the configuration file, else the default.
//!
//! A variable or key that is set to nothing counts as not set. One that holds anything else but a good value is an error:
//! a typing mistake must not quietly mean the default, but for those of the log, which other connectors forgive.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::cli::Flags;
use crate::config_file::{ConfigFile, Entry};
use crate::failure::Failure;
use crate::field::{Field, Kind};
use crate::typed::Typed;
use crate::values::{parse_list, parse_switch};
use crate::{fields, usage};

/// What was set, wherever that was. Has no `Debug`, because it holds the token.
pub(crate) struct Settings {
    values: BTreeMap<&'static str, Vec<Typed>>,
    /// The first value that is none, in the order of the fields. Kept, so that a failed run can still write its summary.
    bad: Option<Bad>,
    /// The configuration file, if there is one.
    configuration: Option<PathBuf>,
    /// What it says and nobody can use.
    remarks: Vec<String>,
}

/// A value that is none.
struct Bad {
    place: String,
    value: String,
    reason: String,
}

impl Settings {
    /// Puts everything together. `variable` is how the environment is read.
    pub(crate) fn gather(
        flags: &Flags,
        variable: impl Fn(&str) -> Option<OsString>,
        file: ConfigFile,
    ) -> Self {
        let mut settings = Self {
            values: BTreeMap::new(),
            bad: None,
            configuration: None,
            remarks: Vec::new(),
        };
        for field in fields::all() {
            if let Some(values) = flags.get(field) {
                let items = values.iter().flat_map(|it| items(field, it));
                settings.values.insert(field.name, items.collect());
            } else if !field.is_flag_only() {
                settings.look_up(field, &variable, &file);
            }
        }
        let path = file.path().to_owned();
        settings.configuration = Some(path).filter(|it| !it.as_os_str().is_empty());
        settings.remarks = file.remarks;
        settings
    }

    fn look_up(
        &mut self,
        field: &'static Field,
        variable: impl Fn(&str) -> Option<OsString>,
        file: &ConfigFile,
    ) {
        let name = field.variable();
        let (place, values) = match (variable(&name).filter(|it| !it.is_empty()), file.get(field)) {
            (Some(value), _) => (format!("the variable {name}"), vec![Typed::from(value)]),
            (None, Some(entry)) => {
                let place = format!("the key {} of {}", field.name, file.path().display());
                match entry {
                    Entry::One(text) => (place, vec![text.clone()]),
                    Entry::Several(texts) if matches!(field.kind, Kind::List) => {
                        self.values.insert(field.name, texts.clone());
                        return;
                    }
                    Entry::Several(_) => {
                        self.remember(place, "a list", "one value is expected");
                        return;
                    }
                }
            }
            (None, None) => return,
        };
        for value in &values {
            if let Err(reason) = usage::check_type(field, value) {
                self.remember(place, &value.to_string_lossy(), &reason);
                return;
            }
        }
        let items = values.iter().flat_map(|it| items(field, it)).collect();
        self.values.insert(field.name, items);
    }

    fn remember(&mut self, place: String, value: &str, reason: &str) {
        self.bad.get_or_insert_with(|| Bad {
            place,
            value: value.to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// Refuses values that are not of their field's type.
    pub(crate) fn check_types(&self) -> Result<(), Failure> {
        let Some(Bad {
            place,
            value,
            reason,
        }) = &self.bad
        else {
            return Ok(());
        };
        // Other connectors say what their own parser says; people are told what is expected.
        let expected = match reason.as_str() {
            it if it.starts_with("strconv.ParseBool") => "expected true or false",
            it if it.starts_with("strconv.ParseInt") => "expected a whole number",
            it => it,
        };
        let text = format!("invalid value {value:?} in {place}: {expected}");
        Err(Failure::usage(text).with_hint(format!("correct {place}, or unset it")))
    }

    /// Says what the configuration file says and nobody can use.
    pub(crate) fn warn(&self) {
        for remark in &self.remarks {
            tracing::warn!("{remark}");
        }
    }

    /// Returns the path of the configuration file, if there is one.
    pub(crate) fn configuration(&self) -> Option<&Path> {
        self.configuration.as_deref()
    }

    /// Tells whether somebody set the field, be it to nothing.
    pub(crate) fn is_set(&self, field: &Field) -> bool {
        self.values.contains_key(field.name)
    }

    /// Returns a text, or its default; nothing if both are empty.
    pub(crate) fn text(&self, field: &Field) -> Option<String> {
        let text = self.raw(field).map(|it| it.to_string_lossy().into_owned());
        text.or_else(|| match field.kind {
            Kind::Text { default, .. } if !default.is_empty() => Some(default.to_owned()),
            _ => None,
        })
    }

    /// Returns a path, which need not be Unicode.
    pub(crate) fn path(&self, field: &Field) -> Option<PathBuf> {
        self.raw(field).map(PathBuf::from)
    }

    /// Returns a text that is never shown.
    pub(crate) fn secret(&self, field: &Field) -> Option<SecretString> {
        self.raw(field)
            .map(|it| SecretString::from(it.to_string_lossy().into_owned()))
    }

    /// Tells whether a switch is on.
    pub(crate) fn is_on(&self, field: &Field) -> bool {
        let text = self.text(field);
        text.and_then(|it| parse_switch(&it)).unwrap_or_default()
    }

    /// Returns a number, or its default.
    pub(crate) fn number(&self, field: &Field) -> i64 {
        let default = match field.kind {
            Kind::Number { default, .. } => default,
            _ => 0,
        };
        let text = self.text(field);
        text.and_then(|it| it.parse().ok()).unwrap_or(default)
    }

    /// Returns the items of a list.
    pub(crate) fn list(&self, field: &Field) -> Vec<String> {
        let items = self.values.get(field.name).into_iter().flatten();
        items
            .map(|it| it.to_string_lossy().into_owned())
            .filter(|it| !it.is_empty())
            .collect()
    }

    fn raw(&self, field: &Field) -> Option<&OsStr> {
        let first = self.values.get(field.name)?.first()?;
        Some(&**first).filter(|it| !it.is_empty())
    }
}

/// Returns what a text holds: several items if the field is a list.
fn items(field: &Field, text: &OsStr) -> Vec<Typed> {
    match (field.kind, text.to_str()) {
        (Kind::List, Some(text)) => parse_list(text)
            .unwrap_or_default()
            .into_iter()
            .map(Typed::from)
            .collect(),
        _ => vec![text.into()],
    }
}

/// Returns a variable that has no flag, if it is set to anything.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
