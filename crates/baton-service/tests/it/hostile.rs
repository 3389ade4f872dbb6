//! Servers that break the rules, fall silent, or say what cannot be.

use std::sync::Arc;
use std::time::Duration;

use baton_proto::connectorapi::baton::v1::Task;
use baton_proto::connectorapi::baton::v1::task::{ListEventFeedsTask, TaskType};
use baton_service::{Code, Error};
use bytes::Bytes;
use c1_sim::task_id;
use http::Response;
use hyper::body::Frame;
use tokio::time::{Instant, sleep};
use tonic::Status;
use tonic::body::Body;

use crate::fake::{Fake, Plan, config, full_sync, service};
use crate::kernel::resident;
use crate::peer::{Act, Peer, data, end, no_task, response, token, with_task};

async fn run(peer: &Peer, fake: &Arc<Fake>, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let service = service(config(), fake, Arc::new(peer.clone()));
    service.run(stop).await
}

fn given(kind: TaskType) -> Act {
    given_after(Duration::ZERO, kind)
}

fn given_after(wait: Duration, kind: TaskType) -> Act {
    let task = Task {
        id: task_id(1),
        task_type: Some(kind),
        ..Task::default()
    };
    Act::Answer(wait, with_task(task))
}

fn small_task() -> TaskType {
    TaskType::ListEventFeeds(ListEventFeedsTask {})
}

