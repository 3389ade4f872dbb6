//! Lists that fit into memory and come without order.

use rocketchat_api::{Endpoint, Page, Pager, Row, Rows};

use crate::Error;
use crate::api::Api;

/// How often a list is read before it counts as unstable.
pub(crate) const ATTEMPTS: u32 = 3;

/// A list read whole, and how often it had to be read again.
pub(crate) struct Whole<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) restarts: u64,
}

/// Reads a whole list of the endpoint that `page` makes.
pub(crate) async fn read_whole<E, T>(
    api: Api<'_>,
    page: impl Fn(Page) -> E,
) -> Result<Whole<T>, Error>
where
    E: Endpoint<Output = Rows<T>>,
    T: Row,
{
    let mut attempt = 0;
    loop {
        attempt += 1;
        match read_once(api, &page).await? {
            Ok(rows) => {
                return Ok(Whole {
                    rows,
                    restarts: u64::from(attempt) - 1,
                });
            }
            Err(imbalance) if attempt == ATTEMPTS => {
                return Err(Error::Unstable {
                    endpoint: E::NAME,
                    attempts: attempt,
                    source: imbalance,
                });
            }
            Err(imbalance) => {
                tracing::warn!(endpoint = E::NAME, reason = %imbalance, "reading a list again");
            }
        }
    }
}

async fn read_once<E, T>(
    api: Api<'_>,
    page: &impl Fn(Page) -> E,
) -> Result<Result<Vec<T>, rocketchat_api::Imbalance>, Error>
where
    E: Endpoint<Output = Rows<T>>,
    T: Row,
{
    let mut pager = Pager::unsorted();
    let mut list = Vec::new();
    while let Some(next) = pager.next_page() {
        match api.ask(&page(next)).await {
            Ok(rows) => match pager.accept(rows) {
                Ok(fresh) => list.extend(fresh),
                Err(imbalance) => return Ok(Err(imbalance)),
            },
            Err(error) if can_be_too_much(&error) && pager.refuse_all() => {
                tracing::warn!(endpoint = E::NAME, error = %error, "reading in pages, because the server fails on the whole list");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(list))
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
