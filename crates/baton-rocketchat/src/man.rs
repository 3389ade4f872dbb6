//! `man`: the manual pages, one of the program and one of each command, for whoever packs the program.
//!
//! The options come from the tables in [`crate::fields`], as the help does. What stands here besides is what a reader without
//! the documentation needs to run a sync.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::cli::{self, NAME};
use crate::failure::Failure;
use crate::field::Scope;
use crate::{fields, help};

const PURPOSE: &[&str] = &[
    "Reads the users, roles, teams, role assignments and team memberships of one Rocket.Chat workspace over its REST API, and \
     adds them as a sync to a c1z file that Baton reads. A sync is complete, or it fails and says why, and the file has no \
     new sync. One that was interrupted is continued when the same command runs again.",
    "With a client id and a client secret of ConductorOne it stays instead, takes tasks and uploads what it syncs.",
    "Data goes to stdout, everything else to stderr.",
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "BATON_*",
        "Every option of a sync or a service, in capitals and with underscores. The option counts before the variable, and \
         that before the configuration file.",
    ),
    (
        "BATON_CONFIG_PATH",
        "The configuration file, ending in .yaml or .yml.",
    ),
    (
        "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
        "The proxy, and what is reached without it.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Authorities to trust in place of those of the system.",
    ),
    ("TMPDIR", "The directory for working files."),
    ("NO_COLOR", "No colours at a terminal."),
];

const FILES: &[(&str, &str)] = &[
    (
        "sync.c1z",
        "The file that syncs are added to, if --file names no other.",
    ),
    (
        "sync.c1z.journal",
        "What a running sync has read. It goes when the sync ends.",
    ),
    (
        ".baton.yaml, .baton.yml, .baton",
        "Configuration files that are looked for in the current directory. Keys are the names of the options.",
    ),
];

const STATUS: &[(&str, &str)] = &[
    (
        "0",
        "Success; also a sync that Ctrl-C ended, and a service that was stopped.",
    ),
    (
        "1",
        "validate was stopped by a signal. Of diff: something differs.",
    ),
    (
        "2",
        "Wrong usage, a setting or file that cannot be used, an answer that is not Rocket.Chat's.",
    ),
    (
        "3",
        "The server does not accept the request, or its name does not exist.",
    ),
    (
        "4",
        "The server took too long, or the sync or validate longer than --max-duration.",
    ),
    ("5", "The server does not know the address."),
    ("7", "A permission is missing."),
    (
        "9",
        "The sync holds much less than the one before; see --max-shrink.",
    ),
    ("10", "A list kept changing while it was read."),
    ("12", "The server does not know how."),
    ("13", "A fault of this program."),
    ("14", "The server cannot be reached or is in trouble."),
    ("16", "The user id or token is wrong."),
    ("143", "The sync was stopped by SIGTERM."),
];

const EXAMPLES: &[(&str, &str)] = &[
    (
        "baton-rocketchat demo",
        "Sync a simulated workspace, without any Rocket.Chat.",
    ),
    (
        "baton-rocketchat validate",
        "See whether all is in place, and how long a sync will take.",
    ),
    (
        "baton-rocketchat --file sync.c1z",
        "Sync the workspace that the variables name.",
    ),
    (
        "baton-rocketchat show users --file sync.c1z",
        "Show the users of the file.",
    ),
];

/// Writes the pages into the directory that the arguments name.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let [directory] = arguments else {
        return Err(Failure::usage("man takes one directory"));
    };
    let directory = Path::new(directory);
    for (file, page) in pages().map_err(|error| Failure::other(error.into()))? {
        let path = directory.join(file);
        std::fs::write(&path, page)
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(Failure::other)?;
    }
    Ok(())
}

/// Returns file names and pages.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = cli::command();
    root.build();
    let mut pages = vec![page(root.clone(), &[])?];
    // What `help` says stands in the pages themselves.
    for command in root.get_subcommands().filter(|it| it.get_name() != "help") {
        pages.push(page(command.clone(), &[command.get_name()])?);
    }
    Ok(pages)
}

