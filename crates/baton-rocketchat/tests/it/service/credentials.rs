//! Credentials of C1 that are none.

use c1_sim::{CLIENT_ID, CLIENT_SECRET};

use super::place::Place;

async fn check(client_id: &str, client_secret: &str, words: &str) {
    let place = Place::new().await;
    let flags = ["--client-id", client_id, "--client-secret", client_secret];
    let run = place.start(&flags).ended().await;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(run.last_words(), words);
    // "y" is a secret that every text holds.
    let is_printed = client_secret.len() > 1 && run.stderr.contains(client_secret);
    assert!(!is_printed, "{}", run.stderr);
    assert!(place.chat.log().is_empty() && place.c1.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn client_ids_that_are_none() {
    for id in ["x", "a@b", "@", "name-without-host"] {
        check(id, CLIENT_SECRET, "invalid client id").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_secrets_that_are_none() {
    let other_version = CLIENT_SECRET.replace(":v1:", ":v2:");
    let half = &CLIENT_SECRET[..CLIENT_SECRET.len() / 2];
    for secret in ["y", "v1:1:2:3", &other_version, half] {
        check(CLIENT_ID, secret, "invalid client secret").await;
    }
}
