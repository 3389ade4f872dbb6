//! The way to C1 and to the workspace: proxies, trusted authorities, another host.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use baton_proto::connectorapi::baton::v1::task::SyncFullTask;
use c1_sim::CLIENT_ID;

use super::place::Place;
use crate::network::{Authority, proxy};

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_through_a_proxy() {
    let place = Place::new().await;
    let c1 = place.c1.listen().await.unwrap();
    let authority = Authority::new();
    let url = place.chat.base_url();
    let to = url.trim_start_matches("http://").parse().unwrap();
    let front = authority.front("chat.example.invalid", to, false).await;
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let way = move |target: &str| if target.contains("acme") { c1 } else { front };
    let proxy = proxy(way, Arc::clone(&heard)).await;
    // Both in one file. The names lead nowhere but through the proxy.
    let both = place.binary.path("both.pem");
    let pem = format!("{}{}", place.c1.authority_pem(), authority.pem());
    std::fs::write(&both, pem).unwrap();
    let place = place
        .with("BATON_CLIENT_ID", CLIENT_ID)
        .with("BATON_ROCKETCHAT_BASE_URL", "https://chat.example.invalid")
        .with("SSL_CERT_FILE", both.to_str().unwrap())
        .with(
            "HTTPS_PROXY",
            &format!("http://auditor:canary-password@{proxy}"),
        );
    place.sync(SyncFullTask::default(), &[]).await;

    let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    let targets: BTreeSet<_> = heard
        .lines()
        .filter(|it| it.starts_with("CONNECT"))
        .collect();
    let expected = ["acme.conductor.one", "chat.example.invalid"]
        .map(|it| format!("CONNECT {it}:443 HTTP/1.1"));
    assert_eq!(targets, expected.iter().map(String::as_str).collect());
    let heard = heard.to_ascii_lowercase();
    assert!(
        !heard.contains("x-auth-token") && !heard.contains("bearer"),
        "{heard}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_may_be_elsewhere() {
    let place = Place::new().await;
    let address = place.c1.listen().await.unwrap();
    let elsewhere = format!("localhost:{}", address.port());
    let place = place
        .with("BATON_CLIENT_ID", CLIENT_ID)
        .with("BATON_C1_API_HOST", &elsewhere);
    // C1 checks that the assertion is for the host of the client id all the same.
    place.sync(SyncFullTask::default(), &[]).await;
    for call in place.c1.calls() {
        let agent = call.headers["user-agent"].to_str().unwrap();
        assert!(agent.contains("baton-sdk/v0.25.0"), "{agent}");
    }
}
