//! Which crate may depend on which, read from the manifests by cargo itself.
//!
//! Dependencies of tests are free: they do not reach anybody who uses the crate.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use cargo_metadata::{DependencyKind, Metadata};

use super::Problem;
use crate::workspace::{self, Workspace};

/// Every crate that programs of the workspace may use, and that somebody could use alone.
pub(super) const LIBRARIES: &[&str] = &[
    "baton-c1z",
    "baton-model",
    "baton-proto",
    "baton-service",
    "baton-sinks",
    "c1-sim",
    "rocketchat-api",
    "rocketchat-http",
    "rocketchat-sim",
    "rocketchat-sync",
];

/// The crates, each with those it may depend on. One way only: a row may name only crates that do not lead back.
const ALLOWED: &[(&str, &[&str])] = &[
    ("baton-model", &[]),
    ("baton-proto", &[]),
    ("rocketchat-http", &[]),
    ("rocketchat-api", &[]),
    ("rocketchat-sim", &[]),
    ("baton-c1z", &["baton-model", "baton-proto"]),
    ("c1-sim", &["baton-proto"]),
    ("baton-service", &["baton-model", "baton-proto"]),
    ("baton-sinks", &["baton-model", "baton-c1z"]),
    (
        "rocketchat-sync",
        &[
            "baton-model",
            "baton-sinks",
            "rocketchat-api",
            "rocketchat-http",
        ],
    ),
    (
        "fuzz-targets",
        &[
            "baton-c1z",
            "baton-model",
            "baton-service",
            "baton-sinks",
            "rocketchat-api",
            "rocketchat-http",
        ],
    ),
    ("baton-rocketchat", LIBRARIES),
    ("xtask", LIBRARIES),
];

/// Crates from outside that only some of ours may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("anyhow", &["baton-rocketchat", "xtask"]),
    ("clap", &["baton-rocketchat", "xtask"]),
    ("rusqlite", &["baton-c1z"]),
    ("zstd", &["baton-c1z"]),
    ("rustls", &["rocketchat-http"]),
    ("tokio-rustls", &["c1-sim", "rocketchat-http", "xtask"]),
    (
        "hyper",
        &[
            "baton-service",
            "c1-sim",
            "rocketchat-http",
            "rocketchat-sim",
        ],
    ),
    (
        "hyper-util",
        &[
            "baton-rocketchat",
            "baton-service",
            "c1-sim",
            "rocketchat-http",
            "rocketchat-sim",
        ],
    ),
    ("opentelemetry", &["baton-rocketchat"]),
    ("tonic", &["baton-rocketchat", "baton-service", "c1-sim"]),
];

/// Crates that do no I/O, and what they must not reach, not even through others.
const PURE: &[&str] = &["baton-model", "rocketchat-api"];
const IMPURE: &[&str] = &["hyper", "prost", "rusqlite", "tokio"];

/// A crate of the workspace, reduced to what the rules need.
#[derive(Debug, Default)]
struct Member {
    name: String,
    /// What it names itself, for anything but tests.
    direct: Vec<Direct>,
    /// What it is built with, at any distance.
    reached: BTreeSet<String>,
}

#[derive(Debug, Default, Clone)]
struct Direct {
    name: String,
    optional: bool,
    default_features: bool,
    features: Vec<String>,
}

/// Checks the graph of the workspace.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let metadata = workspace::metadata(workspace.root())
        .other_options(["--locked".to_owned()])
        .exec()
        .context("cannot read the manifests")?;
    Ok(problems(&members(&metadata)?))
}

fn problems(members: &[Member]) -> Vec<Problem> {
    let mut problems: Vec<_> = members.iter().flat_map(problems_of).collect();
    for (name, _) in ALLOWED {
        if !members.iter().any(|member| member.name == *name) {
            problems.push(Problem::new(
                *name,
                "is in the table of crates, but not in the workspace",
            ));
        }
    }
    problems
}

fn problems_of(member: &Member) -> Vec<Problem> {
    let problem = |what: String| Problem::new(member.name.as_str(), what);
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == member.name) else {
        return vec![problem(
            "is not in the table of crates in xtask/src/tidy/graph.rs".to_owned(),
        )];
    };
    let mut problems = Vec::new();
    for direct in &member.direct {
        let name = direct.name.as_str();
        let ours = ALLOWED.iter().any(|(ours, _)| *ours == name);
        if ours && !allowed.contains(&name) {
            problems.push(problem(format!("must not depend on {name}")));
        }
        if let Some((_, holders)) = RESERVED.iter().find(|(reserved, _)| *reserved == name)
            && !holders.contains(&member.name.as_str())
        {
            problems.push(problem(format!(
                "must not depend on {name}, only {} may",
                holders.join(" and ")
            )));
        }
        problems
            .extend(unwanted_feature(&member.name, direct).map(|what| problem(what.to_owned())));
    }
    if PURE.contains(&member.name.as_str()) {
        let reached = IMPURE
            .iter()
            .filter(|impure| member.reached.contains(**impure));
        problems.extend(reached.map(|impure| {
            problem(format!(
                "must not reach {impure}, not even through another crate"
            ))
        }));
    }
    problems
}

