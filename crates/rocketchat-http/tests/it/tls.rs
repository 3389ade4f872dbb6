//! Which servers are trusted.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Version};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rocketchat_http::{
    Client, Config, Credentials, Error, HttpTransport, Kind, Policy, Response, Verdict,
};
use tempfile::NamedTempFile;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ServerConfig, version};

use crate::server::{Server, text};

/// A certificate authority of our own.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Its certificate as PEM.
    file: NamedTempFile,
}

impl Authority {
    pub(crate) fn new() -> Self {
        // Two authorities of one name would not be unknown to each other, only wrong.
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        Self::named(&format!("CA {}", COUNT.fetch_add(1, Ordering::SeqCst)))
    }

    fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::of(CertifiedIssuer::self_signed(ca_params(name), key).unwrap())
    }

    /// Makes an authority that this one vouches for, until a year.
    fn below(&self, name: &str, until: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = ca_params(name);
        params.not_after = date_time_ymd(until, 1, 1);
        Self::of(CertifiedIssuer::signed_by(params, key, &self.issuer).unwrap())
    }

    fn of(issuer: CertifiedIssuer<'static, KeyPair>) -> Self {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), issuer.pem()).unwrap();
        Self { issuer, file }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A file with the certificate. It goes with the authority.
    pub(crate) fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    /// Makes a certificate for `name`, and the key that belongs to it.
    pub(crate) fn certificate(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// Makes the configuration of a server whose certificate is for `name`.
    pub(crate) fn issue(
        &self,
        name: &str,
        alpn: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> ServerConfig {
        let (certificate, key) = self.certificate(name, change);
        server_config(certificate.der().clone(), &key, alpn)
    }
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A server that shows a certificate which its key does not belong to.
pub(crate) fn unchecked_config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = default_provider()
        .key_provider
        .load_private_key(key)
        .unwrap();
    let shown = CertifiedKey::new(vec![certificate], key);
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&version::TLS12, &version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
}

pub(crate) fn server_config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    alpn: &[&str],
) -> ServerConfig {
    chain_config(vec![certificate], key, alpn)
}

fn chain_config(chain: Vec<CertificateDer<'static>>, key: &KeyPair, alpn: &[&str]) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&version::TLS12, &version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

fn client(url: &str, extra_roots: Vec<PathBuf>) -> Client {
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", "s3cret").unwrap();
    let config = Config {
        extra_roots,
        ..Config::default()
    };
    let transport = HttpTransport::new(url.parse().unwrap(), credentials, config).unwrap();
    Client::new(Arc::new(transport), Policy::default(), Verdict::by_status)
}

async fn get(url: &str, extra_roots: Vec<PathBuf>) -> Result<Response, Error> {
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
    assert!(error.hint().is_some());
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    assert!(causes.len() > 1, "{causes:?}");
    assert!(causes.iter().all(|it| !it.contains('{')), "{causes:?}");
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
        let (der, pem) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        std::fs::write(der.path(), authority.der()).unwrap();
        let both = format!("two\n{}{}", Authority::new().pem(), authority.pem());
        std::fs::write(pem.path(), both).unwrap();
        for file in [der, pem] {
            let response = get(&url, vec![file.path().to_owned()]).await;
            assert_eq!(response.unwrap().body, "fine");
        }
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_not_tried_again() {
    let stranger = Authority::new();
    let server = Server::https(Authority::new().issue("localhost", &[], |_| ()), |_| {
        text(200, "stolen")
    });
    let error = get(&server.named_url("https"), vec![stranger.path()])
        .await
        .unwrap_err();
    check(&server, &error, "unknown issuer");
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_refused() {
    let stranger = Authority::new();
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let server = Server::https(server_config(certificate.der().clone(), &key, &[]), |_| {
            text(200, "stolen")
        });
        let error = get(&server.named_url("https"), vec![stranger.path()])
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
    let error = get(&server.named_url("https"), vec![authority.path()])
        .await
        .unwrap_err();
    let words = "the server's certificate is for another name: it is for chat.example.org, not for localhost; CN=rcgen self signed cert, issued by CN=";
    check(&server, &error, words);
}

#[tokio::test]
async fn certificates_out_of_date_are_refused() {
    let authority = Authority::new();
    let old = authority.issue("localhost", &[], |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let server = Server::https(old, |_| text(200, "stolen"));
    let error = get(&server.named_url("https"), vec![authority.path()])
        .await
        .unwrap_err();
    check(
        &server,
        &error,
        "certificate has expired: CN=rcgen self signed cert, ",
    );
    check(
        &server,
        &error,
        ", valid from 1975-01-01T00:00:00Z to 2020-01-01T00:00:00Z",
    );

    let early = authority.issue("localhost", &[], |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    });
    let server = Server::https(early, |_| text(200, "stolen"));
    let error = get(&server.named_url("https"), vec![authority.path()])
        .await
        .unwrap_err();
    check(
        &server,
        &error,
        "certificate is not valid yet: CN=rcgen self signed cert, ",
    );
    check(&server, &error, ", valid from 4000-01-01T00:00:00Z to ");
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let stranger = Authority::new();
    let server = Server::http(|_| text(200, ""));
    let error = get(&server.named_url("https"), vec![stranger.path()])
        .await
        .unwrap_err();
    check(&server, &error, "does not speak TLS");
}

#[tokio::test]
async fn the_certificate_that_is_to_blame_is_described() {
    let authority = Authority::new();
    let client_only = authority.issue("localhost", &[], |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let nameless = authority.issue("localhost", &[], |params| {
        params.subject_alt_names = Vec::new();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "local\u{1b}[31mhost");
    });
    let many = authority.issue("localhost", &[], |params| {
        let names = ["a", "b", "10.0.0.1", "fd00::1", "*.e.test", "f", "g"];
        params.subject_alt_names = CertificateParams::new(names.map(str::to_owned))
            .unwrap()
            .subject_alt_names;
    });
    for (tls, message) in [
        (
            client_only,
            "certificate is not for servers: CN=rcgen self signed cert, issued by",
        ),
        (
            nameless,
            "it is for no host at all (the common name does not count), not for localhost; CN=local\\1b[31mhost, ",
        ),
        (
            many,
            "it is for a, b, 10.0.0.1, fd00::1, *.e.test and 2 more, not for localhost; ",
        ),
    ] {
        let server = Server::https(tls, |_| text(200, "stolen"));
        let error = get(&server.named_url("https"), vec![authority.path()])
            .await
            .unwrap_err();
        check(&server, &error, message);
    }
}

#[tokio::test]
async fn the_issuer_that_is_missing_is_named() {
    let (root, stranger) = (Authority::named("Root"), Authority::new());
    let between = root.below("Between", 4000);
    let (certificate, key) = between.certificate("localhost", |_| ());
    let chain = vec![certificate.der().clone(), between.der().into()];
    let server = Server::https(chain_config(chain, &key, &[]), |_| text(200, "fine"));
    let url = server.named_url("https");
    assert_eq!(get(&url, vec![root.path()]).await.unwrap().body, "fine");
    let server = Server::https(
        chain_config(
            vec![certificate.der().clone(), between.der().into()],
            &key,
            &[],
        ),
        |_| text(200, "stolen"),
    );
    let error = get(&server.named_url("https"), vec![stranger.path()])
        .await
        .unwrap_err();
    check(&server, &error, "issued by CN=Between, ");
    check(&server, &error, "; what is not known is CN=Root");
}

#[tokio::test]
async fn an_expired_authority_in_the_chain_is_named() {
    let root = Authority::named("Root");
    let between = root.below("Between", 2020);
    let (certificate, key) = between.certificate("localhost", |_| ());
    let chain = vec![certificate.der().clone(), between.der().into()];
    let server = Server::https(chain_config(chain, &key, &[]), |_| text(200, "stolen"));
    let error = get(&server.named_url("https"), vec![root.path()])
        .await
        .unwrap_err();
    check(
        &server,
        &error,
        "has expired: CN=Between, issued by CN=Root, ",
    );
}
