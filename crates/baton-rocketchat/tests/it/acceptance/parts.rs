//! Rows 25 to 33, and 54: parts of a workspace, actions, and the health check.

use std::collections::BTreeMap;

use rocketchat_sim::{Account, Server};

use super::{TASK, check, line, messages};
use crate::binary::{Binary, Run, server};

/// Runs a sync of a part, and returns its type with the resources and grants by type.
pub(super) async fn part(arguments: &[&str]) -> (String, [BTreeMap<String, u64>; 2], Run) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(arguments).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let (reader, sync) = binary.newest("sync.c1z");
    let stats = reader.count(&sync.sync_id).unwrap();
    let counts = [
        stats.resources_by_resource_type,
        stats.grants_by_resource_type,
    ];
    (sync.sync_type, counts, run)
}

pub(super) async fn some_types() {
    let (kind, [resources, grants], run) = part(&["--sync-resource-types", "user"]).await;
    assert_eq!((kind.as_str(), grants.len()), ("full", 0));
    assert_eq!(
        resources.into_iter().collect::<Vec<_>>(),
        [("user".to_owned(), 40)]
    );
    assert_eq!(line(&run.logs(), "Synced resource types")["count"], 1);
    let (kind, [resources, grants], _) = part(&["--sync-resource-types", "team,role"]).await;
    assert_eq!(kind, "full");
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["role", "team"]);
    assert_eq!(grants.keys().collect::<Vec<_>>(), ["role", "team"]);
}

pub(super) async fn resources_only() {
    let (kind, [resources, grants], run) = part(&["--skip-entitlements-and-grants"]).await;
    assert_eq!((kind.as_str(), grants.len()), ("resources_only", 0));
    assert_eq!((resources["user"], resources["team"]), (40, 4));
    assert!(!messages(&run).iter().any(|it| it == "Syncing grants..."));
}

pub(super) async fn a_resource_that_is_none() {
    let words =
        "error parsing baton id 'bogus' at location 5: invalid prefix: 'bogus'\nbogus\n     ^";
    check(
        &Binary::unreachable(),
        &["--sync-resources", "bogus"],
        2,
        words,
    )
    .await;
}

pub(super) async fn half_a_grant() {
    let words = "if any flags in the group [grant-entitlement grant-principal] are set they must all be set; missing [grant-principal]";
    check(
        &Binary::unreachable(),
        &["--grant-entitlement", "E"],
        2,
        words,
    )
    .await;
}

/// Returns a binary with a finished sync, and identifiers that are in it: of an entitlement, a user and a grant.
pub(super) async fn synced() -> (Binary, Server, [String; 3]) {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let (reader, newest) = binary.newest("sync.c1z");
    let sync = newest.sync_id;
    let of_team = |kind: &str| kind == "team";
    let grant = reader.grants(&sync).map(Result::unwrap);
    let grant = grant
        .into_iter()
        .find(|it| of_team(&it.resource_type_id))
        .unwrap();
    let ids = [
        grant.entitlement_id,
        grant.principal_resource_id,
        grant.external_id,
    ];
    (binary, server, ids)
}

pub(super) async fn a_grant() {
    let (binary, server, [entitlement, user, grant]) = synced().await;
    let requests = server.log().len();
    let unimplemented = "resource type team does not have provisioner configured";
    let whole = |code: &str, words: &str| format!("{TASK}{code} desc = {words}");
    let no_entitlement = "entitlement nope not found";
    let asks = |entitlement, user| {
        [
            "--grant-entitlement",
            entitlement,
            "--grant-principal",
            user,
            "--grant-principal-type",
            "user",
        ]
    };
    for (arguments, code, words) in [
        (
            &asks(&entitlement, &user)[..],
            12,
            whole("Unimplemented", unimplemented),
        ),
        (&asks("nope", &user), 5, whole("NotFound", no_entitlement)),
        (
            &asks(&entitlement, "nope"),
            5,
            whole("NotFound", "resource user/nope not found"),
        ),
        (
            &asks(&entitlement, &user)[..4],
            2,
            whole("Unknown", "unknown provisioning action"),
        ),
        (
            &["--revoke-grant", &grant],
            12,
            whole("Unimplemented", unimplemented),
        ),
        (
            &["--revoke-grant", "nope"],
            5,
            whole("NotFound", "grant nope not found"),
        ),
    ] {
        check(&binary, arguments, code, &words).await;
    }
    assert_eq!(
        server.log().len(),
        requests,
        "nothing is asked of the server"
    );
    let file = binary.path("sync.c1z").to_string_lossy().into_owned();
    let empty = Binary::unreachable();
    check(
        &empty,
        &["--revoke-grant", &grant],
        5,
        &whole("NotFound", "sync.c1z holds no finished sync"),
    )
    .await;
    let elsewhere = ["-f", &file, "--revoke-grant", &grant];
    check(
        &empty,
        &elsewhere,
        12,
        &whole("Unimplemented", unimplemented),
    )
    .await;
}

