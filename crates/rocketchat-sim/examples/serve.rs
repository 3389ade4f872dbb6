//! A workspace to try clients against: `cargo run -p rocketchat-sim --example serve -- 2000`.
//!
//! It has so many users (200 if no number is given) and prints what a client needs. Other programs can be pointed at it, or
//! curl, with what is printed. It answers until Ctrl-C, and then prints how often each route was called.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::io::{self, Write};

use rocketchat_sim::{Account, Action, Fault, Server, Settings, Shape, Workspace};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let users = env::args().nth(1).map(|it| it.parse()).transpose()?;
    let server = start(users.unwrap_or(200)).await?;
    introduce(&server, &mut io::stdout())?;
    tokio::signal::ctrl_c().await?;
    report(&server, &mut io::stdout())?;
    server.shutdown().await;
    Ok(())
}

/// Starts a workspace as Rocket.Chat installs it: a limiter allows 10 calls a minute to each route.
pub(crate) async fn start(users: usize) -> io::Result<Server> {
    let shape = Shape {
        users,
        teams: users / 20,
        members: 8,
        seed: 1,
    };
    let server = Server::start(Workspace::generate(&shape), Settings::default()).await?;
    // The third list of teams comes to nothing, as behind a proxy that gives up. A good client asks again.
    server.inject(Fault::new("teams.listAll", 3, Action::Cut));
    Ok(server)
}

/// Prints how each account signs in.
pub(crate) fn introduce(server: &Server, output: &mut dyn Write) -> Result<()> {
    let url = server.base_url();
    writeln!(output, "BASE_URL={url}")?;
    for account in Account::ALL {
        let (user_id, token) = server.credentials(account);
        writeln!(output, "{account:?}: USER_ID={user_id} AUTH_TOKEN={token}")?;
    }
    let (user_id, token) = server.credentials(Account::Reader);
    writeln!(
        output,
        "curl -H 'X-User-Id: {user_id}' -H 'X-Auth-Token: {token}' '{url}/api/v1/users.listByStatus?count=2'"
    )?;
    output.flush()?;
    Ok(())
}

/// Prints which calls came.
pub(crate) fn report(server: &Server, output: &mut dyn Write) -> Result<()> {
    let mut calls = BTreeMap::<_, usize>::new();
    for call in server.log() {
        *calls.entry(call.route).or_default() += 1;
    }
    for (route, calls) in calls {
        writeln!(output, "{route}: {calls}")?;
    }
    Ok(())
}
