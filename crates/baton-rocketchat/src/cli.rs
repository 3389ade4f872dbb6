//! Commands, and how the command line is read: clap does it, from the tables in [`crate::fields`].
//!
//! Every command has the flags that its scope gives it, so that flags and command may come in any order, as with other
//! Baton connectors. What is refused is said in their words, see [`crate::usage`].

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::field::{Field, Kind, Scope};
use crate::show::Table;
use crate::typed::Typed;
use crate::{fields, help, usage};

/// The name of the program.
pub(crate) const NAME: &str = "baton-rocketchat";

/// What the program is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// No word at all: a sync, or an action that a flag asks for.
    Sync,
    Validate,
    Demo,
    Export,
    Capabilities,
    Config,
    HealthCheck,
    Completion(clap_complete::Shell),
    /// Without a table: what there is to see.
    Show(Option<Table>),
    Diff,
    Man,
}

/// A command line that could be read.
pub(crate) struct Line {
    pub(crate) word: Word,
    pub(crate) flags: Flags,
    /// What is neither command nor flag; only `diff` and `man` take any.
    pub(crate) arguments: Vec<OsString>,
}

/// The values of the flags, as typed. Has no `Debug`, because one of them may be a token.
#[derive(Default)]
pub(crate) struct Flags(BTreeMap<&'static str, Vec<Typed>>);

/// Why there is no command to run.
pub(crate) enum Ended {
    /// Help or version was asked for: this goes to stdout.
    Printed(String),
    /// The command line is wrong.
    Refused(String),
}

/// The commands, with what each is for.
const COMMANDS: &[(&str, &str)] = &[
    ("capabilities", "Print what the connector can do, as JSON"),
    ("config", "Print which settings there are, as JSON"),
    (
        "health-check",
        "Ask a running connector whether it is healthy",
    ),
    (
        "validate",
        "Check server, token and permissions, and say how long a sync will take; writes no file",
    ),
    (
        "demo",
        "Sync a simulated workspace, without any Rocket.Chat, and show what the file holds",
    ),
    (
        EXPORT,
        "Write a sync of a c1z file in other forms, without asking the workspace again",
    ),
    (COMPLETION, "Print a completion script for a shell"),
    (
        SHOW,
        "Show what a file holds: users, roles, teams, grants, syncs, or how many of each",
    ),
    (
        DIFF,
        "Compare two syncs, of one file or of two; exit code 1 if something differs",
    ),
];

const HELP: &str = "help";
const COMPLETION: &str = "completion";
const EXPORT: &str = "export";
const SHOW: &str = "show";
const DIFF: &str = "diff";

/// For whoever packs the program; no help and no completion names it.
const MAN: &str = "man";

/// The name under which clap keeps what is neither command nor flag.
const ARGUMENTS: &str = "arguments";

const SHELLS: [(&str, clap_complete::Shell); 4] = [
    ("bash", clap_complete::Shell::Bash),
    ("fish", clap_complete::Shell::Fish),
    ("powershell", clap_complete::Shell::PowerShell),
    ("zsh", clap_complete::Shell::Zsh),
];

/// Reads a command line, the name of the program included.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Line, Ended> {
    // A flag that belongs to a command may stand before it.
    let others = fields::all().filter(|it| !takes("", it)).map(flag);
    let with_help = |command: Command, name| {
        command.mut_subcommand(name, |it| {
            let help = explained(&[name]).name(HELP).hide(true);
            it.subcommand(help)
        })
    };
    let matches = [SHOW, COMPLETION]
        .into_iter()
        .fold(command(), with_help)
        .args(others)
        .subcommand(man())
        // It has no place in the completions.
        .mut_subcommand(HELP, |it| it.subcommand(explained(&[MAN]).hide(true)))
        .try_get_matches_from(arguments)
        .map_err(|error| usage::explain(&error))?;
    let mut flags = Flags::default();
    let mut arguments = Vec::new();
    let mut path = Vec::new();
    let mut level = &matches;
    loop {
        flags.take(level);
        if let Ok(Some(found)) = level.try_get_many::<OsString>(ARGUMENTS) {
            arguments.extend(found.cloned());
        }
        let Some((name, below)) = level.subcommand() else {
            break;
        };
        path.push(name);
        level = below;
    }
    let word = match path.as_slice() {
        [] => Word::Sync,
        ["validate"] => Word::Validate,
        ["demo"] => Word::Demo,
        [EXPORT] => Word::Export,
        ["capabilities"] => Word::Capabilities,
        ["config"] => Word::Config,
        ["health-check"] => Word::HealthCheck,
        [name @ (SHOW | COMPLETION), HELP, of @ ..] => {
            return Err(Ended::Printed(help::of(&[&[*name], of].concat())));
        }
        [COMPLETION, shell] => match SHELLS.iter().find(|(name, _)| name == shell) {
            Some((_, shell)) => Word::Completion(*shell),
            None => return Err(Ended::Refused(usage::unknown_command(shell))),
        },
        [SHOW] => Word::Show(None),
        [SHOW, name] => match Table::named(name) {
            Some(table) => Word::Show(Some(table)),
            None => return Err(Ended::Refused(usage::unknown_command(name))),
        },
        [DIFF] => Word::Diff,
        [MAN] => Word::Man,
        [HELP, of @ ..] => return Err(Ended::Printed(help::of(of))),
        _ => return Err(Ended::Printed(help::of(&path))),
    };
    let command = path.first().copied().unwrap_or_default();
    for field in fields::all() {
        if flags.get(field).is_some() && !takes(command, field) {
            return Err(Ended::Refused(usage::unknown_flag(field.name)));
        }
    }
    if let Err(refusal) = flags.check() {
        return Err(Ended::Refused(refusal));
    }
    Ok(Line {
        word,
        flags,
        arguments,
    })
}

