//! Free-form attributes of a resource.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// Attributes by name, sorted, so that equal profiles are equal bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Profile(BTreeMap<&'static str, ProfileValue>);

impl Profile {
    /// Sets `name`, replacing an earlier value.
    pub fn set(&mut self, name: &'static str, value: impl Into<ProfileValue>) {
        self.0.insert(name, value.into());
    }

    /// Sets `name` unless the value is absent.
    pub fn set_known(&mut self, name: &'static str, value: Option<impl Into<ProfileValue>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Visits the attributes in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &ProfileValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Tells whether there is no attribute.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The value of an attribute. Numbers are stored as doubles (`google.protobuf.Struct`).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ProfileValue {
    /// True or false.
    Bool(bool),
    /// A count.
    Number(u64),
    /// A text.
    Text(String),
}

impl Serialize for ProfileValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_u64(*value),
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl From<bool> for ProfileValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for ProfileValue {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for ProfileValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for ProfileValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
