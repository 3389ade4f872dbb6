//! Flags and commands.

#![expect(
    clippy::doc_markdown,
    reason = "these comments are the help texts that people read"
)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

/// Sync the users, roles and teams of a Rocket.Chat workspace to a file that Baton reads
#[derive(Debug, Parser)]
#[command(
    name = "baton-rocketchat",
    version,
    args_conflicts_with_subcommands = false
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) choices: Choices,
    #[command(flatten)]
    pub(crate) logs: Logs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check server, token and permissions, and say how long a sync will take; writes no file
    ///
    /// Takes the settings of a sync, so that the word can be put into any command line. Those about files mean nothing here.
    Validate(Validate),
    /// Sync a simulated workspace, without any Rocket.Chat, and show what the file holds
    Demo(Demo),
}

/// How to reach the workspace. The demo brings its own, so these are not for every command.
#[derive(Debug, Default, Args)]
pub(crate) struct Connection {
    /// Address of the workspace, with its sub-path if it has one ($BATON_ROCKETCHAT_BASE_URL)
    #[arg(long = "rocketchat-base-url", value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Id of the user that the token belongs to ($BATON_ROCKETCHAT_USER_ID)
    #[arg(long = "rocketchat-user-id", value_name = "ID")]
    pub(crate) user_id: Option<String>,
    /// Personal access token ($BATON_ROCKETCHAT_AUTH_TOKEN)
    #[arg(
        long = "rocketchat-auth-token",
        value_name = "TOKEN",
        hide_default_value = true
    )]
    pub(crate) auth_token: Option<Token>,
}

impl Connection {
    /// Fills what was not said after a command with what was said before it.
    pub(crate) fn or(self, before: Self) -> Self {
        Self {
            base_url: self.base_url.or(before.base_url),
            user_id: self.user_id.or(before.user_id),
            auth_token: self.auth_token.or(before.auth_token),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.base_url.is_none() && self.user_id.is_none() && self.auth_token.is_none()
    }
}

/// What to sync, and where to.
#[derive(Debug, Args)]
pub(crate) struct Choices {
    /// Sync the roles owner, leader and moderator within teams too ($BATON_ROCKETCHAT_TEAM_ROLES)
    #[arg(long = "rocketchat-team-roles", global = true)]
    pub(crate) team_roles: bool,
    /// What to do about team memberships of deactivated users [default: resolve] ($BATON_ROCKETCHAT_DORMANT_MEMBERSHIPS)
    #[arg(
        long = "rocketchat-dormant-memberships",
        global = true,
        value_name = "HOW"
    )]
    pub(crate) dormant_memberships: Option<DormantMemberships>,
    /// Requests under way at once on an endpoint that nothing limits, half of them for the members of teams [default: 4]
    /// ($BATON_WORKERS)
    #[arg(long, global = true, value_name = "N", value_parser = value_parser!(u8).range(1..=32))]
    pub(crate) workers: Option<u8>,
    /// Fail if users, roles, teams, role grants or memberships are fewer by more than this than in the file's newest sync; 0
    /// turns that off [default: 50] ($BATON_MAX_SHRINK)
    #[arg(long, global = true, value_name = "PERCENT", value_parser = value_parser!(u8).range(0..=100))]
    pub(crate) max_shrink: Option<u8>,
    /// Fail if the sync takes longer than this, such as 90m, 2h30m or 600s [default: none] ($BATON_MAX_DURATION)
    #[arg(long, global = true, value_name = "DURATION")]
    pub(crate) max_duration: Option<MaxDuration>,
    /// File to write; a sync is added to an existing one [default: sync.c1z, or demo.c1z] ($BATON_FILE)
    #[arg(short, long, global = true, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// Start over instead of continuing an interrupted sync of the file ($BATON_NO_RESUME)
    #[arg(long, global = true)]
    pub(crate) no_resume: bool,
    /// File for a summary of the run as JSON, also when it fails ($BATON_SUMMARY)
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) summary: Option<PathBuf>,
}

/// How to log.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// How much to log to stderr [default: info] ($BATON_LOG_LEVEL)
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,
    /// How to log [default: console when stdout is a terminal, else json] ($BATON_LOG_FORMAT)
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

/// What to check, and how to say it.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How to write the report to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: OutputFormat,
}

/// The shape of the simulated workspace.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Users
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) users: usize,
    /// Teams
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) teams: usize,
    /// Members of a team, on average
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub(crate) members: usize,
    /// Limit each endpoint to N calls in SECONDS, as Rocket.Chat does with 10/60; without it the account is exempt
    #[arg(long, value_name = "N/SECONDS")]
    pub(crate) rate_limit: Option<RateLimit>,
    /// Make the same workspace again, or another one
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Console,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// A table for people
    Text,
    /// The same for programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DormantMemberships {
    /// Look them up, user by user, where a team counts more members than it lists
    Resolve,
    /// Only count them, which spends no requests
    Count,
}

/// A token as it was typed. It never shows itself.
#[derive(Clone)]
pub(crate) struct Token(pub(crate) secrecy::SecretString);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// The time that a sync may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MaxDuration(pub(crate) std::time::Duration);

impl std::str::FromStr for MaxDuration {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duration: jiff::SignedDuration = text
            .parse()
            .map_err(|_| "expected a duration such as 90m, 2h30m or 600s")?;
        match std::time::Duration::try_from(duration) {
            Ok(it) if !it.is_zero() => Ok(Self(it)),
            Ok(_) | Err(_) => Err("expected a duration of more than nothing"),
        }
    }
}

/// Calls in a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RateLimit {
    pub(crate) calls: u32,
    pub(crate) window: std::time::Duration,
}

impl std::str::FromStr for RateLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "expected calls and seconds, such as 10/60";
        let (calls, seconds) = text.split_once('/').ok_or(FORM)?;
        let calls: u32 = calls.parse().map_err(|_| FORM)?;
        let seconds: f64 = seconds.parse().map_err(|_| FORM)?;
        if calls == 0 || !(0.1..=86_400.0).contains(&seconds) {
            return Err("expected at least 1 call and 0.1 to 86400 seconds");
        }
        Ok(Self {
            calls,
            window: std::time::Duration::from_secs_f64(seconds),
        })
    }
}
