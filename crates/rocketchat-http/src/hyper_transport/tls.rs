//! Which servers are trusted.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};

use crate::Error;

/// Makes the TLS configuration: ring, TLS 1.2 and 1.3, the platform's trust roots and the extra ones.
///
/// The platform's are loaded only when they are `needed`. Those that cannot be read are left out, as long as any is
/// left. Where they are can be changed with `SSL_CERT_FILE` and `SSL_CERT_DIR`, as with other programs.
pub(super) fn config(extra: &[Vec<u8>], needed: bool) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    for item in extra {
        add_extra(&mut roots, item)?;
    }
    if needed {
        add_platform(&mut roots)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|cause| Error::Setup {
            problem: "TLS is not available",
            cause: Some(cause.into()),
        })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn add_extra(roots: &mut RootCertStore, item: &[u8]) -> Result<(), Error> {
    let setup = |problem, cause| Error::Setup { problem, cause };
    let before = roots.len();
    if item.windows(11).any(|window| window == b"-----BEGIN ") {
        for certificate in CertificateDer::pem_slice_iter(item) {
            let certificate = certificate
                .map_err(|cause| setup("an extra root is no PEM", Some(cause.into())))?;
            add(roots, certificate)?;
        }
    } else {
        add(roots, CertificateDer::from(item.to_vec()))?;
    }
    if roots.len() == before {
        Err(setup("an extra root holds no certificate", None))
    } else {
        Ok(())
    }
}

fn add(roots: &mut RootCertStore, certificate: CertificateDer<'static>) -> Result<(), Error> {
    let refuse = |cause: rustls::Error| Error::Setup {
        problem: "an extra root is no certificate",
        cause: Some(cause.into()),
    };
    roots.add(certificate).map_err(refuse)
}

fn add_platform(roots: &mut RootCertStore) -> Result<(), Error> {
    let found = rustls_native_certs::load_native_certs();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    for error in &found.errors {
        tracing::debug!(error = %error, "some of this machine's trusted certificates cannot be read");
    }
    tracing::debug!(
        tls.roots = added,
        tls.ignored = ignored,
        "trusted certificates loaded"
    );
    if roots.is_empty() {
        let cause = found.errors.into_iter().next().map(Into::into);
        return Err(Error::Setup {
            problem: "this machine has no trusted certificates",
            cause,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for extra in [
            "",
            "nonsense",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN ",
        ] {
            let error = config(&[extra.as_bytes().to_vec()], false).unwrap_err();
            assert!(
                error.to_string().contains("an extra root"),
                "{extra}: {error}"
            );
        }
    }
}
