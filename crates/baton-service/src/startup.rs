//! The first Hello, before which C1 gives no tasks (`baton-runtime.md` section 4.5).

use std::time::Duration;

use baton_proto::connectorapi::baton::v1::BatonServiceHelloRequest as Hello;
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};

use crate::c1::{self, C1};
use crate::{Error, timing};

/// C1 may be out of reach for so long at the start.
const DARKNESS: Duration = Duration::from_secs(30);

/// Says hello until C1 hears it, cannot be reached for half a minute, or does not want this connector.
pub(crate) async fn hello(c1: &C1, introduction: &Hello) -> Result<(), Error> {
    let mut refusals = 0;
    // Since when no connection could be made.
    let mut dark: Option<Instant> = None;
    loop {
        let begun = Instant::now();
        let Err(status) = c1.hello(introduction.clone()).await else {
            tracing::info!("c1_api_task_manager: startup Hello succeeded.");
            return Ok(());
        };
        let wait = if c1::is_unreachable(&status) {
            let left = DARKNESS.saturating_sub(dark.get_or_insert(begun).elapsed());
            if left.is_zero() {
                return Err(Error::Unreachable {
                    source: status.into(),
                });
            }
            left.min(Duration::from_secs(5))
        } else if is_final(&status) {
            return Err(Error::Hello {
                code: crate::Code::of(&status),
                message: status.message().to_owned(),
            });
        } else {
            dark = None;
            refusals += 1;
            timing::after_refusals(refusals)
        };
        tracing::warn!(
            code = ?status.code(),
            error = status.message(),
            wait_seconds = wait.as_secs(),
            "C1 has not heard the startup Hello yet"
        );
        sleep(wait).await;
    }
}

/// Tells whether the same Hello will not be taken later either.
fn is_final(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unauthenticated
            | Code::PermissionDenied
            | Code::InvalidArgument
            | Code::Unimplemented
            | Code::FailedPrecondition
            | Code::NotFound
    )
}