/// Tells whether a command takes a flag; the command without a name is that of a sync.
pub(crate) fn takes(command: &str, field: &Field) -> bool {
    match field.scope {
        Scope::Every => true,
        Scope::Syncs => matches!(command, "" | "validate" | "demo"),
        Scope::Workspace => matches!(command, "" | "validate"),
        Scope::Forms => matches!(command, "" | "validate" | "demo" | EXPORT),
        Scope::Only(it) => command == it,
        Scope::Among(them) => them.contains(&command),
    }
}

/// Builds the commands with their flags.
pub(crate) fn command() -> Command {
    build(|_| true)
}

/// Builds the commands with those flags that help shows: the others are for single actions, and refused for the most part.
pub(crate) fn shown() -> Command {
    build(|it| !it.is_hidden)
}

fn build(has: impl Fn(&Field) -> bool + Copy) -> Command {
    let with_flags = |command, name| with_flags(command, name, has);
    let mut root = with_flags(Command::new(NAME), "")
        .version(concat!("version ", env!("CARGO_PKG_VERSION")))
        .disable_version_flag(true)
        .arg(own("version", 'v', "Print the version", ArgAction::Version))
        .override_help(help::of(&[]))
        // That of clap says of itself what it likes.
        .disable_help_subcommand(true);
    for (name, about) in COMMANDS.iter().copied() {
        let mut command = with_flags(Command::new(name), name).override_help(help::of(&[name]));
        for (word, about) in below(&[name]) {
            let help = help::of(&[name, &word]);
            let below = with_flags(Command::new(word), name);
            command = command.subcommand(below.about(about).override_help(help));
        }
        if name == DIFF {
            command = command.arg(files());
        }
        root = root.subcommand(command.about(about));
    }
    let mut help = with_flags(Command::new(HELP), HELP).override_help(help::of(&[HELP]));
    for (name, _) in below(&[]) {
        help = help.subcommand(explained(&[&name]));
    }
    root.subcommand(help.about(about(&[HELP])))
}

/// Builds what `help` has for a command: its name, those below it, and no flags.
fn explained(path: &[&str]) -> Command {
    let name = path.last().copied().unwrap_or_default().to_owned();
    let mut command = Command::new(name)
        .about(about(path))
        .disable_help_flag(true);
    for (word, _) in below(path) {
        command = command.subcommand(explained(&[path, &[&word]].concat()));
    }
    command
}

fn man() -> Command {
    with_flags(Command::new(MAN), MAN, |_| true)
        .override_help(help::of(&[MAN]))
        .hide(true)
        .arg(files())
}

/// Any number of files, so that too many are refused in our words.
fn files() -> Arg {
    Arg::new(ARGUMENTS)
        .num_args(0..)
        .action(ArgAction::Append)
        .value_parser(clap::value_parser!(OsString))
        .value_hint(clap::ValueHint::FilePath)
}

