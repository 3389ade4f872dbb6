//! The client certificate, for workspaces that ask for one (mutual TLS).

use std::fs;
use std::path::PathBuf;

use memchr::memmem;
use rustls::client::WantsClientCert;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder};

use crate::Error;

use super::roots;

/// A certificate to show, and the key that belongs to it. Both may be in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// A PEM file: the certificate first, then those between it and the authority that the server trusts.
    pub certificate: PathBuf,
    /// A PEM file with a private key as PKCS #8, PKCS #1 (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`), without a
    /// password.
    pub key: PathBuf,
}

impl Identity {
    /// Reads both files into a configuration.
    pub(super) fn load(
        &self,
        builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Result<ClientConfig, Error> {
        let chain = roots::read(&self.certificate)?;
        let key = self.key()?;
        let refuse = |path: &PathBuf, problem, cause: rustls::Error| Error::File {
            path: path.clone(),
            problem,
            cause: Some(cause.into()),
        };
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|cause| match cause {
                rustls::Error::InconsistentKeys(_) => refuse(
                    &self.key,
                    "the private key does not belong to the client certificate",
                    cause,
                ),
                rustls::Error::InvalidCertificate(_) => refuse(
                    &self.certificate,
                    "the file holds a certificate that is broken",
                    cause,
                ),
                _ => refuse(&self.key, "the private key cannot be used", cause),
            })
    }

    /// Reads the key. What the decoder says of a bad one is left out: it may quote it.
    fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        let refuse = |problem| Error::File {
            path: self.key.clone(),
            problem,
            cause: None,
        };
        let text = fs::read(&self.key).map_err(|cause| Error::File {
            path: self.key.clone(),
            problem: "the file cannot be read",
            cause: Some(cause.into()),
        })?;
        for mark in ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"] {
            if memmem::find(&text, mark.as_bytes()).is_some() {
                return Err(refuse(
                    "the private key is encrypted; it has to be given without a password",
                ));
            }
        }
        PrivateKeyDer::from_pem_slice(&text).map_err(|cause| match cause {
            rustls::pki_types::pem::Error::NoItemsFound => {
                refuse("the file holds no private key as PEM")
            }
            _ => refuse("the file holds a private key that is broken"),
        })
    }
}
