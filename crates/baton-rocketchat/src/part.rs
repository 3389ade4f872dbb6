//! Which part of the workspace is asked for, if not all of it (`baton-runtime.md` section 3.4).

use rocketchat_sync::mapping::resource_types;

use crate::bid::Bid;
use crate::failure::Failure;
use crate::fields;
use crate::settings::Settings;

/// Refuses parts that are none, and those that cannot be synced by themselves.
pub(crate) fn check(settings: &Settings) -> Result<(), Failure> {
    let known = resource_types();
    let is_known = |name: &str| known.iter().any(|it| it.id.as_str() == name);
    let names = known.each_ref().map(|it| it.id.as_str()).join(", ");
    let failed = |text: String| Failure::other(anyhow::Error::msg(text));
    for text in settings.list(&fields::SYNC_RESOURCES) {
        let bid: Bid = text
            .parse()
            .map_err(|error: crate::bid::Error| Failure::usage(error.to_string()))?;
        if !is_known(&bid.kind) {
            return Err(failed(format!(
                "resource type {} of {text} does not exist",
                bid.kind
            ))
            .with_hint(format!("the resource types are {names}")));
        }
    }
    for name in settings.list(&fields::SYNC_RESOURCE_TYPES) {
        if !is_known(&name) {
            return Err(failed(format!("invalid resource type '{name}' in filter"))
                .with_hint(format!("the resource types are {names}")));
        }
    }
    if settings.is_on(&fields::SKIP_GRANTS) && settings.list(&fields::SYNC_RESOURCES).is_empty() {
        return Err(failed("skip-grants can only be set within a targeted sync".to_owned())
            .with_hint("name the resources with --sync-resources, or leave entitlements out too with --skip-entitlements-and-grants"));
    }
    let asked_for = [
        (
            &fields::SYNC_RESOURCES,
            !settings.list(&fields::SYNC_RESOURCES).is_empty(),
        ),
        (
            &fields::SYNC_RESOURCE_TYPES,
            !settings.list(&fields::SYNC_RESOURCE_TYPES).is_empty(),
        ),
        (
            &fields::SKIP_ENTITLEMENTS_AND_GRANTS,
            settings.is_on(&fields::SKIP_ENTITLEMENTS_AND_GRANTS),
        ),
    ];
    match asked_for.iter().find(|(_, is_asked_for)| *is_asked_for) {
        Some((field, _)) => Err(
            Failure::usage(format!("--{} is not supported yet", field.name))
                .with_hint("leave it out: the whole workspace is synced"),
        ),
        None => Ok(()),
    }
}
