use rocketchat_sim::{Account, Settings};

use crate::binary::{Binary, server, server_with};

#[tokio::test(flavor = "multi_thread")]
async fn writes_sync_c1z_and_nothing_on_stdout() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let run = binary.run(&[]).await;
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), ""),
        "{}",
        run.stderr
    );
    assert_eq!(binary.files(), ["sync.c1z"]);
    assert!(run.stderr.contains("synced 40 users"), "{}", run.stderr);
    assert!(!run.stderr.contains(Account::Reader.token()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_adds_a_sync_and_a_third_replaces_the_oldest() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    let mut seen = Vec::new();
    for expected in [1, 2, 2] {
        assert_eq!(binary.run(&["-f", "out.c1z"]).await.code, Some(0));
        let (reader, newest) = binary.newest("out.c1z");
        let syncs = reader.syncs().unwrap();
        assert_eq!(syncs.len(), expected);
        assert!(
            !seen.contains(&newest.sync_id),
            "the newest sync is the one just made"
        );
        let readable = reader
            .resources(&newest.sync_id)
            .collect::<Result<Vec<_>, _>>();
        assert!(
            readable.is_ok_and(|rows| rows.len() > 40),
            "the newest sync can be read"
        );
        seen.push(newest.sync_id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_win_over_variables_and_a_trailing_slash_is_accepted() {
    let settings = Settings {
        sub_path: Some("/chat".to_owned()),
        ..Settings::default()
    };
    let server = server_with(settings).await;
    let (user_id, token) = server.credentials(Account::Reader);
    let binary = Binary::new()
        .with("BATON_ROCKETCHAT_BASE_URL", "http://127.0.0.1:1")
        .with("BATON_ROCKETCHAT_USER_ID", &user_id)
        .with("BATON_ROCKETCHAT_AUTH_TOKEN", "wrong")
        .with("BATON_FILE", "variable.c1z");
    let url = format!("{}/", server.base_url());
    let run = binary
        .run(&[
            "--rocketchat-base-url",
            &url,
            "--rocketchat-auth-token",
            &token,
        ])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(binary.files(), ["variable.c1z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn team_roles_are_synced_when_asked_for() {
    let server = server().await;
    let binary = Binary::for_account(&server, Account::Reader);
    assert_eq!(binary.run(&["--rocketchat-team-roles"]).await.code, Some(0));
    let (reader, newest) = binary.newest("sync.c1z");
    let stats = reader.stats(&newest).unwrap();
    assert_eq!(
        stats.entitlements_by_resource_type.get("team"),
        Some(&16),
        "four teams, four entitlements each"
    );
}
