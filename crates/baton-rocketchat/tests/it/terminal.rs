//! Running the binary on a pseudo-terminal.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Rows of the terminal.
const HEIGHT: u16 = 24;

/// What a run left on the terminal.
pub(crate) struct Shown {
    pub(crate) code: Option<i32>,
    /// All that was written, with its control sequences.
    pub(crate) raw: String,
    /// What stands there in the end, line by line.
    pub(crate) lines: Vec<String>,
}

/// Runs a command on a terminal that is `width` columns wide.
pub(crate) async fn run(mut command: Command, width: u16) -> Shown {
    let run = move || {
        let (ours, theirs) = open(width);
        command
            .stdin(Stdio::null())
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs);
        let mut child = command.spawn().unwrap();
        // Nobody but the child may hold its end, or the reading never ends.
        drop(command);
        let raw = read_all(ours);
        let code = child.wait().unwrap().code();
        let cells = |number: u16| number.try_into().unwrap();
        let mut screen = vt100::Parser::new(cells(HEIGHT), cells(width), 0);
        screen.process(&raw);
        Shown {
            code,
            raw: String::from_utf8(raw).unwrap(),
            lines: screen
                .screen()
                .contents()
                .lines()
                .map(str::to_owned)
                .collect(),
        }
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Returns our end of a new terminal and the program's.
fn open(width: u16) -> (OwnedFd, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let size = Winsize {
        ws_row: HEIGHT,
        ws_col: width,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, size).unwrap();
    (ours, theirs)
}

/// Reads until the other end is closed, which some systems call an error.
fn read_all(terminal: OwnedFd) -> Vec<u8> {
    let (mut terminal, mut all) = (File::from(terminal), Vec::new());
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = terminal.read(&mut chunk) {
        all.extend_from_slice(&chunk[..read]);
    }
    all
}
