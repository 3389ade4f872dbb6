//! Live lines on a terminal, one for each stage.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rocketchat_http::Client;
use rocketchat_sync::Stage;

use super::pace::Pace;
use super::{Board, line};

/// Often enough for a countdown of seconds.
const EVERY: Duration = Duration::from_millis(250);

/// Draws how far the sync is, until it is dropped; then the lines are gone.
pub(super) async fn draw(board: &Board, client: &Client, terminal: &MultiProgress) -> Infallible {
    let mut screen = Screen {
        terminal,
        lines: BTreeMap::new(),
    };
    loop {
        for standing in board.standings() {
            let pace = Pace::of(standing.stage, client);
            screen.set(standing.stage, line::render(&standing, &pace));
        }
        tokio::time::sleep(EVERY).await;
    }
}

struct Screen<'a> {
    terminal: &'a MultiProgress,
    lines: BTreeMap<Stage, ProgressBar>,
}

impl Screen<'_> {
    /// Puts a line in its place: stages do not begin in the order in which they are shown.
    fn set(&mut self, stage: Stage, text: String) {
        let place = self.lines.range(..stage).count();
        let line = self.lines.entry(stage).or_insert_with(|| {
            let line = ProgressBar::no_length().with_style(style());
            self.terminal.insert(place, line)
        });
        if line.message() != text {
            line.set_message(text);
        }
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no clearing.
        let _ = self.terminal.clear();
        for line in self.lines.values() {
            self.terminal.remove(line);
        }
    }
}

/// The whole line is ours, cut to the width of the terminal.
fn style() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}
