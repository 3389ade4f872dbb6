//! What belongs to people and workspaces, and the made-up values that stand for it.
//!
//! Equal originals get equal replacements and different ones different, so whatever could be joined before can be
//! joined after. Replaced ids sort like the originals, so a page sorted by `_id` stays sorted, and have their shape.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::words::{CAT, CAT_NAME, ROLE_DESCRIPTIONS, ROLES};

/// What a text identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    UserId,
    RoleId,
    TeamId,
    RoomId,
    /// The part of a federated username after the colon.
    Server,
    Username,
    /// Follows [`Username`](Self::Username): a name that is a username stays one.
    PersonName,
    Email,
    /// Follows [`RoleId`](Self::RoleId): the name of an old role is its id.
    RoleName,
    RoleDescription,
    TeamName,
}

/// The id of the object in which a text stands: whose name it is.
pub(super) type Owner = (Kind, String);

/// All identities of a recording.
#[derive(Debug, Default)]
pub(super) struct Identities {
    found: BTreeMap<(Kind, String), Option<Owner>>,
}

impl Identities {
    /// Takes note of an identity. The first owner that is known for it gives its replacement the number.
    pub(super) fn add(&mut self, kind: Kind, text: &str, owner: Option<&Owner>) {
        if is_common(kind, text) {
            return;
        }
        if let (Kind::Username, Some((_, server))) = (kind, federated(text)) {
            self.add(Kind::Server, server, None);
        }
        let known = self.found.entry((kind, text.to_owned())).or_default();
        if known.is_none() {
            *known = owner.cloned();
        }
    }

    /// Makes up a replacement for each identity.
    pub(super) fn replacements(&self) -> Replacements {
        let mut made = Replacements::default();
        let mut numbers: HashMap<&(Kind, String), usize> = HashMap::new();
        let mut counted: HashMap<Kind, usize> = HashMap::new();
        let mut taken: HashSet<(Kind, String)> = HashSet::new();
        // Ids come first in the order of kinds, so the numbers of owners are there when names are made.
        for (identity, owner) in &self.found {
            let (kind, text) = identity;
            let own = counted.entry(*kind).or_default();
            *own += 1;
            numbers.insert(identity, *own);
            let number = owner.as_ref().and_then(|owner| numbers.get(owner)).copied();
            let number = number.unwrap_or(*own);
            let labels = (1..).map(|times| {
                if times == 1 {
                    number.to_string()
                } else {
                    format!("{number}-{times}")
                }
            });
            let replacement = match kind {
                Kind::UserId | Kind::RoleId | Kind::TeamId | Kind::RoomId => {
                    id_like(*kind, text, *own)
                }
                _ => labels
                    .map(|label| made.name_like(*kind, text, &label))
                    .find(|name| taken.insert((*kind, name.clone())))
                    .unwrap_or_default(),
            };
            made.texts.insert(identity.clone(), replacement);
        }
        made
    }
}

/// The made-up values, by what they stand for.
#[derive(Debug, Default)]
pub(super) struct Replacements {
    texts: HashMap<(Kind, String), String>,
}

impl Replacements {
    /// Returns what stands for `text`. A text that was not collected has no replacement; it becomes empty.
    pub(super) fn of(&self, kind: Kind, text: &str) -> String {
        if is_common(kind, text) {
            return text.to_owned();
        }
        self.texts
            .get(&(kind, text.to_owned()))
            .cloned()
            .unwrap_or_default()
    }

    fn name_like(&self, kind: Kind, text: &str, label: &str) -> String {
        let as_kind = |kind| self.texts.get(&(kind, text.to_owned())).cloned();
        match kind {
            Kind::Username => match federated(text) {
                Some((_, server)) => format!("@person{label}:{}", self.of(Kind::Server, server)),
                None => format!("person{label}"),
            },
            Kind::PersonName => {
                as_kind(Kind::Username).unwrap_or_else(|| format!("Person {label}"))
            }
            Kind::Email => format!("person{label}@example.org"),
            Kind::Server => format!("server{label}.example"),
            Kind::RoleName => as_kind(Kind::RoleId).unwrap_or_else(|| format!("Role {label}")),
            Kind::RoleDescription => format!("Description of role {label}"),
            Kind::TeamName => format!("team-{label}"),
            Kind::UserId | Kind::RoleId | Kind::TeamId | Kind::RoomId => String::new(),
        }
    }
}

/// Returns true for what every workspace has, and for an empty text.
fn is_common(kind: Kind, text: &str) -> bool {
    text.is_empty()
        || match kind {
            Kind::UserId | Kind::Username => text == CAT,
            Kind::PersonName => text == CAT_NAME,
            Kind::RoleId | Kind::RoleName => ROLES.contains(&text),
            Kind::RoleDescription => ROLE_DESCRIPTIONS.contains(&text),
            _ => false,
        }
}

/// Splits a username of the form `@name:server` (`rocketchat-api.md` section 5.6).
fn federated(username: &str) -> Option<(&str, &str)> {
    username.strip_prefix('@')?.split_once(':')
}

