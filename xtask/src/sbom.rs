//! `cargo xtask sbom`: the list of everything that the program is built from, in the CycloneDX format (version 1.6).
//!
//! Listed are the crates of a release build of the program for one platform, procedural macros included: neither tests nor
//! what build scripts need nor other platforms. The same sources give the same list, so that it has no time and no serial
//! number.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use cargo_metadata::{Package, PackageId};
use serde_json::{Value, json};
use toml::Table;

use crate::program::NAME;
use crate::{report, workspace};

/// Which list is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The package that is built
    #[arg(long, default_value = NAME)]
    package: String,
    /// The platform that it is built for; the one of this machine if not named
    #[arg(long)]
    target: Option<String>,
}

/// Prints the list.
///
/// # Errors
/// Cargo does not know the package, or the lock file is not up to date.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let target = match &args.target {
        Some(target) => target.clone(),
        None => host()?,
    };
    let root = workspace::root()?;
    let bill = Bill::read(&root, &args.package, &target)?;
    report::data(serde_json::to_string_pretty(&bill.json()?)?);
    Ok(())
}

/// The packages of one build, and which needs which.
pub(crate) struct Bill {
    target: String,
    root: PackageId,
    packages: BTreeMap<PackageId, Package>,
    needs: BTreeMap<PackageId, BTreeSet<PackageId>>,
    /// SHA-256 of what the registry gave, by name and version.
    checksums: BTreeMap<(String, String), String>,
}

impl Bill {
    /// Reads what the package `name` is built from for a platform.
    pub(crate) fn read(root: &Path, name: &str, target: &str) -> anyhow::Result<Self> {
        let metadata = workspace::metadata(root)
            .other_options(["--locked", "--filter-platform", target].map(str::to_owned))
            .exec()?;
        let root_package = metadata
            .workspace_packages()
            .into_iter()
            .find(|it| it.name.as_str() == name)
            .with_context(|| format!("there is no package {name}"))?
            .id
            .clone();
        let resolve = metadata.resolve.context("cargo resolved nothing")?;
        let needs = workspace::reachable(&resolve, &root_package);
        let packages = metadata.packages.into_iter();
        Ok(Self {
            target: target.to_owned(),
            packages: packages
                .filter(|it| needs.contains_key(&it.id))
                .map(|it| (it.id.clone(), it))
                .collect(),
            root: root_package,
            needs,
            checksums: checksums(root)?,
        })
    }

    /// Returns the version of the package itself.
    pub(crate) fn version(&self) -> anyhow::Result<String> {
        Ok(self.root()?.version.to_string())
    }

    /// Returns the packages of others.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|it| it.source.is_some())
    }

    /// Returns the list in the CycloneDX format.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        let all = self.packages.values();
        let others = all.filter(|it| it.id != self.root);
        let root = self.root()?;
        let dependencies = self.needs.iter().map(|(id, needs)| {
            let needs: BTreeSet<_> = needs.iter().map(|id| self.reference(id)).collect();
            json!({"ref": self.reference(id), "dependsOn": needs})
        });
        Ok(json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
                "component": self.component(root, "application"),
                "properties": [{"name": "cdx:rustc:target", "value": self.target}],
            },
            "components": others.map(|it| self.component(it, "library")).collect::<Vec<_>>(),
            "dependencies": dependencies.collect::<Vec<_>>(),
        }))
    }

    fn root(&self) -> anyhow::Result<&Package> {
        self.packages.get(&self.root).context("no such package")
    }

    fn component(&self, package: &Package, kind: &str) -> Value {
        let (name, version) = (package.name.to_string(), package.version.to_string());
        let mut component = json!({
            "type": kind,
            "bom-ref": purl(package),
            "name": name,
            "version": version,
            "purl": purl(package),
        });
        if let Some(license) = &package.license {
            // Old manifests divide alternatives by a slash.
            let expression = license.replace(" / ", " OR ").replace('/', " OR ");
            component["licenses"] = json!([{"expression": expression}]);
        }
        if let Some(checksum) = self.checksums.get(&(name, version)) {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        if let Some(repository) = &package.repository {
            component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
        }
        component
    }

    fn reference(&self, id: &PackageId) -> String {
        self.packages.get(id).map(purl).unwrap_or_default()
    }
}

/// Returns the name of a package anywhere (<https://github.com/package-url/purl-spec>).
fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

fn checksums(root: &Path) -> anyhow::Result<BTreeMap<(String, String), String>> {
    let path = root.join("Cargo.lock");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lock: Table = text.parse().context("cannot parse Cargo.lock")?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let text_of = |package: &toml::Value, key: &str| {
        let value = package.get(key)?;
        value.as_str().map(str::to_owned)
    };
    let entries = packages.into_iter().flatten().filter_map(|it| {
        let name = (text_of(it, "name")?, text_of(it, "version")?);
        Some((name, text_of(it, "checksum")?))
    });
    Ok(entries.collect())
}

/// Returns the platform of this machine.
pub(crate) fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("cannot start rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|it| it.strip_prefix("host: "));
    Ok(host.context("rustc does not name its platform")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_and_what_is_in_it_are_listed_once() {
        let root = workspace::root().unwrap();
        let bill = Bill::read(&root, "baton-rocketchat", &host().unwrap()).unwrap();
        let json = bill.json().unwrap();
        assert_eq!(json["metadata"]["component"]["name"], "baton-rocketchat");
        let components = json["components"].as_array().unwrap();
        let named = |name: &str| {
            let found = components.iter().filter(|it| it["name"] == name);
            found.collect::<Vec<_>>()
        };
        let [tokio] = named("tokio")[..] else {
            panic!("{components:#?}");
        };
        assert_eq!(tokio["hashes"][0]["content"].as_str().unwrap().len(), 64);
        assert_eq!(tokio["licenses"][0]["expression"], "MIT");
        assert_eq!(named("rocketchat-http").len(), 1);
        for absent in ["insta", "proptest", "xtask", "windows-sys", "prost-build"] {
            assert!(named(absent).is_empty(), "{absent}");
        }
        let references: BTreeSet<_> = components
            .iter()
            .chain([&json["metadata"]["component"]])
            .map(|it| it["bom-ref"].as_str().unwrap())
            .collect();
        assert_eq!(references.len(), components.len() + 1);
        for entry in json["dependencies"].as_array().unwrap() {
            let needs = entry["dependsOn"].as_array().unwrap();
            let all = needs.iter().chain([&entry["ref"]]);
            for reference in all {
                assert!(references.contains(reference.as_str().unwrap()));
            }
        }
    }
}
