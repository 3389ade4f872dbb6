//! A terminal that nobody sits at.

use std::fs::File;
use std::io::Read as _;
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// How often a program that is to be ended is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How large a terminal is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) columns: u16,
    pub(super) rows: u16,
}

pub(super) struct Terminal {
    size: Size,
    parser: vt100::Parser,
}

impl Terminal {
    pub(super) fn new(size: Size) -> anyhow::Result<Self> {
        let cells = |number| NonZero::new(number).context("a terminal without cells");
        Ok(Self {
            size,
            parser: vt100::Parser::new(cells(size.rows)?, cells(size.columns)?, 0),
        })
    }

    /// Shows text that no program wrote.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
    }

    pub(super) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Runs a program in `folder` and shows what it writes, to its end or for as long as `until`.
    pub(super) fn run(
        &mut self,
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        until: Option<Duration>,
    ) -> anyhow::Result<()> {
        let (ours, theirs) = open(self.size).context("cannot open a terminal")?;
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .stdout(theirs.try_clone()?)
            .stderr(theirs)
            .spawn()
            .context("cannot start the program")?;
        let reader = thread::spawn(|| read_all(ours));
        if let Some(time) = until {
            stop_after(&mut child, time)?;
        } else {
            let status = child.wait()?;
            ensure!(status.success(), "{}: {status}", arguments.join(" "));
        }
        let bytes = reader.join().ok().context("the terminal broke off")?;
        self.write(&bytes);
        Ok(())
    }
}

/// Kills a program that is still at it, so that it tidies nothing away.
fn stop_after(child: &mut Child, time: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    while started.elapsed() < time {
        ensure!(child.try_wait()?.is_none(), "it ended before its time");
        thread::sleep(LOOK);
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Returns our end of a new terminal and the program's.
fn open(size: Size) -> anyhow::Result<(OwnedFd, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
    let size = Winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, size)?;
    Ok((ours, theirs))
}

/// Reads until the other end is closed, which some systems call an error.
fn read_all(terminal: OwnedFd) -> Vec<u8> {
    let (mut terminal, mut all) = (File::from(terminal), Vec::new());
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = terminal.read(&mut chunk) {
        all.extend(chunk.iter().take(read));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        columns: 20,
        rows: 3,
    };

    fn run(script: &str, until: Option<Duration>) -> anyhow::Result<String> {
        let mut terminal = Terminal::new(SIZE).unwrap();
        terminal.run("/bin/sh".as_ref(), &["-c", script], "/".as_ref(), until)?;
        Ok(terminal.screen().contents())
    }

    #[test]
    fn shows_what_is_left_on_the_screen() {
        let shown = run("test -t 1 && printf 'one\\ntwo\\r\\033[2Kthree'", None).unwrap();
        assert_eq!(shown, "one\nthree");
    }

    #[test]
    fn a_program_that_fails_or_ends_early_is_no_picture() {
        assert!(run("exit 3", None).is_err());
        assert!(run("true", Some(Duration::from_mins(1))).is_err());
    }
}
