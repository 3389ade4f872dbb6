//! Edits of a true answer, for the faults by which the server lies.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::reply::Reply;

/// The outermost object of an answer: the rows, and what is said about them.
#[derive(Debug)]
pub(crate) struct Envelope(Map<String, Value>);

/// Changes the envelope of a success. A refusal or a web page stays as it is.
pub(crate) fn edit(reply: Reply, change: impl FnOnce(&mut Envelope)) -> Reply {
    if reply.status() != StatusCode::OK {
        return reply;
    }
    reply.map(|body| {
        let text = body.joined();
        let Ok(fields) = serde_json::from_slice(&text) else {
            return Body::new([text]);
        };
        let mut envelope = Envelope(fields);
        change(&mut envelope);
        Value::Object(envelope.0).to_string().into()
    })
}

impl Envelope {
    /// Announces another number of rows, where a number is announced.
    pub(crate) fn set_total(&mut self, total: u64) {
        if let Some(announced) = self.0.get_mut("total") {
            *announced = total.into();
        }
    }

    /// Leaves out the row at a place, if there is one.
    pub(crate) fn drop_row(&mut self, place: usize) {
        self.change_rows(|rows| {
            if place < rows.len() {
                rows.remove(place);
            }
        });
    }

    /// Puts the row at a place there twice, if there is one.
    pub(crate) fn repeat_row(&mut self, place: usize) {
        self.change_rows(|rows| {
            if let Some(row) = rows.get(place).cloned() {
                rows.insert(place, row);
            }
        });
    }

    /// Changes the rows and counts them again. They are the longest list: `permissions.listAll` has `remove` beside them.
    fn change_rows(&mut self, change: impl FnOnce(&mut Vec<Value>)) {
        let lists = self.0.values_mut().filter_map(Value::as_array_mut);
        let Some(rows) = lists.max_by_key(|list| list.len()) else {
            return;
        };
        change(rows);
        let length = rows.len();
        if let Some(count) = self.0.get_mut("count") {
            *count = length.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(before: Value, change: impl FnOnce(&mut Envelope), after: &Value) {
        let Value::Object(fields) = before else {
            panic!("an envelope is an object")
        };
        let mut envelope = Envelope(fields);
        change(&mut envelope);
        assert_eq!(&Value::Object(envelope.0), after);
    }

    #[test]
    fn the_count_follows_the_rows_and_the_total_does_not() {
        let page = || json!({"users": [{"_id": "a"}, {"_id": "b"}], "count": 2, "total": 9});
        check(
            page(),
            |it| it.drop_row(0),
            &json!({"users": [{"_id": "b"}], "count": 1, "total": 9}),
        );
        check(
            page(),
            |it| it.repeat_row(1),
            &json!({"users": [{"_id": "a"}, {"_id": "b"}, {"_id": "b"}], "count": 3, "total": 9}),
        );
        check(
            page(),
            |it| it.set_total(1),
            &json!({"users": [{"_id": "a"}, {"_id": "b"}], "count": 2, "total": 1}),
        );
        check(page(), |it| it.drop_row(2), &page());
        check(page(), |it| it.repeat_row(2), &page());
    }

    #[test]
    fn nothing_is_announced_that_was_not() {
        let rows = || json!({"remove": [], "update": ["a", "b"]});
        check(rows(), |it| it.set_total(7), &rows());
        check(
            rows(),
            |it| it.drop_row(0),
            &json!({"remove": [], "update": ["b"]}),
        );
        let object = || json!({"teamInfo": {"_id": "a"}});
        check(object(), |it| it.repeat_row(0), &object());
    }
}
