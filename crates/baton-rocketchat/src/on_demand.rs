//! What else a run without a command can be asked for by flags: actions, which a connector that only reads does not have,
//! and operations on files. The order and the answers are those of other connectors (`baton-runtime.md` sections 3.1, 3.5).

use baton_c1z::{Reader, rows};

use crate::choices;
use crate::code::Code;
use crate::failure::Failure;
use crate::field::Field;
use crate::settings::Settings;
use crate::{fields, stored};

/// Does what was asked for; `None` if that is a sync.
///
/// # Errors
/// Almost always: the action is not one of this connector.
pub(crate) fn run(settings: &Settings) -> Option<Result<(), Failure>> {
    let text = |field: &Field| settings.text(field);
    let is_set = |field: &Field| settings.text(field).is_some();
    if is_set(&fields::GRANT_ENTITLEMENT) {
        return Some(Err(grant(settings).unwrap_or_else(|failure| failure)));
    }
    if let Some(id) = text(&fields::REVOKE_GRANT) {
        return Some(Err(revoke(settings, &id).unwrap_or_else(|failure| failure)));
    }
    if is_set(&fields::EVENT_FEED) {
        let feed = text(&fields::EVENT_FEED_ID).unwrap_or_default();
        return Some(Err(not_found(format!(
            "error: event feed id {feed} not found"
        ))));
    }
    if is_set(&fields::CREATE_ACCOUNT_PROFILE) || is_set(&fields::CREATE_ACCOUNT_LOGIN) {
        let profile = text(&fields::CREATE_ACCOUNT_PROFILE);
        let bad = profile.and_then(|it| not_an_object(&it, "create-account-profile"));
        let words = "connector does not have account manager configured";
        return Some(Err(bad.unwrap_or_else(|| unimplemented(words))));
    }
    if let Some(action) = text(&fields::INVOKE_ACTION) {
        let arguments = text(&fields::INVOKE_ACTION_ARGS).unwrap_or_default();
        let bad = not_an_object(&arguments, "invoke-action-args");
        return Some(Err(bad.unwrap_or_else(|| {
            let words =
                format!("rpc error: code = NotFound desc = handler for action {action} not found");
            not_found(format!("error: invoking action failed: {words}"))
        })));
    }
    if settings.is_on(&fields::LIST_ACTION_SCHEMAS) {
        tracing::info!(count = 0, "Action Schemas");
        return Some(Ok(()));
    }
    tickets_and_resources(settings).map(Err)
}

fn tickets_and_resources(settings: &Settings) -> Option<Failure> {
    if settings.text(&fields::DELETE_RESOURCE).is_some() {
        return Some(match settings.text(&fields::DELETE_RESOURCE_TYPE) {
            Some(kind) => unimplemented(format!(
                "resource type {kind} does not have resource Delete() configured"
            )),
            None => unknown_action(),
        });
    }
    if settings.text(&fields::ROTATE_CREDENTIALS).is_some() {
        return Some(match settings.text(&fields::ROTATE_CREDENTIALS_TYPE) {
            Some(_) => unimplemented("resource type does not have credential manager configured"),
            None => unknown_action(),
        });
    }
    for (field, template) in [
        (&fields::CREATE_TICKET, &fields::TICKET_TEMPLATE_PATH),
        (
            &fields::BULK_CREATE_TICKET,
            &fields::BULK_TICKET_TEMPLATE_PATH,
        ),
    ] {
        if settings.is_on(field) {
            let path = settings.path(template).unwrap_or_default();
            return Some(match std::fs::read(&path) {
                Ok(_) => unimplemented(NO_TICKETS),
                Err(error) => Failure::other(anyhow::anyhow!("open {}: {error}", path.display())),
            });
        }
    }
    let asks = settings.is_on(&fields::LIST_TICKET_SCHEMAS) || settings.is_on(&fields::GET_TICKET);
    asks.then(|| unimplemented(NO_TICKETS))
}

const NO_TICKETS: &str = "ticket manager not implemented";

