//! The cases: each fault, at the first, a middle and the last request of each endpoint.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::{Answer, Way};
use super::bodies::{self, Place, WRONG, Wrong};
use super::catalogue::{Expect, ROWS, Row};
use super::front::{Nothing, Spoil};
use super::table::Line;
use super::tls::{Authorities, Flaw, Shown};

/// Fields of users that say something by not being there, so that this is no fault: nobody without `active` can sign in, and
/// imported accounts without `roles` have none (`rocketchat-api.md` section 5.1).
const OPTIONAL: &[&str] = &["users.[0].active", "users.[0].roles"];

/// How long a sync may take where nothing is waited for.
const SHORT: Duration = Duration::from_secs(50);
/// Of the wrong fields, a sample has one in so many.
const SAMPLED_FIELDS: usize = 29;

/// The true answers of a sync to each route, in their order.
pub(super) type Answers = BTreeMap<String, Vec<Answer>>;

/// One case.
pub(super) struct Case {
    /// The row of the table that it belongs to.
    pub(super) line: usize,
    /// What people are told it is.
    pub(super) name: String,
    pub(super) spoil: Box<dyn Spoil>,
    /// Whether it goes wrong again when it is asked again.
    pub(super) stays: bool,
    pub(super) shown: Option<Shown>,
    pub(super) expect: Expect,
    pub(super) limit: Duration,
    pub(super) arguments: Vec<String>,
    /// Whether it moves hundreds of megabytes.
    pub(super) is_heavy: bool,
}

/// A fault of the catalogue at one place.
struct Spoilt {
    row: &'static Row,
    route: String,
    nth: usize,
    stays: bool,
}

impl Spoil for Spoilt {
    fn spoil(&self, route: &str, nth: usize, answer: &Answer) -> Option<(Answer, Way)> {
        let is_hit = nth == self.nth || (self.stays && nth > self.nth);
        (is_hit && route == self.route).then(|| ((self.row.answer)(answer.clone()), self.row.way))
    }
}

/// A field that is something else in every answer of a route.
struct WrongField {
    route: String,
    place: Place,
    wrong: Wrong,
}

impl Spoil for WrongField {
    fn spoil(&self, route: &str, _: usize, answer: &Answer) -> Option<(Answer, Way)> {
        let body = (route == self.route)
            .then(|| bodies::with_wrong(&answer.body, &self.place, self.wrong))
            .flatten()?;
        Some((answer.clone().saying(body), Way::Whole))
    }
}

/// Returns the rows of the table, without results.
pub(super) fn lines() -> Vec<Line> {
    let rows = ROWS.iter().map(|it| Line::new(it.name, it.once, it.stays));
    let fields = WRONG
        .iter()
        .map(|it| Line::new(it.name(), Expect::Handled, Expect::Handled));
    let flaws = Flaw::ALL
        .iter()
        .map(|(flaw, name)| Line::new(name, once(*flaw), stays(*flaw)));
    rows.chain(fields).chain(flaws).collect()
}

/// Returns the cases of a server, for the routes that `is_asked` wants to see.
pub(super) fn of(answers: &Answers, is_asked: impl Fn(&str) -> bool, sample: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    let routes: Vec<_> = answers
        .iter()
        .filter(|(route, _)| is_asked(route))
        .collect();
    for (line, row) in ROWS.iter().enumerate() {
        let places = routes.iter().flat_map(|(route, answers)| {
            let places = places(answers.len());
            places.into_iter().map(move |nth| (*route, nth))
        });
        let places: Vec<_> = places.collect();
        for stays in [false, true] {
            // Another place for each row, so that together a sample has them all.
            let turn = (line * 2 + usize::from(stays)) % places.len().max(1);
            let chosen = places.iter().enumerate();
            let chosen = chosen.filter(|(place, _)| !sample || *place == turn);
            if sample && row.slow && (!stays || row.is_heavy()) {
                continue;
            }
            cases.extend(chosen.map(|(_, (route, nth))| spoilt(line, row, route, *nth, stays)));
        }
    }
    let fields = routes
        .iter()
        .flat_map(|(route, answers)| wrong_fields(route, answers));
    let fields = fields.enumerate();
    cases.extend(
        fields
            .filter(|(number, _)| !sample || number % SAMPLED_FIELDS == 0)
            .map(|(_, it)| it),
    );
    cases
}

