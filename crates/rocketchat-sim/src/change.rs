//! Changes of the workspace that wait for a call.
//!
//! When a call arrives, and what it is answered, is left to the service.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::Workspace;
use crate::fault::covers;

/// What a test does to the workspace, once.
pub(crate) type Change = Box<dyn FnOnce(&mut Workspace) + Send>;

/// The changes that did not happen yet, in the order in which they were stated.
#[derive(Default)]
pub(crate) struct Changes(Mutex<Vec<Waiting>>);

struct Waiting {
    route: String,
    nth: usize,
    /// How many calls of the route arrived since the change was stated.
    seen: usize,
    change: Change,
}

impl Changes {
    pub(crate) fn add(&self, route: &str, nth: usize, change: Change) {
        let waiting = Waiting {
            route: route.to_owned(),
            nth,
            seen: 0,
            change,
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(waiting);
    }

    /// Counts a call of `route` for every change and takes out those that waited for this one.
    pub(crate) fn meet(&self, route: &str) -> Vec<Change> {
        let mut changes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = |waiting: &mut Waiting| {
            let counts = covers(&waiting.route, route);
            waiting.seen += usize::from(counts);
            counts && waiting.seen == waiting.nth
        };
        changes
            .extract_if(.., due)
            .map(|waiting| waiting.change)
            .collect()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::User;

    /// Returns a change that leaves a trace.
    fn adding(name: &'static str) -> Change {
        Box::new(move |it| it.users.push(User::person(name, name, name)))
    }

    #[track_caller]
    fn check(changes: &Changes, route: &str, expected: &[&str]) {
        let mut workspace = Workspace::default();
        for change in changes.meet(route) {
            change(&mut workspace);
        }
        let names: Vec<&str> = workspace.users.iter().map(|user| &*user.id).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn each_waits_for_its_call_and_happens_once() {
        let changes = Changes::default();
        changes.add("*", 3, adding("any"));
        changes.add("me", 2, adding("first"));
        changes.add("me", 2, adding("second"));
        check(&changes, "me", &[]);
        changes.add("me", 1, adding("stated later"));
        check(&changes, "roles.list", &[]);
        check(&changes, "me", &["any", "first", "second", "stated later"]);
        check(&changes, "me", &[]);
    }

    #[test]
    fn there_is_no_call_before_the_first() {
        let changes = Changes::default();
        changes.add("me", 0, adding("never"));
        check(&changes, "roles.list", &[]);
        check(&changes, "me", &[]);
    }
}
