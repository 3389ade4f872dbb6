//! What is trusted besides the platform's authorities, and client certificates.

use std::path::PathBuf;
use std::sync::Arc;

use http::Request;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rocketchat_http::{
    Config, Credentials, Error, HttpTransport, Identity, Kind, Response, Roots, Transport,
};
use tempfile::{NamedTempFile, TempDir};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion, version::TLS12, version::TLS13,
};

use crate::server::{Server, text};
use crate::tls::{Authority, server_config};

fn transport(url: &str, config: Config) -> Result<HttpTransport, Error> {
    let credentials = Credentials::new("aobEdbYhXfu5hkeqG", "s3cret").unwrap();
    HttpTransport::new(url.parse().unwrap(), credentials, config)
}

async fn get(server: &Server, config: Config) -> Result<Response, Error> {
    let request = Request::get("/api/v1/me").body(()).unwrap();
    transport(&server.named_url("https"), config)?
        .send(&request)
        .await
}

fn written(content: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

#[tokio::test]
async fn files_and_directories_take_the_place_of_the_platforms_authorities() {
    let (first, second, unknown) = (Authority::new(), Authority::new(), Authority::new());
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("second.pem"), second.pem()).unwrap();
    std::fs::write(directory.path().join("README"), "no certificate").unwrap();
    let config = Config {
        roots: Roots::Paths {
            file: Some(first.path()),
            directories: vec!["/nowhere".into(), directory.path().into()],
        },
        ..Config::default()
    };
    for (authority, is_trusted) in [(&first, true), (&second, true), (&unknown, false)] {
        let server = Server::https(authority.issue("localhost", &[], |_| ()), |_| text(200, ""));
        assert_eq!(get(&server, config.clone()).await.is_ok(), is_trusted);
        let more = Config {
            extra_roots: vec![unknown.path()],
            ..config.clone()
        };
        assert!(get(&server, more).await.is_ok());
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let broken = written("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let config = Config {
        extra_roots: vec![broken.path().to_owned()],
        ..Config::default()
    };
    let error = transport("https://chat.test", config.clone()).unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (Kind::Config, false));
    let path = broken.path().display();
    assert_eq!(
        error.to_string(),
        format!("{path}: the file holds a certificate that is broken")
    );
    // Nothing is loaded where nothing is needed.
    assert!(transport("http://chat.test", config).is_ok());
    let nobody = Config {
        roots: Roots::Paths {
            file: None,
            directories: Vec::new(),
        },
        ..Config::default()
    };
    let error = transport("https://chat.test", nobody).unwrap_err();
    assert!(error.to_string().ends_with(": no certificate is trusted"));
}

