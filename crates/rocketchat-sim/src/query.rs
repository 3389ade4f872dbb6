//! Query parameters and what the server reads from them: page, order, lists.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::json;

use crate::reply::Refusal;
use crate::{Paging, Version};

/// The decoded query of a request.
#[derive(Debug, Default)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Which rows of a listing to send (`rocketchat-api.md` section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    /// `None` means all.
    pub(crate) limit: Option<usize>,
}

/// One key of a `sort` parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortKey {
    pub(crate) field: String,
    pub(crate) descending: bool,
}

impl<'a> Query<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_ref())
    }

    /// Returns the values of `name[]`, `name[0]`, …, and from 8.6 of a bare `name`, which older schemas refuse.
    pub(crate) fn list(&self, name: &str, version: Version) -> Result<Vec<&str>, Refusal> {
        let is_element = |key: &str| stem(key) == name && key != name;
        if self.get(name).is_some() && !version.at_least(8, 6) {
            return Err(Refusal::Invalid("must be array"));
        }
        let values = self
            .0
            .iter()
            .filter(|(key, _)| key == name || is_element(key));
        Ok(values.map(|(_, value)| value.as_ref()).collect())
    }

    /// Leaves out a parameter, with or without brackets.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| stem(key) != name);
        self
    }

    /// Refuses any parameter that is not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        if self.0.iter().all(|(key, _)| known.contains(&stem(key))) {
            return Ok(());
        }
        Err(Refusal::Invalid("must NOT have additional properties"))
    }

    /// Reads `count` and `offset`, with the silent cuts of the settings.
    ///
    /// `typed` says whether a schema checks that they are numbers; otherwise the database complains.
    pub(crate) fn page(&self, paging: Paging, typed: bool) -> Result<Page, Refusal> {
        let upper = if paging.upper > 0 { paging.upper } else { 100 };
        let default = if paging.default > 0 {
            paging.default
        } else {
            50
        };
        let not_a_number = |stage: &str| {
            if typed {
                return Refusal::Invalid("must be number");
            }
            Refusal::Failure(format!("Operation \"{stage}\" requires an integer"))
        };
        let offset = self
            .get("offset")
            .map_or(Some(0), parse_int)
            .ok_or_else(|| not_a_number("skip"))?;
        let count = self
            .get("count")
            .map_or(Some(default), parse_int)
            .ok_or_else(|| not_a_number("limit"))?;
        let count = if count == 0 && !paging.allow_infinite {
            default
        } else {
            count.min(upper)
        };
        let offset = usize::try_from(offset).map_err(|_| {
            Refusal::Failure(format!(
                "Skip value must be non-negative, but received: {offset}"
            ))
        })?;
        let limit = usize::try_from(count).map_err(|_| {
            Refusal::Failure(
                "invalid argument to $limit stage: the limit must be positive".to_owned(),
            )
        })?;
        Ok(Page {
            offset,
            limit: (limit > 0).then_some(limit),
        })
    }

    /// Reads `sort`; `None` when it is not given.
    pub(crate) fn sort(&self) -> Result<Option<Vec<SortKey>>, Refusal> {
        let Some(text) = self.get("sort") else {
            return Ok(None);
        };
        let invalid = || Refusal::Coded {
            code: "error-invalid-sort",
            text: format!("Invalid sort parameter provided: \"{text}\""),
            details: Some(json!({"helperMethod": "parseJsonQuery"})),
        };
        let keys: Order = serde_json::from_str(text).map_err(|_| invalid())?;
        let key = |(field, direction)| match direction {
            1 | -1 => Ok(SortKey {
                field,
                descending: direction < 0,
            }),
            _ => Err(invalid()),
        };
        keys.0
            .into_iter()
            .map(key)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// The fields of a `sort` with their directions, as they were sent: the first one counts most, so no map will do.
struct Order(Vec<(String, i64)>);

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderVisitor)
    }
}

struct OrderVisitor;

impl<'de> Visitor<'de> for OrderVisitor {
    type Value = Order;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of fields and directions")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Order, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Order(keys))
    }
}

impl Page {
    /// Returns the places of the page's rows among `total`.
    pub(crate) fn of(self, total: usize) -> Range<usize> {
        let start = self.offset.min(total);
        let end = self
            .limit
            .map_or(total, |limit| start.saturating_add(limit).min(total));
        start..end
    }
}

