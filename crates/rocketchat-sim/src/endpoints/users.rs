//! `GET users.list` and `GET users.listByStatus` (`rocketchat-api.md` sections 4A.1 and 4A.2).

use super::{FULL_VIEW, listing};
use crate::Version;
use crate::ask::Ask;
use crate::query::{Query, SortKey};
use crate::reply::{Answer, Refusal, Reply};
use crate::rows::{self, Rows};
use crate::workspace::User;

pub(super) fn list(ask: &Ask<'_>) -> Answer {
    ask.require("view-d-room", Refusal::Forbidden)?;
    let privileged = ask.may(FULL_VIEW);
    let email = ask
        .query
        .get("email")
        .filter(|_| ask.settings.version.at_least(8, 4));
    if email.is_some() && !privileged {
        return Err(Refusal::Forbidden);
    }
    let rows = ask.state.list(privileged);
    let sort = ask.query.sort()?.map(sort_of_list);
    let has_email = |user: &User| {
        user.emails
            .iter()
            .flatten()
            .any(|stored| Some(stored.address.as_str()) == email)
    };
    match email {
        Some(_) => reply(ask, rows, sort, Some(&has_email)),
        None => reply(ask, rows, sort, None),
    }
}

/// Returns what a sort does in `users.list`, where only projected fields order anything and names ignore case.
fn sort_of_list(keys: Vec<SortKey>) -> Vec<SortKey> {
    let hidden = ["createdAt", "federated", "reason"];
    let projected = keys
        .into_iter()
        .filter(|key| !hidden.contains(&key.field.as_str()));
    projected
        .flat_map(|key| match key.field.as_str() {
            "name" => vec![
                SortKey {
                    field: "nameInsensitive".to_owned(),
                    ..key.clone()
                },
                key,
            ],
            _ => vec![key],
        })
        .collect()
}

pub(super) fn list_by_status(ask: &Ask<'_>) -> Answer {
    ask.require("view-d-room", Refusal::Permission)?;
    let privileged = ask.may(FULL_VIEW);
    let filter = Filter::read(&ask.query, ask.settings.version, privileged)?;
    let rows = ask.state.list_by_status(privileged);
    let sort = ask.query.sort()?;
    if filter == Filter::default() {
        return reply(ask, rows, sort, None);
    }
    reply(ask, rows, sort, Some(&|user| filter.takes(user)))
}

/// Answers with the asked page of the rows that `takes` lets through.
fn reply(
    ask: &Ask<'_>,
    rows: &Rows,
    sort: Option<Vec<SortKey>>,
    takes: Option<&dyn Fn(&User) -> bool>,
) -> Answer {
    let users = &ask.state.workspace.users;
    let by_id = sort
        .as_ref()
        .is_some_and(|keys| matches!(keys.as_slice(), [key] if is_id(key)));
    let page = ask.page()?;
    let Some(takes) = takes else {
        let places = page.of(rows.len());
        let count = places.len();
        let text = match sort {
            Some(_) if by_id => rows.slice(places),
            Some(keys) => {
                rows.gather(&sorted(rows, users, (0..rows.len()).collect(), &keys)[places])
            }
            None => rows.gather(&rows.by_username(users)[places]),
        };
        return Ok(envelope(text, count, page.offset, rows.len()));
    };
    let mut chosen: Vec<usize> = (0..rows.len())
        .filter(|row| takes(rows.user(users, *row)))
        .collect();
    if !by_id {
        let default = || {
            vec![SortKey {
                field: "username".to_owned(),
                descending: false,
            }]
        };
        chosen = sorted(rows, users, chosen, &sort.unwrap_or_else(default));
    }
    let places = page.of(chosen.len());
    Ok(envelope(
        rows.gather(&chosen[places.clone()]),
        places.len(),
        page.offset,
        chosen.len(),
    ))
}

fn envelope(text: bytes::Bytes, count: usize, offset: usize, total: usize) -> Reply {
    listing::written("users", text, count, offset, total)
}

fn is_id(key: &SortKey) -> bool {
    key.field == "_id" && !key.descending
}

fn sorted(rows: &Rows, users: &[User], mut chosen: Vec<usize>, keys: &[SortKey]) -> Vec<usize> {
    chosen.sort_by(|a, b| {
        let (a, b) = (rows.user(users, *a), rows.user(users, *b));
        let by_key = |key: &SortKey| {
            let ordering = rows::compare(a, b, &key.field);
            if key.descending {
                ordering.reverse()
            } else {
                ordering
            }
        };
        keys.iter()
            .map(by_key)
            .find(|ordering| ordering.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    chosen
}

/// The filters of `users.listByStatus`; the default takes everybody.
#[derive(Debug, Default, PartialEq)]
struct Filter {
    active: Option<bool>,
    logged_in: Option<bool>,
    kind: Option<String>,
    roles: Vec<String>,
    inactive_reasons: Vec<String>,
    /// In lower case, and whether addresses are searched too.
    search: Option<(String, bool)>,
}

impl Filter {
    fn read(query: &Query<'_>, version: Version, privileged: bool) -> Result<Self, Refusal> {
        let not_allowed = Refusal::Invalid("must be equal to one of the allowed values");
        let active = match query.get("status") {
            None => None,
            Some("active") => Some(true),
            Some("deactivated") => Some(false),
            Some(_) => return Err(not_allowed),
        };
        let logged_in = match query.get("hasLoggedIn") {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => return Err(Refusal::Invalid("must be boolean")),
        };
        let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let mut roles = owned(query.list("roles", version)?);
        if roles.iter().any(|role| role == "all") {
            roles.clear();
        }
        let inactive_reasons = owned(query.list("inactiveReason", version)?);
        if !inactive_reasons.is_empty() && !version.at_least(8, 0) {
            return Err(Refusal::Invalid("must NOT have additional properties"));
        }
        let search = query
            .get("searchTerm")
            .filter(|term| !term.trim().is_empty());
        Ok(Self {
            active,
            logged_in,
            kind: query.get("type").map(str::to_owned),
            roles,
            inactive_reasons,
            search: search.map(|term| (term.to_lowercase(), privileged)),
        })
    }

    fn takes(&self, user: &User) -> bool {
        self.active.is_none_or(|active| user.active == active)
            && self
                .logged_in
                .is_none_or(|logged_in| user.last_login.is_some() == logged_in)
            && self
                .kind
                .as_ref()
                .is_none_or(|kind| user.kind.as_deref() == Some(kind))
            && (self.roles.is_empty() || self.roles.iter().any(|role| user.has_role(role)))
            && (self.inactive_reasons.is_empty()
                || self
                    .inactive_reasons
                    .iter()
                    .any(|reason| is_inactive(user, reason)))
            && self
                .search
                .as_ref()
                .is_none_or(|(term, addresses)| is_found(user, term, *addresses))
    }
}

/// Tells whether a user is inactive for this reason: whoever never logged in is taken to await approval.
fn is_inactive(user: &User, reason: &str) -> bool {
    let stored = if user.last_login.is_some() {
        "deactivated"
    } else {
        "pending_approval"
    };
    !user.active && reason == stored
}

fn is_found(user: &User, term: &str, in_addresses: bool) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(term);
    user.username.as_deref().is_some_and(holds)
        || user.name.as_str().is_some_and(holds)
        || (in_addresses
            && user
                .emails
                .iter()
                .flatten()
                .any(|email| holds(&email.address)))
}
