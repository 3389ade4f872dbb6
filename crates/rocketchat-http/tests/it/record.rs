//! Recording, keeping on disk, replaying.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use rocketchat_http::{Exchange, Kind, Origin, Recorder, Replay, Scenario, Transport};

use crate::scripted::{Scripted, answer};

fn exchange(
    path: &str,
    query: &[(&str, &str)],
    kind: &'static str,
    body: &'static str,
) -> Exchange {
    Exchange {
        method: Method::GET,
        path: path.to_owned(),
        query: query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([(
            "content-type".parse().unwrap(),
            HeaderValue::from_static(kind),
        )]),
        body: Bytes::from_static(body.as_bytes()),
    }
}

fn get(target: &str) -> Request<()> {
    Request::get(target).body(()).unwrap()
}

fn scenario(exchanges: Vec<Exchange>) -> Scenario {
    Scenario {
        description: "Two pages".to_owned(),
        origin: Origin::HandWritten,
        server: "8.6.1".to_owned(),
        options: BTreeMap::from([("team_roles".to_owned(), true.into())]),
        exchanges,
    }
}

#[tokio::test]
async fn replay_matches_queries_in_any_order_and_takes_answers_in_turn() {
    let query = [("count", "0"), ("sort", "{\"_id\":1}")];
    let first = exchange("/api/v1/users.list", &query, "application/json", "1");
    let second = Exchange {
        body: "2".into(),
        ..first.clone()
    };
    let replay = Replay::new([
        first,
        second,
        exchange("/api/v1/me", &[], "application/json", "me"),
    ]);

    let reordered = get("/api/v1/users.list?sort=%7B%22_id%22%3A1%7D&count=0");
    assert_eq!(replay.send(&reordered).await.unwrap().body, "1");
    assert_eq!(
        replay.unused(),
        [
            "GET /api/v1/me",
            "GET /api/v1/users.list?count=0&sort={\"_id\":1}"
        ]
    );
    assert_eq!(
        replay
            .send(&get("/api/v1/users.list?count=0&sort={%22_id%22:1}"))
            .await
            .unwrap()
            .body,
        "2"
    );

    let exhausted = replay.send(&reordered).await.unwrap_err();
    assert_eq!(
        (exhausted.kind(), exhausted.is_retryable()),
        (Kind::Replay, false)
    );
    let message = exhausted.to_string();
    assert!(
        message.contains("GET /api/v1/users.list?count=0&sort={\"_id\":1} was recorded fewer"),
        "{message}"
    );
    let unknown = replay
        .send(&get("/api/v1/users.list?count=100"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("GET /api/v1/users.list?count=100 was not recorded"),
        "{unknown}"
    );
    let other_method = Request::post("/api/v1/me").body(()).unwrap();
    assert!(
        replay
            .send(&other_method)
            .await
            .unwrap_err()
            .to_string()
            .contains("POST /api/v1/me")
    );
}

#[tokio::test]
async fn a_recorder_keeps_only_what_is_safe() {
    let headers = [
        ("content-type", "application/json"),
        ("date", "Mon, 01 Jun 2026 14:00:19 GMT"),
        ("set-cookie", "rc_token=s3cret"),
        ("x-instance-id", "s3cret"),
        ("x-ratelimit-remaining", "9"),
    ];
    let recorder = Arc::new(Recorder::new(Scripted::new([Ok(answer(200, &headers))])));
    let mut request = get("/api/v1/users.info?userId=a%20b");
    request
        .headers_mut()
        .insert("x-auth-token", HeaderValue::from_static("s3cret"));
    let passed = recorder.send(&request).await.unwrap();
    assert_eq!(passed.headers["set-cookie"], "rc_token=s3cret");

    let kept = recorder.take();
    assert_eq!(kept[0].query, [("userId".to_owned(), "a b".to_owned())]);
    let names: Vec<_> = kept[0]
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .collect();
    assert_eq!(names.len(), 3);
    assert!(!names.contains(&"set-cookie") && !names.contains(&"x-instance-id"));
    assert!(recorder.take().is_empty());

    let directory = tempfile::tempdir().unwrap();
    scenario(kept).save(directory.path()).unwrap();
    for file in fs::read_dir(directory.path()).unwrap() {
        assert!(
            !fs::read_to_string(file.unwrap().path())
                .unwrap()
                .contains("s3cret")
        );
    }
}

#[test]
fn a_scenario_survives_the_disk_with_readable_names() {
    let directory = tempfile::tempdir().unwrap();
    let json = "application/json; charset=utf-8";
    let saved = scenario(vec![
        exchange(
            "/api/v1/users.listByStatus",
            &[("offset", "0")],
            json,
            r#"{"b":1.0,"a":[]}"#,
        ),
        exchange(
            "/api/v1/users.listByStatus",
            &[("offset", "8")],
            json,
            r#"{"b":2}"#,
        ),
        exchange("/api/v1/users.ListByStatus", &[], "text/html", "<html>"),
        exchange("/api/v1/users.listbystatus", &[], "text/html", "<p>"),
        exchange("/api/v1/manifest", &[], json, "no JSON"),
        exchange("/", &[], "text/plain", "404 Not Found"),
        exchange("/api/v1/..", &[], "", "?"),
        Exchange {
            status: StatusCode::NO_CONTENT,
            ..exchange("/api/v1/empty", &[], json, "")
        },
    ]);
    saved.save(directory.path()).unwrap();

    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "manifest-2.json",
            "manifest.json",
            "root.bin",
            "root.txt",
            "users.ListByStatus.html",
            "users.listByStatus-2.json",
            "users.listByStatus.json",
            "users.listbystatus-2.html",
        ]
    );
    let text = fs::read_to_string(directory.path().join("users.listByStatus.json")).unwrap();
    assert_eq!(text, "{\n  \"b\": 1.0,\n  \"a\": []\n}\n");

    let mut loaded = Scenario::load(directory.path()).unwrap();
    loaded.exchanges[0].body = saved.exchanges[0].body.clone();
    loaded.exchanges[1].body = saved.exchanges[1].body.clone();
    assert_eq!(loaded, saved);
}

