//! What to sync: the choices that flags and variables offer.

use baton_proto::connector::v2::GroupTrait;
use prost_types::value::Kind;
use rocketchat_sim::Account;

use crate::binary::{Binary, deactivate_a_member, server};

/// Returns a number from the profile of a team.
fn in_profile(binary: &Binary, team_id: &str, name: &str) -> String {
    let (reader, newest) = binary.newest("sync.c1z");
    let team = reader
        .resources(&newest.sync_id)
        .map(Result::unwrap)
        .find(|it| it.resource_type_id == "team" && it.external_id.ends_with(team_id))
        .unwrap();
    let details: GroupTrait = team.message.annotations[0].to_msg().unwrap();
    match details.profile.unwrap().fields[name].kind {
        Some(Kind::NumberValue(number)) => number.to_string(),
        ref other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dormant_memberships_are_looked_up() {
    let server = server().await;
    server.update(|it| {
        deactivate_a_member(it);
    });
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(server.calls("users.listTeams") > 0);
    assert!(!run.stderr.contains("only counted"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn dormant_memberships_are_only_counted_when_asked_for() {
    let server = server().await;
    let mut team = None;
    server.update(|it| team = Some(deactivate_a_member(it)));
    let (team_id, dormant) = team.unwrap();
    for (flags, variable) in [
        (&["--rocketchat-dormant-memberships", "count"][..], ""),
        (&[], "count"),
    ] {
        let binary = Binary::for_account(&server, Account::Reader)
            .with("BATON_ROCKETCHAT_DORMANT_MEMBERSHIPS", variable);
        let run = binary.run(flags).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(
            run.stderr.contains("dormant membership") && run.stderr.contains("only counted"),
            "{}",
            run.stderr
        );
        assert!(dormant > 0);
        let told = in_profile(&binary, &team_id, "dormant_members");
        assert_eq!(told, dormant.to_string());
    }
    assert_eq!(server.calls("users.listTeams"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_values_are_refused_and_named() {
    let server = server().await;
    for (flag, variable, values) in [
        (
            "--max-shrink",
            "BATON_MAX_SHRINK",
            &["half", "5.5", " 5"][..],
        ),
        (
            "--rocketchat-dormant-memberships",
            "BATON_ROCKETCHAT_DORMANT_MEMBERSHIPS",
            &["none", "resolved"],
        ),
        (
            "--max-duration",
            "BATON_MAX_DURATION",
            &["600", "soon", "-5m", "0s", "5m ago"],
        ),
        ("", "BATON_ROCKETCHAT_TEAM_ROLES", &["yes", "2"]),
        ("", "BATON_NO_RESUME", &["yes", "2"]),
    ] {
        for value in values {
            let binary = Binary::for_account(&server, Account::Reader);
            if !flag.is_empty() {
                let run = binary.run(&[&format!("{flag}={value}")]).await;
                assert_eq!(run.code, Some(2), "{flag} {value}");
                assert!(run.error().contains(flag), "{}", run.error());
            }
            let binary = binary.with(variable, value);
            for arguments in [&[][..], &["validate"], &["demo"]] {
                let run = binary.run(arguments).await;
                assert_eq!(run.code, Some(2), "{variable}={value}: {}", run.stderr);
                let words = format!("invalid value {value:?} in the variable {variable}");
                assert!(run.error().contains(&words), "{}", run.error());
            }
            assert!(binary.files().is_empty());
        }
    }
    assert_eq!(server.log().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_takes_the_words_of_go() {
    let server = server().await;
    for (value, entitlements) in [("true", 16), ("1", 16), ("false", 4), ("0", 4), ("", 4)] {
        let binary = Binary::for_account(&server, Account::Reader)
            .with("BATON_ROCKETCHAT_TEAM_ROLES", value);
        assert_eq!(binary.run(&[]).await.code, Some(0));
        let (reader, newest) = binary.newest("sync.c1z");
        let stats = reader.count(&newest.sync_id).unwrap();
        assert_eq!(
            stats.entitlements_by_resource_type["team"], entitlements,
            "{value}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_workers_gives_the_same_sync() {
    let server = server().await;
    let mut grants = Vec::new();
    for (flags, variable) in [
        (&[][..], ""),
        (&["--workers", "1"], ""),
        (&["--workers", "32"], "1"),
        (&["--workers", "0"], "1"),
        (&["--workers=-1"], ""),
        (&["--workers", "-7"], ""),
        (&["--parallel-sync"], ""),
        (&[], "3"),
    ] {
        let binary = Binary::for_account(&server, Account::Reader).with("BATON_WORKERS", variable);
        let run = binary.run(flags).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        grants.push(binary.finished_syncs()[0].1);
    }
    assert!(grants.iter().all(|it| *it == grants[0]), "{grants:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_workers_that_means_nothing_is_refused() {
    for (flags, variable) in [
        (&["--workers", "33"][..], ""),
        (&["--workers", "few"], ""),
        (&[], "33"),
        (&[], "many"),
    ] {
        let binary = Binary::unreachable().with("BATON_WORKERS", variable);
        let run = binary.run(flags).await;
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(
            run.stderr.to_lowercase().contains("workers"),
            "{}",
            run.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_out_of_range_is_refused_and_named() {
    for value in ["101", "-1"] {
        for arguments in [&[][..], &["validate"], &["demo"]] {
            let binary = Binary::unreachable().with("BATON_MAX_SHRINK", value);
            let run = binary.run(arguments).await;
            assert_eq!(run.code, Some(2), "{}", run.stderr);
            let words = "errors found:\nfield max-shrink: value must be ";
            assert!(run.last_words().starts_with(words), "{}", run.stderr);
            assert!(run.last_words().ends_with(value), "{}", run.stderr);
        }
    }
}
