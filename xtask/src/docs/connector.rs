//! `docs/connector.md`: the page for C1's documentation, `docs/connector.mdx`, in plain Markdown.
//!
//! The few components that pages of connectors may use are known here; any other tag is refused.

use std::mem;

use anyhow::{Context as _, bail, ensure};

/// The page that both are written in.
pub(super) const SOURCE: &str = "docs/connector.mdx";

/// Where a page finds the documents of this repository when it stands elsewhere.
const REPOSITORY: &str = "https://github.com/conductorone/baton-rocketchat/blob/main/";

/// A tick in a table.
const TICK: &str = r##"<Icon icon="square-check" iconType="solid" color="#c937ae"/>"##;

const NOTE: &str = "<!-- Made by `cargo xtask docs` of connector.mdx; not to be edited. -->";

/// Components whose content is set apart from the text.
const REMARKS: &[&str] = &["Info", "Note", "Tip", "Warning"];

/// Writes the page.
pub(super) fn page(source: &str) -> anyhow::Result<String> {
    let (title, body) = front_matter(source)?;
    let mut page = Page {
        lines: vec![format!("# {title}"), String::new(), NOTE.to_owned()],
        ..Page::default()
    };
    for (number, line) in (1..).zip(body.lines()) {
        page.take(line)
            .with_context(|| format!("line {number} below the front matter: {line}"))?;
    }
    ensure!(page.is_closed(), "a component is not closed");
    Ok(page.text())
}

/// Returns the title and what follows.
fn front_matter(source: &str) -> anyhow::Result<(&str, &str)> {
    let rest = source.strip_prefix("---\n").context("no front matter")?;
    let (head, body) = rest
        .split_once("\n---\n")
        .context("the front matter has no end")?;
    let title = head.lines().find_map(|line| line.strip_prefix("title: "));
    Ok((title.context("no title")?.trim_matches('"'), body))
}

#[derive(Default)]
struct Page {
    lines: Vec<String>,
    in_code: bool,
    in_tab: bool,
    in_remark: bool,
    steps: Option<Steps>,
}

/// A list of steps.
#[derive(Default)]
struct Steps {
    /// The number of the step; 0 before the first.
    number: usize,
    /// The step has no line yet.
    begins: bool,
}

impl Page {
    fn take(&mut self, line: &str) -> anyhow::Result<()> {
        let words = line.trim();
        if words.starts_with("```") {
            self.in_code = !self.in_code;
            // What else stands behind the language is for the other reader.
            return self.put(line.split(" expandable").next().unwrap_or_default());
        }
        if self.in_code {
            return self.put(line);
        }
        match words.strip_prefix('<').and_then(|it| it.strip_suffix('>')) {
            Some(tag) => self.tag(tag),
            None => self.prose(line),
        }
    }

    fn tag(&mut self, tag: &str) -> anyhow::Result<()> {
        if let Some(title) = tag.strip_prefix("Tab title=\"") {
            self.in_tab = true;
            let title = title.trim_end_matches('"');
            self.lines.extend([format!("### {title}"), String::new()]);
            return Ok(());
        }
        match tag {
            "Tabs" | "/Tabs" | "/Step" => {}
            "/Tab" => self.in_tab = false,
            "Steps" => self.steps = Some(Steps::default()),
            "/Steps" => self.steps = None,
            "Step" => {
                let steps = self.steps.as_mut().context("a step outside of a list")?;
                steps.number += 1;
                steps.begins = true;
            }
            _ if REMARKS.contains(&tag) => self.in_remark = true,
            _ if tag
                .strip_prefix('/')
                .is_some_and(|it| REMARKS.contains(&it)) =>
            {
                self.in_remark = false;
            }
            _ => bail!("a tag that pages may not use"),
        }
        Ok(())
    }

