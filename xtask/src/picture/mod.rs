//! `cargo xtask picture`: what the program shows on a terminal, as pictures for pages.
//!
//! The program is really run, on a pseudo-terminal; what it wrote is what is drawn. The pictures hold times, so nothing
//! compares them with what another run would show.

mod svg;
mod terminal;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use self::terminal::{Size, Terminal};
use crate::program::{self, NAME};
use crate::{report, workspace};

/// Which pictures to draw, and of what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Draw this one only: run or limited-sync
    name: Option<String>,
    /// Draw this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// A picture: commands that are run one after the other on one terminal.
struct Picture {
    name: &'static str,
    /// What it shows, for those who cannot see it.
    label: &'static str,
    size: Size,
    commands: &'static [&'static str],
    /// Ends the last command after this time; without it, it ends by itself.
    until: Option<Duration>,
}

const PICTURES: &[Picture] = &[
    Picture {
        name: "run",
        label: "A terminal in which a simulated workspace is synced, then the deactivated members of a team are listed",
        size: Size {
            columns: 112,
            rows: 40,
        },
        commands: &[
            "demo --users 5000 --teams 50 --log-level warn",
            "show grants --team golden-forge-39 --disabled --file demo.c1z",
        ],
        until: None,
    },
    Picture {
        name: "limited-sync",
        label: "A terminal in which a sync waits for a rate limit",
        size: Size {
            columns: 92,
            rows: 10,
        },
        commands: &["demo --users 250 --teams 45 --rate-limit 10/60 --log-level warn"],
        until: Some(Duration::from_secs(75)),
    },
];

/// Draws the pictures.
///
/// # Errors
/// The program cannot be built or fails, or there is no picture of that name.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let is_meant = |it: &&Picture| args.name.as_ref().is_none_or(|name| it.name == name);
    let pictures: Vec<_> = PICTURES.iter().filter(is_meant).collect();
    ensure!(!pictures.is_empty(), "there is no such picture");
    let program = program::get(args.program.as_deref(), false)?;
    for picture in pictures {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let mut terminal = Terminal::new(picture.size)?;
        for (index, command) in picture.commands.iter().enumerate() {
            let is_last = index + 1 == picture.commands.len();
            if index > 0 {
                terminal.write(b"\r\n");
            }
            terminal.write(format!("\x1b[1m$ {NAME} {command}\x1b[m\r\n").as_bytes());
            let arguments: Vec<_> = command.split(' ').collect();
            let until = picture.until.filter(|_| is_last);
            terminal.run(&program, &arguments, folder.path(), until)?;
        }
        let path = format!("docs/{}.svg", picture.name);
        fs::write(
            workspace::root()?.join(&path),
            svg::draw(terminal.screen(), picture.label),
        )
        .with_context(|| format!("cannot write {path}"))?;
        report::note(format_args!("Drawn: {path}"));
    }
    Ok(())
}
