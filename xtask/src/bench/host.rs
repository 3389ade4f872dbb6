//! A simulated workspace in a process of its own.
//!
//! It tells its address in a line of JSON on stdout, stays until its stdin is closed, and tells in a second line what it
//! was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use std::{env, io};

use anyhow::Context as _;
use rocketchat_http::{Config, Credentials, HttpTransport};
use rocketchat_sim::{Account, Limiter, Server, Settings};
use serde::{Deserialize, Serialize};

use super::shape::{Contents, Shape};
use crate::report;

/// The hidden command that is such a process.
const COMMAND: &str = "bench-host";
/// Marks calls that are not the program's own, in their query.
pub(super) const RIVAL: &str = "rival";

/// The workspace to serve.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    users: usize,
    #[arg(long)]
    teams: usize,
    #[arg(long)]
    members: usize,
    /// Calls in a window; without it the account is exempt
    #[arg(long, requires = "window_ms")]
    calls: Option<u32>,
    #[arg(long)]
    window_ms: Option<u64>,
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    skew_ms: i64,
}

/// Calls that a route takes in a window, and how far the server's clock is off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) calls: u32,
    pub(super) window: Duration,
    pub(super) skew_ms: i64,
}

/// Where the workspace is, and what is in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) base_url: String,
    pub(super) user_id: String,
    pub(super) token: String,
    /// With the memberships of deactivated users.
    pub(super) resolved: Contents,
    /// Without them.
    pub(super) unresolved: Contents,
}

/// What the program under measurement asked.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Calls {
    pub(super) by_route: BTreeMap<String, u64>,
    /// Those that were answered with "too many requests".
    pub(super) refused: u64,
}

/// Serves until stdin is closed.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(serve(args))
}

async fn serve(args: &Args) -> anyhow::Result<()> {
    let workspace = Shape::new(args.users, args.teams, args.members).generate();
    let (resolved, unresolved) = (
        Contents::of(&workspace, true),
        Contents::of(&workspace, false),
    );
    let limiter = args
        .calls
        .zip(args.window_ms)
        .map(|(calls, window)| Limiter {
            calls,
            window: Duration::from_millis(window),
        });
    let account = if limiter.is_some() {
        Account::LimitedReader
    } else {
        Account::Reader
    };
    let settings = Settings {
        limiter,
        clock_skew_ms: args.skew_ms,
        ..Settings::default()
    };
    let server = Server::start(workspace, settings)
        .await
        .context("cannot open a port")?;
    let (user_id, token) = server.credentials(account);
    let address = Address {
        base_url: server.base_url(),
        user_id,
        token,
        resolved,
        unresolved,
    };
    report::data(serde_json::to_string(&address)?);
    tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
    report::data(serde_json::to_string(&Calls::of(&server))?);
    Ok(())
}

impl Address {
    /// Returns a way to it that knows no limits and no retries.
    pub(super) fn transport(&self) -> anyhow::Result<HttpTransport> {
        let credentials = Credentials::new(&self.user_id, &self.token)?;
        let base_url = self.base_url.parse()?;
        Ok(HttpTransport::new(
            base_url,
            credentials,
            Config::default(),
        )?)
    }
}

impl Calls {
    fn of(server: &Server) -> Self {
        let mut calls = Self::default();
        let log = server.log();
        let rival = |query: Option<&str>| query.is_some_and(|query| query.contains(RIVAL));
        for call in log.iter().filter(|call| !rival(call.query.as_deref())) {
            *calls.by_route.entry(call.route.clone()).or_default() += 1;
            calls.refused += u64::from(call.status == Some(429));
        }
        calls
    }

    /// Returns the route that was asked most, and how often.
    pub(super) fn busiest(&self) -> (&str, u64) {
        let busiest = self.by_route.iter().max_by_key(|(_, calls)| **calls);
        busiest.map_or(("", 0), |(route, calls)| (route, *calls))
    }
}

/// The process, seen from outside. It ends when this is dropped.
pub(super) struct Host {
    process: Child,
    stdout: BufReader<ChildStdout>,
    pub(super) address: Address,
}

impl Host {
    pub(super) fn start(shape: &Shape, limit: Option<Limit>) -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe().context("cannot find this program")?);
        command.arg(COMMAND).args([
            format!("--users={}", shape.users),
            format!("--teams={}", shape.teams),
            format!("--members={}", shape.members),
        ]);
        if let Some(limit) = limit {
            command.args([
                format!("--calls={}", limit.calls),
                format!("--window-ms={}", limit.window.as_millis()),
                format!("--skew-ms={}", limit.skew_ms),
            ]);
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the simulated workspace")?;
        let stdout = process.stdout.take().context("stdout is not there")?;
        let mut stdout = BufReader::new(stdout);
        let address = read_line(&mut stdout)?;
        Ok(Self {
            process,
            stdout,
            address,
        })
    }

    /// Ends the process and returns what it was asked.
    pub(super) fn stop(mut self) -> anyhow::Result<Calls> {
        drop(self.process.stdin.take());
        read_line(&mut self.stdout)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It has nothing left to do, and whatever went wrong was said by then.
        let _ = self.process.wait();
    }
}

fn read_line<T: for<'a> Deserialize<'a>>(stdout: &mut BufReader<ChildStdout>) -> anyhow::Result<T> {
    let mut line = String::new();
    stdout.read_line(&mut line)?;
    serde_json::from_str(&line).context("the simulated workspace ended early")
}
