//! Lists that fit into memory.

use std::collections::HashSet;
use std::sync::Arc;

use baton_model::Timestamp;
use rocketchat_api::{Endpoint, Imbalance, Page, Role, RolesList, Row, Rows, UnsortedPager};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::api::Api;
use crate::{Error, Listing};

/// How often a list is read before it counts as unstable. As many as two changes can spoil, and the two readings that have
/// to agree.
pub(crate) const ATTEMPTS: u32 = 5;

/// A list read whole.
pub(crate) struct Whole<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) listing: Listing,
    /// When the server began to list, by its own clock.
    pub(crate) begun: Option<Timestamp>,
}

/// One reading of a list without order.
struct Attempt<T> {
    rows: Vec<T>,
    pager: UnsortedPager,
    begun: Option<Timestamp>,
    imbalance: Option<Imbalance>,
}

/// Makes the span of reading one list, for the requests that this takes.
pub(super) fn span(what: &str) -> Span {
    tracing::info_span!(
        "listing",
        otel.name = %format_args!("list {what}"),
        endpoint = Empty,
        rows = Empty,
    )
}

/// Adds to a span which endpoint showed the list, and how many rows it has. A list that could not be read has none.
pub(super) fn note(span: &Span, endpoint: &str, rows: Option<u64>) {
    span.record("endpoint", endpoint);
    if let Some(rows) = rows {
        span.record("rows", rows);
    }
}

/// Reads the roles, which come all at once.
pub(crate) async fn read_roles(api: Api<'_>) -> Result<Vec<Role>, Error> {
    let span = span(RolesList::NAME);
    let roles = api.ask(&RolesList).instrument(span.clone()).await;
    let rows = roles.as_ref().ok().map(|roles| roles.len() as u64);
    note(&span, RolesList::NAME, rows);
    roles
}

/// Reads a whole list, in no order, of the endpoint that `page` makes.
///
/// One reading that balances is enough. After one that does not, two readings in a row have to agree.
pub(crate) async fn read_whole<E, T>(
    api: Api<'_>,
    page: impl Fn(Page) -> E,
) -> Result<Whole<T>, Error>
where
    E: Endpoint<Output = Rows<T>>,
    T: Row,
{
    let span = span(E::NAME);
    let whole = read_until_whole(api, page).instrument(span.clone()).await;
    let rows = whole.as_ref().ok().map(|whole| whole.rows.len() as u64);
    note(&span, E::NAME, rows);
    whole
}

async fn read_until_whole<E, T>(api: Api<'_>, page: impl Fn(Page) -> E) -> Result<Whole<T>, Error>
where
    E: Endpoint<Output = Rows<T>>,
    T: Row,
{
    let mut attempt = 1;
    let mut before: Option<HashSet<Arc<str>>> = None;
    loop {
        let reading = read_once(api, &page).await?;
        let tally = reading.pager.tally();
        let seen = reading.pager.into_seen();
        let agrees = before.as_ref().is_none_or(|before| *before == seen);
        let imbalance = match reading.imbalance {
            None if agrees => {
                return Ok(Whole {
                    rows: reading.rows,
                    listing: Listing::new(E::NAME, tally, u64::from(attempt) - 1),
                    begun: reading.begun,
                });
            }
            None => Imbalance::Disagreement,
            Some(imbalance) => imbalance,
        };
        if attempt == ATTEMPTS {
            return Err(Error::Unstable {
                endpoint: E::NAME,
                attempts: attempt,
                source: imbalance,
            });
        }
        tracing::warn!(endpoint = E::NAME, reason = %imbalance, "reading a list again");
        attempt += 1;
        before = Some(seen);
    }
}

async fn read_once<E, T>(api: Api<'_>, page: &impl Fn(Page) -> E) -> Result<Attempt<T>, Error>
where
    E: Endpoint<Output = Rows<T>>,
    T: Row,
{
    let mut reading = Attempt {
        rows: Vec::new(),
        pager: UnsortedPager::new(),
        begun: None,
        imbalance: None,
    };
    while let Some(next) = reading.pager.next_page() {
        match api.ask_dated(&page(next)).await {
            Ok(answer) => {
                reading.begun = reading.begun.or(answer.asked);
                match reading.pager.accept(answer.output) {
                    Ok(fresh) => reading.rows.extend(fresh),
                    Err(imbalance) => {
                        reading.imbalance = Some(imbalance);
                        break;
                    }
                }
            }
            Err(error) if can_be_too_much(&error) && reading.pager.refuse_all() => {
                tracing::warn!(endpoint = E::NAME, error = %error, "reading in pages, because the server fails on the whole list");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(reading)
}

/// Tells whether smaller pages may help: a server in trouble, a timeout, an answer too large for somebody.
pub(crate) fn can_be_too_much(error: &Error) -> bool {
    use rocketchat_api::Kind;
    match error {
        Error::Http(error) => {
            error.is_retryable() || error.kind() == rocketchat_http::Kind::BodyTooLarge
        }
        Error::Api(error) => {
            error.is_cut() || matches!(error.kind(), Kind::Uncoded | Kind::Unavailable)
        }
        _ => false,
    }
}
