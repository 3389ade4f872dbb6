//! Whether the settings go together, before anything is done with them (`baton-runtime.md` section 1.5).

use baton_service::Credentials;
use rocketchat_sync::Scope;
use secrecy::ExposeSecret as _;

use crate::choices::{self, MOST_WORKERS};
use crate::failure::Failure;
use crate::field::{Field, Kind};
use crate::settings::Settings;
use crate::{fields, on_demand, part};

/// Checks the settings of a sync or of an action, in the order of other connectors.
pub(crate) fn of_sync(settings: &Settings) -> Result<(), Failure> {
    settings.check_types()?;
    are_there(settings)?;
    belong_together(settings)?;
    exclude_each_other(settings)?;
    credentials(settings)?;
    have_values(settings)?;
    files_exist(settings)?;
    are_supported(settings)?;
    part::of(settings).map(drop)
}

/// Checks the settings of a command that reaches no configured workspace.
pub(crate) fn of_demo(settings: &Settings) -> Result<(), Failure> {
    settings.check_types()?;
    have_values(settings)?;
    files_exist(settings)?;
    are_supported(settings)?;
    if part::of(settings)? == Scope::Workspace {
        return Ok(());
    }
    Err(
        Failure::usage("the demo syncs the whole of its workspace").with_hint(
            "leave out --sync-resources, --sync-resource-types and --skip-entitlements-and-grants",
        ),
    )
}

/// Checks the settings of a command that only reads a file.
pub(crate) fn of_file(settings: &Settings) -> Result<(), Failure> {
    settings.check_types()?;
    have_values(settings)?;
    files_exist(settings)
}

