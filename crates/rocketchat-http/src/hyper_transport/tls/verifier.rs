//! Checking the certificates of servers, and saying what is wrong with them.
//!
//! The checks are rustls's own. What is added is the description of a refused certificate, and that the certificate of
//! a server can be trusted by naming it, as Go allows: one that is signed by itself and, as the usual tools write it,
//! calls itself an authority, or one whose issuer is not at hand.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use crate::failure::Rejected;

use super::certificate::Certificate;

#[derive(Debug)]
pub(super) struct Verifier {
    /// Authorities.
    roots: RootCertStore,
    /// What the user named: authorities and servers.
    own: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(
        roots: RootCertStore,
        own: Vec<CertificateDer<'static>>,
        provider: &CryptoProvider,
    ) -> Self {
        Self {
            roots,
            own,
            algorithms: provider.signature_verification_algorithms,
        }
    }

    /// Accepts a certificate that an authority vouches for, as rustls does by itself. Unlike that, it can do without any
    /// authority.
    fn accept_issued(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, chain, now, algorithms)?;
        verify_server_name(&parsed, name)?;
        Ok(ServerCertVerified::assertion())
    }

    /// Accepts a certificate that the user named, whoever issued it: for its names and purposes, in its time.
    fn accept_own(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, CertificateError> {
        if !self.own.contains(certificate) {
            return Err(CertificateError::UnknownIssuer);
        }
        let read = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?;
        if !read.is_valid_at(std::time::Duration::from_secs(now.as_secs())) {
            return Err(CertificateError::Expired);
        }
        if !read.is_for_servers {
            return Err(CertificateError::InvalidPurpose);
        }
        let parsed = ParsedCertificate::try_from(certificate);
        match parsed.and_then(|parsed| verify_server_name(&parsed, name)) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(Error::InvalidCertificate(reason)) => Err(reason),
            Err(_) => Err(CertificateError::BadEncoding),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut reason = match self.accept_issued(certificate, chain, name, now) {
            Err(Error::InvalidCertificate(reason)) => reason,
            done => return done,
        };
        if reason == CertificateError::UnknownIssuer || is_authority_shown(&reason) {
            match self.accept_own(certificate, name, now) {
                Ok(verified) => return Ok(verified),
                Err(better) => reason = better,
            }
        }
        let detail = detail(&reason, certificate, chain, name, now);
        let rejected = Rejected { reason, detail };
        Err(CertificateError::Other(OtherError(Arc::new(rejected))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Finds what [`Verifier`] said in the error of a handshake, where rustls would show it as it is for debugging.
pub(in crate::hyper_transport) fn rejected(error: &std::io::Error) -> Option<&Rejected> {
    match error.get_ref()?.downcast_ref()? {
        Error::InvalidCertificate(CertificateError::Other(error)) => error.0.downcast_ref(),
        _ => None,
    }
}

/// Tells whether a server shows the certificate of an authority as its own. rustls has no variant for this.
fn is_authority_shown(reason: &CertificateError) -> bool {
    matches!(reason, CertificateError::Other(error) if error.to_string().contains("CaUsedAsEndEntity"))
}

/// Describes the certificate that the reason is about.
fn detail(
    reason: &CertificateError,
    certificate: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
) -> String {
    let Some(first) = Certificate::read(certificate) else {
        return "it cannot be read".to_owned();
    };
    let others: Vec<_> = chain.iter().filter_map(Certificate::read).collect();
    match reason {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let hosts = first.hosts();
            format!("it is for {hosts}, not for {}; {first}", name.to_str())
        }
        CertificateError::UnknownIssuer => match missing(&first, &others) {
            issuer if issuer == first.issuer => first.to_string(),
            issuer => format!("{first}; what is not known is {issuer}"),
        },
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            let now = std::time::Duration::from_secs(now.as_secs());
            let mut all = std::iter::once(&first).chain(&others);
            let culprit = all.find(|it| !it.is_valid_at(now));
            culprit.unwrap_or(&first).to_string()
        }
        CertificateError::BadEncoding
        | CertificateError::Revoked
        | CertificateError::InvalidPurpose
        | CertificateError::InvalidPurposeContext { .. } => first.to_string(),
        reason => format!("{reason}; {first}"),
    }
}

/// Follows the chain from `first` upwards and returns the issuer that is not in it.
fn missing(first: &Certificate, others: &[Certificate]) -> String {
    let mut last = first;
    // Each step uses up one certificate at most, so that a ring ends.
    for _ in others {
        if last.subject == last.issuer {
            break;
        }
        match others.iter().find(|other| other.subject == last.issuer) {
            Some(next) => last = next,
            None => break,
        }
    }
    last.issuer.clone()
}
