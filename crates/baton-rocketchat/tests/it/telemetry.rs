//! What a collector of OpenTelemetry is told, over real sockets.

mod collector;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use c1_sim::{CLIENT_ID, CLIENT_SECRET};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use rocketchat_sim::Account;

use crate::binary::{Binary, Run, server};
use crate::max_duration::endless_server;
use crate::network::Authority;
use crate::service::place::{Place, full_sync};
use collector::{Collector, Got, Mood, attribute, text};

/// The span of whoever starts the binary, as W3C's trace context has it.
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const INSECURE: &str = "--otel-collector-endpoint-tls-insecure";

/// Runs a command beside a collector without TLS.
async fn run(binary: &Binary, collector: &Collector, arguments: &[&str]) -> Run {
    let address = collector.address.to_string();
    let flags = ["--otel-collector-endpoint", &address, INSECURE];
    binary.run(&[&flags, arguments].concat()).await
}

fn named<'a>(spans: &[&'a Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|it| it.name == name).collect();
    assert_eq!(found.len(), 1, "{name} among {}", names(spans));
    found[0]
}

fn names(spans: &[&Span]) -> String {
    let names: Vec<_> = spans.iter().map(|it| it.name.as_str()).collect();
    names.join(", ")
}

fn body(line: &LogRecord) -> String {
    let value = line.body.clone().and_then(|it| it.value);
    value.map(text).unwrap_or_default()
}

fn line<'a>(got: &'a Got, start: &str) -> &'a LogRecord {
    let lines = got.lines();
    let found = lines.into_iter().find(|it| body(it).starts_with(start));
    found.unwrap_or_else(|| panic!("no line {start}"))
}

