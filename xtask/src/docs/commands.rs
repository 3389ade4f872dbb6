//! The commands that pages show: blocks of `sh` are run as a reader would run them, one after the other.
//!
//! A simulated workspace stands for the reader's own, and the program as it is built for tests for the one that is installed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rocketchat_sim::{Account, Server, Settings, Shape};
use rustix::process::{Pid, Signal, kill_process_group};

use super::program::Program;
use crate::program::NAME;
use crate::workspace::{Workspace, has_extension};

/// Blocks with a line that begins like this are not run, each with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("cargo install ", "takes minutes, and needs the network"),
    ("cargo xtask ", "is what runs this, or takes long"),
    ("docker ", "needs Docker, and the network"),
    (
        "export BATON_CLIENT_ID=",
        "a service stays up until it is stopped",
    ),
    ("journalctl ", "needs systemd and a service"),
    ("kubectl ", "needs a cluster"),
    ("systemctl ", "needs systemd and administrator rights"),
];

/// What a page may call a block of commands. Others would go unnoticed.
const OTHER_NAMES: &[&str] = &["bash", "console", "shell", "zsh"];

/// Stands for cargo, which would build: runs the program that was built.
const CARGO: &str = "#!/bin/sh
case \"$*\" in
'run --release --locked') exec baton-rocketchat ;;
'run --release --locked -- '*) shift 4; exec baton-rocketchat \"$@\" ;;
*) echo \"no page may show: cargo $*\" >&2; exit 1 ;;
esac
";

/// The longest that a block may take.
const LIMIT: Duration = Duration::from_mins(1);
/// How often a block is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// How many blocks there were.
pub(super) struct Count {
    pub(super) run: usize,
    pub(super) left_out: usize,
}

/// Commands between two fences.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    /// The line of the first fence.
    line: usize,
    script: String,
}

/// Runs what the README and the pages show.
///
/// # Errors
/// A command that fails or does not end, or a reason that no block needs any more.
pub(super) fn check(program: &Program) -> anyhow::Result<Count> {
    let workspace = Workspace::open()?;
    let mut count = Count {
        run: 0,
        left_out: 0,
    };
    let mut unused: Vec<_> = LEFT_OUT.iter().map(|(start, _)| *start).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let server = runtime
        .block_on(Server::start(
            rocketchat_sim::Workspace::generate(&SHAPE),
            Settings::default(),
        ))
        .context("cannot open a port")?;
    for path in workspace.files().filter(|path| is_page(path)) {
        let text = workspace.text(path)?.unwrap_or_default();
        let mut desk = None;
        for block in blocks(&text).with_context(|| path.to_owned())? {
            if left_out(&block.script).next().is_some() {
                unused.retain(|it| left_out(&block.script).all(|start| start != *it));
                count.left_out += 1;
                continue;
            }
            let place = format!("{path}:{}", block.line);
            if desk.is_none() {
                desk = Some(Desk::new(program, &server)?);
            }
            if let Some(desk) = &desk {
                desk.run(&block.script).with_context(|| place)?;
            }
            count.run += 1;
        }
    }
    ensure!(
        unused.is_empty(),
        "no page shows these any more: {}",
        unused.join(", ")
    );
    Ok(count)
}

const SHAPE: Shape = Shape {
    users: 60,
    teams: 5,
    members: 6,
    seed: 1,
};

fn is_page(path: &str) -> bool {
    path == "README.md" || path.starts_with("docs/") && has_extension(path, "md")
}