#[tokio::test]
async fn a_server_can_be_trusted_by_its_own_certificate() {
    let by_itself = |is_ca| {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        params
    };
    let key = KeyPair::generate().unwrap();
    for params in [
        by_itself(IsCa::NoCa),
        by_itself(IsCa::Ca(BasicConstraints::Unconstrained)),
    ] {
        let certificate = params.self_signed(&key).unwrap();
        let tls = server_config(certificate.der().clone(), &key, &[]);
        let server = Server::https(tls, |_| text(200, "fine"));
        let file = written(&certificate.pem());
        // Nothing else is trusted, as where the system has no authorities.
        let trusting = |path: PathBuf| Config {
            extra_roots: vec![path],
            roots: Roots::Paths {
                file: None,
                directories: Vec::new(),
            },
            ..Config::default()
        };
        let response = get(&server, trusting(file.path().to_owned())).await;
        assert_eq!(response.unwrap().body, "fine");

        let stranger = Authority::new();
        let error = get(&server, trusting(stranger.path())).await.unwrap_err();
        let said = error.to_string();
        let flaw = "the server's certificate comes from an unknown issuer: CN=rcgen self signed cert, signed by itself";
        assert!(said.contains(flaw), "{said}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_trusted_itself_is_still_checked() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let (client, server) = (
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        );
        for (name, until, purpose, message) in [
            ("localhost", 2020, server.clone(), "has expired"),
            ("chat.test", 4000, server, "is for another name"),
            ("localhost", 4000, client, "is not for servers"),
        ] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.is_ca = is_ca;
            params.not_after = rcgen::date_time_ymd(until, 1, 1);
            params.extended_key_usages = vec![purpose];
            let certificate = params.self_signed(&key).unwrap();
            let tls = server_config(certificate.der().clone(), &key, &[]);
            let server = Server::https(tls, |_| text(200, "stolen"));
            let file = written(&certificate.pem());
            let config = Config {
                extra_roots: vec![file.path().to_owned()],
                ..Config::default()
            };
            let error = get(&server, config).await.unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}

/// Whoever has the key of a server that is trusted by its certificate must not be able to speak for other servers.
#[tokio::test]
async fn the_certificate_of_a_server_vouches_for_no_other() {
    let with = |name: &str, is_ca| {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = is_ca;
        params
    };
    let key = KeyPair::generate().unwrap();
    let mut no_signer = with("proxy.test", IsCa::Ca(BasicConstraints::Unconstrained));
    no_signer.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    for params in [
        with("proxy.test", IsCa::NoCa),
        with("proxy.test", IsCa::ExplicitNoCa),
        no_signer,
    ] {
        let named = params.self_signed(&key).unwrap();
        let issuer = Issuer::from_params(&params, &key);
        let forged_key = KeyPair::generate().unwrap();
        let forged = with("localhost", IsCa::NoCa);
        let forged = forged.signed_by(&forged_key, &issuer).unwrap();
        let tls = server_config(forged.der().clone(), &forged_key, &[]);
        let server = Server::https(tls, |_| text(200, "stolen"));
        let file = written(&named.pem());
        let config = Config {
            extra_roots: vec![file.path().to_owned()],
            ..Config::default()
        };
        let error = get(&server, config).await.unwrap_err();
        assert!(error.to_string().contains("unknown issuer"), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_the_certificates_opens_nothing() {
    // Somebody shows the trusted certificate, without having its key.
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let thief = KeyPair::generate().unwrap();
    let tls = crate::tls::unchecked_config(certificate.der().clone(), &thief);
    let server = Server::https(tls, |_| text(200, "stolen"));
    let file = written(&certificate.pem());
    let config = Config {
        extra_roots: vec![file.path().to_owned()],
        ..Config::default()
    };
    let error = get(&server, config).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (Kind::Tls, false),
        "{error:?}"
    );
}

/// A server that asks for certificates of `clients`.
fn strict_server(
    servers: &Authority,
    clients: &Authority,
    versions: &[&'static SupportedProtocolVersion],
) -> Server {
    let mut roots = RootCertStore::empty();
    roots.add(clients.der().into()).unwrap();
    let provider = Arc::new(default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
    let (certificate, key) = servers.certificate("localhost", |_| ());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    Server::https(tls, |_| text(200, "fine"))
}

/// A certificate for a client, and its key.
fn client(authority: &Authority) -> (NamedTempFile, NamedTempFile) {
    let (certificate, key) = authority.certificate("baton", |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    (written(&certificate.pem()), written(&key.serialize_pem()))
}

fn identity(certificate: &NamedTempFile, key: &NamedTempFile) -> Identity {
    Identity {
        certificate: certificate.path().to_owned(),
        key: key.path().to_owned(),
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_is_shown_it() {
    let (servers, clients) = (Authority::new(), Authority::new());
    for version in [&TLS12, &TLS13] {
        let server = strict_server(&servers, &clients, &[version]);
        let config = |identity| Config {
            extra_roots: vec![servers.path()],
            identity,
            ..Config::default()
        };
        let (certificate, key) = client(&clients);
        let right = get(&server, config(Some(identity(&certificate, &key)))).await;
        assert_eq!(right.unwrap().body, "fine");
        let one_file = written(&format!(
            "{}{}",
            std::fs::read_to_string(key.path()).unwrap(),
            std::fs::read_to_string(certificate.path()).unwrap()
        ));
        let right = get(&server, config(Some(identity(&one_file, &one_file)))).await;
        assert_eq!(right.unwrap().body, "fine");

        let missing = get(&server, config(None)).await.unwrap_err();
        let (certificate, key) = client(&Authority::new());
        let wrong = get(&server, config(Some(identity(&certificate, &key))))
            .await
            .unwrap_err();
        for (error, message) in [
            (missing, "the server asks for a client certificate"),
            (wrong, "the server does not accept the client certificate"),
        ] {
            assert_eq!(
                (error.kind(), error.is_retryable()),
                (Kind::Tls, false),
                "{error:?}"
            );
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.hint().unwrap().contains("client certificate"));
        }
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_told_by_its_file() {
    let authority = Authority::new();
    let (certificate, key) = client(&authority);
    let (_, other_key) = client(&authority);
    let pem = |label: &str| format!("-----BEGIN {label}-----\nc2VjcmV0\n-----END {label}-----\n");
    let nothing = written("");
    let encrypted = written(&pem("ENCRYPTED PRIVATE KEY"));
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n";
    let encrypted_too = written(old);
    let broken = written(&pem("PRIVATE KEY"));
    let unreadable = written("-----BEGIN PRIVATE KEY-----\ns3cret!\n-----END PRIVATE KEY-----\n");
    for (certificate, key, culprit, message) in [
        (
            &certificate,
            &other_key,
            &other_key,
            "does not belong to the client certificate",
        ),
        (&certificate, &encrypted, &encrypted, "is encrypted"),
        (&certificate, &encrypted_too, &encrypted_too, "is encrypted"),
        (&certificate, &broken, &broken, "cannot be used"),
        (&certificate, &unreadable, &unreadable, "is broken"),
        (&certificate, &certificate, &certificate, "no private key"),
        (&key, &key, &key, "no certificate"),
        (&nothing, &key, &nothing, "no certificate"),
    ] {
        let config = Config {
            extra_roots: vec![authority.path()],
            identity: Some(identity(certificate, key)),
            ..Config::default()
        };
        let error = transport("https://chat.test", config).unwrap_err();
        let said = error.to_string();
        assert!(
            said.starts_with(&culprit.path().display().to_string()),
            "{said}"
        );
        assert!(said.contains(message), "{said}");
        assert!(!format!("{error:?}").contains("s3cret"));
        assert_eq!(error.kind(), Kind::Config);
    }
}
