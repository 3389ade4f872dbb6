//! The demo, which needs no Rocket.Chat.

use crate::binary::Binary;

#[tokio::test(flavor = "multi_thread")]
async fn prints_what_the_file_holds() {
    let binary = Binary::new();
    let run = binary
        .run(&[
            "demo",
            "--users",
            "300",
            "--teams",
            "10",
            "--members",
            "8",
            "--seed",
            "5",
        ])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(binary.files(), ["demo.c1z"]);
    assert!(
        run.stdout
            .contains("The counts equal those of the simulated workspace."),
        "{}",
        run.stdout
    );
    let (reader, newest) = binary.newest("demo.c1z");
    let stats = reader.count(&newest.sync_id).unwrap();
    assert_eq!(stats.resources_by_resource_type.get("user"), Some(&300));
    assert_eq!(stats.resources_by_resource_type.get("team"), Some(&10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_waited_for() {
    let binary = Binary::new();
    let run = binary
        .run(&[
            "demo",
            "--users",
            "50",
            "--teams",
            "9",
            "--rate-limit",
            "5/0.5",
            "-f",
            "limited.c1z",
        ])
        .await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("for rate limits"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_rate_limit_is_refused() {
    for text in ["10", "0/60", "10/0", "x/y", "-1/60"] {
        let run = Binary::new()
            .run(&["demo", &format!("--rate-limit={text}")])
            .await;
        assert_eq!(run.code, Some(2), "{text}");
        assert!(run.stderr.contains("expected"), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_stops_it_and_nothing_is_left() {
    for (signal, code) in [("INT", 0), ("TERM", 143)] {
        let binary = Binary::new();
        let run = binary
            .run_and_signal(
                &[
                    "demo",
                    "--users",
                    "50",
                    "--teams",
                    "40",
                    "--rate-limit",
                    "2/60",
                ],
                signal,
            )
            .await;
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(
            run.error().contains(&format!("stopped by SIG{signal}")),
            "{}",
            run.stderr
        );
        assert!(binary.files().is_empty(), "{:?}", binary.files());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choices_of_a_sync_hold_for_it_too() {
    let binary = Binary::new();
    for choices in [
        &["--rocketchat-dormant-memberships", "count"][..],
        &["--rocketchat-team-roles"],
        &[
            "--rocketchat-team-roles",
            "--rocketchat-dormant-memberships=count",
        ],
    ] {
        let run = binary
            .run(&[&["demo", "--users", "200"], choices].concat())
            .await;
        assert_eq!(run.code, Some(0), "{choices:?}: {}", run.stderr);
        let only_counted = run.stdout.contains("only counted");
        assert_eq!(
            only_counted,
            choices.last().is_some_and(|it| it.ends_with("count"))
        );
    }
    let smaller = ["demo", "--users", "20"];
    let run = binary.run(&smaller).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    binary.run(&["demo", "--users", "200"]).await;
    let run = binary
        .run(&[&smaller[..], &["--max-shrink", "50"]].concat())
        .await;
    assert_eq!(run.code, Some(9), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_real_workspace_are_refused() {
    let flag = ["--rocketchat-base-url", "https://chat.example.com"];
    for arguments in [
        [&flag[..], &["demo"]].concat(),
        [&["demo"], &flag[..]].concat(),
    ] {
        let binary = Binary::new();
        let run = binary.run(&arguments).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
        assert!(
            run.error().contains("--rocketchat-base-url"),
            "{}",
            run.error()
        );
        assert!(binary.files().is_empty());
    }
}