#[tokio::test(start_paused = true)]
async fn strange_answers_are_waited_out() {
    let mut crowded = response([Ok(data(&no_task())), Ok(end())]);
    let value = "x".repeat(900).parse().unwrap();
    for number in 0..900 {
        let name = format!("x-{number}").parse::<http::HeaderName>().unwrap();
        crowded
            .headers_mut()
            .insert(name, http::HeaderValue::clone(&value));
    }
    let strange: [(&str, Response<Body>); 8] = [
        ("5 MiB", response([Ok(data(&vec![0; 5 << 20])), Ok(end())])),
        ("no message", response([Ok(data(&[0xff; 9])), Ok(end())])),
        ("headers without end", crowded),
        ("nothing", response([])),
        ("broken", response([Err(Status::internal("broken"))])),
        (
            "half",
            response([Ok(data(&no_task())), Err(Status::internal("broken"))]),
        ),
        ("compressed", {
            let frame = Frame::data(Bytes::from_static(&[1, 0, 0, 0, 1, 0]));
            response([Ok(frame), Ok(end())])
        }),
        ("a page", {
            let page = Response::builder()
                .status(502)
                .header("content-type", "text/html");
            page.body(Body::new("<html>".to_owned())).unwrap()
        }),
    ];
    for (name, answer) in strange {
        let peer = Peer::new();
        peer.plan("GetTask", [Act::Other(answer), given(small_task())]);
        run(&peer, &Fake::with([]), peer.until_called("FinishTask", 1))
            .await
            .unwrap();
        assert_eq!(peer.times("GetTask")[..2], [0.0, 1.0], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn silent_connections_are_checked_as_seldom_as_grpc_servers_want() {
    let peer = Peer::new();
    peer.plan("GetTask", [Act::Silence]);
    run(&peer, &Fake::with([]), sleep(Duration::from_mins(30)))
        .await
        .unwrap();
    let pings = peer.state(|it| it.pings.clone());
    assert!(pings.len() > 3, "{pings:?}");
    assert!(
        pings.windows(2).all(|it| it[1] - it[0] >= 300.0),
        "{pings:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_hello_is_said_again() {
    let peer = Peer::new();
    peer.plan("Hello", [Act::Silence]);
    run(&peer, &Fake::with([]), peer.until_called("GetTask", 1))
        .await
        .unwrap();
    assert_eq!(peer.times("Hello"), [0.0, 31.0]);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_not_taken_holds_up_nothing_and_is_not_kept_in_memory() {
    let peer = Peer::new();
    peer.plan("GetTask", [given(full_sync())]);
    peer.plan("UploadAsset", [Act::Silence]);
    let fake = Fake::with([Plan::Sparse(1 << 30)]);
    let stop = async {
        peer.until_called("Heartbeat", 1).await;
        let before = resident();
        peer.until_called("Heartbeat", 12).await;
        let more = resident().saturating_sub(before);
        assert!(more < 200 << 10, "{more} KiB more");
    };
    run(&peer, &fake, stop).await.unwrap();
    let times = peer.times("Heartbeat");
    assert!(
        times
            .windows(2)
            .all(|it| (it[1] - it[0] - 30.0).abs() < 0.1),
        "{times:?}"
    );
    let received = peer.state(|it| it.received);
    assert!(received < 1 << 20, "{received} bytes");
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_part_of_an_upload_is_no_success() {
    let peer = Peer::new();
    peer.plan("GetTask", [given(full_sync())]);
    peer.plan("UploadAsset", [(); 3].map(|()| Act::Early(Vec::new())));
    let fake = Fake::with([Plan::Sparse(8 << 20)]);
    run(&peer, &fake, peer.until_called("FinishTask", 1))
        .await
        .unwrap();
    assert_eq!(peer.times("UploadAsset").len(), 3);
    let status = peer.finished()[0].status.clone().unwrap();
    assert!(status.message.contains("the upload failed"), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ended_can_be_given_out_again_by_a_late_answer() {
    let peer = Peer::new();
    let late = given_after(Duration::from_mins(1), small_task());
    peer.plan("GetTask", [given(small_task()), late]);
    run(&peer, &Fake::with([]), peer.until_called("FinishTask", 2))
        .await
        .unwrap();
    assert_eq!(peer.times("FinishTask"), [0.0, 61.0]);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_silent_does_not_keep_a_stopped_service() {
    let silent = |method| {
        move |peer: &Peer| match method {
            "token" => peer.state(|it| it.tokens.push_back(None)),
            method => peer.plan(method, [Act::Silence]),
        }
    };
    for method in [
        "token",
        "Hello",
        "GetTask",
        "Heartbeat",
        "UploadAsset",
        "FinishTask",
    ] {
        let peer = Peer::new();
        silent(method)(&peer);
        if method != "GetTask" {
            peer.plan("GetTask", [given(full_sync())]);
        }
        let folder = tempfile::tempdir().unwrap();
        let mut config = config();
        config.temp_dir = Some(folder.path().to_owned());
        let fake = Fake::with([Plan::Sparse(1 << 20)]);
        let service = service(config, &fake, Arc::new(peer.clone()));
        let mut stopped = Instant::now();
        let stop = async {
            sleep(Duration::from_secs(2)).await;
            stopped = Instant::now();
        };
        service.run(stop).await.unwrap();
        assert!(stopped.elapsed() < Duration::from_secs(10), "{method}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{method}");
        let told = usize::from(["Heartbeat", "UploadAsset", "FinishTask"].contains(&method));
        assert_eq!(peer.times("FinishTask").len(), told, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_while_stopping_is_not_waited_for() {
    let peer = Peer::new();
    peer.plan("GetTask", [given(full_sync())]);
    peer.state(|it| {
        let short = token(r#"{"access_token":"tok","expires_in":11}"#);
        it.tokens.extend([Some(short), None, None, None]);
    });
    let fake = Fake::with([Plan::Last(Duration::from_hours(9))]);
    let mut stopped = Instant::now();
    let stop = async {
        sleep(Duration::from_secs(40)).await;
        stopped = Instant::now();
    };
    run(&peer, &fake, stop).await.unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn tokens_are_taken_however_their_life_is_written() {
    for (life, tokens) in [
        ("3600.0", 1),
        ("\"3600\"", 1),
        ("null", 1),
        ("-1", 4),
        ("0", 4),
    ] {
        let peer = Peer::new();
        let answer = token(&format!(r#"{{"access_token":"tok","expires_in":{life}}}"#));
        peer.state(|it| it.tokens.extend((0..9).map(|_| Some(answer.clone()))));
        run(&peer, &Fake::with([]), peer.until_called("GetTask", 3))
            .await
            .unwrap();
        assert_eq!(peer.times("/auth/v1/token").len(), tokens, "{life}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_is_refused_without_being_shown() {
    let secret = "tok-1234";
    let long = format!(r#"{{"access_token":"{}"}}"#, secret.repeat(1 << 18));
    let redirect = "HTTP/1.1 307 Temporary Redirect\r\nlocation: https://acme.conductor.one/x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    for (answer, code, words) in [
        (
            token(r#"{"access_token":"tok-1234\r\nx: y"}"#),
            Code::Unauthenticated,
            "no header value",
        ),
        (
            token(r#"{"access_token":["tok-1234"]}"#),
            Code::Unauthenticated,
            "cannot be read",
        ),
        (
            token(r#"{"token_type":"tok-1234"}"#),
            Code::Unauthenticated,
            "it is empty",
        ),
        (
            redirect.to_owned(),
            Code::Unauthenticated,
            "307 Temporary Redirect",
        ),
    ] {
        let peer = Peer::new();
        peer.state(|it| it.tokens.push_back(Some(answer)));
        let error = run(&peer, &Fake::with([]), std::future::pending())
            .await
            .unwrap_err();
        let text = format!("{error} {error:?}");
        assert_eq!(error.code(), code, "{text}");
        assert!(text.contains(words) && !text.contains(secret), "{text}");
        assert_eq!(peer.times("/auth/v1/token"), [0.0]);
        assert!(peer.times("/x").is_empty());
    }
    let peer = Peer::new();
    peer.state(|it| it.tokens.push_back(Some(token(&long))));
    run(&peer, &Fake::with([]), peer.until_called("Hello", 1))
        .await
        .unwrap();
    assert_eq!(peer.times("/auth/v1/token"), [0.0, 1.0]);
}
