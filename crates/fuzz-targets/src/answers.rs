//! Answers of a workspace.

use std::fmt::Debug;

use rocketchat_api::{
    Answer, Arrival, Endpoint, Info, Me, Outcome, Page, PermissionsListAll, RolesList, Row, Rows,
    SortedPager, Statistics, TeamsListAll, TeamsMembers, UnsortedPager, UsersInfo, UsersList,
    UsersListByStatus, UsersListTeams, decode,
};

/// Reads bytes as an answer of an endpoint. The first byte chooses the endpoint, the second the status and whether the
/// type of the content is told, the third how long the parts are in which the rest arrives.
///
/// # Panics
/// The answer means something else when it arrives in parts.
pub fn answers(bytes: &[u8]) {
    let [endpoint, head, part, body @ ..] = bytes else {
        return;
    };
    let status = [200, 400, 429, 500].get(usize::from(head & 3));
    let types = [None, Some("application/json"), Some("text/html")];
    let content_type = types.get(usize::from(head >> 2 & 3)).copied().flatten();
    let answer = Answer {
        status: status.copied().unwrap_or(200),
        content_type,
        body,
    };
    let part = usize::from(*part) + 1;
    let _ = Outcome::of(&answer);
    match endpoint % 12 {
        0 => whole(&Info, &answer, part),
        1 => whole(&Me, &answer, part),
        2 => whole(&PermissionsListAll, &answer, part),
        3 => whole(&RolesList, &answer, part),
        4 => whole(&Statistics, &answer, part),
        5 => list(&TeamsListAll(Page::ALL), &answer, part),
        6 => list(&members(), &answer, part),
        7 => whole(
            &UsersListTeams {
                user_id: "u".into(),
            },
            &answer,
            part,
        ),
        8 => list(&UsersListByStatus::all(Page::ALL), &answer, part),
        9 => list(&UsersList(Page::ALL), &answer, part),
        10 => whole(
            &UsersInfo {
                user_id: "u".into(),
            },
            &answer,
            part,
        ),
        _ => list(&UsersListByStatus::newest(), &answer, part),
    }
}

fn members() -> TeamsMembers {
    TeamsMembers {
        team_id: "t".into(),
        page: Page::ALL,
    }
}

/// Reads the answer at once and in parts, and returns what it says.
fn read<E: Endpoint>(endpoint: &E, answer: &Answer<'_>, part: usize) -> Option<E::Output>
where
    E::Output: Debug,
{
    let at_once = decode(endpoint, answer);
    let mut arrival = Arrival::<E>::new();
    let mut rest = Vec::new();
    let in_parts = if arrival.begin(answer.status, answer.content_type) {
        for bytes in answer.body.chunks(part) {
            arrival.take(bytes, &mut rest);
        }
        let answer = Answer {
            body: &rest,
            ..*answer
        };
        arrival.end(&answer)
    } else {
        arrival.end(answer)
    };
    assert_eq!(format!("{at_once:?}"), format!("{in_parts:?}"));
    at_once.ok()
}

fn whole<E: Endpoint>(endpoint: &E, answer: &Answer<'_>, part: usize)
where
    E::Output: Debug,
{
    let _ = read(endpoint, answer, part);
}

/// Hands a list to the pagers too. They ask for no page without end.
fn list<T, E>(endpoint: &E, answer: &Answer<'_>, part: usize)
where
    T: Row + Clone + Debug,
    E: Endpoint<Output = Rows<T>>,
{
    let Some(rows) = read(endpoint, answer, part) else {
        return;
    };
    let mut sorted = SortedPager::new();
    let mut unsorted = UnsortedPager::new();
    for _ in 0..2 {
        let _ = (sorted.next_page(), unsorted.next_page());
        let _ = sorted.pages_ahead().take(8).count();
        let _ = sorted.accept(rows.clone());
        let _ = unsorted.accept(rows.clone());
    }
    let _ = sorted.settle();
    let _ = (sorted.tally(), unsorted.tally());
}