    fn prose(&mut self, line: &str) -> anyhow::Result<()> {
        let text = line
            .replace(TICK, "yes")
            .replace(&format!("{REPOSITORY}docs/"), "")
            .replace(REPOSITORY, "../");
        let visible = text.split('`').step_by(2);
        for part in visible {
            ensure!(
                !part.contains(['<', '{']),
                "a tag or an expression within a line"
            );
        }
        let is_heading = text.starts_with("###");
        if is_heading && self.in_tab {
            return self.put(&format!("#{text}"));
        }
        self.put(&text)
    }

    /// Adds a line, in the step or the remark that it belongs to.
    fn put(&mut self, line: &str) -> anyhow::Result<()> {
        let line = match &mut self.steps {
            _ if line.trim().is_empty() => String::new(),
            None => line.to_owned(),
            Some(steps) => steps.line(line)?,
        };
        self.lines.push(if self.in_remark {
            format!("> {line}").trim_end().to_owned()
        } else {
            line
        });
        Ok(())
    }

    fn is_closed(&self) -> bool {
        !(self.in_code || self.in_tab || self.in_remark || self.steps.is_some())
    }

    /// Returns the lines, never two empty ones in a row.
    fn text(self) -> String {
        let mut text = String::new();
        let mut was_empty = false;
        for line in self.lines {
            let is_empty = line.is_empty();
            if !(is_empty && was_empty) {
                text.push_str(&line);
                text.push('\n');
            }
            was_empty = is_empty;
        }
        text
    }
}

impl Steps {
    /// Returns a line of the step as one of an item of a list.
    fn line(&mut self, line: &str) -> anyhow::Result<String> {
        ensure!(self.number > 0, "text between steps");
        Ok(if mem::take(&mut self.begins) {
            format!("{}. {}", self.number, line.trim_start())
        } else {
            format!("   {}", line.strip_prefix("   ").unwrap_or(line))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "---\ntitle: \"Set it up\"\nog:title: \"x\"\n---\n";

    fn check(body: &str, expected: &str) {
        let text = page(&format!("{HEAD}{body}")).unwrap();
        assert_eq!(text, format!("# Set it up\n\n{NOTE}\n{expected}"));
    }

    #[test]
    fn steps_become_a_list() {
        check(
            "\n<Steps>\n<Step>\nOne\n   and more.\n</Step>\n<Step>\n   Two:\n\n   ```sh\n   x <y>\n   ```\n</Step>\n</Steps>\n",
            "\n1. One\n   and more.\n2. Two:\n\n   ```sh\n   x <y>\n   ```\n",
        );
    }

    #[test]
    fn tabs_become_sections_and_remarks_quotations() {
        check(
            "\n<Tabs>\n<Tab title=\"Here\">\n\n### Step 1\n\n<Warning>\nTake\n\ncare.\n</Warning>\n</Tab>\n</Tabs>\n",
            "\n### Here\n\n#### Step 1\n\n> Take\n>\n> care.\n",
        );
    }

    #[test]
    fn ticks_links_and_code_are_translated() {
        check(
            &format!(
                "| Users | {TICK} |\n[a]({REPOSITORY}docs/a.md#b) [c]({REPOSITORY}README.md)\n```yaml expandable\na: <b>\n```\n"
            ),
            "| Users | yes |\n[a](a.md#b) [c](../README.md)\n```yaml\na: <b>\n```\n",
        );
    }

    #[test]
    fn what_the_other_reader_would_trip_over_is_refused() {
        for body in [
            "<Foo>\n",
            "a <b> c\n",
            "a {b}\n",
            "<Steps>\nbetween\n</Steps>\n",
            "<Steps>\n<Step>\nopen\n",
            "```sh\nopen\n",
        ] {
            assert!(page(&format!("{HEAD}{body}")).is_err(), "{body}");
        }
        assert!(page("no head\n").is_err());
        assert!(page(&format!("{HEAD}`a <b> {{c}}`\n")).is_ok());
    }
}
