//! The help, laid out as with other Baton connectors.

use std::fmt::Write as _;

use crate::cli::{self, NAME};
use crate::field::{Field, Kind, Scope};
use crate::{fields, words};

/// How wide lines are where nobody says how wide the terminal is.
const WIDTH: usize = 100;

/// Narrower than this, descriptions would be columns of single words.
const NARROWEST: usize = 60;

/// Where descriptions begin. Longer flags have theirs on a line of its own.
const COLUMN: usize = 42;

/// Returns the help of a command, which is named by the words that lead to it.
pub(crate) fn of(path: &[&str]) -> String {
    let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0));
    render(path, width.clamp(NARROWEST, WIDTH))
}

fn render(path: &[&str], width: usize) -> String {
    let name = [&[NAME], path].concat().join(" ");
    let about = cli::about(path);
    let arguments = cli::arguments(path);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match path {
        [] => writeln!(text, "{NAME}: {about}\n\nUsage:\n  {name} [flags]"),
        _ => writeln!(text, "{about}\n\nUsage:\n  {name}{arguments} [flags]"),
    };
    let commands = cli::below(path);
    if !commands.is_empty() {
        let _ = writeln!(text, "  {name} [command]\n\nAvailable Commands:");
        for (name, about) in &commands {
            describe(&mut text, &format!("  {name}"), about, 17, width);
        }
    }
    let command = path.first().copied().unwrap_or_default();
    let of_command = |it: &&Field| !it.is_hidden && cli::takes(command, it);
    let is_global = |it: &Field| !path.is_empty() && it.scope == Scope::Every;
    let local: Vec<_> = fields::all()
        .filter(of_command)
        .filter(|it| !is_global(it))
        .collect();
    let global: Vec<_> = fields::all()
        .filter(of_command)
        .filter(|it| is_global(it))
        .collect();
    let mut own = vec![("  -h, --help".to_owned(), "Show help".to_owned())];
    if path.is_empty() {
        own.push(("  -v, --version".to_owned(), "Print the version".to_owned()));
    }
    table(&mut text, "Flags", &local, own, width);
    if !global.is_empty() {
        table(&mut text, "Global Flags", &global, Vec::new(), width);
    }
    if !commands.is_empty() {
        let _ = writeln!(
            text,
            "\nUse \"{name} [command] --help\" for more about a command."
        );
    }
    text
}

fn table(
    text: &mut String,
    title: &str,
    fields: &[&Field],
    own: Vec<(String, String)>,
    width: usize,
) {
    let _ = writeln!(text, "\n{title}:");
    let mut rows = own;
    rows.extend(fields.iter().map(|it| (flag(it), description(it))));
    // By name, which begins where the short form ends.
    rows.sort_by(|a, b| a.0.get(6..).cmp(&b.0.get(6..)));
    for (flag, description) in rows {
        describe(text, &flag, &description, COLUMN, width);
    }
}

fn describe(text: &mut String, name: &str, description: &str, column: usize, width: usize) {
    let lines = words::wrap(description, width - column);
    let mut lines = lines.iter();
    if name.len() + 2 <= column {
        let first = lines.next().map_or("", String::as_str);
        let _ = writeln!(text, "{name:column$}{first}");
    } else {
        let _ = writeln!(text, "{name}");
    }
    for line in lines {
        let _ = writeln!(text, "{:column$}{line}", "");
    }
}

fn flag(field: &Field) -> String {
    let short = field
        .short
        .map_or("    ".to_owned(), |letter| format!("-{letter}, "));
    match field.kind {
        Kind::Switch => format!("  {short}--{}", field.name),
        _ => format!("  {short}--{} {}", field.name, field.type_name()),
    }
}

/// Returns what a field is for, with its variable and its default.
pub(crate) fn description(field: &Field) -> String {
    let required = if field.is_required { "required: " } else { "" };
    let variable = if field.is_flag_only() {
        String::new()
    } else {
        format!(" (${})", field.variable())
    };
    let default = match field.kind {
        Kind::Text { default, .. } if !default.is_empty() => format!(" (default {default:?})"),
        Kind::Number { default, .. } if default != 0 => format!(" (default {default})"),
        _ => String::new(),
    };
    format!("{required}{}{variable}{default}", field.help)
}
