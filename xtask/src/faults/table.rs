//! The table of the results: printed, and kept in a document.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, ensure};

use super::catalogue::{Expect, HANDLED};
use super::run::Verdict;

/// Where the table is kept.
const KEPT: &str = "docs/reliability.md";
const BEGIN: &str = "<!-- `cargo xtask faults --write` makes the rest of this section. -->\n";
const END: &str = "<!-- end -->\n";
const HEADING: &str = "| what the server does | to one answer | to all from one on | cases | truth | as said | clean error | anything else | memory |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";

/// What became of the cases of one row.
#[derive(Debug, Default, Clone)]
pub(super) struct Line {
    pub(super) name: String,
    /// What has to follow, from one answer and from all.
    pub(super) once: String,
    pub(super) stays: String,
    pub(super) cases: usize,
    truth: usize,
    as_said: usize,
    errors: usize,
    other: usize,
    peak: u64,
}

impl Line {
    pub(super) fn new(name: &str, once: Expect, stays: Expect) -> Self {
        Self {
            name: name.to_owned(),
            once: once.words(),
            stays: stays.words(),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, verdict: &Verdict, peak: u64) {
        self.cases += 1;
        self.peak = self.peak.max(peak);
        *match verdict {
            Verdict::Truth => &mut self.truth,
            Verdict::AsSaid => &mut self.as_said,
            Verdict::Error(_) => &mut self.errors,
            Verdict::Other(_) => &mut self.other,
        } += 1;
    }

    fn key(&self) -> String {
        format!("| {} | {} | {} |", self.name, self.once, self.stays)
    }

    fn row(&self) -> String {
        format!(
            "{} {} | {} | {} | {} | {} | {} MB |\n",
            self.key(),
            self.cases,
            self.truth,
            self.as_said,
            self.errors,
            self.other,
            self.peak / 1_000_000,
        )
    }
}

impl Expect {
    fn words(self) -> String {
        match self {
            Self::Truth => "truth".to_owned(),
            Self::Codes(codes) => in_words(codes),
            Self::TruthOr(codes) => format!("truth or {}", in_words(codes)),
            Self::Handled => format!("truth, as said or {}", in_words(HANDLED)),
        }
    }
}

fn in_words(codes: &[u8]) -> String {
    let codes: Vec<_> = codes.iter().map(u8::to_string).collect();
    format!("code {}", codes.join(" or "))
}

/// Returns the table with its sums.
pub(super) fn text(lines: &[Line]) -> String {
    let mut text = HEADING.to_owned();
    let sum = |of: fn(&Line) -> usize| lines.iter().map(of).sum::<usize>();
    for line in lines {
        text += &line.row();
    }
    let _ = writeln!(
        text,
        "| all | | | {} | {} | {} | {} | {} | {} MB |",
        sum(|it| it.cases),
        sum(|it| it.truth),
        sum(|it| it.as_said),
        sum(|it| it.errors),
        sum(|it| it.other),
        lines.iter().map(|it| it.peak).max().unwrap_or_default() / 1_000_000,
    );
    text
}

/// Keeps the table.
pub(super) fn write(root: &Path, lines: &[Line]) -> anyhow::Result<()> {
    let (before, _, after) = kept(root)?;
    let new = format!("{before}{BEGIN}\n{}\n{END}{after}", text(lines));
    fs::write(root.join(KEPT), new).with_context(|| format!("cannot write {KEPT}"))
}

/// Compares the kept table with what the rows are today. How many cases there were may differ.
pub(super) fn check(root: &Path, lines: &[Line]) -> anyhow::Result<()> {
    let (_, table, _) = kept(root)?;
    let rows = table.lines().filter(|it| it.starts_with("| ")).skip(2);
    let is_sum = |row: &&str| row.starts_with("| all |");
    let rows: Vec<_> = rows.filter(|it| !is_sum(it)).collect();
    let same = rows.len() == lines.len()
        && rows
            .iter()
            .zip(lines)
            .all(|(row, line)| row.starts_with(&line.key()));
    ensure!(
        same,
        "the table in {KEPT} is old: run `cargo xtask faults --write`"
    );
    Ok(())
}

/// Returns what stands before, in and after the table.
fn kept(root: &Path) -> anyhow::Result<(String, String, String)> {
    let text =
        fs::read_to_string(root.join(KEPT)).with_context(|| format!("cannot read {KEPT}"))?;
    let parts = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let (before, (table, after)) =
        parts.ok_or_else(|| io::Error::other(format!("{KEPT} has no place for the table")))?;
    Ok((before.to_owned(), table.to_owned(), after.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_table_is_known_again_and_an_old_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        let place = folder.path().join(KEPT);
        fs::write(&place, format!("# A\n\n{BEGIN}{END}\nrest\n")).unwrap();
        let mut line = Line::new("500", Expect::Truth, Expect::Codes(&[14, 4]));
        line.add(&Verdict::Truth, 2_000_000);
        line.add(&Verdict::Error(14), 1_000_000);
        let lines = [line];
        assert!(check(folder.path(), &lines).is_err());
        write(folder.path(), &lines).unwrap();
        check(folder.path(), &lines).unwrap();
        let text = fs::read_to_string(&place).unwrap();
        let row = "| 500 | truth | code 14 or 4 | 2 | 1 | 0 | 1 | 0 | 2 MB |\n";
        assert!(text.contains(row) && text.ends_with("\nrest\n"), "{text}");
        write(folder.path(), &lines).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), text);
        let renamed = [Line::new("501", Expect::Truth, Expect::Codes(&[14, 4]))];
        assert!(check(folder.path(), &renamed).is_err());
        assert!(check(folder.path(), &[]).is_err());
    }
}