/// The engine knows the trait of a sink and no implementation; SQLite comes only to those who ask for c1z.
fn unwanted_feature(member: &str, direct: &Direct) -> Option<&'static str> {
    let brings_c1z =
        direct.default_features || direct.features.iter().any(|feature| feature == "c1z");
    match (member, direct.name.as_str()) {
        ("rocketchat-sync", "baton-sinks") if brings_c1z => {
            Some("must take baton-sinks without default features and without c1z")
        }
        ("baton-sinks", "baton-c1z") if !direct.optional => {
            Some("must depend on baton-c1z only optionally, behind the feature c1z")
        }
        _ => None,
    }
}

fn members(metadata: &Metadata) -> anyhow::Result<Vec<Member>> {
    let resolve = metadata.resolve.as_ref();
    let resolve = resolve.context("cargo did not resolve the dependencies")?;
    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.to_string()))
        .collect();
    let members = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Member {
            name: package.name.to_string(),
            direct: package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .map(|dependency| Direct {
                    name: dependency.name.clone(),
                    optional: dependency.optional,
                    default_features: dependency.uses_default_features,
                    features: dependency.features.clone(),
                })
                .collect(),
            reached: workspace::reachable(resolve, &package.id)
                .keys()
                .filter(|id| **id != package.id)
                .filter_map(|id| names.get(id).cloned())
                .collect(),
        });
    Ok(members.collect())
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, Direct, Member, problems, problems_of};

    fn member(name: &str, direct: &[&str], reached: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            direct: direct
                .iter()
                .map(|name| Direct {
                    name: (*name).to_owned(),
                    ..Direct::default()
                })
                .collect(),
            reached: reached.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn check(member: &Member, expected: &[&str]) {
        let found: Vec<_> = problems_of(member)
            .into_iter()
            .map(|problem| problem.what)
            .collect();
        assert_eq!(found, expected, "{member:?}");
    }

    #[test]
    fn table_leads_one_way() {
        let place = |name: &str| ALLOWED.iter().position(|(row, _)| *row == name).unwrap();
        for (name, allowed) in ALLOWED {
            for other in *allowed {
                assert!(place(other) < place(name), "{name} -> {other}");
            }
        }
    }

    #[test]
    fn allowed_dependencies_pass() {
        check(
            &member(
                "baton-c1z",
                &["baton-model", "baton-proto", "rusqlite", "serde"],
                &[],
            ),
            &[],
        );
        check(
            &member("rocketchat-sim", &["hyper", "tokio"], &["tokio"]),
            &[],
        );
        check(
            &member(
                "baton-rocketchat",
                &["rocketchat-sync", "clap", "anyhow"],
                &[],
            ),
            &[],
        );
    }

    #[test]
    fn wrong_direction_is_refused() {
        check(
            &member("rocketchat-http", &["rocketchat-api"], &[]),
            &["must not depend on rocketchat-api"],
        );
        check(
            &member("xtask", &["baton-rocketchat"], &[]),
            &["must not depend on baton-rocketchat"],
        );
    }

    #[test]
    fn reserved_crates_are_refused() {
        check(
            &member("baton-sinks", &["zstd"], &[]),
            &["must not depend on zstd, only baton-c1z may"],
        );
        check(
            &member("rocketchat-api", &["anyhow"], &[]),
            &["must not depend on anyhow, only baton-rocketchat and xtask may"],
        );
        check(
            &member("xtask", &["hyper"], &[]),
            &[
                "must not depend on hyper, only baton-service and c1-sim and rocketchat-http and rocketchat-sim may",
            ],
        );
    }

    #[test]
    fn pure_crates_reach_no_io() {
        check(
            &member("rocketchat-api", &["reqwest"], &["reqwest", "tokio"]),
            &["must not reach tokio, not even through another crate"],
        );
    }

    #[test]
    fn engine_takes_the_trait_only() {
        let what = "must take baton-sinks without default features and without c1z";
        let with = |default_features, features: &[&str]| Member {
            name: "rocketchat-sync".to_owned(),
            direct: vec![Direct {
                name: "baton-sinks".to_owned(),
                default_features,
                features: features
                    .iter()
                    .map(|feature| (*feature).to_owned())
                    .collect(),
                ..Direct::default()
            }],
            ..Member::default()
        };
        check(&with(false, &[]), &[]);
        check(&with(true, &[]), &[what]);
        check(&with(false, &["c1z"]), &[what]);
        check(
            &member("baton-sinks", &["baton-c1z"], &[]),
            &["must depend on baton-c1z only optionally, behind the feature c1z"],
        );
    }

    #[test]
    fn crates_and_table_must_agree() {
        check(
            &member("baton-extra", &[], &[]),
            &["is not in the table of crates in xtask/src/tidy/graph.rs"],
        );
        assert_eq!(problems(&[]).len(), ALLOWED.len());
    }
}
