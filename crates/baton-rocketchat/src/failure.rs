//! The one error that a user sees, and the exit code that goes with it.
//!
//! People at a terminal read the error, its causes and a hint. Elsewhere the same is one line of the log, and the last line
//! of stderr is what other Baton connectors write there (`baton-runtime.md` section 1.6).

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use crate::code::Code;
use crate::words::plain;

/// Why the run ends without success.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    error: anyhow::Error,
    hint: Option<String>,
    step: Step,
}

/// What was being done, which other connectors put in front of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Reading the command line and the settings: the error stands for itself.
    Usage,
    /// Nothing that has a name.
    Task,
    /// Beginning to serve, before there is a task.
    Serving,
    Validating,
    ListingResources,
    ListingGrants,
}

impl Step {
    fn words(self) -> &'static str {
        match self {
            Self::Usage | Self::Task | Self::Serving => "",
            Self::Validating => "validate failed: ",
            Self::ListingResources => "error: listing resources failed: ",
            Self::ListingGrants => "sync-grants-for-resource: error listing grants: ",
        }
    }
}

impl Failure {
    pub(crate) fn new(code: Code, error: anyhow::Error) -> Self {
        Self {
            code,
            error,
            hint: None,
            step: Step::Task,
        }
    }

    /// Refuses a command line or settings, in words that stand for themselves.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        let error = anyhow::Error::msg(text.into());
        Self {
            step: Step::Usage,
            ..Self::other(error)
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

    /// Says what was being done.
    pub(crate) fn at(self, step: Step) -> Self {
        Self { step, ..self }
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

    /// Returns the error and what led to it.
    fn with_causes(&self) -> String {
        let mut said = vec![self.error()];
        said.extend(self.causes());
        said.join(": ")
    }

    /// Returns what C1 is told when a task fails, and shows to people: what was being done, the error, its causes and what
    /// can be done.
    pub(crate) fn sentence(&self) -> String {
        let said = format!("{}{}", self.step.words(), self.with_causes());
        match &self.hint {
            Some(hint) => format!("{said}; {hint}"),
            None => said,
        }
    }

    /// Returns what can be done about it, where that is known.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.code as u8
    }

    /// Writes what happened to stderr, and returns the exit code, which tells even where nobody can read.
    pub(crate) fn report(&self) -> ExitCode {
        let is_for_people = io::stderr().is_terminal();
        if !is_for_people && (self.step != Step::Usage || self.hint.is_some()) {
            self.log();
        }
        let text = if is_for_people {
            self.page()
        } else {
            self.last_line() + "\n"
        };
        let _ = io::stderr().write_all(text.as_bytes());
        ExitCode::from(self.exit_code())
    }

    /// Returns the error for people.
    fn page(&self) -> String {
        let mut text = format!("error: {}\n", self.error());
        for cause in self.causes() {
            text.extend(["  caused by: ", &cause, "\n"]);
        }
        if let Some(hint) = self.hint() {
            text.extend(["\nhint: ", hint, "\n"]);
        }
        // What servers and files say is in there.
        harmless(&text)
    }

    /// Keeps for the log what the last line has no place for.
    fn log(&self) {
        let causes = serde_json::Value::from(self.causes()).to_string();
        let causes = (causes != "[]").then_some(causes);
        tracing::error!(error = self.error(), causes, hint = self.hint(), "failed");
    }

    /// Returns the error in the shape of other connectors: as a status, in one line, unless it is about usage.
    fn last_line(&self) -> String {
        let said = self.with_causes();
        if self.step == Step::Usage {
            return said;
        }
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.step == Step::Serving {
            return format!("runner: {said}");
        }
        let code = self.code.name();
        let status = |said: &str| format!("rpc error: code = {code} desc = {said}");
        let inner = match (self.step, self.code) {
            (Step::Task, _) | (_, Code::Unknown) => said,
            _ => status(&said),
        };
        let outer = status(&format!("{}{inner}", self.step.words()));
        format!("runner: error processing task: {outer}")
    }
}

impl Failure {
    /// Says why the sync of the workspace at `address` failed.
    pub(crate) fn of_sync(error: rocketchat_sync::Error, address: &str) -> Self {
        use rocketchat_sync::Error;
        let code = Code::of_sync(&error);
        let step = Step::of(&error);
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
        Self {
            code,
            error,
            hint,
            step,
        }
    }
}

/// Takes what could steer a terminal out of each line.
fn harmless(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(plain).collect();
    lines.join("\n")
}

impl From<baton_service::Error> for Failure {
    fn from(error: baton_service::Error) -> Self {
        use baton_service::Error;
        let step = match &error {
            Error::Unreachable { .. } | Error::Hello { .. } | Error::Health { .. } => Step::Serving,
            _ => Step::Usage,
        };
        let hint = error.hint().map(str::to_owned);
        Self {
            code: Code::of_status(error.code()),
            error: error.into(),
            hint,
            step,
        }
    }
}

impl From<rocketchat_http::Error> for Failure {
    fn from(error: rocketchat_http::Error) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self {
            code: Code::of_http(&error),
            step: match error.kind() {
                rocketchat_http::Kind::Config => Step::Usage,
                _ => Step::Task,
            },
            error: error.into(),
            hint,
        }
    }
}

impl From<baton_sinks::Error> for Failure {
    fn from(error: baton_sinks::Error) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self {
            hint,
            ..Self::other(error.into())
        }
    }
}

impl From<baton_c1z::Error> for Failure {
    fn from(error: baton_c1z::Error) -> Self {
        baton_sinks::Error::from(error).into()
    }
}

impl Step {
    /// Tells from the endpoint what was being done.
    fn of(error: &rocketchat_sync::Error) -> Self {
        use rocketchat_sync::{Error, Stage};
        let endpoint = match error {
            Error::Preflight { .. } => return Self::Validating,
            Error::NoRoles
            | Error::NoTeams { .. }
            | Error::CallerMissing { .. }
            | Error::RolesHidden { .. }
            | Error::UserHidden { .. } => return Self::ListingResources,
            Error::TeamDisputed { .. } | Error::MembersHidden { .. } => return Self::ListingGrants,
            Error::Api(error) => endpoint_of_answer(error),
            Error::Unstable { endpoint, .. } => endpoint,
            Error::Http(error) => endpoint_of_connection(error),
            _ => return Self::Task,
        };
        let is_of = |stage: Stage| stage.endpoints().contains(&endpoint);
        match endpoint {
            "" => Self::Task,
            "teams.members" => Self::ListingGrants,
            _ if is_of(Stage::DormantMemberships) => Self::ListingGrants,
            _ if is_of(Stage::Preflight) => Self::Validating,
            _ => Self::ListingResources,
        }
    }
}

fn endpoint_of_answer(error: &rocketchat_api::Error) -> &str {
    use rocketchat_api::Error;
    match error {
        Error::Refused { endpoint, .. }
        | Error::NotJson { endpoint, .. }
        | Error::Malformed { endpoint, .. } => endpoint,
        _ => "",
    }
}

/// Takes the last part of a route such as `GET /api/v1/teams.members`.
fn endpoint_of_connection(error: &rocketchat_http::Error) -> &str {
    use rocketchat_http::Error;
    match error {
        Error::Request { route, .. }
        | Error::Connection { route, .. }
        | Error::Timeout { route, .. }
        | Error::BodyTooLarge { route, .. }
        | Error::Encoding { route, .. } => route.rsplit('/').next().unwrap_or_default(),
        _ => "",
    }
}