/// Takes the blocks of commands out of a page.
fn blocks(text: &str) -> anyhow::Result<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        ensure!(
            !OTHER_NAMES.contains(&language),
            "line {number}: {language} is called sh here"
        );
        let indent = line.len() - line.trim_start().len();
        let inside = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```");
        let script: Vec<_> = inside
            .map(|line| line.get(indent..).unwrap_or(""))
            .collect();
        if language == "sh" {
            blocks.push(Block {
                line: number,
                script: script.join("\n") + "\n",
            });
        }
    }
    Ok(blocks)
}

/// Yields what a block has that keeps it from being run.
fn left_out(script: &str) -> impl Iterator<Item = &'static str> {
    let starts = LEFT_OUT.iter().map(|(start, _)| *start);
    starts.filter(|start| script.lines().any(|line| line.starts_with(start)))
}

/// Where the commands of one page are run, with a file of an earlier sync.
struct Desk {
    folder: tempfile::TempDir,
    variables: [(&'static str, String); 3],
}

impl Desk {
    fn new(program: &Program, server: &Server) -> anyhow::Result<Self> {
        let (user_id, token) = server.credentials(Account::Reader);
        let desk = Self {
            folder: tempfile::tempdir().context("cannot make a temporary folder")?,
            variables: [
                ("BATON_ROCKETCHAT_BASE_URL", server.base_url()),
                ("BATON_ROCKETCHAT_USER_ID", user_id),
                ("BATON_ROCKETCHAT_AUTH_TOKEN", token),
            ],
        };
        for name in ["bin", "work"] {
            fs::create_dir(desk.path(name)).context("cannot make a folder")?;
        }
        symlink(program.path(), desk.path("bin").join(NAME)).context("cannot link the program")?;
        let cargo = desk.path("bin/cargo");
        fs::write(&cargo, CARGO).context("cannot write a script")?;
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
        desk.run(NAME).context("the sync before")?;
        Ok(desk)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a script, in which the values of the reader's workspace are replaced by those of the simulated one.
    fn run(&self, script: &str) -> anyhow::Result<()> {
        let script = self.with_values(script);
        let path = self.path("script");
        let said = self.path("said");
        fs::write(&path, &script).context("cannot write a script")?;
        let output = fs::File::create(&said).context("cannot make a file")?;
        let mut command = Command::new("sh");
        command
            .arg("-eu")
            .arg(&path)
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", self.search_path())
            .env("HOME", self.path("work"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        let status = wait(command.spawn().context("cannot start sh")?)?;
        let words = || fs::read_to_string(&said).unwrap_or_default();
        match status {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("{status}\n{script}{}", words()),
            None => bail!(
                "does not end within {} s\n{script}{}",
                LIMIT.as_secs(),
                words()
            ),
        }
    }

    fn search_path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.path("bin").display())
    }

    fn with_values(&self, script: &str) -> String {
        let line = |line: &str| {
            let mut exports = self.variables.iter().filter_map(|(name, value)| {
                let start = format!("export {name}=");
                line.starts_with(&start)
                    .then(|| format!("{start}{value}\n"))
            });
            exports.next().unwrap_or_else(|| format!("{line}\n"))
        };
        script.lines().map(line).collect()
    }
}

/// Waits for a process, and ends it with all that it started if it takes too long.
fn wait(mut child: Child) -> anyhow::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > LIMIT {
            kill_process_group(Pid::from_child(&child), Signal::KILL)?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_taken_out_of_lists_too() {
        let text = "a\n```sh\none\n```\n1. b\n\n   ```sh\n   two\n     three\n   ```\n```text\n```sh\n```\n";
        let found = blocks(text).unwrap();
        let expected = [(2, "one\n"), (7, "two\n  three\n")];
        assert_eq!(found.len(), 2, "{found:?}");
        for (block, (line, script)) in found.iter().zip(expected) {
            assert_eq!((block.line, block.script.as_str()), (line, script));
        }
    }

    #[test]
    fn other_names_of_shells_are_refused() {
        assert!(blocks("```bash\nls\n```\n").is_err());
    }

    #[test]
    fn a_line_that_cannot_be_run_keeps_its_block_from_it() {
        let found = |script| left_out(script).collect::<Vec<_>>();
        assert_eq!(
            found("x\ndocker run y\nsystemctl z\n"),
            ["docker ", "systemctl "]
        );
        assert!(found("baton-rocketchat demo\necho docker\n").is_empty());
    }
}
