//! What can go wrong on the way, as data.
//!
//! A stated answer or a cut comes before the server does anything, as from a proxy in front: such a call is neither
//! authenticated nor counted by the limiter. All other actions start from the true answer. What a fault looks like is
//! left to the test that states it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

/// One thing that goes wrong: `action` happens to some calls of `route`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The route as [`Call::route`](crate::Call::route) names it, such as `users.listByStatus`, or `*` for every call.
    pub route: String,
    /// The first call that is hit, counted from 1 since the fault was stated.
    pub nth: usize,
    /// How many calls in a row are hit.
    pub times: usize,
    /// What happens to them.
    pub action: Action,
}

/// What happens to a call that a fault hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The call is answered with exactly this.
    Answer {
        /// The status code.
        status: u16,
        /// The headers, beside `Date` and `Content-Length`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Bytes,
    },
    /// The connection is closed instead of an answer.
    Cut,
    /// The true answer is announced, but the connection is closed after this many bytes of its body.
    CutBody(usize),
    /// The true answer comes later.
    Delay(Duration),
    /// The server answers as if this query parameter had not been sent. `roles` means `roles[]` and `roles[0]` too.
    Without(String),
    /// The true answer, but its `total` is this.
    Total(u64),
    /// The true answer without the row at this place of its list, counted from 0. `count` follows, `total` does not.
    ///
    /// The list is whatever array the envelope holds (`users`, `teams`, `members`, `update`, …), the longest one if there
    /// are several. Without such a row nothing changes.
    DropRow(usize),
    /// The true answer with the row at this place twice in a row, with the same rules as [`Action::DropRow`].
    RepeatRow(usize),
}

impl Fault {
    /// States that `action` happens to the `nth` call of `route`, and to that one only.
    pub fn new(route: &str, nth: usize, action: Action) -> Self {
        Self {
            route: route.to_owned(),
            nth,
            times: 1,
            action,
        }
    }

    /// Lets the fault hit `times` calls in a row.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }
}

impl Action {
    /// Makes an answer with a body of the given content type.
    pub fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self::Answer {
            status,
            headers,
            body: body.into(),
        }
    }
}

/// Tells whether a call of `route` belongs to what was stated for a route or for `*`.
pub(crate) fn covers(stated: &str, route: &str) -> bool {
    stated == route || stated == "*"
}

/// The stated faults, each with the number of calls that it has seen.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<(Fault, usize)>>);

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        Self(Mutex::new(
            faults.iter().map(|fault| (fault.clone(), 0)).collect(),
        ))
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((fault, 0));
    }

    /// Counts a call of `route` for every fault and returns what happens to it: the first fault that hits wins.
    pub(crate) fn meet(&self, route: &str) -> Option<Action> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = None;
        for (fault, seen) in faults
            .iter_mut()
            .filter(|(fault, _)| covers(&fault.route, route))
        {
            *seen += 1;
            let hit = (fault.nth..fault.nth.saturating_add(fault.times)).contains(seen);
            if hit && met.is_none() {
                met = Some(fault.action.clone());
            }
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_the_stated_calls_only() {
        let faults = Faults::new(&[Fault::new("me", 2, Action::Cut).times(2)]);
        faults.add(Fault::new("*", 4, Action::CutBody(3)));
        assert_eq!(faults.meet("me"), None);
        assert_eq!(faults.meet("me"), Some(Action::Cut));
        assert_eq!(faults.meet("roles.list"), None);
        assert_eq!(faults.meet("me"), Some(Action::Cut));
        assert_eq!(faults.meet("me"), None);
    }
}
