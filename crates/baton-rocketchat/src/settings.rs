//! Where settings come from: the flag, else the environment, else the default.
//!
//! A variable that is set to nothing counts as not set, and so does a flag.

use std::path::PathBuf;

use rocketchat_http::{BaseUrl, Credentials};
use secrecy::{ExposeSecret as _, SecretString};

use crate::cli::{Common, Connector};
use crate::failure::Failure;

const BASE_URL: &str = "rocketchat-base-url";
const USER_ID: &str = "rocketchat-user-id";
const AUTH_TOKEN: &str = "rocketchat-auth-token";

/// What is needed to reach the workspace.
pub(crate) struct Settings {
    pub(crate) base_url: BaseUrl,
    pub(crate) user_id: String,
    pub(crate) credentials: Credentials,
    pub(crate) team_roles: bool,
}

impl Settings {
    /// Resolves the settings, naming all that are missing at once.
    pub(crate) fn resolve(flags: &Connector) -> Result<Self, Failure> {
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
                team_roles: team_roles(flags),
            }),
            (base_url, user_id, token) => Err(missing(&[
                (AUTH_TOKEN, token.is_none()),
                (BASE_URL, base_url.is_none()),
                (USER_ID, user_id.is_none()),
            ])),
        }
    }
}

/// Tells whether roles within teams are asked for.
pub(crate) fn team_roles(flags: &Connector) -> bool {
    let on = |text: String| matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True");
    flags.team_roles || variable("rocketchat-team-roles").is_some_and(on)
}

/// Returns the file to write.
pub(crate) fn file(flags: &Common, default: &str) -> PathBuf {
    let chosen = flags
        .file
        .clone()
        .filter(|path| !path.as_os_str().is_empty());
    chosen
        .or_else(|| variable("file").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(default))
}

/// Returns the value of a field's environment variable: `BATON_` and the name in capitals.
pub(crate) fn variable(field: &str) -> Option<String> {
    let name = format!("BATON_{}", field.to_ascii_uppercase().replace('-', "_"));
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn text(flag: Option<String>, field: &str) -> Option<String> {
    flag.filter(|value| !value.is_empty())
        .or_else(|| variable(field))
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
