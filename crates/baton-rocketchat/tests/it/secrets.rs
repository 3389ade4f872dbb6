//! Credentials are in no output of any command, whatever goes wrong: the log at the debug level, stdout, stderr, and every
//! file that a run makes. What a service says and uploads is looked at in the same way by the tests of `service`.

use std::path::Path;
use std::sync::{Arc, Mutex};

use c1_sim::{CLIENT_ID, CLIENT_SECRET};
use rocketchat_sim::{Account, Action, Fault, Server, Settings};

use crate::binary::{Binary, Run, server, server_with};
use crate::network::{Authority, proxy};

const PASSWORD: &str = "canary-password";

/// What must not be found, and files that were made to hold it.
struct Canaries {
    binary: Binary,
    secrets: Vec<String>,
    /// The id of the token's owner. It is no secret, and among the data as everybody's is, but with a token it is all that is
    /// needed; so nothing else tells it.
    user_id: String,
    inputs: Vec<&'static str>,
}

impl Canaries {
    /// Configures a run for the workspace, with everything that is secret set in some way.
    fn of(server: &Server) -> Self {
        let (user_id, token) = server.credentials(Account::Reader);
        let binary = Binary::for_account(server, Account::Reader);
        let (certificate, key) = Authority::new().issue("auditor");
        std::fs::write(binary.path("client.pem"), certificate.pem()).unwrap();
        std::fs::write(binary.path("client.key"), key.serialize_pem()).unwrap();
        let key = key.serialize_pem();
        let (_, payload) = CLIENT_SECRET.rsplit_once(':').unwrap();
        let mut secrets = vec![token, PASSWORD.to_owned(), payload.to_owned()];
        // The password as a proxy is told it.
        secrets.push("YXVkaXRvcjpjYW5hcnktcGFzc3dvcmQ".to_owned());
        secrets.extend(key.lines().nth(1).map(str::to_owned));
        Self {
            binary,
            secrets,
            user_id,
            inputs: vec!["client.key"],
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.binary = self.binary.with(name, value);
        self
    }

    /// Runs a command, and looks at all that it says and leaves.
    async fn run(&self, arguments: &[&str]) -> Run {
        let run = self.binary.run(arguments).await;
        self.check(&run.stdout, "stdout", arguments);
        self.check(&run.stderr, "stderr", arguments);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        let tells_data = ["show", "diff"]
            .iter()
            .any(|it| arguments.first() == Some(it));
        let mut untold = vec![run.stderr.clone()];
        untold.extend((!tells_data).then(|| run.stdout.clone()));
        for name in ["debug.log", "summary.json"] {
            untold.extend(std::fs::read_to_string(self.binary.path(name)));
        }
        for text in untold {
            assert!(!text.contains(&self.user_id), "{arguments:?}: {text}");
        }
        for name in self.binary.files() {
            if !self.inputs.contains(&name.as_str()) {
                self.check_files(&self.binary.path(&name), arguments);
            }
        }
        run
    }

    fn check_files(&self, path: &Path, arguments: &[&str]) {
        if path.is_dir() {
            for entry in path.read_dir().unwrap() {
                self.check_files(&entry.unwrap().path(), arguments);
            }
            return;
        }
        let bytes = std::fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        self.check(&text, &path.display().to_string(), arguments);
    }

    #[track_caller]
    fn check(&self, text: &str, place: &str, arguments: &[&str]) {
        for secret in &self.secrets {
            assert!(
                !text.contains(secret.as_str()),
                "{place} of {arguments:?} has {secret}: {text}"
            );
        }
    }
}

/// The flags of a sync that leaves as much as it can.
const SYNC: &[&str] = &[
    "--log-level",
    "debug",
    "--log-path",
    "debug.log,stderr",
    "--summary",
    "summary.json",
    "--sink",
    "csv=csv",
    "--sink",
    "json=all.json",
    "--sink",
    "ndjson=all.ndjson",
    "--rocketchat-client-certificate",
    "client.pem",
    "--rocketchat-client-key",
    "client.key",
    "--max-duration",
    "2s",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_command_says_a_secret() {
    let server = server().await;
    let canaries = Canaries::of(&server)
        .with(
            "HTTPS_PROXY",
            &format!("http://auditor:{PASSWORD}@127.0.0.1:1"),
        )
        .with("BATON_LOG_LEVEL", "debug");
    assert_eq!(canaries.run(SYNC).await.code, Some(0));
    for arguments in [
        &["validate"][..],
        &["validate", "--output-format", "json"],
        &["demo", "--users", "20", "-f", "demo.c1z"],
        &["show", "users"],
        &["show", "grants", "--output-format", "ndjson"],
        &["show", "syncs", "--output-format", "json"],
        &["diff", "demo.c1z", "sync.c1z", "--output-format", "json"],
        &["export", "--sink", "csv=again"],
        &["capabilities"],
        &["config"],
        &["completion", "bash"],
        &["completion", "zsh"],
        &["help"],
        &["--version"],
        &["health-check", "--health-check-port", "1"],
        &["--list-action-schemas"],
        &["--event-feed", "x"],
        &["--nope"],
        &["--task-concurrency", "0"],
        &["--rocketchat-base-url", "no address"],
        &["--rocketchat-user-id", "somebody-else"],
        &["--rocketchat-ca-bundle", "client.key"],
        &["--client-id", "x", "--client-secret", CLIENT_SECRET],
        &[
            "--client-id",
            CLIENT_ID,
            "--client-secret",
            &CLIENT_SECRET[3..],
        ],
        &[
            "--client-id",
            CLIENT_ID,
            "--client-secret",
            &CLIENT_SECRET.replace(":v1:", ":v9:"),
        ],
    ] {
        canaries.run(arguments).await;
    }
    // A value that cannot be used is not repeated either.
    let (_, token) = server.credentials(Account::Reader);
    for wrong in [
        format!("{token} "),
        format!("{token}\n{token}"),
        format!("{token}ä"),
    ] {
        let run = canaries.run(&["--rocketchat-auth-token", &wrong]).await;
        assert_ne!(run.code, Some(0));
    }
    std::fs::write(
        canaries.binary.path(".baton.yaml"),
        format!("rocketchat-auth-token: [{token}\n{token}: x"),
    )
    .unwrap();
    let canaries = Canaries {
        inputs: vec!["client.key", ".baton.yaml"],
        ..canaries
    };
    canaries.run(&["validate"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_a_server_brings_a_secret_out() {
    let (_, token) = server().await.credentials(Account::Reader);
    let echo = |status: u16, kind: &str, body: &str| Action::Answer {
        status,
        headers: vec![
            ("Content-Type".to_owned(), kind.to_owned()),
            ("X-Auth-Token".to_owned(), token.clone()),
            ("Retry-After".to_owned(), token.clone()),
            ("X-RateLimit-Reset".to_owned(), token.clone()),
            (
                "Location".to_owned(),
                format!("https://elsewhere.invalid/?t={token}"),
            ),
        ],
        body: body.replace('$', &token).into(),
    };
    let json = "application/json";
    let faults = [
        echo(
            200,
            json,
            r#"{"success":true,"users":"$","roles":"$","_id":"$"}"#,
        ),
        echo(200, json, r#"{"success":true,"$"#),
        echo(200, "text/html", "<html>$"),
        echo(302, "text/html", "$"),
        echo(
            400,
            json,
            r#"{"success":false,"error":"$","errorType":"$"}"#,
        ),
        echo(401, json, r#"{"status":"error","message":"$"}"#),
        echo(403, json, r#"{"success":false,"error":"$ [$]"}"#),
        echo(404, "text/plain", "$"),
        echo(429, json, r#"{"success":false,"error":"wait $ seconds"}"#),
        echo(500, json, r#"{"success":false,"error":"$"}"#),
        echo(503, "text/plain", "$"),
        Action::Cut,
        Action::CutBody(40),
    ];
    let places = [
        ("info", 1),
        ("me", 1),
        ("users.listByStatus", 1),
        ("teams.members", 2),
    ];
    let runs = faults.iter().flat_map(|fault| {
        places.map(|(route, nth)| {
            let fault = Fault::new(route, nth, fault.clone()).times(usize::MAX);
            async move {
                let settings = Settings {
                    faults: vec![fault],
                    ..Settings::default()
                };
                let server = server_with(settings).await;
                let canaries = Canaries::of(&server);
                canaries.run(SYNC).await;
                assert!(server.calls(route) >= nth, "{route} was never asked");
            }
        })
    });
    let mut running = tokio::task::JoinSet::new();
    for run in runs {
        if running.len() == 8 {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(run);
    }
    running.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_brings_a_secret_out() {
    let server = server().await;
    let to = server.base_url();
    let to = to.trim_start_matches("http://").parse().unwrap();
    let authority = Authority::new();
    let front = authority.front("localhost", to, false).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let proxy = proxy(move |_| front, Arc::clone(&heard)).await;
    let canaries =
        Canaries::of(&server).with("BATON_ROCKETCHAT_BASE_URL", "https://chat.example.invalid");
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        for address in [
            format!("http://auditor:{PASSWORD}@{proxy}"),
            format!("http://other:{PASSWORD}@{proxy}"),
            format!("socks5://auditor:{PASSWORD}@{proxy}"),
            format!("http://auditor:{PASSWORD}@[nonsense"),
            format!("auditor:{PASSWORD}@{proxy}"),
        ] {
            let canaries = Canaries {
                binary: Binary::for_account(&server, Account::Reader),
                secrets: canaries.secrets.clone(),
                user_id: canaries.user_id.clone(),
                inputs: Vec::new(),
            };
            let canaries = canaries
                .with("BATON_ROCKETCHAT_BASE_URL", "https://chat.example.invalid")
                .with(variable, &address);
            let run = canaries
                .run(&["--log-level", "debug", "--max-duration", "2s"])
                .await;
            assert_ne!(run.code, Some(0), "{address}");
        }
    }
    let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    assert!(
        heard.contains("CONNECT chat.example.invalid:443"),
        "{heard}"
    );
    assert!(!heard.contains(canaries.secrets[0].as_str()), "{heard}");
}
