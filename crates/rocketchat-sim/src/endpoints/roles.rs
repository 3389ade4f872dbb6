//! `GET roles.list` and `GET roles.sync` (`rocketchat-api.md` sections 4A.4 and 4A.5).

use serde_json::{Value, json};

use crate::Moment;
use crate::ask::Ask;
use crate::reply::{self, Answer, Refusal};
use crate::workspace::Role;

#[expect(
    clippy::unnecessary_wraps,
    reason = "the table of routes gives every endpoint this signature"
)]
pub(super) fn list(ask: &Ask<'_>) -> Answer {
    Ok(reply::object(json!({"roles": ask.state.workspace.roles})))
}

pub(super) fn sync(ask: &Ask<'_>) -> Answer {
    let since = since(ask)?;
    let workspace = &ask.state.workspace;
    let update = workspace
        .roles
        .iter()
        .filter(|role| role.updated_at >= since)
        .map(with_date);
    let remove = workspace
        .removed_roles
        .iter()
        .filter(|removed| removed.deleted_at >= since)
        .map(|removed| {
            let mut row = with_date(&removed.role);
            row["_deletedAt"] = json!(removed.deleted_at);
            row["__collection__"] = "roles".into();
            row
        });
    let roles = json!({"update": update.collect::<Vec<_>>(), "remove": remove.collect::<Vec<_>>()});
    Ok(reply::object(json!({"roles": roles})))
}

/// Reads `updatedSince`, without which releases before 8.0 refuse.
fn since(ask: &Ask<'_>) -> Result<Moment, Refusal> {
    match ask.query.get("updatedSince") {
        Some(text) => Moment::parse(text).ok_or_else(|| Refusal::Coded {
            code: "error-updatedSince-param-invalid",
            text: "The \"updatedSince\" query parameter must be a valid date.".to_owned(),
            details: None,
        }),
        None if ask.settings.version.at_least(8, 0) => Ok(Moment(i64::MIN)),
        None => Err(Refusal::Failure(
            "Match error: Missing key 'updatedSince'".to_owned(),
        )),
    }
}

fn with_date(role: &Role) -> Value {
    let mut row = json!(role);
    row["_updatedAt"] = json!(role.updated_at);
    row
}
