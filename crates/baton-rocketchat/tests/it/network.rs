//! Proxies, private authorities and client certificates, as somebody configures them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rocketchat_sim::Account;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::binary::{Binary, Run, server};

/// An authority that nobody knows.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Example Private CA");
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// Writes the certificate of the authority into the directory of the binary.
    pub(crate) fn bundle(&self, binary: &Binary) -> String {
        write(binary, "ca.pem", &self.pem())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    /// Puts TLS in front of a server, for a client that has to show a certificate or none.
    pub(crate) async fn front(
        &self,
        name: &str,
        to: SocketAddr,
        asks_for_certificate: bool,
    ) -> SocketAddr {
        let (certificate, key) = self.issue(name);
        let builder = ServerConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if asks_for_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(self.0.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(
                roots.into(),
                default_provider().into(),
            );
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder.with_single_cert(vec![certificate.der().clone()], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    if let Ok(mut stream) = acceptor.accept(stream).await {
                        let mut server = TcpStream::connect(to).await.unwrap();
                        let _ = copy_bidirectional(&mut stream, &mut server).await;
                    }
                });
            }
        });
        address
    }
}

fn write(binary: &Binary, name: &str, text: &str) -> String {
    let path: PathBuf = binary.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A proxy for `CONNECT` that wants a password, and knows a way for each request. Writes down what it is asked.
pub(crate) async fn proxy(
    way: impl Fn(&str) -> SocketAddr + Send + Sync + 'static,
    log: Arc<Mutex<Vec<u8>>>,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let way = Arc::new(way);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (way, log) = (Arc::clone(&way), Arc::clone(&log));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                log.lock().unwrap().extend(&head);
                let text = String::from_utf8(head).unwrap().to_ascii_lowercase();
                // "auditor:canary-password"
                let knows =
                    text.contains("proxy-authorization: basic yxvkaxrvcjpjyw5hcnktcgfzc3dvcmq=");
                if !knows {
                    let answer = "HTTP/1.1 407 Who Are You\r\ncontent-length: 0\r\n\r\n";
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    return;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let mut server = TcpStream::connect(way(&text)).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    address
}

/// A simulated workspace, and TLS in front of it.
struct Place {
    _server: rocketchat_sim::Server,
    authority: Authority,
    front: SocketAddr,
    binary: Binary,
}

impl Place {
    async fn new(asks_for_certificate: bool) -> Self {
        let server = server().await;
        let authority = Authority::new();
        let to = server
            .base_url()
            .trim_start_matches("http://")
            .parse()
            .unwrap();
        let front = authority.front("localhost", to, asks_for_certificate).await;
        let url = format!("https://localhost:{}", front.port());
        let binary =
            Binary::for_account(&server, Account::Reader).with("BATON_ROCKETCHAT_BASE_URL", &url);
        Self {
            _server: server,
            authority,
            front,
            binary,
        }
    }
}

#[track_caller]
fn check_synced(run: &Run) {
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), ""),
        "{}",
        run.stderr
    );
}

