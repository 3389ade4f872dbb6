//! The frozen public format, stated by hand: a change here is a breaking change.

use baton_model::{AccountType, Record, Resource, Status};
use rocketchat_api::{
    Answer, Endpoint, Role, RolesList, Team, TeamsListAll, User, UsersListByStatus, decode,
};
use rocketchat_sync::mapping::{self, team::Members};

fn json<E: Endpoint>(endpoint: &E, body: &str) -> E::Output {
    decode(
        endpoint,
        &Answer {
            status: 200,
            content_type: Some("application/json"),
            body: body.as_bytes(),
        },
    )
    .unwrap()
}

pub(crate) fn user(row: &str) -> User {
    let body = format!(r#"{{"users":[{row}],"total":1,"success":true}}"#);
    json(&UsersListByStatus::all(rocketchat_api::Page::ALL), &body)
        .rows
        .remove(0)
}

pub(crate) fn role(row: &str) -> Role {
    json(
        &RolesList,
        &format!(r#"{{"roles":[{row}],"success":true}}"#),
    )
    .remove(0)
}

pub(crate) fn team(row: &str) -> Team {
    let body = format!(r#"{{"teams":[{row}],"total":1,"success":true}}"#);
    json(&TeamsListAll(rocketchat_api::Page::ALL), &body)
        .rows
        .remove(0)
}

fn profile(resource: &Resource) -> String {
    serde_json::to_string(&resource.profile).unwrap()
}

/// As many roles as a row of a hostile server has room for: each compared with all before it would take minutes, and nobody
/// could stop the sync meanwhile.
#[test]
fn a_row_with_very_many_roles_takes_no_time() {
    let began = std::time::Instant::now();
    let number = 200_000;
    let ids: Vec<_> = (0..number).map(|it| format!("\"r{it}\"")).collect();
    let user = user(&format!(
        r#"{{"_id":"u1","roles":[{},"r0"]}}"#,
        ids.join(",")
    ));
    let grants = mapping::user::role_grants(&user);
    assert_eq!(grants.count(), number);
    assert!(began.elapsed() < std::time::Duration::from_secs(30));
}

#[test]
fn identifiers_never_change() {
    let user = user(r#"{"_id":"u1","roles":["admin","admin","owner"]}"#);
    let grants: Vec<_> = mapping::user::role_grants(&user)
        .map(|(_, grant)| grant.id())
        .collect();
    assert_eq!(
        grants,
        ["role:admin:assigned:user:u1", "role:owner:assigned:user:u1"]
    );
    assert_eq!(
        mapping::team::member(&"t1".into()).to_string(),
        "team:t1:member"
    );
    assert_eq!(mapping::team::TEAM_ROLES, ["owner", "leader", "moderator"]);
    assert_eq!(
        mapping::team::team_role(&"t1".into(), "owner").to_string(),
        "team:t1:owner"
    );
    let types: Vec<_> = mapping::resource_types()
        .map(|it| (it.id.to_string(), it.skip_entitlements_and_grants))
        .into();
    assert_eq!(
        types,
        [
            ("user".to_owned(), true),
            ("role".to_owned(), false),
            ("team".to_owned(), false)
        ]
    );
}

#[track_caller]
fn check_name(row: &str, expected: &str) {
    assert_eq!(
        mapping::user::resource(&user(row)).display_name,
        expected,
        "{row}"
    );
}

#[test]
fn a_user_is_called_by_name_username_address_or_id() {
    check_name(
        r#"{"_id":"u","name":"Ada","username":"ada","emails":[{"address":"a@b"}]}"#,
        "Ada",
    );
    check_name(
        r#"{"_id":"u","name":" ","username":"ada","emails":[{"address":"a@b"}]}"#,
        "ada",
    );
    check_name(
        r#"{"_id":"u","name":null,"emails":[{"address":""},{"address":"a@b"}]}"#,
        "a@b",
    );
    check_name(r#"{"_id":"u","emails":[]}"#, "u");
}

#[track_caller]
fn check_account(row: &str, status: Status, account_type: AccountType) {
    let user = user(row);
    assert_eq!(
        (
            mapping::user::status(&user),
            mapping::user::account_type(&user)
        ),
        (status, account_type),
        "{row}"
    );
}

#[test]
fn status_and_account_type_follow_active_type_and_roles() {
    use AccountType::{Human, Service};
    use Status::{Disabled, Enabled};
    check_account(
        r#"{"_id":"u","active":true,"type":"user","roles":["user"]}"#,
        Enabled,
        Human,
    );
    check_account(
        r#"{"_id":"u","active":false,"type":"bot"}"#,
        Disabled,
        Service,
    );
    check_account(r#"{"_id":"u","type":"app"}"#, Disabled, Service);
    check_account(
        r#"{"_id":"u","active":true,"type":"user","roles":["user","bot"]}"#,
        Enabled,
        Service,
    );
    check_account(
        r#"{"_id":"u","active":true,"type":"visitor","roles":["app"]}"#,
        Enabled,
        Service,
    );
    check_account(
        r#"{"_id":"u","active":true,"type":"unknown","roles":["bots"]}"#,
        Enabled,
        Human,
    );
}

#[track_caller]
fn check_federation(row: &str, expected: &str) {
    let profile = profile(&mapping::user::resource(&user(row)));
    let value: serde_json::Value = serde_json::from_str(&profile).unwrap();
    let server = value
        .get("federation_server")
        .and_then(|it| it.as_str())
        .unwrap_or("-");
    assert_eq!(
        format!("{} {server}", value["federated"]),
        expected,
        "{row}"
    );
}

#[test]
fn federation_is_told_by_the_field_or_by_the_username() {
    check_federation(r#"{"_id":"u","username":"ada"}"#, "false -");
    check_federation(r#"{"_id":"u"}"#, "false -");
    check_federation(r#"{"_id":"u","username":"ada","federated":true}"#, "true -");
    check_federation(
        r#"{"_id":"u","username":"@ada:other.example","federated":true}"#,
        "true other.example",
    );
    check_federation(
        r#"{"_id":"u","username":"@ada:other.example:8448"}"#,
        "true other.example:8448",
    );
    check_federation(
        r#"{"_id":"u","username":"@ada:other.example","federated":false}"#,
        "false -",
    );
    for username in ["@:other.example", "@ada:", "@ada", "ada:other.example"] {
        check_federation(
            &format!(r#"{{"_id":"u","username":"{username}"}}"#),
            "false -",
        );
    }
}

#[test]
fn profiles_hold_their_documented_names() {
    let ada = user(
        r#"{"_id":"u1","name":"Ada","username":"@ada:other.example","type":"user","active":true,"federated":true,
            "emails":[{"address":"a@b","verified":true},{"address":"c@d","verified":false}],"lastLogin":"2026-06-01T08:15:30.221Z"}"#,
    );
    insta::assert_snapshot!(profile(&mapping::user::resource(&ada)), @r#"{"email_verified":true,"federated":true,"federation_server":"other.example","name":"Ada","type":"user","user_id":"u1","username":"@ada:other.example"}"#);
    let scribe = role(
        r#"{"_id":"r1","name":"Scribe","scope":"Subscriptions","description":"Keeps minutes","protected":false,"mandatory2fa":true}"#,
    );
    insta::assert_snapshot!(profile(&mapping::role::resource(&scribe)), @r#"{"mandatory2fa":true,"name":"Scribe","protected":false,"role_id":"r1","scope":"room"}"#);
    let crew = team(
        r#"{"_id":"t1","name":"crew","type":1,"roomId":"m1","createdBy":{"_id":"u1","username":"ada"},"createdAt":"2024-01-14T15:45:30.900Z","numberOfUsers":3}"#,
    );
    let crew = mapping::team::resource(
        &crew,
        Some(Members {
            active: 2,
            dormant: 1,
        }),
    );
    insta::assert_snapshot!(profile(&crew), @r#"{"active_members":2,"created_by":"u1","dormant_members":1,"name":"crew","room_id":"m1","team_id":"t1","type":"private"}"#);
    assert_eq!(
        crew.created_at.unwrap().to_string(),
        "2024-01-14T15:45:30.9Z"
    );
}

#[test]
fn a_room_scoped_role_says_that_rooms_are_not_synced() {
    let text = |scope: &str| {
        let role = role(&format!(
            r#"{{"_id":"r1","name":"Scribe","scope":"{scope}"}}"#
        ));
        mapping::role::entitlement(&role).description
    };
    assert!(text("Subscriptions").ends_with("assignments in single rooms are not synced"));
    assert_eq!(text("Users"), "Assigned the Scribe role");
    let bare = role(r#"{"_id":"helpdesk"}"#);
    assert_eq!(mapping::role::resource(&bare).display_name, "helpdesk");
    assert!(profile(&mapping::role::resource(&bare)).contains(r#""scope":"unknown""#));
    let record = Record::Entitlement(mapping::role::entitlement(&bare));
    assert!(matches!(record, Record::Entitlement(it) if it.id.slug() == "assigned"));
}
