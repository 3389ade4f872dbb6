//! TLS as no server should speak it.

use std::io;
use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// The name that clients call the server by.
const HOST: &str = "localhost";

/// What is wrong with the server's TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Expired,
    NotYetValid,
    WrongHost,
    UnknownAuthority,
    /// A version that has been given up.
    Tls10,
    /// No TLS at all.
    Plain,
    /// The connection is closed within the handshake.
    Cut,
}

impl Flaw {
    /// All, in the order of the printed table, as documents say them.
    pub(super) const ALL: &[(Self, &str)] = &[
        (Self::Expired, "TLS: a certificate that has expired"),
        (
            Self::NotYetValid,
            "TLS: a certificate that is not valid yet",
        ),
        (Self::WrongHost, "TLS: a certificate for another host"),
        (Self::UnknownAuthority, "TLS: an unknown authority"),
        (Self::Tls10, "TLS 1.0"),
        (Self::Plain, "TLS: plain HTTP instead"),
        (Self::Cut, "TLS: closed within the handshake"),
    ];

    /// Tells whether it may pass.
    pub(super) fn may_pass(self) -> bool {
        self == Self::Cut
    }
}

/// The certificates of a test.
pub(super) struct Authorities {
    trusted: CertifiedIssuer<'static, KeyPair>,
    unknown: CertifiedIssuer<'static, KeyPair>,
}

impl Authorities {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            trusted: authority("Example Trusted CA")?,
            unknown: authority("Example Unknown CA")?,
        })
    }

    /// Returns the certificate that clients trust, as PEM.
    pub(super) fn pem(&self) -> String {
        self.trusted.pem()
    }

    /// Returns a certificate that a client can show, and its key, as PEM.
    pub(super) fn of_client(&self) -> anyhow::Result<(String, String)> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["auditor".to_owned()])?;
        let certificate = params.signed_by(&key, &self.trusted)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    /// Shows the flaw to the connection with the number `nth`, counted from 1, and to all later ones if it stays.
    pub(super) fn show(&self, flaw: Flaw, nth: usize, stays: bool) -> anyhow::Result<Shown> {
        let good = Self::acceptor(&self.trusted, HOST, |_| ())?;
        let wrong = match flaw {
            Flaw::Expired => Self::acceptor(&self.trusted, HOST, |it| {
                it.not_before = date_time_ymd(2020, 1, 1);
                it.not_after = date_time_ymd(2021, 1, 1);
            })?,
            Flaw::NotYetValid => Self::acceptor(&self.trusted, HOST, |it| {
                it.not_before = date_time_ymd(4000, 1, 1);
            })?,
            Flaw::WrongHost => Self::acceptor(&self.trusted, "elsewhere.example.org", |_| ())?,
            Flaw::UnknownAuthority => Self::acceptor(&self.unknown, HOST, |_| ())?,
            Flaw::Tls10 | Flaw::Plain | Flaw::Cut => good.clone(),
        };
        Ok(Shown {
            flaw,
            good,
            wrong,
            nth,
            stays,
        })
    }

    fn acceptor(
        issuer: &CertifiedIssuer<'static, KeyPair>,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> anyhow::Result<TlsAcceptor> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        change(&mut params);
        let certificate = params.signed_by(&key, issuer)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn authority(name: &str) -> anyhow::Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate()?;
    CertifiedIssuer::self_signed(params, key).context("cannot make a certificate authority")
}

/// What a server shows to which connection.
pub(super) struct Shown {
    flaw: Flaw,
    good: TlsAcceptor,
    wrong: TlsAcceptor,
    nth: usize,
    stays: bool,
}

impl Shown {
    /// Tells whether the connection with this number gets to see the flaw.
    pub(super) fn is_wrong(&self, nth: usize) -> bool {
        nth == self.nth || (self.stays && nth > self.nth)
    }

    /// Shakes hands; nothing where that is not meant to succeed.
    pub(super) async fn accept(
        &self,
        mut stream: TcpStream,
        nth: usize,
        is_healed: bool,
    ) -> io::Result<Option<TlsStream<TcpStream>>> {
        if is_healed || !self.is_wrong(nth) {
            return self.good.accept(stream).await.map(Some);
        }
        let said = match self.flaw {
            Flaw::Tls10 => server_hello_of_tls_1_0(),
            Flaw::Plain => b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n".to_vec(),
            Flaw::Cut => Vec::new(),
            // A client that believes the certificate would go on here.
            _ => return self.wrong.accept(stream).await.map(Some),
        };
        // The client's greeting, so that closing is no reset.
        stream.read_buf(&mut Vec::with_capacity(16 << 10)).await?;
        stream.write_all(&said).await?;
        stream.shutdown().await?;
        Ok(None)
    }
}

/// A record with a `ServerHello` that chooses TLS 1.0 and `TLS_RSA_WITH_AES_128_CBC_SHA` (RFC 2246 section 7.4.1.3).
fn server_hello_of_tls_1_0() -> Vec<u8> {
    let hello = [&[3, 1][..], &[7; 32], &[0], &[0, 0x2f], &[0]].concat();
    let handshake = [&[2, 0, 0, 38][..], &hello].concat();
    [&[22, 3, 1, 0, 42][..], &handshake].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_has_the_lengths_that_it_says() {
        let bytes = server_hello_of_tls_1_0();
        assert_eq!(bytes.len(), 5 + 42);
        assert_eq!(usize::from(bytes[8]), bytes.len() - 9);
    }

    #[test]
    fn the_flaw_is_shown_where_it_should_be() {
        let authorities = Authorities::new().unwrap();
        let seen = |stays| {
            let shown = authorities.show(Flaw::Expired, 2, stays).unwrap();
            (1..=4).map(|it| shown.is_wrong(it)).collect::<Vec<_>>()
        };
        assert_eq!(seen(false), [false, true, false, false]);
        assert_eq!(seen(true), [false, true, true, true]);
    }
}
