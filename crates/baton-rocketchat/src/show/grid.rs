//! Tables for people: aligned columns, without colour.
//!
//! The first rows wait until their widths are known; those after them are printed at once, in the same columns. So a table
//! of any length takes the memory of a short one.

use std::io::Write;

use unicode_width::UnicodeWidthStr as _;

use crate::stdout::Stop;
use crate::words::shortened;

/// How many rows decide how wide the columns are.
const SAMPLE: usize = 1000;

/// What stands between columns.
const GAP: &str = "  ";

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Longer texts are cut off, in characters of normal width.
    pub(super) most: usize,
    pub(super) is_number: bool,
}

/// A column of texts.
pub(super) const fn text(title: &'static str, most: usize) -> Column {
    Column {
        title,
        most,
        is_number: false,
    }
}

/// A column of numbers, which are never cut off.
pub(super) const fn number(title: &'static str) -> Column {
    Column {
        title,
        most: usize::MAX,
        is_number: true,
    }
}

/// A table that is being printed.
pub(super) struct Grid<W> {
    output: W,
    columns: &'static [Column],
    widths: Vec<usize>,
    waiting: Vec<Vec<String>>,
    is_started: bool,
}

impl<W: Write> Grid<W> {
    pub(super) fn new(columns: &'static [Column], output: W) -> Self {
        Self {
            output,
            columns,
            widths: columns.iter().map(|it| it.title.width()).collect(),
            waiting: Vec::new(),
            is_started: false,
        }
    }

    /// Adds a row. An empty cell is shown as a dash, unless it is the last one.
    pub(super) fn put(&mut self, cells: Vec<String>) -> Result<(), Stop> {
        let last = cells.len().saturating_sub(1);
        let cells = cells.into_iter().zip(self.columns).enumerate();
        let row: Vec<_> = cells
            .map(|(index, (cell, column))| match cell.as_str() {
                "" if index < last => "-".to_owned(),
                cell => shortened(cell, column.most),
            })
            .collect();
        if self.is_started {
            return self.line(&row);
        }
        for (width, cell) in self.widths.iter_mut().zip(&row) {
            *width = cell.width().max(*width);
        }
        self.waiting.push(row);
        if self.waiting.len() < SAMPLE {
            return Ok(());
        }
        self.start()
    }

    /// Prints what waits.
    pub(super) fn end(mut self) -> Result<W, Stop> {
        if !self.is_started {
            self.start()?;
        }
        Ok(self.output)
    }

    fn start(&mut self) -> Result<(), Stop> {
        self.is_started = true;
        let titles: Vec<_> = self.columns.iter().map(|it| it.title.to_owned()).collect();
        self.line(&titles)?;
        for row in std::mem::take(&mut self.waiting) {
            self.line(&row)?;
        }
        Ok(())
    }

    fn line(&mut self, row: &[String]) -> Result<(), Stop> {
        let mut line = String::new();
        for ((cell, column), width) in row.iter().zip(self.columns).zip(&self.widths) {
            // Counted by hand: the padding of `format!` counts characters, not how wide they are.
            let room = " ".repeat(width.saturating_sub(cell.width()));
            let (before, behind) = if column.is_number {
                (room.as_str(), "")
            } else {
                ("", room.as_str())
            };
            if !line.is_empty() {
                line.push_str(GAP);
            }
            line.extend([before, cell, behind]);
        }
        Ok(writeln!(self.output, "{}", line.trim_end())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static COLUMNS: [Column; 3] = [text("Name", 8), number("Count"), text("Notes", 20)];

    fn render(rows: &[[&str; 3]]) -> String {
        let mut grid = Grid::new(&COLUMNS, Vec::new());
        for row in rows {
            let cells = row.iter().map(|it| (*it).to_owned()).collect();
            assert!(grid.put(cells).is_ok());
        }
        let Ok(bytes) = grid.end() else {
            panic!("memory takes everything");
        };
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_long_texts_cut() {
        let text = render(&[
            ["Ann", "7", ""],
            ["Maximilian", "1,234", "new"],
            ["李小龍李小龍", "", "\u{1b}[2J"],
        ]);
        let lines = [
            "Name      Count  Notes",
            "Ann           7",
            "Maximil…  1,234  new",
            "李小龍…       -  \u{fffd}[2J",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn rows_behind_the_first_ones_keep_the_columns() {
        let mut rows = vec![["Ann", "1", "x"]; SAMPLE];
        rows.push(["Maximilian", "2", "y"]);
        let text = render(&rows);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), SAMPLE + 2);
        assert_eq!(lines[1], "Ann       1  x");
        assert_eq!(lines[SAMPLE + 1], "Maximil…      2  y");
    }
}
