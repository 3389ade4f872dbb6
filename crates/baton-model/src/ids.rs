//! Identifiers. Their text form is a public format that ConductorOne keys configuration on: it must never change.
//!
//! Parts are joined with `:` and not escaped, as every Baton connector does (`c1z.md` section 5), so an identifier
//! cannot be taken apart again; that is why the parts are kept.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Identifies a resource type, such as `user`. Made of a `&'static str`, it and its copies take no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ResourceTypeId(Cow<'static, str>);

impl ResourceTypeId {
    /// Returns the identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for ResourceTypeId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for ResourceTypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identifies a resource: its type and the source system's own id. Prints as `type:id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ResourceId {
    resource_type: ResourceTypeId,
    resource: Arc<str>,
}

impl ResourceId {
    /// Makes the identifier of `resource` within `resource_type`. An `Arc` is kept as it is, without a copy.
    pub fn new(resource_type: impl Into<ResourceTypeId>, resource: impl Into<Arc<str>>) -> Self {
        Self {
            resource_type: resource_type.into(),
            resource: resource.into(),
        }
    }

    /// Returns the type part.
    pub fn resource_type(&self) -> &ResourceTypeId {
        &self.resource_type
    }

    /// Returns the source system's id, without the type.
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource_type, self.resource)
    }
}

/// Identifies an entitlement: the resource it belongs to and its slug. Prints as `type:id:slug`.
///
/// Some connectors have identifiers of another shape; those print as they are, and are their own slug.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntitlementId {
    resource: ResourceId,
    slug: Cow<'static, str>,
    is_whole: bool,
}

impl EntitlementId {
    /// Makes the identifier of the entitlement `slug` on `resource`.
    pub fn new(resource: ResourceId, slug: impl Into<Cow<'static, str>>) -> Self {
        Self {
            resource,
            slug: slug.into(),
            is_whole: false,
        }
    }

    /// Reads the identifier `text` of an entitlement on `resource`, of whatever shape.
    pub fn parse(resource: ResourceId, text: &str) -> Self {
        let rest = text
            .strip_prefix(resource.resource_type().as_str())
            .and_then(|it| it.strip_prefix(':'))
            .and_then(|it| it.strip_prefix(resource.resource()))
            .and_then(|it| it.strip_prefix(':'));
        Self {
            slug: rest.unwrap_or(text).to_owned().into(),
            is_whole: rest.is_none(),
            resource,
        }
    }

    /// Returns the resource the entitlement belongs to.
    pub fn resource(&self) -> &ResourceId {
        &self.resource
    }

    /// Returns the short name within the resource, such as `member`.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Tells whether the slug is the whole identifier, which then does not begin with the resource.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl fmt::Display for EntitlementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole {
            return f.write_str(&self.slug);
        }
        write!(f, "{}:{}", self.resource, self.slug)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Grant;

    #[test]
    fn identifiers_print_as_the_frozen_format() {
        let resource = ResourceId::new("user", "Kq7TzWm3PfRbX9dLc");
        assert_eq!(resource.to_string(), "user:Kq7TzWm3PfRbX9dLc");
        assert_eq!(
            EntitlementId::new(resource, "assigned").to_string(),
            "user:Kq7TzWm3PfRbX9dLc:assigned"
        );
    }

    #[test]
    fn parts_holding_the_separator_are_joined_unescaped() {
        let id = EntitlementId::new(ResourceId::new("team", "a:b"), "member");
        assert_eq!(id.to_string(), "team:a:b:member");
        assert_eq!(id.resource().resource(), "a:b");
    }

    #[test]
    fn identifiers_of_another_shape_are_kept() {
        let team = ResourceId::new("team", "5678");
        for text in [
            "ent-1",
            "",
            "team",
            "team:5678",
            "team:56789:member",
            "team:567:8",
        ] {
            let id = EntitlementId::parse(team.clone(), text);
            assert_eq!((id.to_string().as_str(), id.slug()), (text, text));
            assert!(id.is_whole());
        }
        let nameless = EntitlementId::parse(team.clone(), "team:5678:");
        assert_eq!(nameless, EntitlementId::new(team, ""));
    }

    proptest! {
        /// Reading is the reverse of printing.
        #[test]
        fn texts_are_read_back(kind in ".{0,4}", id in ".{0,4}", slug in ".{0,4}") {
            let id = EntitlementId::new(ResourceId::new(kind, id), slug);
            prop_assert_eq!(EntitlementId::parse(id.resource().clone(), &id.to_string()), id);
        }

        /// Whatever the source system puts into its ids, the text is the parts and nothing else.
        #[test]
        fn texts_are_the_parts_joined(kind: String, id: String, slug: String, user: String) {
            let resource = ResourceId::new(kind.clone(), id.as_str());
            let entitlement = EntitlementId::new(resource.clone(), slug.clone());
            let grant = Grant { entitlement: entitlement.clone(), principal: ResourceId::new("user", user.as_str()) };
            prop_assert_eq!(resource.to_string(), [&*kind, &*id].join(":"));
            prop_assert_eq!(entitlement.to_string(), [&*kind, &*id, &*slug].join(":"));
            prop_assert_eq!(grant.id(), [&*kind, &*id, &*slug, "user", &*user].join(":"));
        }

        /// Rocket.Chat's ids hold no colon, and then two grants share a text only when they are the same.
        #[test]
        fn different_grants_have_different_texts(
            one in ("[^:]{0,3}", "[^:]{0,3}", "[^:]{0,3}"),
            other in ("[^:]{0,3}", "[^:]{0,3}", "[^:]{0,3}"),
        ) {
            let grant = |(team, slug, user): &(String, String, String)| Grant {
                entitlement: EntitlementId::new(ResourceId::new("team", team.as_str()), slug.clone()),
                principal: ResourceId::new("user", user.as_str()),
            };
            prop_assert_eq!(grant(&one).id() == grant(&other).id(), one == other);
        }
    }
}
