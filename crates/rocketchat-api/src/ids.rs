//! Rocket.Chat's identifiers: opaque, case-sensitive, never reused (`rocketchat-api.md` section 5).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns the shared text, for keeping without a copy.
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(Arc::from(id))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Identifies a user; usually 17 characters, `rocket.cat` for the built-in bot.
    UserId
}
id! {
    /// Identifies a role. Built-in roles have their name as id, custom ones a random text.
    RoleId
}
id! {
    /// Identifies a team; 24 hexadecimal digits.
    TeamId
}
id! {
    /// Identifies a room.
    RoomId
}
