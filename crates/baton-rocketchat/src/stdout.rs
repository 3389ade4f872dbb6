//! Stdout: buffered, harmless on a terminal, and over without a word when nobody reads on.

use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, StdoutLock, Write};

use serde::Serialize;

use crate::failure::Failure;
use crate::values::OutputFormat;

/// Why nothing more is printed.
pub(crate) enum Stop {
    /// Nobody wants more: whoever read the pipe is gone, or the answer is known.
    Enough,
    Failed(Failure),
}

impl Stop {
    /// Takes the end of a pipe for the end of the output.
    pub(crate) fn settle(result: Result<(), Self>) -> Result<(), Failure> {
        match result {
            Ok(()) | Err(Self::Enough) => Ok(()),
            Err(Self::Failed(failure)) => Err(failure),
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe {
            return Self::Enough;
        }
        let error = anyhow::Error::from(error).context("cannot write to stdout");
        Self::Failed(Failure::other(error))
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

impl From<baton_c1z::Error> for Stop {
    fn from(error: baton_c1z::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Writes a text that is there in full.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = Output::stdout();
    // What has no line feed at its end would wait for the end of the process, which tells nobody.
    let written = output.write_all(text.as_bytes());
    let written = written.and_then(|()| output.flush());
    Stop::settle(written.map_err(Stop::from))
}

/// Stdout. Where it is a terminal, control characters other than line feeds and tabs are replaced, whatever wrote them:
/// many of the texts come from people whom nobody has to trust.
pub(crate) struct Output {
    to: BufWriter<StdoutLock<'static>>,
    filter: Option<Filter>,
}

impl Output {
    pub(crate) fn stdout() -> Self {
        let to = io::stdout().lock();
        Self {
            filter: to.is_terminal().then(Filter::default),
            to: BufWriter::with_capacity(64 << 10, to),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.filter {
            None => self.to.write(bytes),
            Some(filter) => {
                self.to.write_all(&filter.clean(bytes))?;
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Replaces control characters in UTF-8 that may come in any pieces.
#[derive(Default)]
struct Filter {
    /// The byte 0xC2 came, with which the controls from 0x80 to 0x9F begin, and others too.
    is_lead: bool,
}

impl Filter {
    const LEAD: u8 = 0xc2;
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

    fn clean(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(bytes.len());
        for byte in bytes {
            match (std::mem::take(&mut self.is_lead), *byte) {
                (true, 0x80..=0x9f) => clean.extend(Self::REPLACEMENT),
                (true, byte) => clean.extend([Self::LEAD, byte]),
                (false, Self::LEAD) => self.is_lead = true,
                (false, b'\n' | b'\t') => clean.push(*byte),
                (false, 0..0x20 | 0x7f) => clean.extend(Self::REPLACEMENT),
                (false, byte) => clean.push(byte),
            }
        }
        clean
    }
}

/// Several JSON documents, each on a line, as they come: as the items of an array, or each for itself.
pub(crate) struct JsonLines<'o> {
    output: &'o mut Output,
    is_array: bool,
    is_empty: bool,
}

impl<'o> JsonLines<'o> {
    /// Begins the items: of an array for [`OutputFormat::Json`], else each for itself.
    pub(crate) fn start(format: OutputFormat, output: &'o mut Output) -> Result<Self, Stop> {
        let is_array = format == OutputFormat::Json;
        if is_array {
            output.write_all(b"[")?;
        }
        Ok(Self {
            output,
            is_array,
            is_empty: true,
        })
    }

    pub(crate) fn put(&mut self, item: impl Serialize) -> Result<(), Stop> {
        if self.is_array {
            let before: &[u8] = if self.is_empty { b"\n" } else { b",\n" };
            self.output.write_all(before)?;
        }
        self.is_empty = false;
        serde_json::to_writer(&mut *self.output, &item)?;
        if !self.is_array {
            self.output.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Ends the array. `behind` is what else a document says in the same line.
    pub(crate) fn end(self, behind: &str) -> Result<(), Stop> {
        if self.is_array {
            let line = if self.is_empty { "" } else { "\n" };
            writeln!(self.output, "{line}]{behind}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_replaced_wherever_a_text_is_cut() {
        let text = "é\u{1b}[1m\u{9b}J\r\n\tü\u{a0}\u{7f}\u{80}李";
        let clean = "é\u{fffd}[1m\u{fffd}J\u{fffd}\n\tü\u{a0}\u{fffd}\u{fffd}李";
        for cut in 0..text.len() {
            let (first, second) = text.as_bytes().split_at(cut);
            let mut filter = Filter::default();
            let pieces = [filter.clean(first), filter.clean(second)].concat();
            assert_eq!(String::from_utf8(pieces).unwrap(), clean, "{cut}");
        }
    }
}
