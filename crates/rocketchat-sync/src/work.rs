//! Work that is kept while a sync goes on, so that an interrupted one does not do it twice, and what has to be so for a
//! piece of it to be used again.
//!
//! Kept is what takes requests by the hundred: pages of users, the members of each team, the teams of each deactivated
//! user. Everything else is asked for again when a sync is continued, and shows what changed meanwhile: a team whose number
//! of members is another one is read again, and so is whatever leaves rows unexplained. What changed without a trace in any
//! number shows in the next sync, as it does when it changes just after it was read.

use std::sync::{Mutex, PoisonError};

use baton_model::Timestamp;
use baton_sinks::Journal;
use rocketchat_api::{Member, TeamId, User, UserId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Continuation, Listing};

/// Goes up when a piece of work holds more, or means something else: an older one is then read again.
const VERSION: u32 = 1;

/// A page of users. Of use as long as the list has as many users as it had then.
#[derive(Serialize, Deserialize)]
pub(crate) struct UsersPage {
    pub(crate) rows: Vec<User>,
    pub(crate) total: u64,
}

/// The members of a team. Of use as long as the team counts as many rows as it did then.
#[derive(Serialize, Deserialize)]
pub(crate) struct TeamPiece {
    pub(crate) counted: u64,
    pub(crate) members: Vec<Member>,
    pub(crate) listing: Listing,
}

/// A team of a deactivated user. Of use as long as the team counts as many rows as it did then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserTeam {
    pub(crate) team_id: TeamId,
    pub(crate) is_owner: bool,
    pub(crate) counted: Option<u64>,
}

/// The journal, and what was used of it.
pub(crate) struct Work<'a> {
    journal: &'a dyn Journal,
    used: Mutex<Option<Continuation>>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(journal: &'a dyn Journal) -> Self {
        Self {
            journal,
            used: Mutex::default(),
        }
    }

    /// Returns a piece of work that an interrupted run kept, if it `is_of_use`. What cannot be read is done again.
    pub(crate) fn recall<T: DeserializeOwned>(
        &self,
        key: &Key<'_>,
        is_of_use: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let piece = self.journal.recall(&key.to_string())?;
        let value = serde_json::from_str(&piece.value).ok().filter(is_of_use)?;
        if matches!(key, Key::Counts) {
            // Says what may be used, and is not used itself.
            return Some(value);
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.get_or_insert(Continuation {
            pieces: 0,
            oldest: piece.kept_at,
        })
        .add(piece.kept_at);
        Some(value)
    }

    /// Keeps a piece of work.
    pub(crate) fn keep<T: Serialize>(&self, key: &Key<'_>, piece: &T) {
        if let Ok(text) = serde_json::to_string(piece) {
            self.journal.keep(&key.to_string(), &text);
        }
    }

    /// Returns how much of an interrupted run was used.
    pub(crate) fn used(&self) -> Option<Continuation> {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Continuation {
    fn add(&mut self, kept_at: Timestamp) {
        self.pieces += 1;
        self.oldest = self.oldest.min(kept_at);
    }
}

/// What a piece of work is the answer to.
pub(crate) enum Key<'a> {
    /// The rows that each team counts; none for those that changed while a sync was interrupted.
    Counts,
    UsersPage(u64),
    Members(&'a TeamId),
    UserTeams(&'a UserId),
}

impl std::fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{VERSION}/")?;
        match self {
            Self::Counts => write!(f, "teams"),
            Self::UsersPage(offset) => write!(f, "users/{offset}"),
            Self::Members(team_id) => write!(f, "teams.members/{}", team_id.as_str()),
            Self::UserTeams(user_id) => write!(f, "users.listTeams/{}", user_id.as_str()),
        }
    }
}
