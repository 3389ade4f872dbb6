//! The completeness ledger: what the server announced against what was received, list by list.
//!
//! A sync that ends well has a ledger that balances; the engine fails it otherwise. The ledger is kept so that an auditor
//! can see that too.

use rocketchat_api::{Tally, TeamId};
use serde::{Deserialize, Serialize};

/// What was announced and received, for every list that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ledger {
    /// Roles received; the server announces no number of them.
    pub roles: u64,
    /// The list of users.
    pub users: Listing,
    /// The list of teams.
    pub teams: Listing,
    /// The memberships, team by team, in the order of team ids.
    pub members: Vec<TeamBalance>,
    /// Deactivated users whose teams were asked for.
    pub deactivated_users_asked: u64,
}

/// One list, as it was read in the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Listing {
    /// The endpoint.
    #[serde(skip_deserializing)]
    pub endpoint: &'static str,
    /// Rows that the first answer announced (`total`).
    pub announced_first: u64,
    /// Rows that the last answer announced.
    pub announced_last: u64,
    /// Rows received; the row that two pages share counts twice.
    pub received: u64,
    /// Different rows received.
    pub unique: u64,
    /// Answers received.
    pub pages: u64,
    /// Readings begun again, and pages gone back, because rows had moved.
    pub retries: u64,
}

/// The memberships of one team: rows counted by the server against members found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TeamBalance {
    /// The team.
    pub team: TeamId,
    /// Membership rows that the server counts (`numberOfUsers`), if it counts them.
    pub counted: Option<u64>,
    /// The list of active members; none for a team without rows, which is not asked.
    pub listing: Option<Listing>,
    /// Active members synced.
    pub active: u64,
    /// Members of deactivated users: found, or with [`DormantMemberships::Count`](crate::DormantMemberships::Count)
    /// rows that `teams.members` did not list.
    pub dormant: u64,
    /// Members found whose account was gone when it was looked up.
    pub gone: u64,
    /// Rows left: of deleted users, which the server never cleans up.
    pub orphaned: u64,
    /// Members beyond the rows counted: they joined after the server counted. `counted` and these are all the others
    /// together.
    pub joined: u64,
}

impl Listing {
    /// Returns the same numbers as those of `endpoint`.
    pub(crate) fn of(self, endpoint: &'static str) -> Self {
        Self { endpoint, ..self }
    }

    pub(crate) fn new(endpoint: &'static str, tally: Tally, restarts: u64) -> Self {
        Self {
            endpoint,
            announced_first: tally.announced_first,
            announced_last: tally.announced_last,
            received: tally.received,
            unique: tally.unique,
            pages: tally.pages,
            retries: restarts + tally.shifts,
        }
    }

    /// Adds another list of the same endpoint.
    fn add(&mut self, other: &Self) {
        self.endpoint = other.endpoint;
        self.announced_first += other.announced_first;
        self.announced_last += other.announced_last;
        self.received += other.received;
        self.unique += other.unique;
        self.pages += other.pages;
        self.retries += other.retries;
    }
}

impl Ledger {
    /// Returns one entry per endpoint that lists: users, teams, and all lists of members added up.
    pub fn by_endpoint(&self) -> Vec<Listing> {
        let mut members = Listing::default();
        for listing in self.members.iter().filter_map(|team| team.listing.as_ref()) {
            members.add(listing);
        }
        let all = [self.users.clone(), self.teams.clone(), members];
        all.into_iter().filter(|it| it.pages > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program finds a team of the ledger in the records by its id, whatever it holds.
    #[test]
    fn ids_are_written_for_programs() {
        let team = TeamId::from("64e0\t\u{1b}[31m\u{e9}");
        let balance = TeamBalance {
            team: team.clone(),
            counted: None,
            listing: None,
            active: 0,
            dormant: 0,
            gone: 0,
            orphaned: 0,
            joined: 0,
        };
        let written = serde_json::to_value(&balance).unwrap();
        assert_eq!(
            written.get("team").and_then(|it| it.as_str()),
            Some(team.as_str())
        );
    }
}
