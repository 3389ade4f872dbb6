//! `cargo xtask faults`: the real program against a server that does something wrong, for everything that can go wrong and at
//! every endpoint. Whatever happens, a sync has to end in the truth or in a documented error, within its time and memory
//! and without telling a secret, and a run afterwards has to come to the truth.

mod answer;
mod bodies;
mod canaries;
mod cases;
mod catalogue;
mod front;
mod run;
mod table;
mod tls;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rocketchat_sim::{Account, Paging, Server, Settings, Shape, Version, Workspace};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::canaries::Canaries;
use self::cases::{Answers, Case};
use self::catalogue::{Expect, HANDLED};
use self::front::{Elsewhere, Front, Nothing};
use self::run::{Invocation, Run, Verdict};
use self::tls::Authorities;
use crate::{program, report, workspace};

/// What a run without faults may take.
const LIMIT: Duration = Duration::from_secs(50);
/// What `validate` may take; a server that does not answer uses it up.
const LIMIT_OF_CHECKS: Duration = Duration::from_secs(10);
/// How many others a heavy case keeps waiting.
const HEAVY: u32 = 16;

/// What to try.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Try each fault at one place only, with a debug build, and leave out what takes long
    #[arg(long)]
    sample: bool,
    /// Try those only whose description has this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Keep the table in docs/reliability.md
    #[arg(long, conflicts_with_all = ["sample", "only"])]
    write: bool,
    /// Syncs at a time; most of them wait
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: u32,
    /// Run this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// Tries everything and prints the table.
///
/// # Errors
/// The program cannot be built or run, or a case ends in anything but what is documented.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let program = program::get(args.program.as_deref(), args.sample)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
    runtime.block_on(try_all(args, &program))
}

/// Tries a sample, for the build server.
pub(crate) fn run_sample() -> anyhow::Result<()> {
    run(&Args {
        sample: true,
        jobs: 24,
        ..Args::default()
    })
}

async fn try_all(args: &Args, program: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let stage = Arc::new(Stage {
        program: program.to_owned(),
        folder: folder.path().to_owned(),
        elsewhere: Elsewhere::start().await?,
        permits: Arc::new(Semaphore::new(args.jobs as usize)),
        most: args.jobs,
    });
    let authorities = Authorities::new()?;
    fs::write(folder.path().join("ca.pem"), authorities.pem())?;
    let new = Scene::open(&stage, &authorities, "new", Version(8, 6, 1)).await?;
    let old = Scene::open(&stage, &authorities, "old", Version(6, 4, 0)).await?;
    let mut cases = Vec::new();
    for (scene, is_asked) in [
        (&new, Box::new(|_: &str| true) as Box<dyn Fn(&str) -> bool>),
        // What old servers are asked in place of the same.
        (
            &old,
            Box::new(|route| !args.sample && !new.answers.contains_key(route)),
        ),
    ] {
        let of = cases::of(&scene.answers, is_asked, args.sample);
        cases.extend(of.into_iter().map(|case| (Arc::clone(scene), case)));
    }
    let connections = new.answers.values().map(Vec::len).sum();
    let of_tls = cases::of_tls(&authorities, connections, args.sample)?;
    cases.extend(of_tls.into_iter().map(|case| (Arc::clone(&new), case)));
    cases.retain(|(_, case)| case.name.contains(&args.only));

    let mut running = JoinSet::new();
    for (number, (scene, case)) in cases.into_iter().enumerate() {
        let stage = Arc::clone(&stage);
        running.spawn(async move { attempt(&stage, &scene, case, number).await });
    }
    let mut lines = cases::lines();
    let mut wrong = 0;
    while let Some(done) = running.join_next().await {
        let done = done??;
        if let Some(line) = lines.get_mut(done.line) {
            line.add(&done.verdict, done.peak);
        }
        if let Verdict::Other(what) = done.verdict {
            report::note(format_args!("{}: {what}", done.name));
            wrong += 1;
        }
    }
    report::data(table::text(&lines));
    report::data(format_args!("in {} s", started.elapsed().as_secs()));
    let visits = stage.elsewhere.visits();
    ensure!(visits == 0, "another server was asked {visits} times");
    ensure!(wrong == 0, "cases that ended in anything else: {wrong}");
    let root = workspace::root()?;
    if args.write {
        return table::write(&root, &lines);
    }
    table::check(&root, &lines)
}

/// What all cases share.
struct Stage {
    program: PathBuf,
    folder: PathBuf,
    elsewhere: Elsewhere,
    permits: Arc<Semaphore>,
    most: u32,
}

/// A simulated workspace, and a sync of it without faults.
struct Scene {
    server: Server,
    canaries: Arc<Canaries>,
    truth: PathBuf,
    answers: Answers,
}

