//! The tables of CSV, a public format.

use std::path::Path;

use baton_model::{
    AccountType, Attribute, AttributeKind, Attributes, Email, EntitlementId, Grant, Profile,
    ProfileValue, Record, Resource, ResourceId, ResourceTrait, Status, UserTrait,
};
use baton_sinks::{Csv, Sink, unguard};
use proptest::prelude::*;

use crate::records::{small_sync, write};

/// Attributes as the profiles of `small_sync` have them, and some that they do not have as told.
pub(crate) const ATTRIBUTES: Attributes = Attributes {
    users: &[
        Attribute {
            name: "federated",
            kind: AttributeKind::Bool,
        },
        Attribute {
            name: "user_id",
            kind: AttributeKind::Text,
        },
        Attribute {
            name: "login",
            kind: AttributeKind::Text,
        },
        Attribute {
            name: "profile",
            kind: AttributeKind::Text,
        },
    ],
    roles: &[],
    groups: &[
        Attribute {
            name: "active_members",
            kind: AttributeKind::Count,
        },
        Attribute {
            name: "room_id",
            kind: AttributeKind::Text,
        },
    ],
};

fn csv(path: &Path, records: &[Record]) {
    let mut sink = Box::new(Csv::create(path, ATTRIBUTES).unwrap());
    let summary = write(sink.as_mut(), records);
    sink.finish(&summary).unwrap();
}

/// Writes records and returns the rows of a file, the first line included, as an independent reader finds them.
fn rows(records: &[Record], name: &str) -> Vec<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    csv(&dir.path().join("out"), records);
    read(&dir.path().join("out").join(name))
}

/// Reads CSV by the letter of RFC 4180.
fn read(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(it) = chars.next() {
        match it {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty(), "{text:?}");
    rows
}

#[test]
fn the_tables_of_a_small_sync() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    csv(&out, &small_sync());
    let files = ["users", "roles", "teams", "grants", "access"].map(|name| {
        let name = format!("{name}.csv");
        let content = std::fs::read_to_string(out.join(&name)).unwrap();
        format!("== {name}\n{content}")
    });
    insta::assert_snapshot!(files.concat());
}

fn user(id: &str, details: UserTrait, profile: Profile) -> Record {
    Record::Resource(Resource {
        id: ResourceId::new("user", id),
        display_name: format!("={id}"),
        description: String::new(),
        status: Some(Status::Deleted),
        created_at: None,
        details: ResourceTrait::User(details),
        profile,
    })
}

fn nobody() -> UserTrait {
    UserTrait {
        emails: Vec::new(),
        login: None,
        last_login: None,
        account_type: AccountType::Unspecified,
    }
}

#[test]
fn formulas_are_made_harmless_in_every_file() {
    let email = |address: &str, is_primary| Email {
        address: address.to_owned(),
        is_primary,
    };
    let details = UserTrait {
        emails: vec![email("+a@x", false), email("@b@x", true)],
        login: Some("\t-login".to_owned()),
        ..nobody()
    };
    let mut profile = Profile::default();
    profile.set("user_id", "@id");
    let user = user("-u", details, profile);
    let grant = Record::Grant(Grant {
        entitlement: EntitlementId::new(ResourceId::new("=type", "@role"), "+slug"),
        principal: ResourceId::new("user", "-u"),
    });
    let dir = tempfile::tempdir().unwrap();
    csv(dir.path(), &[user, grant]);
    for (name, expected) in [
        (
            "users.csv",
            vec!["-u", "=-u", "\t-login", "@b@x", "+a@x; @b@x", "@id"],
        ),
        (
            "grants.csv",
            vec!["=type:@role:+slug", "+slug", "=type", "@role", "-u"],
        ),
        (
            "access.csv",
            vec![
                "-u",
                "=-u",
                "\t-login",
                "@b@x",
                "=type",
                "@role",
                "=type:@role:+slug",
                "+slug",
            ],
        ),
    ] {
        let rows = read(&dir.path().join(name));
        let guarded: Vec<_> = rows[1].iter().filter(|it| it.starts_with('\'')).collect();
        let bare: Vec<_> = guarded.iter().map(|it| unguard(it)).collect();
        assert_eq!(bare, expected, "{name}");
        let dangerous = |it: &String| it.trim().starts_with(['=', '+', '-', '@']);
        assert!(!rows.iter().flatten().any(dangerous), "{name}");
    }
}

