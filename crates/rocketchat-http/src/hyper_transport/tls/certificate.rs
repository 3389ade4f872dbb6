//! What a certificate says of itself.

use std::fmt;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use x509_cert::der::Decode;
use x509_cert::der::oid::db::rfc5280::ID_KP_SERVER_AUTH;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::time::Validity;
use x509_cert::{TbsCertificate, Version};

/// Longer names are cut: whoever sends the certificate decides about them.
const LONGEST_NAME: usize = 200;
/// So many host names are shown at most.
const MOST_HOSTS: usize = 5;

/// The parts of a certificate that people look at, and what it restricts itself to. Nothing else is believed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    validity: Validity,
    hosts: Vec<String>,
    /// Whether it may sign certificates.
    pub(super) is_authority: bool,
    /// Whether it may be shown by servers.
    pub(super) is_for_servers: bool,
}

impl Certificate {
    /// Reads a certificate, unless it is too odd to be read.
    pub(super) fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let parsed = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate;
        let names = parsed.get::<SubjectAltName>().ok().flatten();
        let names = names.map(|(_, names)| names.0).unwrap_or_default();
        Some(Self {
            is_authority: is_authority(&parsed),
            is_for_servers: is_for_servers(&parsed),
            subject: printable(&parsed.subject.to_string()),
            issuer: printable(&parsed.issuer.to_string()),
            validity: parsed.validity,
            hosts: names.iter().filter_map(host).collect(),
        })
    }

    /// Tells whether it may be used at a time, given as time since 1970.
    pub(super) fn is_valid_at(&self, time: Duration) -> bool {
        let Validity {
            not_before,
            not_after,
        } = self.validity;
        not_before.to_unix_duration() <= time && time <= not_after.to_unix_duration()
    }

    /// Says which hosts it is for.
    pub(super) fn hosts(&self) -> String {
        match self.hosts.as_slice() {
            [] => "no host at all (the common name does not count)".to_owned(),
            few if few.len() <= MOST_HOSTS => few.join(", "),
            many => {
                let shown: Vec<_> = many.iter().take(MOST_HOSTS).map(String::as_str).collect();
                format!("{} and {} more", shown.join(", "), many.len() - MOST_HOSTS)
            }
        }
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Validity {
            not_before,
            not_after,
        } = self.validity;
        write!(f, "{}, ", self.subject)?;
        if self.subject == self.issuer {
            f.write_str("signed by itself")?;
        } else {
            write!(f, "issued by {}", self.issuer)?;
        }
        write!(f, ", valid from {not_before} to {not_after}")
    }
}

/// Follows Go: one that says nothing may sign only if it is older than the words for it. What cannot be read permits nothing.
fn is_authority(certificate: &TbsCertificate) -> bool {
    let is_named = match certificate.get::<BasicConstraints>() {
        Ok(Some((_, constraints))) => constraints.ca,
        Ok(None) => certificate.version != Version::V3,
        Err(_) => false,
    };
    let usage = certificate.get::<KeyUsage>();
    is_named && usage.is_ok_and(|it| it.is_none_or(|(_, usage)| usage.key_cert_sign()))
}

fn is_for_servers(certificate: &TbsCertificate) -> bool {
    let purposes = certificate.get::<ExtendedKeyUsage>();
    purposes.is_ok_and(|it| it.is_none_or(|(_, it)| it.0.contains(&ID_KP_SERVER_AUTH)))
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(printable(name.as_str())),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            if let Ok(four) = <[u8; 4]>::try_from(octets) {
                return Some(std::net::Ipv4Addr::from(four).to_string());
            }
            let sixteen = <[u8; 16]>::try_from(octets).ok()?;
            Some(std::net::Ipv6Addr::from(sixteen).to_string())
        }
        _ => None,
    }
}

/// Makes a text of unknown origin fit for a line on a terminal.
fn printable(text: &str) -> String {
    if text.is_empty() {
        return "(no name)".to_owned();
    }
    let shown = text.chars().take(LONGEST_NAME);
    let shown = shown.map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut shown: String = shown.collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
