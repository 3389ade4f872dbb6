//! `docs/cli-reference.md`: the help of every command, and the flags that no help shows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, ensure};

use super::program::Program;
use crate::program::NAME;

const COMMANDS: &str = "\nAvailable Commands:\n";
const GLOBAL: &str = "\nGlobal Flags:\n";

/// The line of the completion script for fish that tells of a flag of the command without a name.
const FLAG: &str = r#"complete -c baton-rocketchat -n "__fish_baton_rocketchat_needs_command" "#;

const HEAD: &str = "\
# Command line reference

<!-- Made by `cargo xtask docs` of what the program says; not to be edited. -->

What the program says when it is asked for help. What it all means, with examples, is in [command-line.md](command-line.md).
";

const GLOBAL_HEAD: &str = "\
## Flags of every command

`--help` shows these too. Most of them mean something to some commands only, as with other Baton connectors.
";

const HIDDEN_HEAD: &str = "\
## Flags that no help shows

They can be set like all others: as a flag, as a variable, or as a key of the configuration file. Those for single actions,
such as granting, are refused: this connector only reads.

| flag | variable | meaning |
| --- | --- | --- |
";

/// Writes the page.
pub(super) fn page(program: &Program) -> anyhow::Result<String> {
    let root = program.say(&["--help"])?;
    let mut helps = BTreeMap::new();
    for command in commands(&root)? {
        helps.insert(command.to_owned(), program.say(&[command, "--help"])?);
    }
    render(
        &root,
        &helps,
        &program.say(&["completion", "fish", "--all"])?,
    )
}

fn render(root: &str, helps: &BTreeMap<String, String>, script: &str) -> anyhow::Result<String> {
    let mut page = HEAD.to_owned();
    let mut section = |title: &str, text: &str| {
        // Writing to a string cannot fail.
        let _ = write!(
            page,
            "\n## `{title}`\n\n```text\n{}\n```\n",
            text.trim_end()
        );
    };
    section(NAME, root);
    let mut shared: Option<&str> = None;
    for (command, help) in helps {
        let (own, global) = divide(help).with_context(|| format!("help of {command}"))?;
        section(&format!("{NAME} {command}"), &own);
        ensure!(
            *shared.get_or_insert(global) == global,
            "{command} has other global flags than those before"
        );
    }
    let shared = shared.unwrap_or_default();
    let _ = write!(page, "\n{GLOBAL_HEAD}\n```text\n{shared}\n```\n");
    let _ = write!(page, "\n{HIDDEN_HEAD}");
    for (name, meaning) in flags(script).filter(|(name, _)| !shows(root, name)) {
        let variable = name.to_uppercase().replace('-', "_");
        let _ = writeln!(page, "| `--{name}` | `BATON_{variable}` | {meaning} |");
    }
    Ok(page)
}

/// Returns the names of the commands but `help`, which the others' help tells of.
fn commands(help: &str) -> anyhow::Result<Vec<&str>> {
    let (_, list) = help.split_once(COMMANDS).context("no list of commands")?;
    let rows = list.lines().take_while(|line| !line.is_empty());
    let names = rows
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next());
    Ok(names.filter(|name| *name != "help").collect())
}

/// Separates the global flags from what else a help says.
fn divide(help: &str) -> anyhow::Result<(String, &str)> {
    let (before, rest) = help.split_once(GLOBAL).context("no global flags")?;
    let (global, after) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let own = [before.trim_end(), after.trim_end()].join("\n\n");
    Ok((own, global.trim_end()))
}

/// Yields the flags of the command without a name, those that help leaves out too, with what each is for.
fn flags(script: &str) -> impl Iterator<Item = (&str, String)> {
    script.lines().filter_map(|line| {
        let rest = line.strip_prefix(FLAG)?;
        let (_, rest) = rest.split_once("-l ")?;
        let (name, rest) = rest.split_once(" -d '")?;
        let (meaning, _) = rest.rsplit_once('\'')?;
        Some((name, meaning.replace("\\'", "'")))
    })
}

fn shows(help: &str, flag: &str) -> bool {
    let flag = format!("--{flag}");
    help.split_whitespace().any(|word| word == flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "x: about\n\nAvailable Commands:\n  demo    Show\n          more\n  help    Help\n\nFlags:\n  -f, --file string  A file\n";

    #[test]
    fn global_flags_stand_once_and_hidden_ones_are_listed() {
        let help = "About\n\nFlags:\n  -h, --help  Show\n\nGlobal Flags:\n  -f, --file string  A file\n\nUse more.\n";
        let helps = BTreeMap::from([("demo".to_owned(), help.to_owned())]);
        let script =
            format!("{FLAG}-s f -l file -d 'A file' -r\n{FLAG}-l deep -d 'Nobody\\'s' -r\n");
        let page = render(ROOT, &helps, &script).unwrap();
        assert!(page.contains("## `baton-rocketchat demo`\n\n```text\nAbout\n\nFlags:\n  -h, --help  Show\n\nUse more.\n```\n"), "{page}");
        assert!(page.contains("every command\n"), "{page}");
        assert!(
            page.contains("```text\n  -f, --file string  A file\n```"),
            "{page}"
        );
        assert!(
            page.ends_with("| `--deep` | `BATON_DEEP` | Nobody's |\n"),
            "{page}"
        );
        assert!(!page.contains("`--file`"), "{page}");
    }

    #[test]
    fn commands_that_disagree_about_global_flags_are_an_error() {
        let help = |flag: &str| format!("About\n\nGlobal Flags:\n  --{flag}\n");
        let helps = BTreeMap::from([("a".to_owned(), help("x")), ("b".to_owned(), help("y"))]);
        assert!(render(ROOT, &helps, "").is_err());
    }

    #[test]
    fn continued_lines_are_no_commands() {
        assert_eq!(commands(ROOT).unwrap(), ["demo"]);
    }
}