/// Attributes without a column, or with a value that their column cannot hold, are kept in the last one.
#[test]
fn no_attribute_is_lost() {
    let mut profile = Profile::default();
    profile.set("federated", "perhaps");
    profile.set("user_id", "u");
    profile.set("login", "taken");
    profile.set("profile", "taken too");
    profile.set("tags", ProfileValue::List(vec![1u64.into()]));
    let rows = rows(&[user("u", nobody(), profile)], "users.csv");
    let cell = |name: &str| rows[1][rows[0].iter().position(|it| it == name).unwrap()].as_str();
    assert_eq!(
        (cell("federated"), cell("user_id"), cell("login")),
        ("", "u", "")
    );
    assert_eq!(
        cell("profile"),
        r#"{"federated":"perhaps","login":"taken","profile":"taken too","tags":[1]}"#
    );
    assert_eq!(
        rows[0]
            .iter()
            .filter(|it| *it == "login" || *it == "profile")
            .count(),
        2
    );
}

/// Other connectors grant to groups, and to what they do not list.
#[test]
fn no_access_is_lost() {
    let app = ResourceId::new("app", "1");
    let stranger = Grant {
        entitlement: EntitlementId::parse(app.clone(), "E-1"),
        principal: ResourceId::new("ghost", "g"),
    };
    let grants = vec![Record::Grant(stranger.clone()), Record::Grant(stranger)];
    let access = rows(&grants, "access.csv");
    let expected = [
        "ghost", "g", "", "", "", "", "", "", "app", "1", "", "E-1", "E-1", "",
    ];
    assert_eq!(access[1..], [expected, expected]);
    assert_eq!(rows(&grants, "grants.csv").len(), 3);
}

#[test]
fn what_was_written_before_a_restart_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    for records in [small_sync(), Vec::new()] {
        let mut sink = Box::new(Csv::create(&dir.path().join("again"), ATTRIBUTES).unwrap());
        for _ in 0..200 {
            write(sink.as_mut(), &small_sync());
        }
        sink.restart().unwrap();
        let summary = write(sink.as_mut(), &records);
        sink.finish(&summary).unwrap();
        csv(&dir.path().join("once"), &records);
        for name in [
            "users.csv",
            "roles.csv",
            "teams.csv",
            "grants.csv",
            "access.csv",
        ] {
            let text = |of: &str| std::fs::read_to_string(dir.path().join(of).join(name)).unwrap();
            assert_eq!(text("again"), text("once"), "{name}");
        }
    }
}

/// Grants that come right after a restart must not know what came before it.
#[test]
fn a_restart_forgets_names_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut sink = Box::new(Csv::create(dir.path(), ATTRIBUTES).unwrap());
    write(sink.as_mut(), &small_sync());
    sink.restart().unwrap();
    let grant = small_sync().remove(5);
    let summary = write(sink.as_mut(), &[grant]);
    sink.finish(&summary).unwrap();
    let text = std::fs::read_to_string(dir.path().join("access.csv")).unwrap();
    assert!(
        text.ends_with("user,1234,,,,,,,team,5678,,team:5678:member,member,\n"),
        "{text}"
    );
}

proptest! {
    /// Whatever people call themselves, every cell comes back.
    #[test]
    fn texts_come_back(name in "['\"=,;\r\n\t a]{0,6}|\\PC{0,4}", login in "['\"=, ]{1,4}") {
        let details = UserTrait { login: Some(login.clone()), ..nobody() };
        let mut record = user("u", details, Profile::default());
        if let Record::Resource(it) = &mut record {
            it.display_name = name.clone();
        }
        let rows = rows(&[record], "users.csv");
        prop_assert_eq!(rows.len(), 2);
        prop_assert_eq!(unguard(&rows[1][2]), name);
        prop_assert_eq!(unguard(&rows[1][4]), login);
    }
}
