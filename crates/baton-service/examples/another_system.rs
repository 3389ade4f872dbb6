//! A service of C1 for a system that has nothing to do with Rocket.Chat: the accounts of this machine.
//!
//! `cargo run -p baton-service --example another_system` talks to a simulated C1, which asks for one sync. With
//! `BATON_CLIENT_ID` and `BATON_CLIENT_SECRET` in the environment it serves the C1 that they belong to, until Ctrl-C.
//!
//! `baton-service` takes the tasks, says that they are worked on, and uploads what comes of them. What is left for a connector
//! is `validate` and `sync`; `baton-c1z` writes the file. Connections are made by `rocketchat-http`, which knows proxies and
//! certificates and of Rocket.Chat only the name.

use std::error::Error as StdError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs};

use baton_c1z::{Limits, Options, Reader, Store};
use baton_model::{
    AccountType, Clock, Profile, Record, Resource, ResourceId, ResourceTrait, ResourceType,
    Timestamp, Trait, UserTrait,
};
use baton_proto::connector::v2::ConnectorMetadata;
use baton_proto::connectorapi::baton::v1::baton_service_hello_request::BuildInfo;
use baton_proto::connectorapi::baton::v1::task::{SyncFullTask, TaskType};
use baton_service::{
    BoxError, BoxFuture, Cancellation, Code, Config, Connector, Credentials, Dial, Failure, Link,
    Service, SyncRequest, Versions, describe_host,
};
use c1_sim::{CLIENT_SECRET, Server, Settings, client_id};
use http::Uri;
use rocketchat_http::{Dialer, Roots};

type Result<T, E = Box<dyn StdError>> = std::result::Result<T, E>;

const PASSWD: &str = "/etc/passwd";

#[tokio::main]
async fn main() -> Result<()> {
    if let Ok(id) = env::var("BATON_CLIENT_ID") {
        let credentials = Credentials::parse(&id, &env::var("BATON_CLIENT_SECRET")?)?;
        let stop = async {
            // Without the signal there is no way to stop in good order, so that the service stops then.
            let _ = tokio::signal::ctrl_c().await;
        };
        let accounts = Arc::new(Accounts(PASSWD.into()));
        return Ok(service(credentials, Roots::Platform, accounts)?
            .run(stop)
            .await?);
    }
    serve_once(Path::new(PASSWD), &mut io::stdout()).await
}

/// The connector: a file with a line for each account, whose first and third fields are its name and number.
struct Accounts(PathBuf);

impl Connector for Accounts {
    fn metadata(&self) -> ConnectorMetadata {
        ConnectorMetadata {
            display_name: "Accounts of a machine".to_owned(),
            ..ConnectorMetadata::default()
        }
    }

    fn validate(&self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async { self.read().map(drop) })
    }

    fn sync<'a>(
        &'a self,
        _request: &'a SyncRequest,
        file: &'a Path,
        stop: Cancellation,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let text = self.read()?;
            write(&text, file, &stop)
                .map_err(|error| Failure::new(Code::Internal, error.to_string()))
        })
    }
}

impl Accounts {
    /// What goes wrong here is told to people by C1, in these words.
    fn read(&self) -> Result<String, Failure> {
        fs::read_to_string(&self.0).map_err(|error| {
            let words = format!("cannot read {}: {error}", self.0.display());
            Failure::new(Code::Unavailable, words)
        })
    }
}

/// Writes what C1 is sent.
fn write(text: &str, file: &Path, stop: &Cancellation) -> Result<(), baton_c1z::Error> {
    let mut sync = Store::open(file, Options::default(), Arc::new(WallClock))?.start_sync()?;
    sync.put(&Record::ResourceType(ResourceType {
        id: "account".into(),
        display_name: "Account".to_owned(),
        traits: vec![Trait::User],
        skip_entitlements_and_grants: true,
    }))?;
    for line in text.lines() {
        // Nobody wants the file any more: without `finish` there will be none.
        if stop.is_cancelled() {
            return Ok(());
        }
        let mut fields = line.split(':');
        let (Some(name), Some(number)) = (fields.next(), fields.nth(1)) else {
            continue;
        };
        sync.put(&Record::Resource(account(name, number)))?;
    }
    sync.finish()?;
    Ok(())
}

fn account(name: &str, number: &str) -> Resource {
    Resource {
        id: ResourceId::new("account", name),
        display_name: name.to_owned(),
        description: format!("Account number {number}"),
        status: None,
        created_at: None,
        details: ResourceTrait::User(UserTrait {
            emails: Vec::new(),
            login: Some(name.to_owned()),
            last_login: None,
            account_type: AccountType::Unspecified,
        }),
        profile: Profile::default(),
    }
}

/// Puts a service together.
fn service(
    credentials: Credentials,
    roots: Roots,
    connector: Arc<dyn Connector>,
) -> Result<Service> {
    let dial = Dialled {
        host: credentials.host().to_owned(),
        roots,
    };
    let config = Config {
        credentials,
        api_host: None,
        host_id: "example".to_owned(),
        build: BuildInfo {
            lang_version: "rust".to_owned(),
            package: "another_system".to_owned(),
            package_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        host: describe_host(),
        concurrency: 1,
        get_tasks: false,
        provisioning: false,
        ticketing: false,
        temp_dir: None,
        http_timeout: Duration::from_mins(1),
        health: None,
    };
    Ok(Service::new(
        config,
        connector,
        Arc::new(dial),
        Arc::new(WallClock),
    )?)
}

/// Makes connections to C1.
struct Dialled {
    host: String,
    roots: Roots,
}

impl Dial for Dialled {
    fn dial(&self, _: Uri, versions: Versions) -> BoxFuture<'static, Result<Link, BoxError>> {
        let config = rocketchat_http::Config {
            roots: self.roots.clone(),
            ..rocketchat_http::Config::default()
        };
        let host = format!("https://{}", self.host);
        Box::pin(async move {
            let dialer = Dialer::new(&host.parse()?, versions.alpn(), &config)?;
            let connection = dialer.dial().await?;
            Ok(Link::new(connection.stream, connection.is_http2))
        })
    }
}

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
        Timestamp::new(seconds, since.subsec_nanos()).unwrap_or(Timestamp::EPOCH)
    }
}

/// Serves a simulated C1 until one sync has been uploaded, and prints what C1 has then.
pub(crate) async fn serve_once(accounts: &Path, output: &mut dyn Write) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let c1 = Server::new(Settings::default())?;
    let port = c1.listen().await?.port();
    let task = c1.give(TaskType::SyncFull(SyncFullTask::default()));

    let credentials = Credentials::parse(&client_id(&format!("localhost:{port}")), CLIENT_SECRET)?;
    let roots = Roots::Pem(c1.authority_pem().to_owned());
    let service = service(credentials, roots, Arc::new(Accounts(accounts.to_owned())))?;
    service.run(c1.until_finished(1)).await?;

    let uploads = c1.uploads(&task);
    let upload = uploads.first().ok_or("C1 was sent no file")?;
    let file = folder.path().join("received.c1z");
    fs::write(&file, upload)?;
    let reader = Reader::open(&file, Limits::default(), None)?;
    let sync = reader.newest_finished()?.ok_or("no finished sync")?;
    for account in reader.resources(&sync.sync_id) {
        writeln!(output, "{}", account?.external_id)?;
    }
    Ok(())
}
