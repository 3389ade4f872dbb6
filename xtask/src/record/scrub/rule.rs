//! What may stay of a JSON value: the language in which the allow-list is written.

use serde_json::{Map, Value};

use super::identities::{Kind, Owner};

/// What may stay of a value. A value of another type than the rule says does not stay; null always does.
#[derive(Debug)]
pub(super) enum Rule {
    /// A bool.
    Flag,
    /// A whole number that is not negative.
    Count,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A text in a known form, or what is left of it in that form.
    Form(fn(&str) -> Option<String>),
    /// A text whose known words stay and whose others are put in general terms.
    Reworded(fn(&str) -> String),
    /// Something that belongs to a person or a workspace, to be replaced by a made-up value.
    Identity(Kind),
    /// An object, of which these keys may stay.
    Object(&'static [Columns]),
    /// An array of such values.
    List(&'static Rule),
    /// An array of objects, without those that lost the key named here.
    ListWith(&'static str, &'static Rule),
}

/// Keys that may stay, each with the rule for its value.
pub(super) type Columns = &'static [(&'static str, Rule)];

/// Takes an identity with its owner and returns what to write in its place.
pub(super) type Rename<'a> = dyn FnMut(Kind, &str, Option<&Owner>) -> String + 'a;

impl Rule {
    /// Returns what may stay of `value`, or `None` if nothing may.
    pub(super) fn apply(
        &self,
        value: &Value,
        owner: Option<&Owner>,
        rename: &mut Rename<'_>,
    ) -> Option<Value> {
        match (self, value) {
            (_, Value::Null) | (Self::Flag, Value::Bool(_)) => Some(value.clone()),
            (Self::Count, Value::Number(number)) => number.is_u64().then(|| value.clone()),
            (Self::Word(words), Value::String(text)) => {
                words.contains(&text.as_str()).then(|| value.clone())
            }
            (Self::Form(known), Value::String(text)) => known(text).map(Value::String),
            (Self::Reworded(reword), Value::String(text)) => Some(Value::String(reword(text))),
            (Self::Identity(kind), Value::String(text)) => {
                Some(Value::String(rename(*kind, text, owner)))
            }
            (Self::Object(groups), Value::Object(object)) => {
                Some(Value::Object(apply_all(groups, object, owner, rename)))
            }
            (Self::List(rule), Value::Array(values)) => Some(
                values
                    .iter()
                    .filter_map(|value| rule.apply(value, owner, rename))
                    .collect(),
            ),
            (Self::ListWith(key, rule), Value::Array(values)) => {
                let rows = values
                    .iter()
                    .filter_map(|value| rule.apply(value, owner, rename));
                Some(rows.filter(|row| row.get(key).is_some()).collect())
            }
            _ => None,
        }
    }
}

fn apply_all(
    groups: &[Columns],
    object: &Map<String, Value>,
    owner: Option<&Owner>,
    rename: &mut Rename<'_>,
) -> Map<String, Value> {
    let columns = || groups.iter().flat_map(|columns| columns.iter());
    let own = columns().find_map(|(key, rule)| match (rule, object.get(*key)) {
        (Rule::Identity(kind), Some(Value::String(id))) if *key == "_id" => {
            Some((*kind, id.clone()))
        }
        _ => None,
    });
    let owner = own.as_ref().or(owner);
    let kept = columns().filter_map(|(key, rule)| {
        let value = rule.apply(object.get(*key)?, owner, rename)?;
        Some(((*key).to_owned(), value))
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::identities::Kind;
    use super::Rule;

    fn check(rule: &Rule, value: &Value, expected: Option<&Value>) {
        let left = rule.apply(value, None, &mut |kind, text, owner| {
            format!("{kind:?}:{text}:{}", owner.map_or("-", |(_, id)| id))
        });
        assert_eq!(left.as_ref(), expected, "{value}");
    }

    #[test]
    fn other_types_do_not_stay() {
        check(&Rule::Flag, &json!(true), Some(&json!(true)));
        check(&Rule::Flag, &json!("true"), None);
        check(&Rule::Count, &json!(7), Some(&json!(7)));
        for value in [
            json!(-7),
            json!(7.5),
            json!("7"),
            json!([7]),
            json!({"x": 7}),
        ] {
            check(&Rule::Count, &value, None);
        }
        check(&Rule::Word(&["a"]), &json!("a"), Some(&json!("a")));
        check(&Rule::Word(&["a"]), &json!("b"), None);
        check(&Rule::Identity(Kind::Email), &json!(["x"]), None);
        check(&Rule::List(&Rule::Flag), &json!({"x": true}), None);
        check(&Rule::Object(&[&[("x", Rule::Flag)]]), &json!([true]), None);
    }

    #[test]
    fn null_stays_under_a_known_key() {
        let rule = Rule::Object(&[&[("x", Rule::Flag)]]);
        check(
            &rule,
            &json!({"x": null, "y": null}),
            Some(&json!({"x": null})),
        );
    }

    #[test]
    fn unknown_keys_go_with_all_below() {
        let rule = Rule::Object(&[&[("x", Rule::Flag)], &[("y", Rule::List(&Rule::Count))]]);
        let value = json!({"x": true, "y": [1, "2", 3], "z": {"x": true}});
        check(&rule, &value, Some(&json!({"x": true, "y": [1, 3]})));
    }

    #[test]
    fn rows_without_their_key_go() {
        let rule = Rule::ListWith(
            "_id",
            &Rule::Object(&[&[("_id", Rule::Word(&["a"])), ("x", Rule::Flag)]]),
        );
        let value = json!([{"_id": "a", "x": true}, {"_id": "b", "x": true}, {"x": true}, 7]);
        check(&rule, &value, Some(&json!([{"_id": "a", "x": true}])));
    }

    #[test]
    fn identities_know_whose_they_are() {
        static USER: Rule = Rule::Object(&[&[
            ("_id", Rule::Identity(Kind::UserId)),
            ("name", Rule::Identity(Kind::PersonName)),
        ]]);
        static TEAM: Rule = Rule::Object(&[&[
            ("_id", Rule::Identity(Kind::TeamId)),
            ("by", Rule::List(&USER)),
        ]]);
        check(
            &USER,
            &json!({"_id": "u", "name": "n"}),
            Some(&json!({"_id": "UserId:u:u", "name": "PersonName:n:u"})),
        );
        let value = json!({"_id": "t", "by": [{"name": "n"}, {"_id": "u"}]});
        check(
            &TEAM,
            &value,
            Some(
                &json!({"_id": "TeamId:t:t", "by": [{"name": "PersonName:n:t"}, {"_id": "UserId:u:u"}]}),
            ),
        );
    }
}
