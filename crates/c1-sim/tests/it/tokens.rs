//! Who gets a token.

use c1_sim::{StatusCode, client_id};
use serde_json::json;

use crate::client::{Ask, NOW, server};

#[tokio::test]
async fn a_request_that_is_right_gets_one() {
    let c1 = server();
    assert_eq!(Ask::default().send(&c1).await, StatusCode::OK);
    assert_eq!(c1.names(), ["POST /auth/v1/token"]);
}

#[tokio::test]
async fn mistakes_are_refused_and_remembered() {
    type Mistake = fn(&mut Ask);
    let mistakes: [(Mistake, &str); 11] = [
        (|it| it.agent = "curl/8", "user-agent"),
        (|it| it.key = 30, "signature"),
        (|it| it.claims["aud"] = json!("localhost"), "audience"),
        (|it| it.claims["sub"] = json!("somebody"), "issuer"),
        (|it| it.claims["iat"] = json!(NOW + 1), "times"),
        (|it| it.claims["exp"] = json!(NOW + 3600), "times"),
        (|it| it.header["nonce"] = json!("00"), "nonce"),
        (|it| it.header["alg"] = json!("HS256"), "algorithm"),
        (
            |it| {
                it.form.insert("scope", "all".to_owned());
            },
            "fields of the form",
        ),
        (
            |it| {
                it.form.insert("grant_type", "password".to_owned());
            },
            "grant type",
        ),
        (
            |it| {
                it.form.insert("client_id", client_id("other.example"));
            },
            "client id",
        ),
    ];
    for (mistake, problem) in mistakes {
        let c1 = server();
        let mut ask = Ask::default();
        mistake(&mut ask);
        assert_eq!(ask.send(&c1).await, StatusCode::UNAUTHORIZED, "{problem}");
        assert_eq!(c1.problems(), [problem]);
    }
}

#[tokio::test]
async fn a_nonce_is_good_once() {
    let c1 = server();
    assert_eq!(Ask::default().send(&c1).await, StatusCode::OK);
    assert_eq!(Ask::default().send(&c1).await, StatusCode::UNAUTHORIZED);
    assert_eq!(c1.problems(), ["nonce used before"]);
}
