//! A screen as an SVG: text that can be searched, on a background of its own, which suits light and dark pages.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

const BACKGROUND: &str = "#0d1117";
const TEXT: &str = "#c9d1d9";
/// The eight colours of terminals, in their order.
const COLOURS: [&str; 8] = [
    "#6e7681", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#c9d1d9",
];
const DIM: &str = "#8b949e";

/// In pixels: of the font, the lines, and the space around.
const FONT: u16 = 14;
const LINE: u16 = 19;
const MARGIN: u16 = 16;
/// Width of a letter, in thousandths of the font's size.
const LETTER: u32 = 602;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Style {
    colour: &'static str,
    is_bold: bool,
}

/// Draws the rows of a screen down to the last one that has something.
pub(super) fn draw(screen: &Screen, label: &str) -> String {
    let (_, columns) = screen.size();
    let rows = rows(screen);
    let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let width = u32::from(columns.get()) * u32::from(FONT) * LETTER / 1000 + 2 * u32::from(MARGIN);
    let height = u32::from(count) * u32::from(LINE) + 2 * u32::from(MARGIN);
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{}">
<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>
<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="{FONT}" fill="{TEXT}" xml:space="preserve" style="white-space:pre">"#,
        escape(label)
    );
    for (number, row) in (0_u32..).zip(&rows) {
        let y = u32::from(MARGIN) + number * u32::from(LINE) + u32::from(FONT);
        if !row.is_empty() {
            let _ = writeln!(svg, r#"<text x="{MARGIN}" y="{y}">{row}</text>"#);
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Returns the text of each row, without what is empty at the end.
fn rows(screen: &Screen) -> Vec<String> {
    let (rows, _) = screen.size();
    let mut rows: Vec<_> = (0..rows.get()).map(|row| text(screen, row)).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

/// Returns the text of a row, with what looks different set apart.
fn text(screen: &Screen, row: u16) -> String {
    let (_, columns) = screen.size();
    let mut pieces: Vec<(Style, String)> = Vec::new();
    for column in 0..columns.get() {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        if cell.is_wide_continuation() {
            continue;
        }
        let style = Style::of(cell);
        let letter = match cell.contents() {
            "" => " ",
            letter => letter,
        };
        match pieces.last_mut() {
            Some((last, text)) if *last == style => text.push_str(letter),
            _ => pieces.push((style, letter.to_owned())),
        }
    }
    while let Some((_, text)) = pieces.last_mut() {
        text.truncate(text.trim_end().len());
        if !text.is_empty() {
            break;
        }
        pieces.pop();
    }
    pieces
        .iter()
        .map(|(style, text)| style.around(&escape(text)))
        .collect()
}

impl Style {
    fn of(cell: &Cell) -> Self {
        let colour = match cell.fgcolor() {
            Color::Idx(index) => COLOURS.get(usize::from(index % 8)).copied(),
            Color::Default if cell.dim() => Some(DIM),
            Color::Default | Color::Rgb(..) => None,
        };
        Self {
            colour: colour.unwrap_or(TEXT),
            is_bold: cell.bold(),
        }
    }

    fn around(self, text: &str) -> String {
        let weight = if self.is_bold {
            r#" font-weight="bold""#
        } else {
            ""
        };
        match self.colour {
            TEXT if !self.is_bold => text.to_owned(),
            colour => format!(r#"<tspan fill="{colour}"{weight}>{text}</tspan>"#),
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parser(rows: u16, columns: u16) -> vt100::Parser {
        let cells = |number: u16| number.try_into().unwrap();
        vt100::Parser::new(cells(rows), cells(columns), 0)
    }

    fn shown(bytes: &[u8]) -> Vec<String> {
        let mut parser = parser(4, 20);
        parser.process(bytes);
        rows(parser.screen())
    }

    #[test]
    fn rows_end_where_their_text_ends() {
        assert_eq!(shown(b"a  b  \r\n\r\nc"), ["a  b", "", "c"]);
    }

    #[test]
    fn what_looks_different_is_set_apart_and_marks_are_escaped() {
        assert_eq!(
            shown(b"\x1b[1m$ x\x1b[m <a> \x1b[32mINFO\x1b[m \x1b[2mdim\x1b[m"),
            [
                r##"<tspan fill="#c9d1d9" font-weight="bold">$ x</tspan> &lt;a&gt; <tspan fill="#7ee787">INFO</tspan> <tspan fill="#8b949e">dim</tspan>"##
            ]
        );
    }

    #[test]
    fn the_picture_is_as_high_as_its_rows() {
        let mut parser = parser(9, 10);
        parser.process(b"one\r\ntwo");
        let svg = draw(parser.screen(), "a \"label\"");
        assert!(svg.contains(r#"viewBox="0 0 116 70""#), "{svg}");
        assert!(svg.contains("a &quot;label&quot;"), "{svg}");
    }
}
