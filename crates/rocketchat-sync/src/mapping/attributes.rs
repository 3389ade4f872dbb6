//! Which attributes profiles have, for outputs with columns.

use baton_model::{Attribute, AttributeKind, Attributes};

use AttributeKind::{Bool, Count, Text};

/// All attributes that the mapping sets: names may be added, not changed.
pub const ATTRIBUTES: Attributes = Attributes {
    users: &[
        attribute("user_id", Text),
        attribute("username", Text),
        attribute("name", Text),
        attribute("type", Text),
        attribute("federated", Bool),
        attribute("federation_server", Text),
        attribute("email_verified", Bool),
    ],
    roles: &[
        attribute("role_id", Text),
        attribute("name", Text),
        attribute("scope", Text),
        attribute("protected", Bool),
        attribute("mandatory2fa", Bool),
    ],
    groups: &[
        attribute("team_id", Text),
        attribute("name", Text),
        attribute("type", Text),
        attribute("room_id", Text),
        attribute("created_by", Text),
        attribute("active_members", Count),
        attribute("dormant_members", Count),
    ],
};

const fn attribute(name: &'static str, kind: AttributeKind) -> Attribute {
    Attribute { name, kind }
}
