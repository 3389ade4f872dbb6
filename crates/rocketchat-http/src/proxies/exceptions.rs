//! What `NO_PROXY` lists.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

/// Hosts that are reached directly.
#[derive(Debug, Clone, Default)]
pub(super) struct Exceptions(Vec<Exception>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Exception {
    Everything,
    Network(IpNet),
    Address {
        address: IpAddr,
        port: Option<u16>,
    },
    Domain {
        /// Lower-case, without a dot in front.
        name: String,
        /// Whether the domain itself is meant too, and not only what is below it.
        itself: bool,
        port: Option<u16>,
    },
}

impl Exceptions {
    /// Reads a list with commas. An entry that means nothing is passed over, as Go does.
    pub(super) fn new(list: &str) -> Self {
        Self(list.split(',').filter_map(Exception::new).collect())
    }

    pub(super) fn contains(&self, host: &Host, port: u16) -> bool {
        self.0.iter().any(|it| it.matches(host, port))
    }
}

impl Exception {
    fn new(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_lowercase();
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Ok(network) = entry.parse() {
            return Some(Self::Network(network));
        }
        let (host, port) = split_port(&entry)?;
        if let Ok(address) = host.parse::<IpAddr>() {
            let address = address.to_canonical();
            return Some(Self::Address { address, port });
        }
        let below = host.strip_prefix('*').filter(|it| it.starts_with('.'));
        let (name, itself) = match below.unwrap_or(host).strip_prefix('.') {
            Some(name) => (name, false),
            None => (host, true),
        };
        if name.is_empty() {
            return None;
        }
        Some(Self::Domain {
            name: ascii(name),
            itself,
            port,
        })
    }

    fn matches(&self, host: &Host, target_port: u16) -> bool {
        let is_port = |port: &Option<u16>| port.is_none_or(|port| port == target_port);
        match self {
            Self::Everything => true,
            Self::Network(network) => address(host).is_some_and(|it| network.contains(&it)),
            Self::Address { address: it, port } => address(host) == Some(*it) && is_port(port),
            Self::Domain { name, itself, port } => {
                let Host::Domain(host) = host else {
                    return false;
                };
                let matched = match host.strip_suffix(name.as_str()) {
                    Some("") => *itself,
                    Some(below) => below.ends_with('.'),
                    None => false,
                };
                matched && is_port(port)
            }
        }
    }
}

/// Splits `host:port`. A bare IPv6 address has more than one colon and no port. A port that is none matches nothing.
fn split_port(entry: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = entry.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return match port.strip_prefix(':') {
            None if port.is_empty() => Some((host, None)),
            None => None,
            Some("") => Some((host, None)),
            Some(port) => Some((host, Some(port.parse().ok()?))),
        };
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => match port {
            "" => Some((host, None)),
            port => Some((host, Some(port.parse().ok()?))),
        },
        _ => Some((entry, None)),
    }
}

fn address(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some(address.to_canonical()),
    }
}

