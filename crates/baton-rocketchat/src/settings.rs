//! Where settings come from: the flag, else the environment, else the default.
//!
//! A variable that is set to nothing counts as not set, and so does a flag. A variable that holds anything else but a
//! good value is an error: a typing mistake must not quietly mean the default.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum as _;
use rocketchat_http::{BaseUrl, Credentials};
use rocketchat_sync::Options;
use secrecy::{ExposeSecret as _, SecretString};

use crate::cli::{self, Choices, Connection};
use crate::failure::Failure;

const BASE_URL: &str = "rocketchat-base-url";
const USER_ID: &str = "rocketchat-user-id";
const AUTH_TOKEN: &str = "rocketchat-auth-token";
const TEAM_ROLES: &str = "rocketchat-team-roles";
const DORMANT_MEMBERSHIPS: &str = "rocketchat-dormant-memberships";
const MAX_SHRINK: &str = "max-shrink";
const WORKERS: &str = "workers";
const NO_RESUME: &str = "no-resume";
const MAX_DURATION: &str = "max-duration";

/// What is needed to reach the workspace.
pub(crate) struct Workspace {
    pub(crate) base_url: BaseUrl,
    pub(crate) user_id: String,
    pub(crate) credentials: Credentials,
}

impl Workspace {
    /// Resolves the settings, naming all that are missing at once.
    pub(crate) fn resolve(flags: &Connection) -> Result<Self, Failure> {
        let base_url = text(flags.base_url.clone(), BASE_URL);
        let user_id = text(flags.user_id.clone(), USER_ID);
        let typed = flags.auth_token.as_ref().map(|token| token.0.clone());
        let token = typed.filter(|token| !token.expose_secret().is_empty());
        let token = token.or_else(|| variable(AUTH_TOKEN).map(SecretString::from));
        match (base_url, user_id, token) {
            (Some(base_url), Some(user_id), Some(token)) => Ok(Self {
                base_url: base_url.parse()?,
                credentials: Credentials::new(&user_id, &token)?,
                user_id,
            }),
            (base_url, user_id, token) => Err(missing(&[
                (AUTH_TOKEN, token.is_none()),
                (BASE_URL, base_url.is_none()),
                (USER_ID, user_id.is_none()),
            ])),
        }
    }
}

/// Returns how to sync with the account; `max_shrink` counts where nothing else was said.
pub(crate) fn options(
    flags: &Choices,
    user_id: &str,
    max_shrink: Option<u8>,
) -> Result<Options, Failure> {
    let mut options = Options::new(user_id.into());
    options.team_roles = flags.team_roles || parsed(TEAM_ROLES, "true or false", on)? == Some(true);
    let dormant = match flags.dormant_memberships {
        Some(how) => Some(how),
        None => parsed(DORMANT_MEMBERSHIPS, "resolve or count", |text| {
            cli::DormantMemberships::from_str(text, true).ok()
        })?,
    };
    if let Some(how) = dormant {
        options.dormant_memberships = match how {
            cli::DormantMemberships::Resolve => rocketchat_sync::DormantMemberships::Resolve,
            cli::DormantMemberships::Count => rocketchat_sync::DormantMemberships::Count,
        };
    }
    let workers = match flags.workers {
        Some(workers) => Some(workers),
        None => parsed(WORKERS, "a whole number from 1 to 32", |text| {
            text.parse().ok().filter(|it| (1..=32).contains(it))
        })?,
    };
    if let Some(workers) = workers {
        options.workers = workers.into();
        // They are heavy on the server, which loads all active users for each call.
        options.member_workers = workers.div_ceil(2).into();
    }
    let chosen = match flags.max_shrink {
        Some(percent) => Some(percent),
        None => parsed(MAX_SHRINK, "a whole number from 0 to 100", |text| {
            text.parse().ok().filter(|percent| *percent <= 100)
        })?,
    };
    options.max_shrink = chosen.or(max_shrink).unwrap_or(options.max_shrink);
    Ok(options)
}

/// Tells whether an interrupted sync is continued.
pub(crate) fn resume(flags: &Choices) -> Result<bool, Failure> {
    let no_resume = flags.no_resume || parsed(NO_RESUME, "true or false", on)? == Some(true);
    Ok(!no_resume)
}

/// Returns the time that a sync may take, if it is limited.
pub(crate) fn max_duration(flags: &Choices) -> Result<Option<Duration>, Failure> {
    let limit = match flags.max_duration {
        Some(limit) => Some(limit),
        None => parsed(
            MAX_DURATION,
            "a duration such as 90m, 2h30m or 600s",
            |text| text.parse::<cli::MaxDuration>().ok(),
        )?,
    };
    Ok(limit.map(|it| it.0))
}

/// Returns the file to write.
pub(crate) fn file(flags: &Choices, default: &str) -> PathBuf {
    path(flags.file.clone(), "file").unwrap_or_else(|| PathBuf::from(default))
}

/// Returns the file for the summary, if one is asked for.
pub(crate) fn summary(flags: &Choices) -> Option<PathBuf> {
    path(flags.summary.clone(), "summary")
}

/// Returns the value of a field's environment variable: `BATON_` and the name in capitals.
///
/// What is not Unicode becomes a text that no setting takes.
pub(crate) fn variable(field: &str) -> Option<String> {
    raw(field).map(|value| value.to_string_lossy().into_owned())
}

fn raw(field: &str) -> Option<OsString> {
    std::env::var_os(name(field)).filter(|value| !value.is_empty())
}

fn name(field: &str) -> String {
    format!("BATON_{}", field.to_ascii_uppercase().replace('-', "_"))
}

fn text(flag: Option<String>, field: &str) -> Option<String> {
    flag.filter(|value| !value.is_empty())
        .or_else(|| variable(field))
}

fn path(flag: Option<PathBuf>, field: &str) -> Option<PathBuf> {
    flag.filter(|path| !path.as_os_str().is_empty())
        .or_else(|| raw(field).map(PathBuf::from))
}

/// Reads a variable that takes only certain values.
fn parsed<T>(
    field: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Failure> {
    let Some(text) = variable(field) else {
        return Ok(None);
    };
    let value = parse(&text).ok_or_else(|| {
        let name = name(field);
        Failure::other(anyhow::anyhow!(
            "invalid value {text:?} in the variable {name}"
        ))
        .with_hint(format!("set {name} to {expected}, or unset it"))
    })?;
    Ok(Some(value))
}

/// Reads a switch with the words that Go knows, as other connectors do.
fn on(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn missing(fields: &[(&str, bool)]) -> Failure {
    let names: Vec<_> = fields
        .iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    Failure::other(anyhow::anyhow!(
        "required flag(s) {} not set",
        names.join(", ")
    ))
    .with_hint(
        "set the flags or the variables BATON_ROCKETCHAT_BASE_URL, BATON_ROCKETCHAT_USER_ID and \
         BATON_ROCKETCHAT_AUTH_TOKEN; `baton-rocketchat demo` needs none of them",
    )
}