/// Returns the name of a parameter without `[]` or `[0]`.
fn stem(key: &str) -> &str {
    match key.split_once('[') {
        Some((name, index)) if index.ends_with(']') => name,
        _ => key,
    }
}

/// Reads a number like JavaScript's `parseInt`, from the digits in front; the empty text is 0.
fn parse_int(text: &str) -> Option<i64> {
    let text = text.trim_start();
    if text.is_empty() {
        return Some(0);
    }
    let signed = usize::from(text.starts_with(['-', '+']));
    let digits = text
        .bytes()
        .skip(signed)
        .take_while(u8::is_ascii_digit)
        .count();
    text.get(..signed + digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, offset: usize, limit: Option<usize>) {
        let page = Query::parse(query).page(Paging::default(), false);
        assert_eq!(page, Ok(Page { offset, limit }), "{query}");
    }

    #[test]
    fn pages_are_cut_silently() {
        check("", 0, Some(50));
        check("count=7&offset=3", 3, Some(7));
        check("count=0", 0, None);
        check("count=", 0, None);
        check("count=1000000", 0, Some(100));
        check("count=12abc", 0, Some(12));
        let finite = Paging {
            allow_infinite: false,
            default: 5,
            upper: -1,
        };
        let page = |query| Query::parse(query).page(finite, false).unwrap().limit;
        assert_eq!((page("count=0"), page("count=400")), (Some(5), Some(100)));
    }

    #[test]
    fn odd_numbers_are_refused() {
        let page = |query, typed| Query::parse(query).page(Paging::default(), typed);
        assert_eq!(
            page("count=many", true),
            Err(Refusal::Invalid("must be number"))
        );
        assert!(matches!(
            page("count=many", false),
            Err(Refusal::Failure(_))
        ));
        assert!(matches!(page("count=-1", false), Err(Refusal::Failure(_))));
        assert!(matches!(page("offset=-1", false), Err(Refusal::Failure(_))));
    }

    #[test]
    fn ranges_stay_inside() {
        assert_eq!(
            Page {
                offset: 40,
                limit: Some(8)
            }
            .of(18),
            18..18
        );
        assert_eq!(
            Page {
                offset: 14,
                limit: Some(8)
            }
            .of(18),
            14..18
        );
        assert_eq!(
            Page {
                offset: 0,
                limit: None
            }
            .of(18),
            0..18
        );
    }

    #[test]
    fn lists_come_with_brackets() {
        let query = Query::parse("roles[]=admin&roles%5B1%5D=user&roleset=x");
        assert_eq!(
            query.list("roles", Version(7, 0, 0)),
            Ok(vec!["admin", "user"])
        );
        let bare = Query::parse("roles=admin");
        assert_eq!(bare.list("roles", Version(8, 6, 0)), Ok(vec!["admin"]));
        assert_eq!(
            bare.list("roles", Version(8, 5, 0)),
            Err(Refusal::Invalid("must be array"))
        );
        assert_eq!(query.only(&["roles", "roleset"]), Ok(()));
        assert!(query.only(&["roles"]).is_err());
        let query = query.without("roles");
        assert_eq!(query.only(&["roleset"]), Ok(()));
        assert_eq!(query.get("roleset"), Some("x"));
    }

    #[test]
    fn sort_takes_an_object_of_ones() {
        let sort = |query| Query::parse(query).sort();
        assert_eq!(sort(""), Ok(None));
        let by_id = SortKey {
            field: "_id".to_owned(),
            descending: false,
        };
        assert_eq!(
            sort("sort=%7B%22_id%22%3A1%7D"),
            Ok(Some(vec![by_id.clone()]))
        );
        let newest = SortKey {
            field: "createdAt".to_owned(),
            descending: true,
        };
        assert_eq!(
            sort("sort={\"createdAt\":-1,\"_id\":1}"),
            Ok(Some(vec![newest, by_id]))
        );
        for wrong in [
            "sort={_id:1}",
            "sort={\"_id\":2}",
            "sort=[1]",
            "sort={\"_id\":\"1\"}",
        ] {
            assert!(
                matches!(
                    sort(wrong),
                    Err(Refusal::Coded {
                        code: "error-invalid-sort",
                        ..
                    })
                ),
                "{wrong}"
            );
        }
    }
}
