//! What is said about a wrong command line, in the words of other Baton connectors (`baton-runtime.md` section 1.5).

use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::{Ended, NAME};
use crate::field::{Field, Kind};
use crate::values::{parse_list, parse_switch};

/// Says what clap found.
pub(crate) fn explain(error: &clap::Error) -> Ended {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    Ended::Refused(match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return Ended::Printed(error.render().to_string());
        }
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => {
            let found =
                text(ContextKind::InvalidArg).or_else(|| text(ContextKind::InvalidSubcommand));
            let found = found.unwrap_or_default();
            match (found.strip_prefix("--"), found.strip_prefix('-')) {
                (Some(name), _) => unknown_flag(name),
                (None, Some(letters)) if !letters.is_empty() => unknown_letter(letters),
                (None, _) => format!("{}{}", unknown_command(found), suggestion(error)),
            }
        }
        // Nothing else is checked by clap than that there is a value.
        ErrorKind::InvalidValue
        | ErrorKind::NoEquals
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::TooFewValues => {
            needs_an_argument(text(ContextKind::InvalidArg).unwrap_or_default())
        }
        // A value for what takes none, which help and version are.
        _ => error
            .render()
            .to_string()
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned(),
    })
}

pub(crate) fn unknown_flag(name: &str) -> String {
    // A value may be a secret.
    let name = name.split_once('=').map_or(name, |(name, _)| name);
    format!("unknown flag: --{name}")
}

pub(crate) fn unknown_command(word: &str) -> String {
    format!("unknown command {word:?} for {NAME:?}")
}

fn unknown_letter(letters: &str) -> String {
    let first = letters.chars().next().unwrap_or_default();
    format!("unknown shorthand flag: '{first}' in -{first}")
}

fn suggestion(error: &clap::Error) -> String {
    let names: Vec<_> = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::String(name)) => vec![name.as_str()],
        Some(ContextValue::Strings(names)) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    if names.is_empty() {
        return String::new();
    }
    format!("\n\nDid you mean this?\n\t{}", names.join("\n\t"))
}

/// Takes the flag as clap names it: `-f, --file <string>`.
fn needs_an_argument(named: &str) -> String {
    let long = named.split_whitespace().find(|it| it.starts_with("--"));
    let long = long.unwrap_or(named);
    let end = long.find(['=', '[']).unwrap_or(long.len());
    format!(
        "flag needs an argument: {}",
        long.get(..end).unwrap_or(long)
    )
}

/// Says that a flag cannot have such a value.
pub(crate) fn invalid_argument(field: &Field, value: &str, reason: &str) -> String {
    let name = match field.short {
        Some(letter) => format!("-{letter}, --{}", field.name),
        None => format!("--{}", field.name),
    };
    format!("invalid argument {value:?} for {name:?} flag: {reason}")
}

/// Tells why a text is no value of a field.
pub(crate) fn check_type(field: &Field, value: &OsStr) -> Result<(), String> {
    let Some(text) = value.to_str() else {
        // It may be a path, which need not be Unicode; paths in lists have to be.
        let is_free = matches!(field.kind, Kind::Text { check: None, .. });
        return is_free
            .then_some(())
            .ok_or_else(|| "it is not Unicode".to_owned());
    };
    match field.kind {
        Kind::Text {
            check: Some(check), ..
        } if !text.is_empty() => check(text).map_err(str::to_owned),
        Kind::Text { .. } => Ok(()),
        Kind::Switch if parse_switch(text).is_some() => Ok(()),
        Kind::Switch => Err(format!(
            "strconv.ParseBool: parsing {text:?}: invalid syntax"
        )),
        Kind::Number { .. } => match text.parse::<i64>() {
            Ok(_) => Ok(()),
            Err(error) => Err(format!(
                "strconv.ParseInt: parsing {text:?}: {}",
                match error.kind() {
                    std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow =>
                        "value out of range",
                    _ => "invalid syntax",
                }
            )),
        },
        Kind::List => parse_list(text).map(drop).map_err(str::to_owned),
    }
}