fn warnings(run: &Run) -> Vec<String> {
    let logs = run.logs().into_iter();
    logs.filter(|line| line["level"] == "warn")
        .map(|line| line["msg"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_one_trace_of_lists_and_requests() {
    let (server, collector) = (server().await, Collector::start(Mood::Good).await);
    let binary = Binary::for_account(&server, Account::Reader);
    let run = run(&binary, &collector, &["--workers", "2"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);

    let got = collector.got();
    let spans = got.spans();
    let by_id: HashMap<_, _> = spans.iter().map(|it| (&it.span_id, *it)).collect();
    assert_eq!(by_id.len(), spans.len());
    let sync = named(&spans, "sync");
    assert!(sync.parent_span_id.is_empty());
    assert_eq!(attribute(&sync.attributes, "users").as_deref(), Some("40"));
    for (list, endpoint) in [
        ("list users", "users.listByStatus"),
        ("list roles.list", "roles.list"),
        ("list teams.listAll", "teams.listAll"),
    ] {
        // Users and teams are looked at again, because of memberships that nothing explains.
        let mut listings = spans.iter().filter(|it| it.name == list);
        let listing = listings.next().unwrap();
        assert_eq!(listing.parent_span_id, sync.span_id, "{list}");
        let said = attribute(&listing.attributes, "endpoint");
        assert_eq!(said.as_deref(), Some(endpoint));
        let rows = attribute(&listing.attributes, "rows").unwrap();
        assert_ne!(rows, "0");
        let request = below(&spans, listing, &format!("GET /api/v1/{endpoint}"));
        check_request(request, &format!("/api/v1/{endpoint}"));
    }
    let members = spans.iter().filter(|it| it.name == "list teams.members");
    assert_eq!(members.count(), 4);
    let preflight = below(&spans, sync, "GET /api/v1/me");
    check_request(preflight, "/api/v1/me");
    for span in &spans {
        assert_eq!(span.trace_id, sync.trace_id);
        assert!(span.start_time_unix_nano >= sync.start_time_unix_nano);
        assert!(span.end_time_unix_nano <= sync.end_time_unix_nano);
    }

    let within = line(&got, "found a Rocket.Chat server");
    assert_eq!(
        (&within.trace_id, &within.span_id),
        (&sync.trace_id, &sync.span_id)
    );
    assert_eq!(within.severity_text, "INFO");
    assert!(attribute(&within.attributes, "server.version").is_some());
    assert!(
        attribute(&within.attributes, "caller")
            .unwrap()
            .contains(".rs:")
    );
    // The last line is there too, and so is every other one, once.
    let said: Vec<_> = got.lines().into_iter().map(body).collect();
    let logged: Vec<_> = run.logs().into_iter().map(|it| it["msg"].clone()).collect();
    assert_eq!(said, logged);
}

/// Returns the first request of a list.
fn below<'a>(spans: &[&'a Span], parent: &Span, name: &str) -> &'a Span {
    let is_it = |it: &&&Span| it.parent_span_id == parent.span_id && it.name == name;
    let found = spans.iter().find(is_it);
    found.unwrap_or_else(|| panic!("no {name} among {}", names(spans)))
}

#[track_caller]
fn check_request(span: &Span, route: &str) {
    assert_eq!(span.kind, i32::from(SpanKind::Client));
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", route),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(attribute(&span.attributes, name).as_deref(), Some(value));
    }
    assert_eq!(span.attributes.len(), 3, "{:?}", span.attributes);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resource_says_who_it_is_and_the_trace_may_be_the_callers() {
    let (server, collector) = (server().await, Collector::start(Mood::Good).await);
    let binary = Binary::for_account(&server, Account::Reader)
        .with(
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        )
        .with("TRACEPARENT", CALLER);
    let run = run(&binary, &collector, &[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);

    let got = collector.got();
    let span = got.spans[0].resource.as_ref().unwrap();
    let line = got.lines[0].resource.as_ref().unwrap();
    for resource in [span, line] {
        let said = |name| attribute(&resource.attributes, name).unwrap_or_default();
        assert_eq!(said("service.name"), "baton-rocketchat-server");
        assert_eq!(said("service.version"), env!("CARGO_PKG_VERSION"));
        assert_eq!(said("deployment.environment.name"), "test");
    }
    let spans = got.spans();
    let sync = named(&spans, "sync");
    let caller = 0xb7ad_6b71_6920_3331_u64.to_be_bytes();
    assert_eq!(sync.parent_span_id, caller);
    for span in &spans {
        let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128;
        assert_eq!(span.trace_id, trace.to_be_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_told() {
    let (server, collector) = (server().await, Collector::start(Mood::Good).await);
    let binary = Binary::for_account(&server, Account::Reader);
    let (user_id, token) = server.credentials(Account::Reader);
    for arguments in [&["--log-level", "debug"][..], &["validate"]] {
        let run = run(&binary, &collector, arguments).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    // The server does not know this one.
    let wrong = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_AUTH_TOKEN", "canary-5Dd1Yt7wqPq0bVn3");
    let failed = run(&wrong, &collector, &["--log-level", "debug"]).await;
    assert_eq!(failed.code, Some(16), "{}", failed.stderr);

    let got = collector.got();
    let all = format!("{got:?}");
    assert!(all.contains("users.listByStatus") && all.contains("baton-rocketchat/"));
    for secret in [&user_id, &token, "canary"] {
        assert!(!all.contains(secret), "{secret}");
    }
    // Not even whose teams were asked for.
    assert!(!all.contains("userId="));
    let error = line(&got, "failed");
    assert!(attribute(&error.attributes, "hint").is_some());
    let refused = got.spans();
    let refused = refused.iter().find(|it| status(&it.attributes) == "401");
    let said = refused.and_then(|it| attribute(&it.attributes, "error.type"));
    assert_eq!(said.as_deref(), Some("401"));
}

fn status(attributes: &[KeyValue]) -> String {
    attribute(attributes, "http.response.status_code").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_and_logs_can_be_turned_off() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    for (flag, spans, lines) in [
        ("--otel-tracing-disabled", false, true),
        ("--otel-logging-disabled", true, false),
    ] {
        let collector = Collector::start(Mood::Good).await;
        let run = run(&binary, &collector, &[flag]).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let got = collector.got();
        let sent = (!got.spans().is_empty(), !got.lines().is_empty());
        assert_eq!(sent, (spans, lines), "{flag}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_with_tls_has_to_be_trusted() {
    let server = server().await;
    let authority = Authority::new();
    let binary = Binary::for_account(&server, Account::Reader);
    let bundle = authority.bundle(&binary);
    let text = std::fs::read_to_string(&bundle).unwrap();
    let by_variable = Binary::for_account(&server, Account::Reader).with("SSL_CERT_FILE", &bundle);
    let path = ["--otel-collector-endpoint-tls-cert-path", &bundle];
    let pem = ["--otel-collector-endpoint-tls-cert", &text];
    // The bundle for the workspace is for the workspace.
    let other = ["--rocketchat-ca-bundle", &bundle];
    for (binary, flags, is_trusted) in [
        (&binary, &path[..], true),
        (&binary, &pem, true),
        (&by_variable, &[], true),
        (&binary, &other, false),
    ] {
        let collector = Collector::secured_by(&authority).await;
        let endpoint = format!("localhost:{}", collector.address.port());
        let arguments = ["--otel-collector-endpoint", &endpoint];
        let run = binary.run(&[&arguments, flags].concat()).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(!collector.got().lines().is_empty(), is_trusted, "{flags:?}");
        let said = warnings(&run);
        assert_eq!(said.is_empty(), is_trusted, "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_costs_a_sync_nothing() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let alone = Instant::now();
    assert_eq!(binary.run(&[]).await.code, Some(0));
    let alone = alone.elapsed();
    let silent = Collector::start(Mood::Silent).await;
    let silent = silent.address.to_string();
    for (endpoint, limit) in [
        ("127.0.0.1:1", 2),
        ("collector.invalid:4317", 4),
        (&silent, 6),
    ] {
        let started = Instant::now();
        let run = binary
            .run(&["--otel-collector-endpoint", endpoint, INSECURE])
            .await;
        let took = started.elapsed();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(
            took < alone + Duration::from_secs(limit),
            "{endpoint}: {took:?}"
        );
        let said = warnings(&run);
        assert_eq!(said.len(), 1, "{endpoint}: {said:?}");
        assert!(said[0].contains("OpenTelemetry collector"), "{said:?}");
    }
    // A client id in the environment makes no service of a command, which need not hurry.
    let demo = ["demo", "--users", "5", "--otel-collector-endpoint", &silent];
    let run = Binary::new()
        .with("BATON_CLIENT_ID", CLIENT_ID)
        .with("BATON_CLIENT_SECRET", CLIENT_SECRET)
        .run(&[&demo[..], &[INSECURE]].concat())
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let said = warnings(&run);
    assert!(said[0].contains("within 5 s"), "{said:?}");
    let failing = Binary::unreachable();
    let endpoint = ["--otel-collector-endpoint", "127.0.0.1:1", INSECURE];
    let run = failing.run(&[&endpoint[..], &["validate"]].concat()).await;
    assert_eq!(run.code, Some(14), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_task_is_a_trace_of_its_own() {
    let (place, collector) = (Place::new().await, Collector::start(Mood::Good).await);
    let address = collector.address.to_string();
    let place = place
        .with("BATON_OTEL_COLLECTOR_ENDPOINT", &address)
        .with("BATON_OTEL_COLLECTOR_ENDPOINT_TLS_INSECURE", "true")
        .with("TRACEPARENT", CALLER);
    let tasks = [place.c1.give(full_sync()), place.c1.give(full_sync())];
    let process = place.start(&[]);
    place.c1.until_finished(2).await;
    let run = process.stop("TERM").await;

    let got = collector.got();
    let spans = got.spans();
    let traces = tasks.each_ref().map(|id| {
        let is_it = |it: &&&Span| attribute(&it.attributes, "task.id").as_ref() == Some(id);
        let task = spans.iter().find(is_it).unwrap();
        assert_eq!(task.name, "task sync_full");
        assert!(task.parent_span_id.is_empty());
        let sync = below(&spans, task, "sync");
        assert_eq!(sync.trace_id, task.trace_id);
        &task.trace_id
    });
    assert_ne!(traces[0], traces[1]);
    for (id, trace) in tasks.iter().zip(traces) {
        let lines = got.lines().into_iter();
        let lines: Vec<_> = lines.filter(|it| it.trace_id == *trace).collect();
        let said: Vec<_> = lines.iter().map(|it| body(it)).collect();
        assert_eq!(said.first().unwrap(), "a task begins");
        assert!(said.contains(&"c1z: saved".to_owned()), "{said:?}");
        for line in lines {
            assert_eq!(attribute(&line.attributes, "task.id").as_ref(), Some(id));
        }
    }
    let all = format!("{got:?}");
    for secret in [CLIENT_SECRET, "Bearer"] {
        assert!(!all.contains(secret), "{secret}");
    }
    // The log tells them apart in the same way.
    for line in run.logs() {
        let is_of_sync = line["msg"] == "c1z: saved";
        assert!(!is_of_sync || line["task.id"].is_string(), "{line}");
    }
}

/// What is said of a refusal must not be refused again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_without_logs_is_told_of_once() {
    let server = endless_server().await;
    let collector = Collector::start(Mood::WithoutLogs).await;
    let binary = Binary::for_account(&server, Account::LimitedReader);
    let run = run(&binary, &collector, &["--max-duration", "3s"]).await;
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    let said = warnings(&run);
    let said: Vec<_> = said.iter().filter(|it| it.contains("collector")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(!collector.got().spans().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_used_are_refused() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let refused = async |arguments: &[&str], expected: &str| {
        let run = binary.run(arguments).await;
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.error().contains(expected), "{}", run.error());
    };
    for address in [
        "collector",
        "http://collector:4317",
        "collector:4317/v1",
        "user@collector:4317",
        ":4317",
        "collector:99999",
    ] {
        refused(
            &["--otel-collector-endpoint", address],
            "hint: give it as host:port, such as collector.example.org:4317",
        )
        .await;
    }
    let endpoint = ["--otel-collector-endpoint", "collector:4317"];
    let text = ["--otel-collector-endpoint-tls-cert", "nonsense"];
    let path = ["--otel-collector-endpoint-tls-cert-path", "none.pem"];
    refused(&[&endpoint[..], &text].concat(), "holds none as PEM").await;
    refused(&[&endpoint[..], &path].concat(), "none.pem").await;
    refused(&[&text[..], &path].concat(), "none of the others can be").await;
}
