//! The parts of the work, each alone: what no program could be faster than.
//!
//! What comes from the server is decoded, mapped and encoded here. What SQLite and zstd do with the result is measured by
//! the example `floors` of `baton-c1z`, the only crate that knows them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use baton_c1z::encode;
use baton_model::{Grant, Record};
use rocketchat_api::{
    Answer, Endpoint, Member, Page, Team, TeamsListAll, TeamsMembers, User, UsersListByStatus,
    decode,
};
use rocketchat_http::{Response, Transport};
use rocketchat_sync::mapping::{team, user};

use super::figures::{Floors, Part};
use super::host::Host;
use super::program::Program;
use super::shape::Shape;
use crate::{program, report};

/// Every part is done so often; the least time counts.
const RUNS: usize = 3;
const EXAMPLE: &str = "floors";

/// Everything that is read of a workspace, but for memberships of deactivated users.
struct Bodies {
    users: Response,
    teams: Response,
    members: Vec<(Team, Response)>,
}

struct Decoded {
    users: Vec<User>,
    members: Vec<(Team, Vec<Member>)>,
}

/// Measures the whole and its parts.
pub(super) fn measure(program: &Program, shape: &Shape, quick: bool) -> anyhow::Result<Floors> {
    report::note(format_args!("each part alone, {} users", shape.users));
    let host = Host::start(shape, None)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
    let transport = host.address.transport()?;
    let mut parts = Vec::new();
    let bodies = least(&mut parts, "requests, with the server's part", || {
        runtime.block_on(Bodies::fetch(&transport))
    })?;
    let decoded = least(&mut parts, "decoding of JSON", || Decoded::of(&bodies))?;
    let records = least(&mut parts, "mapping", || Ok(decoded.map()))?;
    least(&mut parts, "encoding of protobuf", || {
        black_box(encoded(&records));
        Ok(())
    })?;
    let run = program.sync(&host.address, &[], host.address.resolved)?;
    parts.extend(of_the_file(&run.file, quick)?);
    Ok(Floors {
        shape: *shape,
        wall_seconds: run.wall.as_secs_f64(),
        cpu_seconds: run.cpu.unwrap_or_default(),
        parts,
    })
}

/// Does `work` several times, notes the least time under `name`, and returns what came out last.
fn least<T>(
    parts: &mut Vec<Part>,
    name: &str,
    mut work: impl FnMut() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut seconds = f64::INFINITY;
    for left in (0..RUNS).rev() {
        let started = Instant::now();
        let outcome = work()?;
        seconds = seconds.min(started.elapsed().as_secs_f64());
        if left == 0 {
            parts.push(Part {
                name: name.to_owned(),
                seconds,
            });
            return Ok(outcome);
        }
    }
    anyhow::bail!("nothing was measured")
}

impl Bodies {
    async fn fetch(transport: &impl Transport) -> anyhow::Result<Self> {
        let users = fetch(transport, &UsersListByStatus::all(Page::ALL)).await?;
        let teams = fetch(transport, &TeamsListAll(Page::ALL)).await?;
        let mut members = Vec::new();
        for team in read(&TeamsListAll(Page::ALL), &teams)?.rows {
            let whole = TeamsMembers {
                team_id: team.id.clone(),
                page: Page::ALL,
            };
            members.push((team, fetch(transport, &whole).await?));
        }
        Ok(Self {
            users,
            teams,
            members,
        })
    }
}

async fn fetch<E: Endpoint>(transport: &impl Transport, endpoint: &E) -> anyhow::Result<Response> {
    let response = transport.send(&endpoint.request()?).await?;
    ensure!(
        response.status.is_success(),
        "{}: {}",
        E::NAME,
        response.status
    );
    Ok(response)
}

fn read<E: Endpoint>(endpoint: &E, response: &Response) -> anyhow::Result<E::Output> {
    let answer = Answer {
        status: response.status.as_u16(),
        content_type: Some("application/json"),
        body: &response.body,
    };
    Ok(decode(endpoint, &answer)?)
}

impl Decoded {
    fn of(bodies: &Bodies) -> anyhow::Result<Self> {
        let users = read(&UsersListByStatus::all(Page::ALL), &bodies.users)?.rows;
        black_box(read(&TeamsListAll(Page::ALL), &bodies.teams)?);
        let members = bodies.members.iter().map(|(team, body)| {
            let whole = TeamsMembers {
                team_id: team.id.clone(),
                page: Page::ALL,
            };
            Ok((team.clone(), read(&whole, body)?.rows))
        });
        Ok(Self {
            users,
            members: members.collect::<anyhow::Result<_>>()?,
        })
    }

    fn map(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for it in &self.users {
            records.push(Record::Resource(user::resource(it)));
            records.extend(user::role_grants(it).map(|(_, grant)| Record::Grant(grant)));
        }
        for (it, members) in &self.members {
            let counts = team::Members {
                active: members.len() as u64,
                dormant: 0,
            };
            records.push(Record::Resource(team::resource(it, Some(counts))));
            records.extend(members.iter().map(|member| {
                Record::Grant(Grant {
                    entitlement: team::member(&it.id),
                    principal: user::id(&member.user.id),
                })
            }));
        }
        records
    }
}

/// Returns the bytes of all messages. The entitlement inside a grant is copied in the program, and not encoded.
fn encoded(records: &[Record]) -> usize {
    let mut buffer = Vec::new();
    let mut bytes = |record: &Record| {
        buffer.clear();
        match record {
            Record::Resource(it) => encode::resource(it, &mut buffer),
            Record::Grant(it) => encode::grant(&[], &it.principal, &it.id(), &mut buffer),
            _ => {}
        }
        buffer.len()
    };
    records.iter().map(&mut bytes).sum()
}

/// Runs the example that does again what SQLite and zstd did for `file`.
fn of_the_file(file: &Path, debug: bool) -> anyhow::Result<Vec<Part>> {
    let example = program::build(
        &["--package", "baton-c1z", "--example", EXAMPLE],
        EXAMPLE,
        debug,
    )?;
    let parts = program::say(&example, &[file])?;
    let parts: BTreeMap<String, f64> = serde_json::from_slice(&parts)?;
    Ok(parts
        .into_iter()
        .map(|(name, seconds)| Part { name, seconds })
        .collect())
}
