//! `cargo xtask record`: turns a live workspace into a fixture.
//!
//! The whole sync runs against the server through a recording transport. What was heard stays in memory until it is
//! scrubbed; nothing else is ever written.

mod capture;
mod scrub;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use anyhow::{Context, ensure};
use rocketchat_http::{BaseUrl, Exchange, Origin, Scenario};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::report;

const USER_ID: &str = "BATON_ROCKETCHAT_USER_ID";
const AUTH_TOKEN: &str = "BATON_ROCKETCHAT_AUTH_TOKEN";

/// What to record, and where to put it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the workspace, with its sub-path if it has one
    #[arg(long, value_name = "URL")]
    base_url: BaseUrl,

    /// Folder of the fixture, new or empty, such as fixtures/modern
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// What the fixture shows, in a sentence
    #[arg(long, value_name = "TEXT", default_value = "A recorded workspace")]
    description: String,

    /// Id of the user that the token belongs to
    #[arg(long, value_name = "ID", help = help("Id of the user that the token belongs to", USER_ID))]
    user_id: Option<String>,

    /// Personal access token
    #[arg(long, value_name = "TOKEN", help = help("Personal access token", AUTH_TOKEN))]
    auth_token: Option<SecretString>,
}

/// Who the requests are made as.
#[derive(Debug)]
struct Account {
    user_id: String,
    auth_token: SecretString,
}

/// Records a workspace.
///
/// # Errors
/// The server cannot be reached, or answers something that cannot be scrubbed; or the folder is not empty.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let account = Account {
        user_id: given(args.user_id.clone(), USER_ID, "--user-id")?,
        auth_token: given(args.auth_token.clone(), AUTH_TOKEN, "--auth-token")?,
    };
    ensure!(
        !args.description.trim().is_empty(),
        "the description is empty"
    );
    ensure_empty(&args.out)?;
    if args.base_url.is_cleartext_to_remote() {
        report::note(
            "Warning: the token crosses the network without encryption, the base URL is not https",
        );
    }
    // The waits for a rate limit take minutes; the log says so.
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_target(false)
        .with_ansi(false)
        .without_time()
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let scenario = runtime.block_on(record(&args.base_url, &account, &args.description))?;
    scenario.save(&args.out)?;
    report::data(format_args!(
        "Recorded {} answers: {}",
        scenario.exchanges.len(),
        args.out.display()
    ));
    Ok(())
}

/// Asks the server for everything, and returns what is fit to be written.
async fn record(
    base_url: &BaseUrl,
    account: &Account,
    description: &str,
) -> anyhow::Result<Scenario> {
    let exchanges = capture::record(capture::transport(base_url, account)?, account).await?;
    let scrubbed = scrub::scrub(&exchanges, &account.user_id)?;
    let scenario = Scenario {
        description: description.to_owned(),
        origin: Origin::Recorded,
        server: version(&scrubbed.exchanges).unwrap_or_else(|| "unknown".to_owned()),
        options: BTreeMap::from([("user_id".to_owned(), scrubbed.user_id.into())]),
        exchanges: scrubbed.exchanges,
    };
    refuse_secrets(&scenario, base_url, account)?;
    Ok(scenario)
}

/// Returns the version that the server told (`rocketchat-api.md` section 1.5).
fn version(exchanges: &[Exchange]) -> Option<String> {
    let info = exchanges
        .iter()
        .find(|exchange| exchange.path == "/api/info")?;
    let info: Value = serde_json::from_slice(&info.body).ok()?;
    let version = info
        .get("version")
        .or_else(|| info.pointer("/info/version"))?;
    version.as_str().map(str::to_owned)
}

/// Looks once more for what must never be written. The scrubber keeps none of it; a description might.
fn refuse_secrets(
    scenario: &Scenario,
    base_url: &BaseUrl,
    account: &Account,
) -> anyhow::Result<()> {
    let address: http::Uri = base_url
        .to_string()
        .parse()
        .context("cannot take the base URL apart")?;
    let secrets = [
        ("the token", account.auth_token.expose_secret()),
        ("the user id", account.user_id.as_str()),
        ("the host", address.host().unwrap_or_default()),
    ];
    let manifest = [&scenario.description, &scenario.server];
    for (name, secret) in secrets.into_iter().filter(|(_, secret)| !secret.is_empty()) {
        let in_manifest = manifest.iter().any(|text| text.contains(secret));
        let in_options = scenario
            .options
            .values()
            .any(|value| value.to_string().contains(secret));
        let in_exchanges = scenario
            .exchanges
            .iter()
            .any(|exchange| holds(exchange, secret));
        ensure!(
            !in_manifest && !in_options && !in_exchanges,
            "the fixture holds {name}"
        );
    }
    Ok(())
}

fn holds(exchange: &Exchange, secret: &str) -> bool {
    let has = |bytes: &[u8]| {
        bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes())
    };
    has(&exchange.body)
        || exchange
            .query
            .iter()
            .any(|(name, value)| name.contains(secret) || value.contains(secret))
        || exchange.headers.values().any(|value| has(value.as_bytes()))
}

fn help(text: &str, variable: &str) -> String {
    format!("{text} [env: {variable}]")
}

fn given<T: From<String>>(flag: Option<T>, variable: &str, name: &str) -> anyhow::Result<T> {
    match flag {
        Some(value) => Ok(value),
        None => env::var(variable)
            .map(T::from)
            .with_context(|| format!("give {name}, or set {variable}")),
    }
}

fn ensure_empty(folder: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot list {}", folder.display());
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(cannot),
        Ok(mut entries) => {
            ensure!(
                entries.next().is_none(),
                "folder is not empty: {}",
                folder.display()
            );
            Ok(())
        }
    }
}
