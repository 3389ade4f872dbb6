//! `GET roles.list` (`rocketchat-api.md` section 4A.4).

use serde_json::json;

use crate::ask::Ask;
use crate::reply::{self, Answer};

#[expect(
    clippy::unnecessary_wraps,
    reason = "the table of routes gives every endpoint this signature"
)]
pub(super) fn list(ask: &Ask<'_>) -> Answer {
    Ok(reply::object(json!({"roles": ask.state.workspace.roles})))
}
