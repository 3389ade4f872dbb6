//! The one error that a user sees, and the exit code that goes with it.

use std::process::ExitCode;

use crate::code::Code;

/// Why the run ends without success.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: Code, error: anyhow::Error) -> Self {
        Self {
            code,
            error,
            hint: None,
        }
    }

    pub(crate) fn other(error: anyhow::Error) -> Self {
        Self::new(Code::Unknown, error)
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Adds what else can be done.
    pub(crate) fn and_hint(self, more: &str) -> Self {
        let hint = match self.hint {
            Some(hint) => format!("{more}; {hint}"),
            None => more.to_owned(),
        };
        Self {
            hint: Some(hint),
            ..self
        }
    }

    /// Returns the error in one line.
    pub(crate) fn error(&self) -> String {
        self.error.to_string()
    }

    /// Returns what led to the error, nearest first. Many libraries repeat their cause in their own words; once is enough.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut said = self.error();
        let causes = self.error.chain().skip(1).map(ToString::to_string);
        let news = causes.filter(|words| {
            let is_new = !said.contains(words);
            if is_new {
                said.clone_from(words);
            }
            is_new
        });
        news.collect()
    }

    /// Returns what can be done about it, where that is known.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.code as u8
    }

    /// Writes the error, its causes and the hint to stderr, and returns the exit code.
    #[expect(
        clippy::print_stderr,
        reason = "the last words of the program belong there whatever the log settings are"
    )]
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("error: {}", self.error());
        for cause in self.causes() {
            eprintln!("  caused by: {cause}");
        }
        if let Some(hint) = self.hint() {
            eprintln!("\nhint: {hint}");
        }
        ExitCode::from(self.exit_code())
    }
}

impl Failure {
    /// Says why the sync of the workspace at `address` failed.
    pub(crate) fn of_sync(error: rocketchat_sync::Error, address: &str) -> Self {
        use rocketchat_sync::Error;
        let code = Code::of_sync(&error);
        let (hint, place) = match &error {
            Error::Sink(error) => (error.hint().map(str::to_owned), None),
            Error::Http(_) => (
                error.hint(),
                Some(format!("cannot reach the workspace at {address}")),
            ),
            _ => (error.hint(), None),
        };
        let error = anyhow::Error::from(error);
        let error = match place {
            Some(place) => error.context(place),
            None => error,
        };
        Self { code, error, hint }
    }
}

impl From<rocketchat_http::Error> for Failure {
    fn from(error: rocketchat_http::Error) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self {
            code: Code::of_http(&error),
            error: error.into(),
            hint,
        }
    }
}

impl From<baton_sinks::Error> for Failure {
    fn from(error: baton_sinks::Error) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self {
            code: Code::Unknown,
            error: error.into(),
            hint,
        }
    }
}

impl From<baton_c1z::Error> for Failure {
    fn from(error: baton_c1z::Error) -> Self {
        baton_sinks::Error::from(error).into()
    }
}
