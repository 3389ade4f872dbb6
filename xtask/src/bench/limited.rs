//! The waiting under a rate limit: how close the pacing comes to what the limiter allows.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use http::Request;
use rocketchat_http::Transport as _;
use tokio::runtime::Runtime;

use super::figures::{Limited, number};
use super::host::{Address, Host, Limit, RIVAL};
use super::program::Program;
use super::shape::Shape;
use crate::report;

/// Rocket.Chat's 10 calls a minute, twenty times as fast.
const CALLS: u32 = 10;
const WINDOW: Duration = Duration::from_secs(3);
const QUICK_WINDOW: Duration = Duration::from_secs(1);
/// What the rival takes of each window.
const RIVALS_PART: u32 = CALLS / 2;
/// The routes that take the most calls.
const BUSY_ROUTES: [&str; 2] = ["teams.members", "users.listTeams"];
const SKEW_MS: i64 = 5 * 60 * 1000;
const SHAPE: Shape = Shape::new(1_000, 100, 15);

/// What is different from the plain case.
#[derive(Clone, Copy)]
struct Variant {
    name: &'static str,
    resolve: bool,
    rival: bool,
    skew_ms: i64,
}

const PLAIN: Variant = Variant {
    name: "alone",
    resolve: true,
    rival: false,
    skew_ms: 0,
};

const VARIANTS: [Variant; 5] = [
    PLAIN,
    Variant {
        name: "alone, dormant members counted",
        resolve: false,
        ..PLAIN
    },
    Variant {
        name: "another client takes half",
        rival: true,
        ..PLAIN
    },
    Variant {
        name: "server's clock 5 minutes ahead",
        skew_ms: SKEW_MS,
        ..PLAIN
    },
    Variant {
        name: "server's clock 5 minutes behind",
        skew_ms: -SKEW_MS,
        ..PLAIN
    },
];

/// Syncs under a rate limit, in all variants.
pub(super) fn measure(program: &Program, quick: bool) -> anyhow::Result<Vec<Limited>> {
    let (shape, window) = if quick {
        (Shape::TINY, QUICK_WINDOW)
    } else {
        (SHAPE, WINDOW)
    };
    VARIANTS
        .iter()
        .map(|variant| run(program, &shape, window, *variant))
        .collect()
}

fn run(
    program: &Program,
    shape: &Shape,
    window: Duration,
    variant: Variant,
) -> anyhow::Result<Limited> {
    report::note(format_args!(
        "{CALLS} calls in {window:?}: {}",
        variant.name
    ));
    let limit = Limit {
        calls: CALLS,
        window,
        skew_ms: variant.skew_ms,
    };
    let host = Host::start(shape, Some(limit))?;
    let runtime = Runtime::new().context("cannot start a runtime")?;
    let one_request = runtime.block_on(time_one_request(&host.address))?;
    if variant.rival {
        for route in BUSY_ROUTES {
            runtime.spawn(eat(host.address.clone(), route));
        }
    }
    let (arguments, expected): (&[&str], _) = if variant.resolve {
        (&[], host.address.resolved)
    } else {
        (
            &["--rocketchat-dormant-memberships", "count"],
            host.address.unresolved,
        )
    };
    let run = program.sync(&host.address, arguments, expected)?;
    runtime.shutdown_background();
    let calls = host.stop()?;
    let (busiest, count) = calls.busiest();
    let budget = CALLS - if variant.rival { RIVALS_PART } else { 0 };
    let windows = count.div_ceil(budget.into()).saturating_sub(1);
    let bound = window.as_secs_f64() * number(windows) + one_request.as_secs_f64();
    Ok(Limited {
        variant: variant.name.to_owned(),
        requests: calls.by_route.values().sum(),
        busiest: busiest.to_owned(),
        calls: count,
        refused: calls.refused,
        wall_seconds: run.wall.as_secs_f64(),
        bound_seconds: bound,
    })
}

/// Asks for what is not limited, so that no budget is spent.
async fn time_one_request(address: &Address) -> anyhow::Result<Duration> {
    let transport = address.transport()?;
    let request = Request::get(format!("/api/info?{RIVAL}=1")).body(())?;
    let started = Instant::now();
    let answer = transport.send(&request).await?;
    ensure!(answer.status.is_success(), "/api/info: {}", answer.status);
    Ok(started.elapsed())
}

/// Takes its part of every window as soon as it is open, as another client at the same address would.
async fn eat(address: Address, route: &'static str) -> anyhow::Result<()> {
    let transport = address.transport()?;
    // What is refused for its parameters counts as well.
    let request = Request::get(format!("/api/v1/{route}?{RIVAL}=1")).body(())?;
    loop {
        let mut end = None;
        for _ in 0..RIVALS_PART {
            let answer = transport.send(&request).await?;
            let reset = answer.headers.get("x-ratelimit-reset");
            end = reset.and_then(|reset| reset.to_str().ok()?.parse().ok());
        }
        let end = SystemTime::UNIX_EPOCH + Duration::from_millis(end.context("no limit is told")?);
        tokio::time::sleep(end.duration_since(SystemTime::now()).unwrap_or_default()).await;
    }
}
