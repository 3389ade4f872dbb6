//! User rows as JSON text, written once for each projection and kept until the workspace changes.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::reply::write_json;
use crate::workspace::User;

/// Which fields of a user a listing shows (`rocketchat-api.md` sections 4A.1 and 4A.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projection {
    /// `users.listByStatus`.
    ByStatus,
    /// `users.list` for a caller with `view-full-other-user-info`.
    Full,
    /// `users.list` for everybody else.
    Reduced,
}

/// All rows of one listing, ordered by `_id`.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The place of each row's user in the workspace.
    users: Vec<usize>,
    /// The rows with a comma between them.
    text: Bytes,
    /// Where each row ends in the text.
    ends: Vec<usize>,
    /// The rows in the order of their usernames, which is the default.
    by_username: OnceLock<Vec<usize>>,
}

impl Rows {
    /// Writes the rows of the users at these places.
    pub(crate) fn write(users: &[User], places: Vec<usize>, projection: Projection) -> Self {
        let mut text = Vec::with_capacity(places.len() * 288);
        let mut ends = Vec::with_capacity(places.len());
        for &place in &places {
            if !text.is_empty() {
                text.push(b',');
            }
            write_json(
                &mut text,
                &Row {
                    user: &users[place],
                    projection,
                },
            );
            ends.push(text.len());
        }
        text.shrink_to_fit();
        Self {
            users: places,
            text: text.into(),
            ends,
            by_username: OnceLock::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.users.len()
    }

    /// Returns the user of a row.
    pub(crate) fn user<'a>(&self, users: &'a [User], row: usize) -> &'a User {
        &users[self.users[row]]
    }

    /// Returns the rows ordered by username; those without one come first.
    pub(crate) fn by_username(&self, users: &[User]) -> &[usize] {
        self.by_username.get_or_init(|| {
            let mut order: Vec<usize> = (0..self.len()).collect();
            order.sort_by(|a, b| {
                self.user(users, *a)
                    .username
                    .cmp(&self.user(users, *b).username)
            });
            order
        })
    }

    /// Returns neighbouring rows, comma between them, without copying.
    pub(crate) fn slice(&self, rows: Range<usize>) -> Bytes {
        if rows.is_empty() {
            return Bytes::new();
        }
        self.text
            .slice(self.start(rows.start)..self.ends[rows.end - 1])
    }

    /// Returns these rows, comma between them.
    pub(crate) fn gather(&self, rows: &[usize]) -> Bytes {
        let mut text = Vec::new();
        for &row in rows {
            if !text.is_empty() {
                text.push(b',');
            }
            text.extend_from_slice(&self.text[self.start(row)..self.ends[row]]);
        }
        text.into()
    }

    fn start(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.ends[row - 1] + 1 }
    }
}

/// Orders two users by a stored field; an unknown field orders nothing. A user who lacks it comes before all who have it,
/// and so last when descending. Texts are compared by code points.
pub(crate) fn compare(a: &User, b: &User, field: &str) -> Ordering {
    match field {
        "_id" => a.id.cmp(&b.id),
        "username" => a.username.cmp(&b.username),
        "name" => a.name.as_str().cmp(&b.name.as_str()),
        "nameInsensitive" => name_insensitive(a).cmp(&name_insensitive(b)),
        "active" => a.active.cmp(&b.active),
        "status" => a.presence.as_str().cmp(b.presence.as_str()),
        "type" => a.kind.cmp(&b.kind),
        "lastLogin" => a.last_login.cmp(&b.last_login),
        "createdAt" => a.created_at.cmp(&b.created_at),
        "federated" => a.federated.cmp(&b.federated),
        "reason" => a.reason.as_str().cmp(&b.reason.as_str()),
        "avatarETag" => a.avatar_etag.cmp(&b.avatar_etag),
        _ => Ordering::Equal,
    }
}

fn name_insensitive(user: &User) -> String {
    user.name.as_str().unwrap_or_default().to_lowercase()
}

struct Row<'a> {
    user: &'a User,
    projection: Projection,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Row { user, projection } = *self;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("_id", &user.id)?;
        optional(&mut row, "name", user.name.present())?;
        optional(&mut row, "username", user.username.as_ref())?;
        if projection != Projection::Reduced {
            optional(&mut row, "emails", user.emails.as_ref())?;
            optional(&mut row, "roles", user.roles.as_ref())?;
            optional(&mut row, "lastLogin", user.last_login.as_ref())?;
        }
        row.serialize_entry("status", &user.presence)?;
        row.serialize_entry("active", &user.active)?;
        optional(&mut row, "avatarETag", user.avatar_etag.as_ref())?;
        optional(&mut row, "type", user.kind.as_ref())?;
        if projection == Projection::ByStatus {
            optional(&mut row, "reason", user.reason.present())?;
            optional(&mut row, "federated", user.federated.as_ref())?;
            for (key, value) in &user.extra {
                row.serialize_entry(key, value)?;
            }
        } else {
            row.serialize_entry("nameInsensitive", &name_insensitive(user))?;
        }
        row.end()
    }
}

fn optional<M: SerializeMap>(
    row: &mut M,
    key: &str,
    value: Option<&impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| row.serialize_entry(key, value))
}