/// Makes an id of the same shape as `original`: 24 hexadecimal digits, or 17 characters for all others.
///
/// The first character stays, which lets ids of both shapes keep their order and tells one part in fifty-five of
/// an id that is random. The rank follows, then a filling that tells the kinds apart.
fn id_like(kind: Kind, original: &str, rank: usize) -> String {
    let is_hex = original.len() == 24
        && original
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let first = original.chars().next().unwrap_or_default();
    // The ranks below are written in digits, which sort before the second letter of `rocket.cat`.
    let after_cat = kind == Kind::UserId && original.starts_with('r') && original > CAT;
    let mut id = String::from(first);
    id.extend(after_cat.then_some('z'));
    id.extend(
        format!("{rank:08o}")
            .bytes()
            .map(|digit| char::from(digit + 2)),
    );
    let filling = match (kind, is_hex) {
        (Kind::UserId, false) => 'u',
        (Kind::RoleId, false) => 'p',
        (Kind::TeamId, false) => 't',
        (_, false) => 'r',
        (Kind::UserId, true) => 'a',
        (Kind::RoleId, true) => 'b',
        (Kind::TeamId, true) => 'c',
        (_, true) => 'd',
    };
    let length = if is_hex { 24 } else { 17 };
    let missing = length - id.chars().count().min(length);
    id.extend(std::iter::repeat_n(filling, missing));
    id
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::words::CAT;
    use super::{Identities, Kind, Replacements};

    /// Collects identities, each with the user whose it is; an empty id is nobody's.
    fn replacements(identities: &[(Kind, &str, &str)]) -> Replacements {
        let mut collected = Identities::default();
        for (kind, text, owner) in identities {
            let owner = (!owner.is_empty()).then(|| (Kind::UserId, (*owner).to_owned()));
            collected.add(*kind, text, owner.as_ref());
        }
        collected.replacements()
    }

    #[test]
    fn names_carry_the_number_of_their_owner() {
        let (kim, zoe) = ("Kq7TzWm3PfRbX9dLc", "wC4jGr8KzTd2HnPyQ");
        let made = replacements(&[
            (Kind::Email, "a@zoe.example", zoe),
            (Kind::Email, "b@zoe.example", zoe),
            (Kind::Username, "zoe", zoe),
            (Kind::PersonName, "Zoë", zoe),
            (Kind::Username, "kim", kim),
            (Kind::PersonName, "kim", kim),
            (Kind::UserId, kim, ""),
            (Kind::UserId, zoe, ""),
        ]);
        for (kind, text, expected) in [
            (Kind::Username, "kim", "person1"),
            (Kind::PersonName, "kim", "person1"),
            (Kind::Username, "zoe", "person2"),
            (Kind::PersonName, "Zoë", "Person 2"),
            (Kind::Email, "a@zoe.example", "person2@example.org"),
            (Kind::Email, "b@zoe.example", "person2-2@example.org"),
        ] {
            assert_eq!(made.of(kind, text), expected);
        }
    }

    #[test]
    fn federated_names_keep_their_form_and_their_server() {
        let made = replacements(&[
            (Kind::Username, "@nora:partner.example", ""),
            (Kind::Username, "@olaf:partner.example", ""),
            (Kind::Username, "@lukas:old-bridge.example", ""),
        ]);
        assert_eq!(
            made.of(Kind::Username, "@lukas:old-bridge.example"),
            "@person1:server1.example"
        );
        assert_eq!(
            made.of(Kind::Username, "@nora:partner.example"),
            "@person2:server2.example"
        );
        assert_eq!(
            made.of(Kind::Username, "@olaf:partner.example"),
            "@person3:server2.example"
        );
    }

    #[test]
    fn common_texts_stay() {
        let made = replacements(&[
            (Kind::RoleId, "helpdesk", ""),
            (Kind::RoleName, "helpdesk", ""),
        ]);
        for (kind, text) in [
            (Kind::UserId, "rocket.cat"),
            (Kind::PersonName, "Rocket.Cat"),
            (Kind::RoleId, "livechat-agent"),
            (Kind::RoleDescription, "Livechat Agent"),
            (Kind::PersonName, ""),
        ] {
            assert_eq!(made.of(kind, text), text);
        }
        assert_ne!(made.of(Kind::RoleId, "helpdesk"), "helpdesk");
        assert_eq!(
            made.of(Kind::RoleName, "helpdesk"),
            made.of(Kind::RoleId, "helpdesk")
        );
    }

    #[test]
    fn nothing_is_made_up_for_what_was_not_collected() {
        assert_eq!(Replacements::default().of(Kind::Username, "late.comer"), "");
    }

    fn id() -> impl Strategy<Value = String> {
        prop_oneof![
            "[2-9A-HJ-NP-TW-Za-km-z]{17}",
            "r[2-9A-HJ-NP-TW-Za-km-z]{16}",
            "[0-9a-f]{24}",
            "[ -~]{1,30}",
            Just(CAT.to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn replaced_ids_sort_like_the_originals(ids in prop::collection::btree_set(id(), 1..60)) {
            let mut collected = Identities::default();
            for id in &ids {
                collected.add(Kind::UserId, id, None);
            }
            let made = collected.replacements();
            let replaced: Vec<_> = ids.iter().map(|id| made.of(Kind::UserId, id)).collect();
            prop_assert!(replaced.is_sorted_by(|a, b| a < b), "{ids:?} became {replaced:?}");
            for (id, replaced) in ids.iter().zip(&replaced) {
                let is_hex = id.len() == 24 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                let length = if id == CAT { 10 } else if is_hex { 24 } else { 17 };
                prop_assert_eq!(replaced.len(), length);
                prop_assert!(!is_hex || replaced.bytes().all(|b| b.is_ascii_hexdigit()));
            }
        }

        #[test]
        fn different_names_stay_different(names in prop::collection::btree_set("[a-c@:.]{1,6}", 1..40)) {
            let owner = (Kind::UserId, "the same for all".to_owned());
            for kind in [Kind::Username, Kind::Email, Kind::PersonName, Kind::RoleName, Kind::TeamName] {
                let mut collected = Identities::default();
                collected.add(owner.0, &owner.1, None);
                for name in &names {
                    collected.add(kind, name, Some(&owner));
                }
                let made = collected.replacements();
                let replaced: std::collections::BTreeSet<_> = names.iter().map(|name| made.of(kind, name)).collect();
                prop_assert_eq!(replaced.len(), names.len());
            }
        }
    }
}
