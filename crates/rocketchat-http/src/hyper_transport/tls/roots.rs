//! Loading the certificates that are trusted.

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_native_certs::CertificateResult;

use crate::Error;

use super::certificate::Certificate;

/// Where the certificates of trusted authorities come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Roots {
    /// Whatever this machine trusts. What cannot be read of it is left out, as long as any is left.
    ///
    /// On its way there, the library that knows the places looks at `SSL_CERT_FILE` and `SSL_CERT_DIR` too; whoever
    /// obeys them gives them as [`Roots::Paths`], so that errors name them.
    #[default]
    Platform,
    /// Files and directories in place of what this machine trusts, as `SSL_CERT_FILE` and `SSL_CERT_DIR` name them.
    Paths {
        /// A file with certificates as PEM. Single ones that cannot be used are left out.
        file: Option<PathBuf>,
        /// Directories of such files. What cannot be read in them is left out, as long as any certificate is left.
        directories: Vec<PathBuf>,
    },
    /// Certificates as PEM in place of what this machine trusts. All of them have to be good.
    Pem(String),
}

/// Collects the roots and the authorities in `own`. A server's certificate must not get among them: whatever is there may
/// vouch for any server.
pub(super) fn store(
    roots: &Roots,
    own: &[CertificateDer<'static>],
) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    let authorities = own.iter().filter(|it| {
        // One that only rustls can read is odd, but what the user named.
        Certificate::read(it).is_none_or(|it| it.is_authority)
    });
    store.add_parsable_certificates(authorities.cloned());
    match roots {
        Roots::Platform => add_platform(&mut store, own)?,
        Roots::Paths { file, directories } => {
            add_paths(&mut store, file.as_deref(), directories)?;
        }
        Roots::Pem(text) => add_text(&mut store, text)?,
    }
    Ok(store)
}

fn add_platform(store: &mut RootCertStore, own: &[CertificateDer<'static>]) -> Result<(), Error> {
    let mut found = rustls_native_certs::load_native_certs();
    let cause = add(store, &mut found);
    if store.is_empty() && own.is_empty() {
        return Err(Error::Setup {
            problem: "this machine has no trusted certificates",
            cause: cause.map(Into::into),
        });
    }
    Ok(())
}

fn add_paths(
    store: &mut RootCertStore,
    file: Option<&Path>,
    directories: &[PathBuf],
) -> Result<(), Error> {
    let before = store.len();
    let places = file
        .map(|file| (file, true))
        .into_iter()
        .chain(directories.iter().map(|it| (it.as_path(), false)));
    let mut nothing = None;
    for (path, is_file) in places {
        let mut found = if is_file {
            rustls_native_certs::load_certs_from_paths(Some(path), None)
        } else {
            rustls_native_certs::load_certs_from_paths(None, Some(path))
        };
        let already = store.len();
        let cause = add(store, &mut found);
        if store.len() == already {
            let nothing_here = Error::File {
                path: path.to_owned(),
                problem: "no certificate to trust can be read from here",
                cause: cause.map(Into::into),
            };
            if is_file {
                return Err(nothing_here);
            }
            nothing = Some(nothing_here);
        }
    }
    match nothing {
        Some(error) if store.len() == before => Err(error),
        _ => Ok(()),
    }
}

fn add_text(store: &mut RootCertStore, text: &str) -> Result<(), Error> {
    let refuse = |problem, cause: Option<Box<dyn std::error::Error + Send + Sync>>| Error::Setup {
        problem,
        cause,
    };
    let before = store.len();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        let broken = "the text of trusted certificates holds one that is broken";
        let certificate = certificate.map_err(|cause| refuse(broken, Some(cause.into())))?;
        let added = store.add(certificate);
        added.map_err(|cause| refuse(broken, Some(cause.into())))?;
    }
    if store.len() == before {
        let nothing = "the text of trusted certificates holds none as PEM";
        return Err(refuse(nothing, None));
    }
    Ok(())
}

