//! The checks before a sync, without the sync. Touches no file.

mod table;

use std::time::Duration;

use rocketchat_http::Policy;
use rocketchat_sync::{Check, Paging, Plan, RateLimit, Validation, validate};
use serde::Serialize;

use crate::checks;
use crate::choices::{self, Workspace};
use crate::code::Code;
use crate::failure::{Failure, Step};
use crate::forms::Form;
use crate::oneshot::elapsed;
use crate::remote::Remote;
use crate::settings::Settings;
use crate::stdout::print;
use crate::values::OutputFormat;
use crate::words::{self, json};

/// Prints the report. A sync that would fail is a failure.
pub(crate) async fn run(
    settings: &Settings,
    stop: impl Future<Output = String>,
) -> Result<(), Failure> {
    // Some of them mean nothing here, but a mistake in them would end the sync.
    checks::of_sync(settings)?;
    choices::container(settings)?;
    let format = choices::output_format(settings, &[OutputFormat::Text, OutputFormat::Json])?;
    Form::all(settings, &choices::file(settings))?;
    let workspace = Workspace::of(settings)?;
    let options = choices::options(settings, &workspace.user_id, None)?;
    // Somebody waits for the answer, and trouble that passes is worth knowing of.
    let policy = Policy {
        attempts: 3,
        ..Policy::default()
    };
    let Remote { client, address } = Remote::of(workspace, policy, choices::http_config(settings))?;
    let outcome = tokio::select! {
        found = validate(&client, &options) => Ok(found),
        reason = stop => Err(stopped(&reason)),
        limit = elapsed(choices::max_duration(settings)) => Err(too_long(limit)),
    };
    let (found, failure) = match outcome {
        Ok(mut found) => {
            let error = found.error.take();
            (
                Some(found),
                error.map(|error| Failure::of_sync(error, &address)),
            )
        }
        Err(failure) => (None, Some(failure)),
    };
    match (format, &found) {
        // Programs get a document, whatever happened.
        (OutputFormat::Json, found) => print(&to_json(found.as_ref(), failure.as_ref())?)?,
        (_, Some(found)) => print(&table::render(&address, found, failure.as_ref()))?,
        (_, None) => {}
    }
    failure.map_or(Ok(()), Err)
}

fn stopped(reason: &str) -> Failure {
    Failure::new(Code::Canceled, anyhow::anyhow!("stopped by {reason}")).at(Step::Validating)
}

fn too_long(limit: Duration) -> Failure {
    let limit = words::duration(limit);
    let error = anyhow::anyhow!("the checks were not done within --max-duration {limit}");
    Failure::new(Code::DeadlineExceeded, error)
        .at(Step::Validating)
        .with_hint(
            "the server cannot be reached, answers slowly, or refuses requests for lack of budget: --log-level debug tells which",
        )
}

/// The report for programs.
#[derive(Serialize)]
struct Document<'a> {
    ok: bool,
    checks: &'a [Check],
    server_version: Option<&'a str>,
    rate_limit: Option<RateLimit>,
    paging: Option<Paging>,
    plan: Option<&'a Plan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
}

/// Returns what was found, which is nothing where the checks were broken off.
fn to_json(found: Option<&Validation>, failure: Option<&Failure>) -> Result<String, Failure> {
    let document = Document {
        ok: failure.is_none(),
        checks: found.map_or(&[], |it| &it.checks),
        server_version: found.and_then(|it| it.server_version.as_deref()),
        rate_limit: found.and_then(|it| it.rate_limit),
        paging: found.and_then(|it| it.paging),
        plan: found.and_then(|it| it.plan.as_ref()),
        error: failure.map(Failure::error),
        causes: failure.map(Failure::causes).unwrap_or_default(),
        hint: failure.and_then(Failure::hint),
        exit_code: failure.map(Failure::exit_code),
    };
    Ok(format!("{}\n", json(&document)?))
}
