//! The settings of this connector, and of the commands that only it has.

use super::fields;
use crate::field::Scope::{Among, Forms, Only, Syncs, Workspace};
use crate::field::{list, number, switch, text};
use crate::values;

fields! { CONNECTOR:
    BASE_URL = text("rocketchat-base-url", "Address of the workspace, with its sub-path if it has one").of(Workspace).required().connector("Rocket.Chat base URL", "https://mycompany.rocket.chat");
    USER_ID = text("rocketchat-user-id", "Id of the user that the token belongs to").of(Workspace).required().connector("User ID", "");
    AUTH_TOKEN = text("rocketchat-auth-token", "Personal access token").of(Workspace).required().secret().connector("Auth token", "");
    AUTH_TOKEN_FILE = text("rocketchat-auth-token-file", "File that holds the personal access token, or - for stdin").of(Workspace);
    CA_BUNDLE = text("rocketchat-ca-bundle", "File with certificate authorities, in PEM or DER form, to trust beside those of the system").of(Workspace);
    CLIENT_CERTIFICATE = text("rocketchat-client-certificate", "File with the certificate, in PEM form, to show to the workspace, for servers that ask for one").of(Workspace);
    CLIENT_KEY = text("rocketchat-client-key", "File with the private key of that certificate, in PEM form").of(Workspace);
    TEAM_ROLES = switch("rocketchat-team-roles", "Sync the roles owner, leader and moderator within teams too").of(Syncs);
    DORMANT_MEMBERSHIPS = text("rocketchat-dormant-memberships", "What to do about team memberships of deactivated users: resolve looks them up, count only counts them").default("resolve").checked(values::dormant).of(Syncs);
    MAX_SHRINK = number("max-shrink", 50, "Fail if users, roles, teams, role grants or memberships are fewer by more than this percentage than in the file's newest sync; 0 turns that off, which demo does by itself").within(0, 100).of(Syncs);
    MAX_DURATION = text("max-duration", "Fail if the sync, or validate, takes longer than this, such as 90m, 2h30m or 600s").checked(values::max_duration).of(Syncs);
    NO_RESUME = switch("no-resume", "Start over instead of continuing an interrupted sync of the file").of(Workspace);
    SUMMARY = text("summary", "File for a summary of the run as JSON, also when it fails").of(Syncs);
    SINKS = list("sink", "Write the sync in this form too, as KIND=PATH: csv or parquet make a directory, json or ndjson a file").of(Forms);

    // Of single commands.
    OUTPUT_FORMAT = text("output-format", "How to write to stdout: text or json, with show and diff also ndjson, with show also csv").default("text").of(Among(&["validate", "show", "diff"]));
    SYNC = text("sync", "Take this sync of the file instead of the one finished last").of(Among(&["export", "show"]));
    SHOW_DISABLED = switch("disabled", "Only disabled users, or their grants").of(Only("show"));
    SHOW_SERVICE = switch("service", "Only service accounts, or their grants").of(Only("show"));
    SHOW_FEDERATED = switch("federated", "Only federated users, or their grants").of(Only("show"));
    SHOW_ROLE = text("role", "Only this role, its grants, or the users who hold it; a name or an id").of(Only("show"));
    SHOW_TEAM = text("team", "Only this team, its grants, or its members; a name or an id").of(Only("show"));
    SHOW_USER = text("user", "Only this user, or their grants; a login, an e-mail address, a name or an id").of(Only("show"));
    QUIET = switch("quiet", "Print nothing; the exit code tells").of(Only("diff"));
    DEMO_USERS = number("users", 1000, "Users of the simulated workspace").within(0, i64::MAX).of(Only("demo"));
    DEMO_TEAMS = number("teams", 20, "Teams of the simulated workspace").within(0, i64::MAX).of(Only("demo"));
    DEMO_MEMBERS = number("members", 15, "Members of a team, on average").within(0, i64::MAX).of(Only("demo"));
    DEMO_RATE_LIMIT = text("rate-limit", "Limit each endpoint to N/SECONDS calls, as Rocket.Chat does with 10/60; without it the account is exempt").checked(values::rate_limit).of(Only("demo"));
    DEMO_SEED = number("seed", 1, "Make the same workspace again, or another one").within(0, i64::MAX).of(Only("demo"));
    HEALTH_ENDPOINT = text("endpoint", "What to ask for: health, ready or live").default("health").of(Only("health-check"));
    HEALTH_TIMEOUT = number("timeout", 5, "Seconds to wait for the answer").of(Only("health-check"));
    NO_DESCRIPTIONS = switch("no-descriptions", "Leave descriptions out of the script").of(Only("completion"));
    ALL_FLAGS = switch("all", "Offer those flags too that no help shows").of(Only("completion"));
}
