//! Syncs a workspace to a file of NDJSON and prints the ledger, the proof that every list was read whole:
//! `cargo run -p rocketchat-sync --example ledger -- sync.ndjson`.
//!
//! With `BASE_URL`, `USER_ID` and `AUTH_TOKEN` in the environment it reads that workspace, else a simulated one. Without a
//! file the records are thrown away.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use baton_sinks::Ndjson;
use rocketchat_http::{Client, Config, Credentials, HttpTransport, Policy};
use rocketchat_sim::{Account, Server, Settings, Shape, Workspace};
use rocketchat_sync::{Ledger, Options, Report, sync};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = env::args_os().nth(1).map(PathBuf::from);
    let file = file.unwrap_or_else(|| folder.path().join("sync.ndjson"));
    let report = if let Ok(base_url) = env::var("BASE_URL") {
        let (user_id, token) = (env::var("USER_ID")?, env::var("AUTH_TOKEN")?);
        copy(&base_url, &user_id, &token, file).await?
    } else {
        let server = start().await?;
        let (user_id, token) = server.credentials(Account::Reader);
        copy(&server.base_url(), &user_id, &token, file).await?
    };
    print(&report, &mut io::stdout())
}

/// Starts a workspace that nothing limits.
pub(crate) async fn start() -> io::Result<Server> {
    let shape = Shape {
        users: 1000,
        teams: 40,
        members: 12,
        seed: 1,
    };
    let settings = Settings {
        limiter: None,
        ..Settings::default()
    };
    Server::start(Workspace::generate(&shape), settings).await
}

/// Reads a workspace into a file. If anything is in doubt, this fails and there is no file.
pub(crate) async fn copy(
    base_url: &str,
    user_id: &str,
    token: &str,
    file: PathBuf,
) -> Result<Report> {
    let credentials = Credentials::new(user_id, token)?;
    let transport = HttpTransport::new(base_url.parse()?, credentials, Config::default())?;
    // The judge of answers that knows Rocket.Chat's endpoints.
    let client = Client::new(
        Arc::new(transport),
        Policy::default(),
        rocketchat_sync::verdict,
    );
    let options = Options::new(user_id.into());
    let sink = Box::new(Ndjson::create(&file)?);
    Ok(sync(&client, &options, sink).await?)
}

/// Prints what was announced and what came, list by list.
pub(crate) fn print(report: &Report, output: &mut dyn Write) -> Result<()> {
    let Ledger { roles, .. } = &report.ledger;
    writeln!(output, "roles.list: {roles} roles")?;
    for list in report.ledger.by_endpoint() {
        writeln!(
            output,
            "{}: {} announced, {} received, in {} answers",
            list.endpoint, list.announced_last, list.unique, list.pages
        )?;
    }
    writeln!(
        output,
        "{} memberships of deactivated users, {} requests",
        report.dormant_members, report.requests
    )?;
    Ok(())
}