fn are_there(settings: &Settings) -> Result<(), Failure> {
    let is_missing = |it: &&Field| {
        it.is_required
            && !settings.is_set(it)
            && !(it.name == fields::AUTH_TOKEN.name && settings.is_set(&fields::AUTH_TOKEN_FILE))
    };
    let mut missing: Vec<_> = fields::all()
        .filter(is_missing)
        .map(|it| format!("{:?}", it.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort();
    Err(Failure::usage(format!("required flag(s) {} not set", missing.join(", "))).with_hint(
        "set the flags or the variables BATON_ROCKETCHAT_BASE_URL, BATON_ROCKETCHAT_USER_ID and \
         BATON_ROCKETCHAT_AUTH_TOKEN; `baton-rocketchat demo` needs none of them",
    ))
}

fn belong_together(settings: &Settings) -> Result<(), Failure> {
    for group in fields::TOGETHER {
        let mut missing = names(group, |it| !settings.is_set(it));
        if missing.is_empty() || missing.len() == group.len() {
            continue;
        }
        missing.sort_unstable();
        return Err(Failure::usage(format!(
            "if any flags in the group [{}] are set they must all be set; missing [{}]",
            names(group, |_| true).join(" "),
            missing.join(" ")
        )));
    }
    Ok(())
}

fn exclude_each_other(settings: &Settings) -> Result<(), Failure> {
    for group in fields::EXCLUSIVE {
        let mut set = names(group, |it| settings.is_set(it));
        if set.len() < 2 {
            continue;
        }
        set.sort_unstable();
        return Err(Failure::usage(format!(
            "if any flags in the group [{}] are set none of the others can be; [{}] were all set",
            names(group, |_| true).join(" "),
            set.join(" ")
        )));
    }
    Ok(())
}

fn names(group: &[&'static Field], choose: impl Fn(&Field) -> bool) -> Vec<&'static str> {
    group
        .iter()
        .filter(|it| choose(it))
        .map(|it| it.name)
        .collect()
}

/// Returns who the connector is to C1; nothing unless it is to run as a service.
pub(crate) fn credentials(settings: &Settings) -> Result<Option<Credentials>, Failure> {
    let Some(client_id) = settings.text(&fields::CLIENT_ID) else {
        return Ok(None);
    };
    let secret = settings.secret(&fields::CLIENT_SECRET).unwrap_or_default();
    Ok(Some(Credentials::parse(
        &client_id,
        secret.expose_secret(),
    )?))
}

/// Checks each value by itself. All that is wrong is named at once, except for a timeout of nothing, which other
/// connectors notice later.
fn have_values(settings: &Settings) -> Result<(), Failure> {
    let wrong: Vec<_> = fields::all()
        .filter(|it| it.name != fields::HTTP_TIMEOUT_SECONDS.name || settings.number(it) > 0)
        .filter_map(|it| rule(settings, it))
        .collect();
    if !wrong.is_empty() {
        return Err(Failure::usage(format!(
            "errors found:\n{}",
            wrong.join("\n")
        )));
    }
    match rule(settings, &fields::HTTP_TIMEOUT_SECONDS) {
        Some(wrong) => Err(Failure::usage(wrong)),
        None => Ok(()),
    }
}

/// Says which rule a value breaks.
fn rule(settings: &Settings, field: &Field) -> Option<String> {
    let name = field.name;
    if !settings.is_set(field) {
        return None;
    }
    match field.kind {
        Kind::Text { .. } if field.is_required && settings.text(field).is_none() => Some(format!(
            "field {name} of type string is marked as required but it has a zero-value"
        )),
        Kind::Text { one_of, .. } if !one_of.is_empty() => {
            let text = settings.text(field).unwrap_or_default();
            let is_known = one_of.contains(&text.as_str());
            (!is_known).then(|| {
                format!(
                    "field {name}: value must be one of [{}] but got '{text}'",
                    one_of.join(" ")
                )
            })
        }
        Kind::Number { .. } if name == fields::WORKERS.name => {
            at_most(settings, field, MOST_WORKERS)
        }
        Kind::Number {
            range: Some((least, most)),
            ..
        } => {
            let value = settings.number(field);
            if value < least {
                return Some(format!(
                    "field {name}: value must be greater than or equal to {least} but got {value}"
                ));
            }
            at_most(settings, field, most)
        }
        _ => None,
    }
}

fn at_most(settings: &Settings, field: &Field, most: i64) -> Option<String> {
    let (name, value) = (field.name, settings.number(field));
    (value > most).then(|| {
        format!("field {name}: value must be less than or equal to {most} but got {value}")
    })
}

fn files_exist(settings: &Settings) -> Result<(), Failure> {
    let directory = choices::temp_dir(settings);
    if !directory.is_dir() {
        let text = format!(
            "the specified c1z temp dir does not exist: {}",
            directory.display()
        );
        return Err(Failure::usage(text).with_hint(
            "the directory for working files is --c1z-temp-dir, else BATON_TMPDIR, else TMPDIR; create it, or name another one",
        ));
    }
    match settings.path(&fields::EXTERNAL_RESOURCE_C1Z) {
        Some(path) if !path.is_file() => Err(Failure::usage(format!(
            "the specified external resource c1z file does not exist: {}",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// Refuses what would otherwise be ignored without a word, and says what has no effect.
fn are_supported(settings: &Settings) -> Result<(), Failure> {
    if settings.text(&fields::STORAGE_ENGINE).as_deref() == Some("pebble") {
        return Err(Failure::usage("--storage-engine pebble is not supported")
            .with_hint("leave --storage-engine out, or set it to sqlite: Baton and ConductorOne read that format too"));
    }
    if settings.is_set(&fields::EXTERNAL_RESOURCE_C1Z) {
        return Err(Failure::usage("--external-resource-c1z is not supported")
            .with_hint("leave it out: this connector has no grants that are to be matched with people elsewhere"));
    }
    on_demand::refuse_file_operations(settings)?;
    let without_effect = [
        (
            &fields::KEEP_PREVIOUS_SYNC_C1Z,
            settings.is_on(&fields::KEEP_PREVIOUS_SYNC_C1Z),
        ),
        (
            &fields::AUTH_METHOD,
            settings.text(&fields::AUTH_METHOD).is_some(),
        ),
    ];
    for (field, _) in without_effect
        .iter()
        .filter(|(_, is_asked_for)| *is_asked_for)
    {
        tracing::warn!("--{} has no effect in this connector", field.name);
    }
    Ok(())
}