/// Returns the cases in which the server's TLS is wrong, for a sync of so many connections.
pub(super) fn of_tls(
    authorities: &Authorities,
    connections: usize,
    sample: bool,
) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (number, (flaw, name)) in Flaw::ALL.iter().enumerate() {
        let mut places = places(connections);
        if sample {
            let turn = number % places.len().max(1);
            places.rotate_left(turn);
            places.truncate(1);
        }
        for nth in places {
            for is_lasting in [false, true] {
                let expect = if is_lasting {
                    stays(*flaw)
                } else {
                    once(*flaw)
                };
                cases.push(Case {
                    line: ROWS.len() + WRONG.len() + number,
                    name: format!("{name}, {}", place("connection", nth, is_lasting)),
                    spoil: Box::new(Nothing),
                    stays: is_lasting,
                    shown: Some(authorities.show(*flaw, nth, is_lasting)?),
                    expect,
                    limit: SHORT,
                    arguments: Vec::new(),
                    is_heavy: false,
                });
            }
        }
    }
    Ok(cases)
}

fn once(flaw: Flaw) -> Expect {
    if flaw.may_pass() {
        Expect::Truth
    } else {
        Expect::Codes(&[2])
    }
}

fn stays(flaw: Flaw) -> Expect {
    if flaw.may_pass() {
        Expect::Codes(&[14])
    } else {
        Expect::Codes(&[2])
    }
}

fn spoilt(line: usize, row: &'static Row, route: &str, nth: usize, stays: bool) -> Case {
    Case {
        line,
        name: format!("{}, {}", row.name, place(route, nth, stays)),
        spoil: Box::new(Spoilt {
            row,
            route: route.to_owned(),
            nth,
            stays,
        }),
        stays,
        shown: None,
        expect: if stays { row.stays } else { row.once },
        limit: row.limits[usize::from(stays)],
        arguments: row.arguments.iter().map(ToString::to_string).collect(),
        is_heavy: row.is_heavy(),
    }
}

fn wrong_fields(route: &str, answers: &[Answer]) -> Vec<Case> {
    let Some(answer) = answers.first() else {
        return Vec::new();
    };
    let mut cases = Vec::new();
    for place in bodies::fields(&answer.body) {
        for (number, wrong) in WRONG.iter().enumerate() {
            let name = place.join(".");
            let is_said =
                matches!(wrong, Wrong::Missing | Wrong::Null) && OPTIONAL.contains(&&*name);
            if is_said || bodies::with_wrong(&answer.body, &place, *wrong).is_none() {
                continue;
            }
            cases.push(Case {
                line: ROWS.len() + number,
                name: format!("{}: {name} of {route}", wrong.name()),
                spoil: Box::new(WrongField {
                    route: route.to_owned(),
                    place: place.clone(),
                    wrong: *wrong,
                }),
                stays: true,
                shown: None,
                expect: Expect::Handled,
                limit: SHORT,
                arguments: Vec::new(),
                is_heavy: false,
            });
        }
    }
    cases
}

/// Returns the first, a middle and the last of so many calls.
fn places(calls: usize) -> Vec<usize> {
    let mut places = vec![1, calls.div_ceil(2), calls];
    places.dedup();
    places.retain(|it| *it > 0);
    places
}

fn place(of: &str, nth: usize, stays: bool) -> String {
    let further = if stays { " and all later ones" } else { "" };
    format!("{of} {nth}{further}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Answers {
        let answer = |body: &str| Answer::new(200, "application/json", body);
        let many = vec![answer(r#"{"users":[{"_id":"a"}]}"#); 5];
        Answers::from([
            ("me".to_owned(), vec![answer(r#"{"_id":"a"}"#)]),
            ("users.list".to_owned(), many),
        ])
    }

    #[test]
    fn every_fault_has_a_case_at_every_place_once_and_for_good() {
        let cases = of(&answers(), |_| true, false);
        for (line, row) in ROWS.iter().enumerate() {
            let names: Vec<_> = cases
                .iter()
                .filter(|it| it.line == line)
                .map(|it| it.name.strip_prefix(row.name).unwrap().to_owned())
                .collect();
            let expected = ["me 1", "users.list 1", "users.list 3", "users.list 5"];
            let expected = ["", " and all later ones"]
                .map(|further| expected.map(|it| format!(", {it}{further}")))
                .concat();
            assert_eq!(names, expected);
        }
        let sampled = of(&answers(), |_| true, true);
        for (line, row) in ROWS.iter().enumerate().filter(|(_, row)| !row.slow) {
            let count = sampled.iter().filter(|it| it.line == line).count();
            assert_eq!(count, 2, "{}", row.name);
        }
        assert!(of(&answers(), |_| false, false).is_empty());
    }

    #[test]
    fn a_fault_hits_the_calls_that_it_says() {
        let hits = |stays| {
            let case = spoilt(0, &ROWS[0], "me", 2, stays);
            let hit =
                |route: &str, nth| case.spoil.spoil(route, nth, &answers()["me"][0]).is_some();
            [
                hit("me", 1),
                hit("me", 2),
                hit("me", 3),
                hit("users.list", 2),
            ]
        };
        assert_eq!(hits(false), [false, true, false, false]);
        assert_eq!(hits(true), [false, true, true, false]);
    }
}
