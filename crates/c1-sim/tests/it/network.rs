//! Where C1 can be reached, and by whom.

use std::time::Duration;

use c1_sim::HOST;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Ask, server};

#[tokio::test]
async fn its_certificate_is_for_its_hosts() {
    let c1 = server();
    let address = c1.listen().await.unwrap();
    for host in [HOST, "localhost"] {
        let stream = TcpStream::connect(address).await.unwrap();
        let stream = c1.secure(stream, host, &["h2"]).await.unwrap();
        assert_eq!(stream.protocol(), Some(&b"h2"[..]));
    }
    let stream = TcpStream::connect(address).await.unwrap();
    let error = c1.secure(stream, "other.example", &["h2"]).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    assert!(
        c1.authority_pem()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    drop(c1);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(address).await.is_err(), "still open");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_away() {
    let c1 = server();
    c1.set_down(true);
    assert!(c1.pipe().is_err());
    c1.set_down(false);
    c1.freeze();
    assert_eq!(Ask::default().send(&c1).await, 200);
    assert_eq!(c1.connections().0, 1);
    c1.behave(|it| it.slowness = Duration::from_hours(1));
    let late = timeout(Duration::from_mins(59), Ask::default().send(&c1));
    assert!(late.await.is_err());
}
