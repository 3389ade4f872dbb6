//! `cargo xtask soak`: gives the real program many small syncs as a service of a simulated C1, one after another, and
//! prints how much memory it has meanwhile, so that a leak shows.

mod process;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_proto::connectorapi::baton::v1::task::{SyncFullTask, TaskType};
use c1_sim::{CLIENT_SECRET, client_id};
use rocketchat_sim::{Account, Server, Settings, Shape, Workspace};

use self::process::{Process, Seen};
use crate::{program, report};

/// When C1 wants to be asked again: this task waits for nothing else.
const NEXT_POLL: i32 = 20_000_000;

/// How many syncs, and of what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Syncs to give
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    tasks: u32,
    /// After how many syncs to look at the program
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// Users of the workspace
    #[arg(long, value_name = "N", default_value_t = 200)]
    users: usize,
    /// Run this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// Runs the syncs.
///
/// # Errors
/// The program cannot be built or run, or a sync fails.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let program = program::get(args.program.as_deref(), false)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
    runtime.block_on(soak(args, &program))
}

async fn soak(args: &Args, program: &Path) -> anyhow::Result<()> {
    let c1 = c1_sim::Server::new(c1_sim::Settings::default())?;
    c1.behave(|it| {
        it.next_poll = prost_types::Duration {
            seconds: 0,
            nanos: NEXT_POLL,
        };
    });
    let port = c1.listen().await?.port();
    let chat = workspace(args.users).await?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut process = start(program, folder.path(), &chat, &c1, port)?;
    report::data(Seen::HEADING);
    let started = Instant::now();
    let mut first = None;
    for done in 1..=args.tasks {
        sync(&c1).await?;
        if done % args.every != 0 && done != args.tasks {
            continue;
        }
        let seen = process.look()?;
        report::data(seen.row(done, started.elapsed()));
        first.get_or_insert(seen);
    }
    let last = process.look()?;
    report::data(last.grown(first.as_ref().unwrap_or(&last)));
    process.stop(Duration::from_secs(10))
}

/// Gives one sync and waits for its end.
async fn sync(c1: &c1_sim::Server) -> anyhow::Result<()> {
    let id = c1.give(TaskType::SyncFull(SyncFullTask::default()));
    c1.until_finished(1).await;
    for finished in c1.finished() {
        ensure!(finished.status.is_none(), "a sync failed: {finished:?}");
    }
    ensure!(!c1.uploads(&id).is_empty(), "nothing was uploaded");
    c1.forget();
    Ok(())
}

async fn workspace(users: usize) -> anyhow::Result<Server> {
    let workspace = Workspace::generate(&Shape {
        users,
        teams: users / 20 + 1,
        members: 10,
        seed: 1,
    });
    let settings = Settings {
        limiter: None,
        ..Settings::default()
    };
    Server::start(workspace, settings)
        .await
        .context("cannot open a port")
}

fn start(
    program: &Path,
    folder: &Path,
    chat: &Server,
    c1: &c1_sim::Server,
    port: u16,
) -> anyhow::Result<Process> {
    let authority = folder.join("c1.pem");
    std::fs::write(&authority, c1.authority_pem())?;
    let (user_id, token) = chat.credentials(Account::Reader);
    let mut command = std::process::Command::new(program);
    command
        .current_dir(folder)
        .env("SSL_CERT_FILE", &authority)
        .env("TMPDIR", folder)
        .env("BATON_LOG_LEVEL", "warn")
        .env("BATON_CLIENT_ID", client_id(&format!("localhost:{port}")))
        .env("BATON_CLIENT_SECRET", CLIENT_SECRET)
        .env("BATON_ROCKETCHAT_BASE_URL", chat.base_url())
        .env("BATON_ROCKETCHAT_USER_ID", user_id)
        .env("BATON_ROCKETCHAT_AUTH_TOKEN", token);
    Process::start(&mut command)
}