#[test]
fn the_documented_manifest_is_read_and_bodies_may_be_shared() {
    let directory = tempfile::tempdir().unwrap();
    let manifest = r#"{"description": "All users", "origin": "hand-written", "server": "8.6.1", "options": {"a": 1},
        "exchanges": [
            {"method": "GET", "path": "/api/v1/users.listByStatus", "query": {"count": "0", "sort": "{\"_id\":1}"},
             "status": 200, "headers": {"content-type": "application/json"}, "body": "users.json"},
            {"method": "GET", "path": "/api/v1/users.list", "status": 200, "headers": {}, "body": "users.json"},
            {"method": "GET", "path": "/api/v1/none", "status": 404}
        ]}"#;
    fs::write(directory.path().join("manifest.json"), manifest).unwrap();
    fs::write(directory.path().join("users.json"), "{}").unwrap();
    let loaded = Scenario::load(directory.path()).unwrap();
    assert_eq!(loaded.origin, Origin::HandWritten);
    assert_eq!(
        loaded.exchanges[0].query[1],
        ("sort".to_owned(), "{\"_id\":1}".to_owned())
    );
    assert_eq!(loaded.exchanges[0].body, loaded.exchanges[1].body);
    assert_eq!(loaded.exchanges[2].body, "");
    let json = serde_json::to_string(&Origin::Recorded).unwrap();
    assert_eq!(json, "\"recorded\"");
}

#[track_caller]
fn refused(directory: &Path, entry: &str, expected: &str) {
    let manifest = format!(
        r#"{{"description": "", "origin": "recorded", "server": "", "options": {{}}, "exchanges": [{entry}]}}"#
    );
    fs::write(directory.join("manifest.json"), manifest).unwrap();
    let error = Scenario::load(directory).unwrap_err();
    assert_eq!(error.kind(), Kind::Scenario);
    let source = std::error::Error::source(&error)
        .map(ToString::to_string)
        .unwrap_or_default();
    let message = format!("{error}: {source}");
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_broken_scenario_says_what_is_wrong() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.json"), "{}").unwrap();
    let directory = outside.path().join("scenario");
    fs::create_dir(&directory).unwrap();
    assert!(
        Scenario::load(&directory)
            .unwrap_err()
            .to_string()
            .contains("manifest.json: cannot be read")
    );

    refused(
        &directory,
        r#"{"method": "GET", "path": "/x", "body": "../secret.json"}"#,
        "not inside the directory",
    );
    let absolute = outside.path().join("secret.json");
    let entry = format!(r#"{{"method": "GET", "path": "/x", "body": {absolute:?}}}"#);
    refused(&directory, &entry, "not inside the directory");
    refused(
        &directory,
        r#"{"method": "GET", "path": "/x", "body": ""}"#,
        "not inside the directory",
    );
    refused(
        &directory,
        r#"{"method": "GET", "path": "/x", "body": "missing.json"}"#,
        "missing.json: cannot be read",
    );
    refused(
        &directory,
        r#"{"method": "GET", "path": "x"}"#,
        "does not begin with a slash",
    );
    refused(
        &directory,
        r#"{"method": "G T", "path": "/x"}"#,
        "not a method",
    );
    refused(
        &directory,
        r#"{"method": "GET", "path": "/x", "status": 99}"#,
        "not a status",
    );
    refused(
        &directory,
        r#"{"method": "GET", "path": "/x", "headers": {"a b": "c"}}"#,
        "not a header",
    );
    refused(
        &directory,
        r#"{"method": "GET", "path": "/x", "bodies": []}"#,
        "unknown field",
    );
}

#[test]
fn a_repeated_parameter_cannot_be_saved() {
    let directory = tempfile::tempdir().unwrap();
    let repeated = exchange(
        "/x",
        &[("roles[]", "a"), ("roles[]", "b")],
        "application/json",
        "{}",
    );
    let error = scenario(vec![repeated]).save(directory.path()).unwrap_err();
    assert!(
        error.to_string().contains("repeats a query parameter"),
        "{error}"
    );
}