/// Writes a name as it stands in a URL.
fn ascii(name: &str) -> String {
    match Host::parse(name) {
        Ok(Host::Domain(ascii)) if !name.is_ascii() => ascii,
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(list: &str, matched: &[&str], others: &[&str]) {
        let list_of = Exceptions::new(list);
        for (targets, expected) in [(matched, true), (others, false)] {
            for target in targets {
                let url: url::Url = format!("https://{target}").parse().unwrap();
                let host = Host::parse(url.host_str().unwrap()).unwrap();
                let port = url.port_or_known_default().unwrap();
                assert_eq!(
                    list_of.contains(&host, port),
                    expected,
                    "{list}: {target} is {expected:?}"
                );
            }
        }
    }

    #[test]
    fn domains_cover_what_is_below_them() {
        check(
            "example.org",
            &["example.org", "chat.example.org", "a.b.EXAMPLE.org:8443"],
            &["badexample.org", "example.org.evil", "org"],
        );
        for below in [".example.org", "*.example.org"] {
            check(
                below,
                &["chat.example.org", "a.b.example.org"],
                &["example.org", "badexample.org"],
            );
        }
        check(" Example.ORG , other", &["example.org", "x.other"], &["o"]);
        check(
            "b\u{fc}cher.example",
            &["xn--bcher-kva.example", "a.b\u{fc}cher.example"],
            &["bcher.example"],
        );
        check("chat*", &[], &["chat.example.org", "chat"]);
    }

    #[test]
    fn ports_have_to_agree() {
        check(
            "example.org:8443",
            &["example.org:8443", "chat.example.org:8443"],
            &["example.org", "example.org:443"],
        );
        check("example.org:443", &["example.org"], &["example.org:8443"]);
        check(".example.org:443", &["a.example.org"], &["example.org"]);
        check("example.org:", &["example.org:1"], &[]);
        check("10.1.2.3:3000", &["10.1.2.3:3000"], &["10.1.2.3"]);
        check("[fd00::1]:3000", &["[fd00::1]:3000"], &["[fd00::1]"]);
        check(
            "example.org:http, :80, example.net:99999",
            &[],
            &["example.org", "example.net"],
        );
    }

    #[test]
    fn addresses_and_networks() {
        check(
            "10.1.2.3",
            &["10.1.2.3:1", "[::ffff:10.1.2.3]"],
            &["10.1.2.4"],
        );
        check("::ffff:10.1.2.3", &["10.1.2.3"], &["10.1.2.4"]);
        for same in ["fd00::1", "[fd00::1]", "FD00:0::1"] {
            check(same, &["[fd00::1]:8443"], &["[fd00::2]"]);
        }
        check(
            "10.1.2.3/8",
            &["10.200.0.1"],
            &["11.0.0.1", "10.example.org"],
        );
        check("fd00::/8", &["[fd12::9]"], &["[fe80::1]", "10.0.0.1"]);
        check("0.0.0.0/0", &["1.2.3.4"], &["[fd00::1]", "example.org"]);
        check("3", &[], &["10.1.2.3"]);
        check("10.1.2", &[], &["10.1.2.3", "10.1.0.2"]);
    }

    #[test]
    fn a_star_is_everything_and_nothing_is_nothing() {
        check(
            "a.example, *",
            &["example.org", "10.0.0.1", "[fd00::1]:1"],
            &[],
        );
        for nothing in [
            "",
            ",, ,",
            ".",
            "*.",
            "[",
            "[fd00::1",
            "[fd00::1]x",
            ":",
            "http://",
        ] {
            check(nothing, &[], &["example.org", "10.0.0.1", "[fd00::1]"]);
        }
    }

    proptest! {
        /// Whatever stands in the list, reading it does not fail, and a domain matches itself, what is below it, and
        /// no other name that ends alike.
        #[test]
        fn domains_in_any_company(
            noise in "[ -~]{0,20}",
            name in "[a-z][a-z0-9-]{0,8}\\.[a-z]{2,5}",
            label in "[a-z][a-z0-9]{0,5}",
        ) {
            prop_assume!(!noise.contains('*'));
            let list = Exceptions::new(&format!("{noise},{name}"));
            let contains = |host: String| list.contains(&Host::Domain(host), 443);
            prop_assert!(contains(name.clone()));
            let below = format!("{label}.{name}");
            prop_assert!(contains(below));
            let only = Exceptions::new(&name);
            let alike = Host::Domain(format!("{label}{name}"));
            prop_assert!(!only.contains(&alike, 443));
        }

        /// A network holds an address exactly if their first bits agree.
        #[test]
        fn networks_by_arithmetic(network: u32, address: u32, bits in 0_u32..=32) {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            let list = Exceptions::new(&format!("{}/{bits}", std::net::Ipv4Addr::from(network)));
            for address in [address, (network & mask) | (address & !mask)] {
                let expected = address & mask == network & mask;
                prop_assert_eq!(list.contains(&Host::Ipv4(address.into()), 443), expected);
            }
        }
    }
}
