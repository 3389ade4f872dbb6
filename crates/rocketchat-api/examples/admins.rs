//! Lists the administrators of a workspace: `cargo run -p rocketchat-api --example admins`.
//!
//! With `BASE_URL`, `USER_ID` and `AUTH_TOKEN` in the environment it asks that workspace, else a simulated one. The account
//! needs the permissions `view-d-room` and `view-full-other-user-info`; the server must be 6.8 or later.
//!
//! `rocketchat-api` says what to ask and what the answers mean; `rocketchat-http` carries it and keeps to the rate limits.
//! Neither knows the other: `ask` below is all it takes to join them, and could use any other HTTP client.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use rocketchat_api::{Answer, Endpoint, Outcome, SortedPager, User, UsersListByStatus, decode};
use rocketchat_http::{Client, Config, Credentials, HttpTransport, Policy, Response, Verdict};
use rocketchat_sim::{Account, Server, Settings, Shape, Workspace};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    if let Ok(base_url) = env::var("BASE_URL") {
        let (user_id, token) = (env::var("USER_ID")?, env::var("AUTH_TOKEN")?);
        return print_admins(&connect(&base_url, &user_id, &token)?, &mut io::stdout()).await;
    }
    let shape = Shape {
        users: 500,
        teams: 10,
        members: 8,
        seed: 1,
    };
    let server = Server::start(Workspace::generate(&shape), Settings::default()).await?;
    let (user_id, token) = server.credentials(Account::Reader);
    let client = connect(&server.base_url(), &user_id, &token)?;
    print_admins(&client, &mut io::stdout()).await
}

/// Makes a client for one workspace and one account.
pub(crate) fn connect(base_url: &str, user_id: &str, token: &str) -> Result<Client> {
    let credentials = Credentials::new(user_id, token)?;
    let transport = HttpTransport::new(base_url.parse()?, credentials, Config::default())?;
    Ok(Client::new(Arc::new(transport), Policy::default(), verdict))
}

/// Reads the list of users whole, and prints those with the role `admin`.
pub(crate) async fn print_admins(client: &Client, output: &mut dyn Write) -> Result<()> {
    let (mut pager, mut users, mut admins) = (SortedPager::new(), 0, Vec::new());
    // The server may cut any page without a word. The pager notices, and asks on from there.
    while let Some(page) = pager.next_page() {
        let rows = ask(client, &UsersListByStatus::all(page)).await?;
        let new: Vec<User> = pager.accept(rows)?;
        users += new.len();
        admins.extend(new.into_iter().filter(is_admin));
    }
    // Without this an administrator who slipped through between two pages would be missing silently.
    pager.settle()?;
    for admin in &admins {
        let username = admin.username.as_deref().unwrap_or("(no username)");
        let state = match admin.active {
            Some(false) => "  deactivated",
            _ => "",
        };
        writeln!(output, "{}  {username}{state}", admin.id)?;
    }
    writeln!(
        output,
        "{} of {users} users are administrators",
        admins.len()
    )?;
    Ok(())
}

fn is_admin(user: &User) -> bool {
    let roles = user.roles.as_deref().unwrap_or_default();
    roles.iter().any(|role| role.as_str() == "admin")
}

/// Sends a question, and decodes what comes back.
async fn ask<E: Endpoint>(client: &Client, endpoint: &E) -> Result<E::Output> {
    let response = client.send(endpoint.request()?).await?;
    Ok(decode(endpoint, &answer(&response))?)
}

/// Tells the client which answers are worth asking for again. Rocket.Chat refuses in ways that a status does not show.
fn verdict(response: &Response) -> Verdict {
    match Outcome::of(&answer(response)) {
        Outcome::Final => Verdict::Final,
        Outcome::RateLimited { wait } => Verdict::RateLimited { wait },
        Outcome::Transient { attempts } => Verdict::Transient {
            attempts,
            reason: "a fault that may pass".into(),
        },
    }
}

fn answer(response: &Response) -> Answer<'_> {
    let content_type = response.headers.get("content-type");
    Answer {
        status: response.status.as_u16(),
        content_type: content_type.and_then(|it| it.to_str().ok()),
        body: &response.body,
    }
}
