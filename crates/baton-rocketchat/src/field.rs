//! What a setting is: one row of the tables in [`crate::fields`].

/// A setting: a flag, and unless it belongs to single commands also an environment variable and a key of the
/// configuration file.
#[derive(Debug)]
pub(crate) struct Field {
    /// The flag without its dashes, which is also the key in the configuration file.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What it is for, in one line without full stop.
    pub(crate) help: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) scope: Scope,
    pub(crate) is_hidden: bool,
    pub(crate) is_secret: bool,
    pub(crate) is_required: bool,
    pub(crate) export: Export,
}

/// Tells what is expected of a text if it is something else.
pub(crate) type Check = fn(&str) -> Result<(), &'static str>;

/// What a value looks like. Empty texts, false and zero are defaults that need no mention.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text {
        default: &'static str,
        /// Looks at it as soon as it is read.
        check: Option<Check>,
        /// The only values that count, where there are such.
        one_of: &'static [&'static str],
    },
    Switch,
    Number {
        default: i64,
        range: Option<(i64, i64)>,
    },
    /// Several texts: with commas, or the flag several times, or a list in the configuration file.
    List,
}

/// The commands that take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them, as the flags that every Baton connector has.
    Every,
    /// Those that sync, or say how they would.
    Syncs,
    /// Those that reach the configured workspace.
    Workspace,
    /// Those that write a sync in other forms than a c1z file too.
    Forms,
    /// This one alone; it is a flag and nothing else.
    Only(&'static str),
    /// These alone; it is a flag and nothing else.
    Among(&'static [&'static str]),
}

/// Whether `config` tells of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Export {
    No,
    /// As a setting of operations, which every connector has.
    Operations,
    /// As a setting of this connector, with a label and an example.
    Connector {
        label: &'static str,
        placeholder: &'static str,
    },
}

/// Makes a field that takes a text.
pub(crate) const fn text(name: &'static str, help: &'static str) -> Field {
    let kind = Kind::Text {
        default: "",
        check: None,
        one_of: &[],
    };
    Field::new(name, kind, help)
}

/// Makes a field that is on or off.
pub(crate) const fn switch(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Kind::Switch, help)
}

/// Makes a field that takes a whole number.
pub(crate) const fn number(name: &'static str, default: i64, help: &'static str) -> Field {
    let kind = Kind::Number {
        default,
        range: None,
    };
    Field::new(name, kind, help)
}

/// Makes a field that takes several texts.
pub(crate) const fn list(name: &'static str, help: &'static str) -> Field {
    Field::new(name, Kind::List, help)
}

impl Field {
    const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self {
            name,
            kind,
            help,
            short: None,
            scope: Scope::Every,
            is_hidden: false,
            is_secret: false,
            is_required: false,
            export: Export::No,
        }
    }

    pub(crate) const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    /// Leaves it out of the help.
    pub(crate) const fn hidden(mut self) -> Self {
        self.is_hidden = true;
        self
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    pub(crate) const fn of(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    pub(crate) const fn operations(mut self) -> Self {
        self.export = Export::Operations;
        self
    }

    pub(crate) const fn connector(
        mut self,
        label: &'static str,
        placeholder: &'static str,
    ) -> Self {
        self.export = Export::Connector { label, placeholder };
        self
    }

    /// Gives a text its default.
    pub(crate) const fn default(mut self, value: &'static str) -> Self {
        if let Kind::Text { check, one_of, .. } = self.kind {
            self.kind = Kind::Text {
                default: value,
                check,
                one_of,
            };
        }
        self
    }

    /// Has a text looked at as soon as it is read.
    pub(crate) const fn checked(mut self, check: Check) -> Self {
        if let Kind::Text {
            default, one_of, ..
        } = self.kind
        {
            self.kind = Kind::Text {
                default,
                check: Some(check),
                one_of,
            };
        }
        self
    }

    /// Limits a text to some values.
    pub(crate) const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        if let Kind::Text { default, check, .. } = self.kind {
            self.kind = Kind::Text {
                default,
                check,
                one_of: values,
            };
        }
        self
    }

    /// Limits a number.
    pub(crate) const fn within(mut self, least: i64, most: i64) -> Self {
        if let Kind::Number { default, .. } = self.kind {
            self.kind = Kind::Number {
                default,
                range: Some((least, most)),
            };
        }
        self
    }

    /// Returns the environment variable: `BATON_` and the name in capitals.
    pub(crate) fn variable(&self) -> String {
        format!("BATON_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// Tells whether it is a flag and nothing else.
    pub(crate) fn is_flag_only(&self) -> bool {
        matches!(self.scope, Scope::Only(_) | Scope::Among(_))
    }

    /// Returns the type as help and error messages of Baton connectors name it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Text { .. } => "string",
            Kind::Switch => "bool",
            Kind::Number { .. } => "int",
            Kind::List => "strings",
        }
    }
}
