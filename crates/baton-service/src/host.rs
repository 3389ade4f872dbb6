//! What the machine is (`baton-runtime.md` section 4.6).

use std::collections::HashMap;
use std::env::consts;
use std::fs;
use std::path::Path;

use baton_proto::connectorapi::baton::v1::baton_service_hello_request::OsInfo;

/// Longer texts are refused by C1.
const LONGEST: usize = 256;

/// Finds out what C1 is told about this machine. Files of Linux are read; elsewhere, and where they are missing, less is
/// known. No text is empty: C1 does not take that.
pub fn describe() -> OsInfo {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let is_container = ["/.dockerenv", "/run/.containerenv"];
    let virtualization = if is_container.iter().any(|it| Path::new(it).exists()) {
        "docker"
    } else {
        ""
    };
    assemble(
        &read("/proc/sys/kernel/hostname"),
        &read("/proc/sys/kernel/osrelease"),
        &read("/etc/os-release"),
        virtualization,
    )
}

fn assemble(hostname: &str, kernel: &str, os_release: &str, virtualization: &str) -> OsInfo {
    let os = match consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let release = pairs(os_release);
    let named = |name: &str| release.get(name).copied().unwrap_or_default();
    let first = |texts: &[&str]| -> String {
        let texts = texts.iter().map(|it| it.trim());
        let text = texts.into_iter().find(|it| !it.is_empty());
        text.unwrap_or("unknown").chars().take(LONGEST).collect()
    };
    let kernel = first(&[kernel]);
    let platform = first(&[named("ID"), os]);
    let family = named("ID_LIKE").split_whitespace().next();
    OsInfo {
        hostname: first(&[hostname]),
        os: os.to_owned(),
        platform_version: first(&[named("VERSION_ID"), &kernel]),
        platform_family: first(&[family.unwrap_or_default(), &platform]),
        platform,
        kernel_version: kernel,
        kernel_arch: consts::ARCH.to_owned(),
        virtualization_system: first(&[virtualization, "none"]),
    }
}

/// Reads lines such as `ID=debian` and `VERSION_ID="12"`.
fn pairs(os_release: &str) -> HashMap<&str, &str> {
    let pairs = os_release.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.trim(), value.trim().trim_matches(['"', '\''])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read() {
        let release =
            "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=\"debian other\"\nVERSION_ID='24.04'\n# x\n";
        let it = assemble("web-1\n", "6.1.0-9\n", release, "docker");
        assert_eq!(
            [
                &it.hostname,
                &it.platform,
                &it.platform_version,
                &it.platform_family
            ],
            ["web-1", "ubuntu", "24.04", "debian"]
        );
        assert_eq!(
            [&it.kernel_version, &it.virtualization_system],
            ["6.1.0-9", "docker"]
        );
    }

    #[test]
    fn what_is_not_known_has_a_name_too() {
        let it = assemble("", "", "", "");
        assert_eq!(
            [&it.hostname, &it.kernel_version, &it.platform_version],
            ["unknown"; 3]
        );
        assert_eq!([&it.platform, &it.platform_family], [&it.os; 2]);
        assert_eq!(it.virtualization_system, "none");
        assert_eq!(assemble(&"h".repeat(300), "", "", "").hostname.len(), 256);
    }

    #[test]
    fn this_machine_is_described_without_gaps() {
        let it = describe();
        assert!(!it.hostname.is_empty() && !it.kernel_arch.is_empty());
    }
}
