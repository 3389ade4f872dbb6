//! Which servers are trusted.

use std::error::Error as _;
use std::sync::Arc;

use http::{Request, Version};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rocketchat_http::{
    Client, Config, Credentials, Error, HttpTransport, Kind, Policy, Response, Verdict,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, version};

use crate::server::{Server, text};

/// A certificate authority of our own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Two authorities of one name would not be unknown to each other, only wrong.
        let key = KeyPair::generate().unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, format!("{:x?}", key.public_key_raw()));
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    /// Makes the configuration of a server whose certificate is for `name`.
    pub(crate) fn issue(
        &self,
        name: &str,
        alpn: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        server_config(certificate.der().clone(), &key, alpn)
    }
}

fn server_config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    alpn: &[&str],
) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&version::TLS12, &version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

fn client(url: &str, extra_roots: Vec<Vec<u8>>) -> Client {
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", &"s3cret".into()).unwrap();
    let config = Config {
        extra_roots,
        ..Config::default()
    };
    let transport = HttpTransport::new(url.parse().unwrap(), credentials, config).unwrap();
    Client::new(Arc::new(transport), Policy::default(), Verdict::by_status)
}

async fn get(url: &str, extra_roots: Vec<Vec<u8>>) -> Result<Response, Error> {
    client(url, extra_roots)
        .send(Request::get("/api/v1/me").body(()).unwrap())
        .await
}

#[track_caller]
fn check(server: &Server, error: &Error, message: &str) {
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (Kind::Tls, false),
        "{error:?}"
    );
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.hint().is_some() && error.source().is_some());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_extra_authority_is_trusted_as_der_and_as_pem() {
    let authority = Authority::new();
    for (alpn, version) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
    ] {
        let tls = authority.issue("localhost", alpn, |_| ());
        let server = Server::https(tls, move |request| {
            assert_eq!(request.version(), version);
            assert_eq!(request.headers()["x-auth-token"], "s3cret");
            text(200, "fine")
        });
        let url = server.named_url("https");
        assert_eq!(get(&url, vec![authority.der()]).await.unwrap().body, "fine");
        let pem = format!("two\n{}{}", Authority::new().0.pem(), authority.0.pem());
        assert_eq!(
            get(&url, vec![pem.into_bytes()]).await.unwrap().body,
            "fine"
        );
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_not_tried_again() {
    let server = Server::https(Authority::new().issue("localhost", &[], |_| ()), |_| {
        text(200, "stolen")
    });
    let error = get(&server.named_url("https"), vec![Authority::new().der()])
        .await
        .unwrap_err();
    check(&server, &error, "unknown issuer");
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_refused() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let server = Server::https(server_config(certificate.der().clone(), &key, &[]), |_| {
            text(200, "stolen")
        });
        let error = get(&server.named_url("https"), vec![Authority::new().der()])
            .await
            .unwrap_err();
        check(&server, &error, "unknown issuer");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = Server::https(authority.issue("chat.example.org", &[], |_| ()), |_| {
        text(200, "stolen")
    });
    let error = get(&server.named_url("https"), vec![authority.der()])
        .await
        .unwrap_err();
    check(&server, &error, "for another name");
}

#[tokio::test]
async fn certificates_out_of_date_are_refused() {
    let authority = Authority::new();
    let old = authority.issue("localhost", &[], |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let server = Server::https(old, |_| text(200, "stolen"));
    let error = get(&server.named_url("https"), vec![authority.der()])
        .await
        .unwrap_err();
    check(&server, &error, "has expired");

    let early = authority.issue("localhost", &[], |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    });
    let server = Server::https(early, |_| text(200, "stolen"));
    let error = get(&server.named_url("https"), vec![authority.der()])
        .await
        .unwrap_err();
    check(&server, &error, "not valid yet");
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let server = Server::http(|_| text(200, ""));
    let error = get(&server.named_url("https"), vec![Authority::new().der()])
        .await
        .unwrap_err();
    check(&server, &error, "does not speak TLS");
}