fn page(command: Command, path: &[&str]) -> io::Result<(String, Vec<u8>)> {
    let below = cli::below(path).into_iter();
    let below: Vec<_> = below.filter(|(name, _)| name != "help").collect();
    let name = [&[NAME], path].concat().join("-");
    let typed = [&[NAME], path].concat().join(" ");
    let word = if below.is_empty() { "" } else { " [command]" };
    let usage = format!("{typed}{word}{} [options]", cli::arguments(path));
    let man = Man::new(described(command, path).override_usage(usage))
        .title(&name)
        // A real one would differ from build to build.
        .date(" ")
        .source(format!("{NAME} {}", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    // A name that is broken by a hyphen can neither be searched for nor copied.
    text.extend(b".nr HY 0\n.nh\n");
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    let mut roff = Roff::new();
    if path.is_empty() {
        section(&mut roff, "DESCRIPTION", PURPOSE);
    }
    if !below.is_empty() {
        roff.control("SH", ["COMMANDS"]);
    }
    for (word, about) in &below {
        let shown = if path.is_empty() {
            vec![bold(format!("{NAME}-{word}")), roman("(1)")]
        } else {
            vec![bold(format!("{typed} {word}"))]
        };
        item(&mut roff, shown, about);
    }
    roff.to_writer(&mut text)?;
    man.render_options_section(&mut text)?;
    closing(path).to_writer(&mut text)?;
    Ok((format!("{name}.1"), text))
}

/// Gives the options the descriptions and the order of the help, and puts those that every command has behind the others.
fn described(command: Command, path: &[&str]) -> Command {
    let command = command.mut_args(|it| {
        let is_positional = it.is_positional();
        it.display_order(0).hide(is_positional)
    });
    fields::all().fold(command.about(cli::about(path)), |command, field| {
        if !command.get_arguments().any(|it| it.get_id() == field.name) {
            return command;
        }
        command.mut_arg(field.name, |arg| {
            let arg = arg.help(help::description(field)).hide(field.is_hidden);
            if !path.is_empty() && field.scope == Scope::Every {
                arg.help_heading("Global options")
            } else {
                arg
            }
        })
    })
}

/// What stands behind the options.
fn closing(path: &[&str]) -> Roff {
    let mut roff = Roff::new();
    if path.is_empty() {
        list(&mut roff, "ENVIRONMENT", ENVIRONMENT);
        list(&mut roff, "FILES", FILES);
        list(&mut roff, "EXIT STATUS", STATUS);
        list(&mut roff, "EXAMPLES", EXAMPLES);
    } else {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold(NAME), roman("(1), for files and exit codes")]);
    }
    roff
}

fn section(roff: &mut Roff, title: &str, paragraphs: &[&str]) {
    roff.control("SH", [title]);
    for (number, paragraph) in paragraphs.iter().enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(*paragraph)]);
    }
}

fn list(roff: &mut Roff, title: &str, items: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (name, text) in items {
        item(roff, vec![bold(*name)], text);
    }
}

fn item(roff: &mut Roff, name: Vec<Inline>, text: &str) {
    roff.control("TP", []);
    roff.text(name);
    roff.text([roman(text)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    #[test]
    fn every_command_has_a_page_with_its_options() {
        let pages = pages().unwrap();
        let named = |name: &str| {
            let found = pages.iter().find(|(file, _)| file == name);
            String::from_utf8(found.unwrap().1.clone()).unwrap()
        };
        for (command, _) in cli::below(&[]) {
            let file = format!("{NAME}-{command}.1");
            assert_eq!(
                pages.iter().filter(|it| it.0 == file).count(),
                usize::from(command != "help"),
                "{file}"
            );
        }
        let root = named("baton-rocketchat.1");
        assert!(root.contains("(default 50)") && root.contains("$BATON_MAX_SHRINK"));
        assert!(!root.contains("GLOBAL OPTIONS"));
        let show = named("baton-rocketchat-show.1");
        assert!(show.contains("baton\\-rocketchat show users") && show.contains("GLOBAL OPTIONS"));
    }

    /// Returns the codes of a table of `docs/exit-codes.md`, which stands under a heading.
    fn codes_under(heading: &str) -> Vec<String> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exit-codes.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (_, below) = text.split_once(&format!("\n## {heading}\n")).unwrap();
        let lines = below.lines().take_while(|it| !it.starts_with('#'));
        let cells = lines.filter_map(|it| it.strip_prefix("| ")?.split(" |").next());
        let codes = cells.filter(|it| it.starts_with(|it: char| it.is_ascii_digit()));
        let codes = codes.flat_map(|it| it.split(", ")).map(str::to_owned);
        codes.collect()
    }

    #[test]
    fn exit_codes_are_those_of_the_program_and_of_the_page() {
        let numbers: Vec<_> = STATUS.iter().map(|(it, _)| (*it).to_owned()).collect();
        assert_eq!(codes_under("Of a sync, and of other commands"), numbers);
        let of_service = codes_under("Of a service");
        assert!(!of_service.is_empty());
        assert!(
            of_service.iter().all(|it| numbers.contains(it)),
            "{of_service:?}"
        );
        let codes = [
            Code::Interrupted,
            Code::Canceled,
            Code::Unknown,
            Code::InvalidArgument,
            Code::DeadlineExceeded,
            Code::NotFound,
            Code::PermissionDenied,
            Code::FailedPrecondition,
            Code::Aborted,
            Code::Unimplemented,
            Code::Internal,
            Code::Unavailable,
            Code::Unauthenticated,
            Code::Terminated,
        ];
        let codes: Vec<_> = codes.iter().map(|it| (*it as u8).to_string()).collect();
        assert_eq!(codes, numbers);
    }
}