impl Scene {
    async fn open(
        stage: &Stage,
        authorities: &Authorities,
        name: &str,
        version: Version,
    ) -> anyhow::Result<Arc<Self>> {
        let workspace = Workspace::generate(&Shape {
            users: 40,
            teams: 25,
            members: 5,
            seed: 11,
        });
        let settings = Settings {
            version,
            limiter: None,
            // So that each list has several pages.
            paging: Paging {
                upper: 15,
                default: 15,
                allow_infinite: false,
            },
            ..Settings::default()
        };
        let server = Server::start(workspace, settings).await;
        let server = server.context("cannot open a port")?;
        let inputs = stage.folder.join(format!("{name}-inputs"));
        fs::create_dir(&inputs)?;
        let account = server.credentials(Account::Reader);
        let mut scene = Self {
            canaries: Arc::new(Canaries::of(account, authorities, &inputs)?),
            server,
            truth: PathBuf::new(),
            answers: Answers::new(),
        };
        let folder = stage.folder.join(name);
        fs::create_dir(&folder)?;
        let nothing = Box::new(Nothing);
        let front = Front::start(scene.address()?, &stage.elsewhere, nothing, None, true).await?;
        let run = scene.run(stage, &folder, &front, &[], LIMIT).await?;
        ensure!(
            run.clean_code(LIMIT) == Ok(0),
            "a sync without faults failed: {run:?}"
        );
        scene.truth = folder.join("sync.c1z");
        scene.answers = front.answers();
        Ok(Arc::new(scene))
    }

    fn address(&self) -> anyhow::Result<SocketAddr> {
        let url = self.server.base_url();
        let address = url.strip_prefix("http://").context("not an http address")?;
        Ok(address.parse()?)
    }

    /// Runs the program against a front.
    async fn run(
        &self,
        stage: &Stage,
        folder: &Path,
        front: &Front,
        arguments: &[String],
        limit: Duration,
    ) -> anyhow::Result<Run> {
        let (program, folder) = (stage.program.clone(), folder.to_owned());
        let (base_url, arguments) = (front.base_url(), arguments.to_vec());
        let canaries = Arc::clone(&self.canaries);
        let run = move || {
            Invocation {
                program: &program,
                folder: &folder,
                base_url: &base_url,
                canaries: &canaries,
                arguments,
                limit,
            }
            .run()
        };
        tokio::task::spawn_blocking(run).await?
    }
}

/// What became of a case.
struct Done {
    line: usize,
    name: String,
    verdict: Verdict,
    peak: u64,
}

/// Runs the program against the fault, and once more when it is over.
async fn attempt(stage: &Stage, scene: &Scene, case: Case, number: usize) -> anyhow::Result<Done> {
    let weight = if case.is_heavy {
        HEAVY.min(stage.most)
    } else {
        1
    };
    let _permit = stage.permits.acquire_many(weight).await?;
    let folder = stage.folder.join(number.to_string());
    fs::create_dir(&folder)?;
    let address = scene.address()?;
    let mut arguments = case.arguments;
    if case.shown.is_some() {
        let bundle = stage.folder.join("ca.pem").display().to_string();
        arguments.extend(["--rocketchat-ca-bundle".to_owned(), bundle]);
    }
    let front = Front::start(address, &stage.elsewhere, case.spoil, case.shown, false).await?;
    let run = async |arguments: &[String], limit| {
        let run = scene.run(stage, &folder, &front, arguments, limit).await;
        run.with_context(|| case.name.clone())
    };
    let sync = run(&arguments, case.limit).await?;
    let mut verdict = sync.judge(&scene.truth, case.limit);
    if !case.expect.is_met(&verdict) {
        verdict = unexpected(verdict, &sync);
    } else if !front.has_spoilt() {
        verdict = Verdict::Other("nothing went wrong".to_owned());
    } else {
        if case.stays {
            let checks = [&["validate".to_owned()], &*arguments].concat();
            let checks = run(&checks, LIMIT_OF_CHECKS).await?;
            if let Err(what) = judge_checks(&checks, case.expect) {
                verdict = Verdict::Other(format!("and validate: {what}"));
            }
        }
        if let Verdict::Error(_) = verdict {
            front.heal();
            let again = run(&arguments, LIMIT).await?;
            let after = again.judge(&scene.truth, LIMIT);
            if after != Verdict::Truth {
                verdict = Verdict::Other(format!("and afterwards {:?}", unexpected(after, &again)));
            }
        }
    }
    fs::remove_dir_all(&folder)?;
    Ok(Done {
        line: case.line,
        name: case.name,
        verdict,
        peak: sync.peak,
    })
}

/// Looks at how `validate` ended, which has less time than a sync and does not ask for everything.
fn judge_checks(checks: &Run, expect: Expect) -> Result<(), String> {
    let code = checks.clean_code(LIMIT_OF_CHECKS)?;
    let said = checks.failed.as_ref().map_or("", |it| &it.error);
    match code {
        0 | 4 => Ok(()),
        code if expect.is_met(&Verdict::Error(code)) => Ok(()),
        code => Err(format!("not expected: code {code} {said}")),
    }
}

fn unexpected(verdict: Verdict, run: &Run) -> Verdict {
    let said = run.failed.as_ref().map_or("", |it| &it.error);
    match verdict {
        Verdict::Other(what) => Verdict::Other(format!("{what} {said}")),
        verdict => Verdict::Other(format!("not expected: {verdict:?} {said}")),
    }
}

impl Expect {
    fn is_met(self, verdict: &Verdict) -> bool {
        match (self, verdict) {
            (_, Verdict::Other(_)) => false,
            (Self::Truth, verdict) => *verdict == Verdict::Truth,
            (Self::TruthOr(_), Verdict::Truth) => true,
            (Self::Codes(codes) | Self::TruthOr(codes), Verdict::Error(code)) => {
                codes.contains(code)
            }
            (Self::Codes(_) | Self::TruthOr(_), _) => false,
            (Self::Handled, Verdict::Error(code)) => HANDLED.contains(code),
            (Self::Handled, _) => true,
        }
    }
}