#[track_caller]
fn check_refused(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, Some(code), "{}", run.stderr);
    for word in words {
        assert!(run.error().contains(word), "{word}: {}", run.error());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_named_by_a_flag_or_a_variable() {
    let place = Place::new(false).await;
    let (binary, bundle) = (&place.binary, place.authority.bundle(&place.binary));
    let unknown = binary.run(&[]).await;
    check_refused(
        &unknown,
        2,
        &["Example Private CA", "--rocketchat-ca-bundle"],
    );
    check_synced(&binary.run(&["--rocketchat-ca-bundle", &bundle]).await);
    let Place { binary, .. } = place;
    let binary = binary.with("SSL_CERT_FILE", &bundle);
    check_synced(&binary.run(&[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_is_none_is_named() {
    let place = Place::new(false).await;
    let binary = &place.binary;
    let empty = write(binary, "empty.pem", "nothing here");
    for path in ["missing.pem", &empty] {
        let run = binary.run(&["--rocketchat-ca-bundle", path]).await;
        check_refused(&run, 2, &[path]);
    }
    assert_eq!(binary.files(), ["empty.pem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_gets_the_certificate() {
    let place = Place::new(true).await;
    let bundle = place.authority.bundle(&place.binary);
    let (certificate, key) = place.authority.issue("auditor");
    let certificate = write(&place.binary, "client.pem", &certificate.pem());
    let key = write(&place.binary, "client.key", &key.serialize_pem());
    let mut flags = vec!["--rocketchat-ca-bundle", &bundle, "--max-duration", "30s"];
    let without = place.binary.run(&flags).await;
    assert!(
        without.code.is_some_and(|code| code != 0),
        "{}",
        without.stderr
    );
    assert!(
        without.error().contains("certificate"),
        "{}",
        without.error()
    );
    flags.extend(["--rocketchat-client-certificate", &certificate]);
    let alone = place.binary.run(&flags).await;
    check_refused(
        &alone,
        2,
        &[
            "[rocketchat-client-certificate rocketchat-client-key]",
            "missing [rocketchat-client-key]",
        ],
    );
    flags.extend(["--rocketchat-client-key", &key]);
    check_synced(&place.binary.run(&flags).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_carries_the_sync_and_learns_nothing() {
    let place = Place::new(false).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let front = place.front;
    let proxy = proxy(move |_| front, Arc::clone(&heard)).await;
    let bundle = place.authority.bundle(&place.binary);
    // The name leads nowhere but through the proxy.
    let binary = place
        .binary
        .with("BATON_ROCKETCHAT_BASE_URL", "https://chat.example.invalid")
        .with("BATON_ROCKETCHAT_CA_BUNDLE", &bundle);
    let through = |password: &str| format!("http://auditor:{password}@{proxy}");
    let binary = binary.with("HTTPS_PROXY", &through("wrong-canary"));
    let refused = binary.run(&["--log-level", "debug"]).await;
    check_refused(&refused, 3, &["407", &proxy.to_string()]);
    assert!(
        !refused.stderr.contains("wrong-canary"),
        "{}",
        refused.stderr
    );

    let binary = binary.with("HTTPS_PROXY", &through("canary-password"));
    let run = binary.run(&["--log-level", "debug"]).await;
    // The certificate is for localhost: the tunnel was made, and the server behind it is looked at all the same.
    check_refused(&run, 2, &["chat.example.invalid", "localhost"]);
    assert!(!run.stderr.contains("canary-password"), "{}", run.stderr);
    let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    assert!(
        heard.contains("CONNECT chat.example.invalid:443 HTTP/1.1"),
        "{heard}"
    );
    assert!(
        !heard.to_ascii_lowercase().contains("x-auth-token"),
        "{heard}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_used_for_names_that_are_not_local() {
    let server = server().await;
    let to: SocketAddr = server
        .base_url()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let authority = Authority::new();
    let front = authority.front("chat.example.invalid", to, false).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let proxy = proxy(move |_| front, Arc::clone(&heard)).await;
    let binary = Binary::for_account(&server, Account::Reader)
        .with("BATON_ROCKETCHAT_BASE_URL", "https://chat.example.invalid")
        .with(
            "HTTPS_PROXY",
            &format!("http://auditor:canary-password@{proxy}"),
        );
    let bundle = authority.bundle(&binary);
    let run = binary.run(&["--rocketchat-ca-bundle", &bundle]).await;
    check_synced(&run);
    assert!(!heard.lock().unwrap().is_empty());

    let binary = binary.with("NO_PROXY", ".example.invalid");
    let run = binary
        .run(&["--rocketchat-ca-bundle", &bundle, "--max-duration", "5s"])
        .await;
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let binary = binary
        .with("NO_PROXY", "")
        .with("HTTPS_PROXY", "socks5://127.0.0.1:1080");
    check_refused(&binary.run(&[]).await, 2, &["HTTPS_PROXY", "SOCKS"]);
}