/// Refuses operations on files by name.
pub(crate) fn refuse_file_operations(settings: &Settings) -> Result<(), Failure> {
    if settings.is_on(&fields::DIFF_SYNCS) {
        return Err(Failure::usage("--diff-syncs is not supported")
            .with_hint("`baton diff` compares the two newest syncs of a file"));
    }
    if settings.is_on(&fields::COMPACT_SYNCS) {
        let paths = settings.list(&fields::COMPACT_FILE_PATHS).len();
        if paths != settings.list(&fields::COMPACT_SYNC_IDS).len() {
            return Err(Failure::usage(
                "sync-compactor: must include exactly one syncID per file",
            ));
        }
        return Err(
            Failure::usage("--compact-syncs is not supported").with_hint(
                "every sync of this connector is whole by itself, unless it was asked for a part",
            ),
        );
    }
    Ok(())
}

fn grant(settings: &Settings) -> Result<Failure, Failure> {
    let Some(kind) = settings.text(&fields::GRANT_PRINCIPAL_TYPE) else {
        return Ok(unknown_action());
    };
    let entitlement = settings
        .text(&fields::GRANT_ENTITLEMENT)
        .unwrap_or_default();
    let principal = settings.text(&fields::GRANT_PRINCIPAL).unwrap_or_default();
    let (reader, sync) = newest(settings)?;
    let of = |it: &rows::Entitlement| it.external_id == entitlement;
    let found = find(reader.entitlements(&sync), of)?;
    let found = found.ok_or_else(|| not_found(format!("entitlement {entitlement} not found")))?;
    let name = format!("{kind}:{principal}");
    find(reader.resources(&sync), |it: &rows::Resource| {
        it.external_id == name
    })?
    .ok_or_else(|| not_found(format!("resource {kind}/{principal} not found")))?;
    Ok(no_provisioner(&found.resource_type_id))
}

fn revoke(settings: &Settings, id: &str) -> Result<Failure, Failure> {
    let (reader, sync) = newest(settings)?;
    let found = find(reader.grants(&sync), |it: &rows::Grant| {
        it.external_id == id
    })?;
    let found = found.ok_or_else(|| not_found(format!("grant {id} not found")))?;
    Ok(no_provisioner(&found.resource_type_id))
}

/// Opens the file at its newest sync.
fn newest(settings: &Settings) -> Result<(Reader, String), Failure> {
    let path = choices::file(settings);
    let absent = || not_found(format!("{} holds no finished sync", path.display()));
    if !path.exists() {
        return Err(absent());
    }
    let reader = stored::open(&path, settings, stored::NAME_IT)?;
    let sync = reader.newest_finished()?.ok_or_else(absent)?;
    Ok((reader, sync.sync_id))
}

fn find<T>(
    mut rows: impl Iterator<Item = Result<T, baton_c1z::Error>>,
    is_it: impl Fn(&T) -> bool,
) -> Result<Option<T>, Failure> {
    let found = rows.find(|row| row.as_ref().map_or(true, &is_it));
    Ok(found.transpose()?)
}

fn unimplemented(words: impl Into<String>) -> Failure {
    Failure::new(Code::Unimplemented, anyhow::Error::msg(words.into()))
        .with_hint("this connector only reads: changes are made in Rocket.Chat itself")
}

fn no_provisioner(kind: &str) -> Failure {
    unimplemented(format!(
        "resource type {kind} does not have provisioner configured"
    ))
}

fn not_found(words: String) -> Failure {
    Failure::new(Code::NotFound, anyhow::Error::msg(words))
}

fn unknown_action() -> Failure {
    Failure::other(anyhow::anyhow!("unknown provisioning action"))
        .with_hint("the resource type is missing: --grant-principal-type, --delete-resource-type or --rotate-credentials-type")
}

fn not_an_object(text: &str, field: &str) -> Option<Failure> {
    let problem = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(_)) => return None,
        Ok(_) => "it is no JSON object".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(Failure::usage(format!(
        "failed to parse {field}: {problem}"
    )))
}
