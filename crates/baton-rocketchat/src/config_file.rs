//! The configuration file: YAML whose keys are the names of the flags (`baton-runtime.md` section 1.3).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use yaml_rust2::Yaml;

use crate::failure::Failure;
use crate::field::Field;
use crate::typed::Typed;
use crate::{fields, yaml};

/// Looked for in the current directory, in this order.
const NAMES: [&str; 3] = [".baton.yaml", ".baton.yml", ".baton"];

/// Bytes that are too many for a configuration.
const LONGEST: usize = 1 << 20;

/// What the file says. Has no `Debug`, because it may hold a token.
#[derive(Default)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    values: BTreeMap<String, Entry>,
    /// Why the file, or something in it, counts as absent. Other connectors keep silent about that.
    pub(crate) remarks: Vec<String>,
}

/// The value of a key.
pub(crate) enum Entry {
    /// A text, number or truth value, as it stands there.
    One(Typed),
    Several(Vec<Typed>),
}

impl ConfigFile {
    /// Reads the chosen file, else the one in `directory` if there is one. A file that cannot be read counts as empty.
    pub(crate) fn find(directory: &Path, chosen: Option<OsString>) -> Result<Self, Failure> {
        let path = match chosen {
            Some(path) => PathBuf::from(path),
            None => match NAMES
                .iter()
                .map(|name| directory.join(name))
                .find(|it| it.is_file())
            {
                Some(path) => return Ok(Self::read(path)),
                None => return Ok(Self::default()),
            },
        };
        match path.extension().and_then(|it| it.to_str()) {
            Some("yaml" | "yml") => Ok(Self::read(path)),
            _ => Err(
                Failure::usage("expected config file to have .yaml or .yml extension").with_hint(
                    "BATON_CONFIG_PATH names the configuration file, which is always YAML",
                ),
            ),
        }
    }

    fn read(path: PathBuf) -> Self {
        let mut file = Self {
            path,
            ..Self::default()
        };
        if let Err(problem) = file.parse() {
            let path = file.path.display();
            file.remarks.push(format!(
                "the configuration file {path} counts as empty: {problem}"
            ));
        }
        file
    }

    fn parse(&mut self) -> Result<(), String> {
        let mut text = Zeroizing::new(String::with_capacity(LONGEST));
        File::open(&self.path)
            .and_then(|file| file.take(LONGEST as u64).read_to_string(&mut text))
            .map_err(|error| error.to_string())?;
        if text.len() == LONGEST {
            return Err("it is too long".to_owned());
        }
        let documents = yaml::load(&text)?;
        let keys = match documents.into_iter().next() {
            None | Some(Yaml::Null) => return Ok(()),
            Some(Yaml::Hash(keys)) => keys,
            Some(_) => return Err("it holds no keys with values".to_owned()),
        };
        for (key, value) in keys {
            let Some(name) = scalar(key) else { continue };
            let name = name.to_lowercase();
            let known = fields::all().any(|it| it.name == name && !it.is_flag_only());
            let remark = match Entry::read(value) {
                _ if !known => "means nothing to this connector",
                Some(entry) => {
                    if !entry.is_empty() {
                        self.values.insert(name, entry);
                    }
                    continue;
                }
                None => "has no value that a setting can have",
            };
            self.remarks.push(format!(
                "the key {name} of {} {remark}",
                self.path.display()
            ));
        }
        Ok(())
    }

    pub(crate) fn get(&self, field: &Field) -> Option<&Entry> {
        self.values.get(field.name)
    }

    /// Returns where the file is; the path is empty if there is none.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Entry {
    /// Reads a value; there are some that no setting can have.
    fn read(value: Yaml) -> Option<Self> {
        match value {
            Yaml::Null => Some(Self::One(Typed::default())),
            Yaml::Array(items) => {
                let items: Option<_> = items
                    .into_iter()
                    .map(|it| scalar(it).map(Typed::from))
                    .collect();
                items.map(Self::Several)
            }
            value => scalar(value).map(|it| Self::One(it.into())),
        }
    }

    /// Tells whether the value is as good as none.
    fn is_empty(&self) -> bool {
        matches!(self, Self::One(text) if text.is_empty())
    }
}

fn scalar(value: Yaml) -> Option<String> {
    match value {
        Yaml::String(text) | Yaml::Real(text) => Some(text),
        Yaml::Integer(number) => Some(number.to_string()),
        Yaml::Boolean(is_on) => Some(is_on.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> ConfigFile {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(".baton.yaml"), text).unwrap();
        ConfigFile::find(directory.path(), None).unwrap_or_default()
    }

    fn said(file: &ConfigFile, field: &Field) -> Vec<String> {
        match file.get(field) {
            None => Vec::new(),
            Some(Entry::One(text)) => vec![text.to_str().unwrap().to_owned()],
            Some(Entry::Several(items)) => items
                .iter()
                .map(|it| it.to_str().unwrap().to_owned())
                .collect(),
        }
    }

    #[test]
    fn keys_are_names_of_flags_in_any_case() {
        let file = read(
            "FILE: a.c1z\nWorkers: 3\nticketing: true\nsync-resources: [a, 'b,c']\nlog-path: x,y\nsummary:\n",
        );
        assert_eq!(said(&file, &fields::FILE), ["a.c1z"]);
        assert_eq!(said(&file, &fields::WORKERS), ["3"]);
        assert_eq!(said(&file, &fields::TICKETING), ["true"]);
        assert_eq!(said(&file, &fields::SYNC_RESOURCES), ["a", "b,c"]);
        assert_eq!(said(&file, &fields::LOG_PATH), ["x,y"]);
        assert!(file.get(&fields::SUMMARY).is_none() && file.remarks.is_empty());
    }

    #[test]
    fn what_means_nothing_is_remarked_without_its_value() {
        let long = format!("file: {}", "secret".repeat(200_000));
        for (text, remark) in [
            ("fiel: secret.c1z", "the key fiel of"),
            ("file: {a: secret}", "the key file of"),
            ("file: [secret", "is no valid YAML"),
            ("rocketchat-auth-token: 'secret", "is no valid YAML"),
            ("- secret", "holds no keys"),
            ("file: [[[[[[[[[[[[[[[[secret", "is nested too deeply"),
            (long.as_str(), "it is too long"),
        ] {
            let remarks = read(text).remarks;
            assert_eq!(remarks.len(), 1, "{text}: {remarks:?}");
            assert!(
                remarks[0].contains(remark) && !remarks[0].contains("secret"),
                "{text}: {remarks:?}"
            );
        }
        for text in ["", "# nothing", "---"] {
            assert!(read(text).remarks.is_empty(), "{text}");
        }
    }
}
