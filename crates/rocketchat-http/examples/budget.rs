//! Shows how a client keeps to a rate limit: `cargo run -p rocketchat-http --example budget`.
//!
//! With `BASE_URL`, `USER_ID` and `AUTH_TOKEN` in the environment it asks that workspace, else a simulated one that takes 5
//! calls a second. The same question is asked 8 times, as fast as the server allows; nothing is ever refused.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use rocketchat_http::{Client, Config, Credentials, HttpTransport, Policy, Stats, Verdict};
use rocketchat_sim::{Account, Limiter, Server, Settings, Workspace};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CALLS: usize = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    if let Ok(base_url) = env::var("BASE_URL") {
        let (user_id, token) = (env::var("USER_ID")?, env::var("AUTH_TOKEN")?);
        let client = connect(&base_url, &user_id, &token)?;
        return print(&ask_often(&client).await?, &mut io::stdout());
    }
    let server = start().await?;
    let (user_id, token) = server.credentials(Account::LimitedReader);
    let client = connect(&server.base_url(), &user_id, &token)?;
    print(&ask_often(&client).await?, &mut io::stdout())
}

/// Starts a workspace with a small budget.
pub(crate) async fn start() -> io::Result<Server> {
    let settings = Settings {
        limiter: Some(Limiter {
            calls: 5,
            window: Duration::from_secs(1),
        }),
        ..Settings::default()
    };
    Server::start(Workspace::empty(), settings).await
}

/// Puts a client together: a transport over sockets, a policy, and a judge of answers. Here the status is all that counts;
/// whoever knows the endpoints can judge better.
pub(crate) fn connect(base_url: &str, user_id: &str, token: &str) -> Result<Client> {
    let credentials = Credentials::new(user_id, token)?;
    let transport = HttpTransport::new(base_url.parse()?, credentials, Config::default())?;
    let policy = Policy::default();
    Ok(Client::new(Arc::new(transport), policy, Verdict::by_status))
}

/// Asks the same thing again and again. The client waits where it has to; its caller need not know.
pub(crate) async fn ask_often(client: &Client) -> Result<Stats> {
    for _ in 0..CALLS {
        let request = Request::get("/api/v1/roles.list").body(())?;
        let response = client.send(request).await?;
        if !response.status.is_success() {
            return Err(format!("the server answered {}", response.status).into());
        }
    }
    Ok(client.stats())
}

/// Prints what the client learned from the headers of the answers.
pub(crate) fn print(stats: &Stats, output: &mut dyn Write) -> Result<()> {
    for (route, it) in &stats.routes {
        let budget = match (it.limit, it.window) {
            (Some(limit), Some(window)) => {
                format!("{limit} calls in {} s", window.as_secs_f64().round())
            }
            (Some(limit), None) => format!("{limit} calls in a window"),
            (None, _) => "no limit".to_owned(),
        };
        writeln!(output, "{route}: {} requests, {budget}", it.requests)?;
    }
    let waited = stats.waited.as_secs_f64();
    writeln!(
        output,
        "{} requests, {} refused, waited {waited:.1} s",
        stats.requests, stats.refusals
    )?;
    Ok(())
}
