//! Free-form attributes of a resource.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// Numbers up to here, 2 to the power of 53, are the same as doubles and as integers.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Attributes by name, sorted, so that equal profiles are equal bytes.
///
/// Names that are known at compile time take no memory of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Profile(BTreeMap<Cow<'static, str>, ProfileValue>);

impl Profile {
    /// Sets `name`, replacing an earlier value.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<ProfileValue>) {
        self.0.insert(name.into(), value.into());
    }

    /// Sets `name` unless the value is absent.
    pub fn set_known(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: Option<impl Into<ProfileValue>>,
    ) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Returns the value of an attribute.
    pub fn get(&self, name: &str) -> Option<&ProfileValue> {
        self.0.get(name)
    }

    /// Visits the attributes in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ProfileValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
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
    /// Any other number; only other connectors have them.
    Decimal(f64),
    /// Nothing, said explicitly; only other connectors do.
    Null,
    /// Several values; only other connectors have them.
    List(Vec<ProfileValue>),
    /// Values by name; only other connectors have them.
    Map(BTreeMap<String, ProfileValue>),
}

impl Serialize for ProfileValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_u64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Decimal(value) => serializer.serialize_f64(*value),
            Self::Null => serializer.serialize_unit(),
            Self::List(values) => values.serialize(serializer),
            Self::Map(values) => values.serialize(serializer),
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

impl From<f64> for ProfileValue {
    /// Makes a count of what can be one, so that counts are equal to what is read back of them.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not negative, and small enough"
    )]
    fn from(value: f64) -> Self {
        if (0.0..=MAX_EXACT).contains(&value) && value.fract() == 0.0 {
            Self::Number(value as u64)
        } else {
            Self::Decimal(value)
        }
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

/// Says which attributes the profiles of a source system have, by the trait of the resources: for outputs whose columns are
/// fixed before the first record. Other attributes may occur all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Those of accounts.
    pub users: &'static [Attribute],
    /// Those of roles.
    pub roles: &'static [Attribute],
    /// Those of groups.
    pub groups: &'static [Attribute],
}

/// An attribute that profiles have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: AttributeKind,
}

/// What the value of an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// [`ProfileValue::Text`].
    Text,
    /// [`ProfileValue::Bool`].
    Bool,
    /// [`ProfileValue::Number`].
    Count,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_counts_and_others_stay() {
        for (double, expected) in [
            (0.0, ProfileValue::Number(0)),
            (3.0, ProfileValue::Number(3)),
            (MAX_EXACT, ProfileValue::Number(1 << 53)),
            (-1.0, ProfileValue::Decimal(-1.0)),
            (0.5, ProfileValue::Decimal(0.5)),
            (1e300, ProfileValue::Decimal(1e300)),
            (f64::INFINITY, ProfileValue::Decimal(f64::INFINITY)),
        ] {
            assert_eq!(ProfileValue::from(double), expected);
        }
    }

    #[test]
    fn all_values_have_a_json_form() {
        let mut profile = Profile::default();
        let owned = String::from("map");
        let inner = [("x".to_owned(), ProfileValue::Null)];
        profile.set(owned, ProfileValue::Map(inner.into()));
        profile.set("list", ProfileValue::List(vec![true.into(), 1u64.into()]));
        profile.set("nan", ProfileValue::Decimal(f64::NAN));
        profile.set("decimal", ProfileValue::Decimal(-2.5));
        assert_eq!(
            serde_json::to_string(&profile).unwrap(),
            r#"{"decimal":-2.5,"list":[true,1],"map":{"x":null},"nan":null}"#
        );
        assert_eq!(profile.get("decimal"), Some(&ProfileValue::Decimal(-2.5)));
    }
}