/// Adds what can be used, and returns the first reason why something cannot.
fn add(
    store: &mut RootCertStore,
    found: &mut CertificateResult,
) -> Option<rustls_native_certs::Error> {
    let certificates = std::mem::take(&mut found.certs);
    let (added, ignored) = store.add_parsable_certificates(certificates);
    for error in &found.errors {
        tracing::debug!(error = %error, "some of the trusted certificates cannot be read");
    }
    tracing::debug!(
        tls.roots = added,
        tls.ignored = ignored,
        "trusted certificates loaded"
    );
    found.errors.drain(..).next()
}

/// Reads the certificates of files that the user names. All of them have to be good.
pub(super) fn own(files: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut own = Vec::new();
    for path in files {
        let certificates = read(path)?;
        for certificate in &certificates {
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|cause| Error::File {
                    path: path.clone(),
                    problem: "the file holds a certificate that is broken",
                    cause: Some(cause.into()),
                })?;
        }
        own.extend(certificates);
    }
    Ok(own)
}

/// Reads a file with one certificate or more: PEM, or DER if it does not look like PEM.
pub(super) fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let refuse = |problem, cause: Option<Box<dyn std::error::Error + Send + Sync>>| Error::File {
        path: path.to_owned(),
        problem,
        cause,
    };
    let bytes = std::fs::read(path)
        .map_err(|cause| refuse("the file cannot be read", Some(cause.into())))?;
    // DER begins with a SEQUENCE.
    if bytes.first() == Some(&0x30) {
        return Ok(vec![bytes.into()]);
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|cause| {
        refuse(
            "the file holds a certificate that is broken",
            Some(cause.into()),
        )
    })?;
    if certificates.is_empty() {
        return Err(refuse("the file holds no certificate", None));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[track_caller]
    fn refused(result: Result<impl Sized, Error>, path: &Path, expected: &str) {
        let Err(error) = result else {
            panic!("{} was accepted", path.display());
        };
        assert_eq!(error.kind(), crate::Kind::Config);
        let message = error.to_string();
        assert!(
            message.starts_with(&path.display().to_string()),
            "{message}"
        );
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn a_text_is_refused_as_a_whole() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (text, expected) in [
            ("", "none as PEM"),
            ("nonsense", "none as PEM"),
            (broken, "broken"),
        ] {
            let error = store(&Roots::Pem(text.to_owned()), &[]).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_its_file() {
        for (content, expected) in [
            ("", "no certificate"),
            ("nonsense", "no certificate"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "broken",
            ),
            (
                "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
                "broken",
            ),
            ("-----BEGIN CERTIFICATE-----\nAAAA", "broken"),
            ("0 looks like DER", "broken"),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "no certificate",
            ),
        ] {
            let file = written(content.as_bytes());
            refused(own(&[file.path().to_owned()]), file.path(), expected);
        }
        let nowhere = Path::new("/nowhere/ca.pem");
        refused(own(&[nowhere.to_owned()]), nowhere, "cannot be read");
    }

    #[test]
    fn places_without_a_certificate_are_refused_by_name() {
        let paths = |file: Option<&Path>, directory: Option<&Path>| Roots::Paths {
            file: file.map(Into::into),
            directories: directory.map(Into::into).into_iter().collect(),
        };
        let nothing = "no certificate to trust";
        let nowhere = Path::new("/nowhere/ca.pem");
        refused(store(&paths(Some(nowhere), None), &[]), nowhere, nothing);
        refused(store(&paths(None, Some(nowhere)), &[]), nowhere, nothing);
        let empty = written(b"nonsense");
        let directory = tempfile::tempdir().unwrap();
        refused(
            store(&paths(Some(empty.path()), Some(directory.path())), &[]),
            empty.path(),
            nothing,
        );
        refused(
            store(&paths(None, Some(directory.path())), &[]),
            directory.path(),
            nothing,
        );
    }
}