/// Returns what stands for the arguments of a command in its help.
pub(crate) fn arguments(path: &[&str]) -> &'static str {
    match path {
        [DIFF] => " [OLD [NEW]]",
        [MAN] => " DIRECTORY",
        [HELP] => " [COMMAND]",
        _ => "",
    }
}

/// Returns the same without descriptions, and without help that would say them.
pub(crate) fn without_descriptions(command: Command) -> Command {
    let names: Vec<_> = command
        .get_subcommands()
        .map(|it| it.get_name().to_owned())
        .collect();
    let command = command.about("").mut_args(|it| it.help(""));
    names.iter().fold(command, |command, name| {
        command.mut_subcommand(name, without_descriptions)
    })
}

/// Returns the commands below one, with what each is for.
pub(crate) fn below(path: &[&str]) -> Vec<(String, String)> {
    let owned = |(name, about): &(&str, &str)| ((*name).to_owned(), (*about).to_owned());
    match path {
        [] => {
            let help = (HELP, "Show help for a command");
            let mut all: Vec<_> = COMMANDS.iter().chain([&help]).map(owned).collect();
            all.sort();
            all
        }
        [COMPLETION] => SHELLS
            .iter()
            .map(|(shell, _)| {
                (
                    (*shell).to_owned(),
                    format!("Print a completion script for {shell}"),
                )
            })
            .collect(),
        [SHOW] => Table::ALL
            .iter()
            .map(|table| (table.name().to_owned(), table.about().to_owned()))
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns what a command is for.
pub(crate) fn about(path: &[&str]) -> String {
    let Some((last, before)) = path.split_last() else {
        return "Sync the users, roles and teams of a Rocket.Chat workspace to a file that Baton reads"
            .to_owned();
    };
    if path == [MAN] {
        return "Write the manual pages into a directory".to_owned();
    }
    let siblings = below(before);
    let found = siblings.into_iter().find(|(name, _)| name == last);
    found.map(|(_, about)| about).unwrap_or_default()
}

/// Gives a command those of its flags that it `has`.
fn with_flags(command: Command, name: &str, has: impl Fn(&Field) -> bool) -> Command {
    let flags = fields::all()
        .filter(|it| takes(name, it) && has(it))
        .map(flag);
    command
        .disable_help_flag(true)
        .arg(own("help", 'h', "Show help", ArgAction::Help))
        .args(flags)
        .args_override_self(true)
}

fn own(name: &'static str, letter: char, help: &'static str, action: ArgAction) -> Arg {
    Arg::new(name)
        .long(name)
        .short(letter)
        .help(help)
        .action(action)
}

fn flag(field: &'static Field) -> Arg {
    let arg = Arg::new(field.name)
        .long(field.name)
        .help(field.help)
        .hide(field.is_hidden)
        .value_name(field.type_name())
        .value_parser(clap::value_parser!(OsString))
        .allow_hyphen_values(true);
    let arg = match field.short {
        Some(letter) => arg.short(letter),
        None => arg,
    };
    match field.kind {
        Kind::Switch => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        Kind::List => arg.action(ArgAction::Append),
        Kind::Text { .. } | Kind::Number { .. } => arg.action(ArgAction::Set),
    }
}

impl Flags {
    /// Adds what one level of the command line says. A list goes on, anything else is replaced.
    fn take(&mut self, matches: &ArgMatches) {
        for field in fields::all() {
            let Ok(Some(values)) = matches.try_get_many::<OsString>(field.name) else {
                continue;
            };
            let here = self.0.entry(field.name).or_default();
            if !matches!(field.kind, Kind::List) {
                here.clear();
            }
            here.extend(values.map(Typed::from));
        }
    }

    /// Returns what was typed for a field, if anything was.
    pub(crate) fn get(&self, field: &Field) -> Option<&[Typed]> {
        self.0.get(field.name).map(Vec::as_slice)
    }

    /// Refuses values that are not of the field's type, in the words of other connectors.
    fn check(&self) -> Result<(), String> {
        for field in fields::all() {
            for value in self.get(field).into_iter().flatten() {
                usage::check_type(field, value).map_err(|reason| {
                    usage::invalid_argument(field, &value.to_string_lossy(), &reason)
                })?;
            }
        }
        Ok(())
    }
}
