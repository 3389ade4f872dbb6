//! The forms that a sync is written in beside the c1z file: `--sink KIND=PATH`.

use std::fmt;
use std::path::{Path, PathBuf};

#[cfg(feature = "parquet")]
use baton_sinks::Parquet;
use baton_sinks::{Csv, Json, Ndjson, Sink, Tee};
use rocketchat_sync::mapping::ATTRIBUTES;

use crate::failure::Failure;
use crate::fields;
use crate::paths::{TAKEN, logs, summary, taken, whole};
use crate::settings::Settings;

const KINDS: &[(&str, Kind)] = &[
    ("csv", Kind::Csv),
    ("json", Kind::Json),
    ("ndjson", Kind::Ndjson),
    #[cfg(feature = "parquet")]
    ("parquet", Kind::Parquet),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Json,
    Ndjson,
    #[cfg(feature = "parquet")]
    Parquet,
}

/// A form, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    kind: Kind,
    path: PathBuf,
}

impl Form {
    /// Returns what the settings ask for. Nothing is opened. `file` is the c1z file that is written or read.
    pub(crate) fn all(settings: &Settings, file: &Path) -> Result<Vec<Self>, Failure> {
        let mut taken = taken(settings, file);
        taken.extend(logs(settings));
        taken.extend(summary(settings));
        let mut forms: Vec<Self> = Vec::new();
        for text in settings.list(&fields::SINKS) {
            let form = Self::parse(&text)?;
            let place = whole(&form.path);
            if taken.contains(&place) {
                return Err(refuse(&text, TAKEN));
            }
            taken.push(place);
            forms.push(form);
        }
        Ok(forms)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let (kind, path) = text
            .split_once('=')
            .ok_or_else(|| refuse(text, "there is no path"))?;
        let known = KINDS.iter().find(|(name, _)| *name == kind);
        let (_, kind) = known.ok_or_else(|| refuse(text, &format!("there is no form {kind:?}")))?;
        if path.is_empty() {
            return Err(refuse(text, "the path is empty"));
        }
        Ok(Self {
            kind: *kind,
            path: path.into(),
        })
    }

    /// Begins to write. A path that cannot be written is refused; nothing is there under its name before the end.
    pub(crate) fn open(&self) -> Result<Box<dyn Sink>, baton_sinks::Error> {
        let path = &self.path;
        Ok(match self.kind {
            Kind::Csv => Box::new(Csv::create(path, ATTRIBUTES)?),
            Kind::Json => Box::new(Json::create(path)?),
            Kind::Ndjson => Box::new(Ndjson::create(path)?),
            #[cfg(feature = "parquet")]
            Kind::Parquet => Box::new(Parquet::create(path, ATTRIBUTES)?),
        })
    }

    /// Begins to write `others` too, if there are any: all of them end well, or none.
    pub(crate) fn beside(
        first: Box<dyn Sink>,
        others: &[Self],
    ) -> Result<Box<dyn Sink>, baton_sinks::Error> {
        if others.is_empty() {
            return Ok(first);
        }
        let others = others.iter().map(Self::open).collect::<Result<_, _>>()?;
        Ok(Box::new(Tee::new(first, others)))
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KINDS.iter().find(|(_, kind)| *kind == self.kind);
        let name = name.map(|(name, _)| *name).unwrap_or_default();
        write!(f, "{name}={}", self.path.display())
    }
}

fn refuse(text: &str, problem: &str) -> Failure {
    let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    Failure::usage(format!("--sink {text}: {problem}")).with_hint(format!(
        "expected KIND=PATH, with one of the kinds {names} and a path of its own for each, such as csv=review"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_and_a_path_are_read_and_printed() {
        for text in ["csv=out", "json=a=b", "json=/tmp/x.json", "ndjson=-"] {
            assert_eq!(Form::parse(text).unwrap().to_string(), text);
        }
        for text in ["csv", "csv=", "=out", "CSV=out", "xlsx=out", ""] {
            let failure = Form::parse(text).unwrap_err();
            assert!(
                failure.error().starts_with(&format!("--sink {text}: ")),
                "{text}"
            );
            assert!(failure.hint().unwrap().contains("csv, json, ndjson"));
        }
    }
}