pub(super) async fn events() {
    check(
        &Binary::unreachable(),
        &["--event-feed"],
        2,
        "flag needs an argument: --event-feed",
    )
    .await;
    let words = format!("{TASK}NotFound desc = error: event feed id baton_feed_event not found");
    check(&Binary::unreachable(), &["--event-feed=true"], 5, &words).await;
}

pub(super) async fn action_schemas() {
    let run = Binary::unreachable().run(&["--list-action-schemas"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    assert_eq!(line(&run.logs(), "Action Schemas")["count"], 0);
}

pub(super) async fn values_out_of_range() {
    for (arguments, words) in [
        (
            ["--http-timeout-seconds", "0"],
            "field http-timeout-seconds: value must be greater than or equal to 1 but got 0",
        ),
        (
            ["--http-timeout-seconds", "5000"],
            "errors found:\nfield http-timeout-seconds: value must be less than or equal to 1800 but got 5000",
        ),
        (
            ["--task-concurrency", "101"],
            "errors found:\nfield task-concurrency: value must be less than or equal to 100 but got 101",
        ),
        (
            ["--task-concurrency", "0"],
            "errors found:\nfield task-concurrency: value must be greater than or equal to 1 but got 0",
        ),
        (
            ["--storage-engine", "foo"],
            "errors found:\nfield storage-engine: value must be one of [ sqlite pebble] but got 'foo'",
        ),
    ] {
        check(&Binary::unreachable(), &arguments, 2, words).await;
    }
}

pub(super) async fn wrong_credentials() {
    let words = "if any flags in the group [client-id client-secret] are set they must all be set; missing [client-secret]";
    check(&Binary::unreachable(), &["--client-id", "x"], 2, words).await;
    let binary = Binary::unreachable().with("BATON_CLIENT_SECRET", "canary-secret");
    check(&binary, &["--client-id", "x"], 2, "invalid client id").await;
    let id = "happy-otter-12345@acme.conductor.one/pcc";
    check(&binary, &["--client-id", id], 2, "invalid client secret").await;
    let run = binary.run(&["--client-id", id]).await;
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    // A run that only looks is told as well.
    let run = binary.run(&["validate", "--client-id", id]).await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

pub(super) async fn the_health_check() {
    for (answer, path, arguments, code, words) in [
        ("HTTP/1.1 200 OK", "/health", &[][..], 0, ""),
        ("HTTP/1.1 200 OK", "/live", &["--endpoint=live"], 0, ""),
        (
            "HTTP/1.1 503 Service Unavailable",
            "/ready",
            &["--endpoint", "ready"],
            2,
            "health check returned status 503",
        ),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let served = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            let answer = format!("{answer}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request[..read].to_vec()).unwrap()
        });
        let binary = Binary::new().with("BATON_HEALTH_CHECK_PORT", &port);
        check(
            &binary,
            &[&["health-check"], arguments].concat(),
            code,
            words,
        )
        .await;
        assert!(
            served
                .await
                .unwrap()
                .starts_with(&format!("GET {path} HTTP/1.1\r\n"))
        );
    }
    let nobody = Binary::new().with("BATON_HEALTH_CHECK_PORT", "1");
    let words =
        "health check failed: Get \"http://127.0.0.1:1/health\": Connection refused (os error 111)";
    check(&nobody, &["health-check"], 14, words).await;
    let words = "invalid endpoint: foo (valid: health, ready, live)";
    check(&nobody, &["health-check", "--endpoint", "foo"], 2, words).await;
}
