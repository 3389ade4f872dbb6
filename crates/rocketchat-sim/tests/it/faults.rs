//! Faults and the record of calls.

use std::time::Duration;

use rocketchat_sim::{Account, Action, Fault, Server, Settings, Workspace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Client;

#[tokio::test]
async fn a_stated_answer_replaces_one_call_before_anything_else() {
    let page = "<h1>Down for maintenance</h1>";
    let fault = Fault::new("me", 2, Action::answer(503, "text/html", page));
    let settings = Settings {
        faults: vec![fault],
        ..Settings::default()
    };
    let server = Server::start(Workspace::empty(), settings).await.unwrap();
    let mut client = Client::connect(&server, None).await;
    assert_eq!(client.get("me").await.status, 401);
    let answer = client.get("me").await;
    assert_eq!(
        (answer.status, answer.text(), answer.header("content-type")),
        (503, page, Some("text/html"))
    );
    assert!(answer.header("date").is_some());
    assert_eq!(client.get("me").await.status, 401);
}

#[tokio::test]
async fn stated_headers_arrive() {
    let server = Server::start(Workspace::empty(), Settings::default())
        .await
        .unwrap();
    let headers = vec![(
        "Location".to_owned(),
        "https://login.example.org/".to_owned(),
    )];
    server.inject(
        Fault::new(
            "*",
            1,
            Action::Answer {
                status: 302,
                headers,
                body: "".into(),
            },
        )
        .times(2),
    );
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    for path in ["/api/info", "/api/v1/me"] {
        let answer = client.path(path).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (302, Some("https://login.example.org/"))
        );
    }
    assert_eq!(client.get("me").await.status, 200);
}

#[tokio::test]
async fn a_connection_can_be_cut() {
    let server = Server::start(Workspace::empty(), Settings::default())
        .await
        .unwrap();
    server.inject(Fault::new("roles.list", 1, Action::Cut));
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    assert!(
        client
            .send(http::Method::GET, "/api/v1/roles.list")
            .await
            .is_err()
    );
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    assert_eq!(client.get("roles.list").await.status, 200);
    let statuses: Vec<_> = server.log().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [None, Some(200)]);
}

#[tokio::test]
async fn a_body_can_break_off() {
    let server = Server::start(Workspace::empty(), Settings::default())
        .await
        .unwrap();
    let (user_id, token) = server.credentials(Account::Reader);
    let request = format!(
        "GET /api/v1/roles.list HTTP/1.1\r\nHost: x\r\nX-User-Id: {user_id}\r\nX-Auth-Token: {token}\r\n\
         Connection: close\r\n\r\n"
    );
    let ask = async || {
        let mut stream = TcpStream::connect(&server.base_url()[7..]).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        (length.parse::<usize>().unwrap(), body.to_owned())
    };
    let (announced, whole) = ask().await;
    assert_eq!(announced, whole.len());
    server.inject(Fault::new("roles.list", 1, Action::CutBody(40)));
    assert_eq!(ask().await, (announced, whole[..40].to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_late() {
    let server = Server::start(Workspace::empty(), Settings::default())
        .await
        .unwrap();
    server.inject(Fault::new("me", 1, Action::Delay(Duration::from_mins(5))));
    let before = tokio::time::Instant::now();
    assert_eq!(
        Client::connect(&server, Some(Account::Reader))
            .await
            .get("me")
            .await
            .status,
        200
    );
    assert!(before.elapsed() >= Duration::from_mins(5));
}

#[tokio::test]
async fn every_call_is_recorded() {
    let server = Server::start(Workspace::empty(), Settings::default())
        .await
        .unwrap();
    Client::connect(&server, None).await.path("/api/info").await;
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    client.get("users.list?count=0").await;
    client.get("users.info?userId=nobody").await;
    client.get("nothing").await;
    let log = server.log();
    let calls: Vec<_> = log
        .iter()
        .map(|call| (call.route.as_str(), call.status, call.signed))
        .collect();
    assert_eq!(
        calls,
        [
            ("info", Some(200), false),
            ("users.list", Some(200), true),
            ("users.info", Some(400), true),
            ("/api/v1/nothing", Some(404), true),
        ]
    );
    assert_eq!(
        (log[1].method.as_str(), log[1].path.as_str()),
        ("GET", "/api/v1/users.list")
    );
    assert_eq!(log[1].query.as_deref(), Some("count=0"));
    assert_eq!((server.calls("users.list"), server.calls("me")), (1, 0));
}

#[tokio::test]
async fn shutdown_closes_the_port_and_the_connections() {
    let server = Server::start(Workspace::empty(), Settings::default())
        .await
        .unwrap();
    let host = server.base_url()[7..].to_owned();
    let mut client = Client::connect(&server, Some(Account::Reader)).await;
    assert_eq!(client.get("me").await.status, 200);
    server.shutdown().await;
    assert!(client.send(http::Method::GET, "/api/v1/me").await.is_err());
    assert!(TcpStream::connect(host).await.is_err());
}
