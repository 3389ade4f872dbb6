//! Rocket.Chat's identifiers: opaque, case-sensitive, never reused (`rocketchat-api.md` section 5).

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns the shared text, for keeping without a copy.
            pub fn shared(&self) -> &Arc<str> {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                checked(Arc::<str>::deserialize(deserializer)?).map(Self)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(Arc::from(id))
            }
        }

        impl fmt::Display for $name {
            /// Writes the identifier for people; a program takes [`as_str`](Self::as_str).
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_visibly(&self.0, f)
            }
        }
    };
}

/// Refuses an identifier that could not be told from none, or that no reader of a sync accepts (`c1z.md` section 4.1).
fn checked<E: serde::de::Error>(id: Arc<str>) -> Result<Arc<str>, E> {
    match id.len() {
        1..=1024 => Ok(id),
        length => Err(E::invalid_length(length, &"an id of 1 to 1024 bytes")),
    }
}

/// Escapes control characters: an identifier comes from the server and goes into messages on somebody's terminal.
fn write_visibly(id: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for c in id.chars() {
        if c.is_control() {
            write!(f, "{}", c.escape_default())?;
        } else {
            f.write_char(c)?;
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_write_to_the_terminal_as_it_likes() {
        let id = UserId::from("x\u{1b}[31m\nerror: \u{e9}");
        assert_eq!(id.to_string(), "x\\u{1b}[31m\\nerror: \u{e9}");
        assert_eq!(id.as_str(), "x\u{1b}[31m\nerror: \u{e9}");
    }
}
