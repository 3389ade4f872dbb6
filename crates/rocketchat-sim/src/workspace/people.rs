//! Invented names, and ids of the forms that Rocket.Chat draws.

use fastrand::Rng;

use super::Id;

const FIRST: [&str; 32] = [
    "Mira", "Tomasz", "Amara", "Oskar", "Priya", "Zoë", "Ingrid", "Lukas", "Nora", "Jonas", "Wen",
    "Aisha", "Diego", "Élise", "Farid", "Greta", "Hana", "Ivo", "Jun", "Katya", "Liam", "Maya",
    "Nils", "Olu", "Pavel", "Quinn", "Rosa", "Søren", "Tara", "Uma", "Viktor", "Yusuf",
];

const LAST: [&str; 32] = [
    "Halvorsen",
    "Wójcik",
    "Adeyemi",
    "Lindqvist",
    "Raman",
    "Angelo",
    "Solheim",
    "Weber",
    "Fischer",
    "Kim",
    "Zhang",
    "Khan",
    "Moreno",
    "Dubois",
    "Haddad",
    "Berg",
    "Sato",
    "Novak",
    "Tanaka",
    "Petrova",
    "Byrne",
    "Cohen",
    "Dahl",
    "Okafor",
    "Horák",
    "Reed",
    "Silva",
    "Østergaard",
    "Nair",
    "Bauer",
    "Lund",
    "Demir",
];

const ADJECTIVES: [&str; 16] = [
    "blue", "quiet", "northern", "bright", "hidden", "rapid", "steady", "golden", "open", "brave",
    "lunar", "green", "distant", "early", "silver", "calm",
];

const NOUNS: [&str; 16] = [
    "heron", "harbour", "forge", "meadow", "compass", "lantern", "bridge", "falcon", "garden",
    "summit", "anchor", "orchard", "signal", "mill", "delta", "window",
];

/// The characters of an id that Rocket.Chat draws itself; look-alikes are left out.
const ID_CHARACTERS: &[u8; 55] = b"23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz";

/// Draws an id of 17 characters, as users and rooms have.
pub(super) fn random_id(rng: &mut Rng) -> Id {
    let text: String = (0..17)
        .map(|_| char::from(ID_CHARACTERS[rng.usize(..ID_CHARACTERS.len())]))
        .collect();
    text.into()
}

/// Draws an id of 24 hexadecimal digits, as teams and newer roles have.
pub(super) fn object_id(rng: &mut Rng) -> Id {
    format!("6{:07x}{:016x}", rng.u32(..0x1000_0000), rng.u64(..)).into()
}

/// Draws a display name and makes the username that goes with it; `number` keeps it unique.
pub(super) fn person(rng: &mut Rng, number: usize) -> (String, String) {
    let first = FIRST[rng.usize(..FIRST.len())];
    let last = LAST[rng.usize(..LAST.len())];
    (
        format!("{first} {last}"),
        format!("{}.{}{number}", plain(first), plain(last)),
    )
}

/// Draws a team name; `number` keeps it unique.
pub(super) fn team(rng: &mut Rng, number: usize) -> String {
    let adjective = ADJECTIVES[rng.usize(..ADJECTIVES.len())];
    let noun = NOUNS[rng.usize(..NOUNS.len())];
    format!("{adjective}-{noun}-{number}")
}

/// Returns the lower-case letters, with accents taken off, as usernames are ASCII by default.
fn plain(name: &str) -> String {
    let fold = |letter: char| match letter {
        'É' | 'ë' => 'e',
        'ó' | 'ø' | 'Ø' => 'o',
        'á' => 'a',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(fold).collect()
}
