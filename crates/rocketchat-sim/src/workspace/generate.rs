//! Workspaces of any size, made from a seed.
//!
//! What is unusual about a user or a team depends on its number, so that every share is exact and a workspace of some
//! hundred users has each oddity; names, ids, dates and memberships are drawn.

use std::collections::HashSet;

use fastrand::Rng;

use super::{
    Creator, Email, Id, Member, Presence, Role, Scope, Team, Text, User, Workspace, people,
};
use crate::Moment;

const DAY_MS: i64 = 86_400_000;

/// The latest date that a generated workspace mentions: 2026-06-01.
const TODAY: Moment = Moment(1_780_300_800_000);

/// How large a generated workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// All users, the six of [`Workspace::empty`] included; there are never fewer than those.
    pub users: usize,
    /// All teams.
    pub teams: usize,
    /// Members on average of a team that has more than one, deactivated ones included.
    pub members: usize,
    /// The same seed makes the same workspace.
    pub seed: u64,
}

impl Workspace {
    /// Makes a workspace of the given shape.
    ///
    /// Of its users about 5 % are deactivated, 1 % bots (half of them by role only), 1 % federated, 0.2 % apps; some lack
    /// e-mails, a username or a name, or have several addresses. They hold 1.16 roles on average: beside `user` two custom
    /// roles, `livechat-agent`, and now and then `moderator`, which belongs to rooms. Of its teams a third are private,
    /// 4 % empty, 4 % have one deactivated member only, and two rows belong to users who are gone.
    pub fn generate(shape: &Shape) -> Self {
        let mut rng = Rng::with_seed(shape.seed);
        let mut workspace = Self::empty();
        let approver = people::object_id(&mut rng);
        let scribe = people::object_id(&mut rng);
        workspace.roles.extend([
            Role::custom(
                &approver,
                "Finance Approver",
                Scope::Users,
                "May approve purchase rooms",
            ),
            Role::custom(
                &scribe,
                "Room Scribe",
                Scope::Subscriptions,
                "Keeps minutes – Protokollführung",
            ),
        ]);
        for number in workspace.users.len()..shape.users {
            workspace
                .users
                .push(user(&mut rng, number, &approver, &scribe));
        }
        for number in 0..shape.teams {
            let team = team(&mut rng, number, shape.members, &workspace.users);
            workspace.teams.push(team);
        }
        for team in workspace
            .teams
            .iter_mut()
            .filter(|team| team.members.len() > 1)
            .take(2)
        {
            team.members
                .push(Member::plain(&people::random_id(&mut rng)));
        }
        workspace
    }
}

/// Tells whether `number` is in the part of the numbers that is `one_in`, counted from `offset`.
fn falls(number: usize, one_in: usize, offset: usize) -> bool {
    number % one_in == offset
}

fn user(rng: &mut Rng, number: usize, approver: &Id, scribe: &Id) -> User {
    let (name, username) = people::person(rng, number);
    let created_at = Moment(TODAY.0 - rng.i64(200..1_500) * DAY_MS - rng.i64(0..DAY_MS));
    let mut user = User {
        created_at: Some(created_at),
        ..User::person(&people::random_id(rng), &username, &name)
    };
    user.presence = [
        Presence::Online,
        Presence::Away,
        Presence::Busy,
        Presence::Offline,
    ][rng.usize(..4)];
    user.last_login = (rng.u8(..10) > 0).then(|| Moment(TODAY.0 - rng.i64(0..180 * DAY_MS)));
    user.avatar_etag = (rng.u8(..5) == 0).then(|| people::random_id(rng)[..6].to_owned());
    if falls(number, 100, 7) {
        return bot(user, number);
    }
    if falls(number, 100, 14) {
        return federated(user, &username);
    }
    if falls(number, 500, 21) {
        return app(user, number);
    }
    user.roles = Some(roles(number, approver, scribe));
    deviate(&mut user, number);
    user
}

fn roles(number: usize, approver: &Id, scribe: &Id) -> Vec<Id> {
    let mut roles: Vec<Id> = vec!["user".into()];
    let extra = [
        (falls(number, 9, 5), approver),
        (falls(number, 60, 16), scribe),
        (falls(number, 50, 18), &"moderator".into()),
        (falls(number, 80, 33), &"livechat-agent".into()),
    ];
    roles.extend(
        extra
            .into_iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, role)| Id::clone(role)),
    );
    roles
}

/// Gives a person what is unusual about that number.
fn deviate(user: &mut User, number: usize) {
    if falls(number, 20, 9) {
        user.active = false;
        user.presence = Presence::Offline;
    }
    if falls(number, 200, 29) {
        user.last_login = None;
        user.reason = "New here, please let me in".into();
    }
    if falls(number, 40, 25) {
        user.emails = if falls(number, 80, 25) {
            None
        } else {
            Some(Vec::new())
        };
    }
    if falls(number, 30, 12) {
        let local = user.username.as_deref().unwrap_or("nobody");
        let more = [
            Email {
                address: format!("{local}@old.example.net"),
                verified: Some(false),
            },
            Email {
                address: format!("{}@Personal.Example", local.to_uppercase()),
                verified: None,
            },
        ];
        user.emails.get_or_insert_default().extend(more);
    }
    if falls(number, 150, 40) {
        user.name = Text::Null;
    }
    if falls(number, 150, 90) {
        user.name = Text::Absent;
    }
    if falls(number, 400, 50) {
        user.username = None;
    }
}

fn bot(mut user: User, number: usize) -> User {
    user.last_login = None;
    user.username = Some(format!("integration-{number}"));
    user.name = Text::Is(format!("Integration {number}"));
    if falls(number, 200, 7) {
        user.kind = Some("bot".into());
        user.emails = None;
        user.roles = Some(vec!["bot".into()]);
    } else {
        user.roles = Some(vec!["user".into(), "bot".into()]);
    }
    user
}

fn federated(mut user: User, username: &str) -> User {
    user.username = Some(format!("@{username}:partner.example"));
    user.emails = None;
    user.federated = Some(true);
    user.last_login = None;
    user
}

fn app(mut user: User, number: usize) -> User {
    user.username = Some(format!("helper-{number}.bot"));
    user.name = Text::Is(format!("Helper {number}"));
    user.emails = None;
    user.kind = Some("app".into());
    user.roles = Some(vec!["app".into()]);
    user.last_login = None;
    user
}

fn team(rng: &mut Rng, number: usize, average: usize, users: &[User]) -> Team {
    let founder = &users[rng.usize(..users.len())];
    let created_at = Moment(TODAY.0 - rng.i64(30..1_000) * DAY_MS);
    let mut team = Team {
        id: people::object_id(rng),
        name: people::team(rng, number),
        private: falls(number, 3, 1),
        room_id: people::random_id(rng).to_string(),
        created_by: Creator {
            id: founder.id.clone(),
            username: founder.username.clone().unwrap_or_default(),
        },
        created_at,
        updated_at: Moment(created_at.0 + rng.i64(0..20 * DAY_MS)),
        rooms: rng.u32(..4),
        members: Vec::new(),
    };
    if falls(number, 25, 6) {
        return team;
    }
    if falls(number, 25, 13) {
        let dormant = users
            .iter()
            .skip(rng.usize(..users.len()))
            .chain(users)
            .find(|user| !user.active);
        team.members
            .extend(dormant.map(|user| Member::plain(&user.id)));
        return team;
    }
    let size = rng.usize(average / 2..=average + average / 2);
    team.members = members(rng, size.min(users.len()), users, created_at);
    team
}

/// Draws `size` different users: an owner, a leader, a moderator, one who had a role once, and plain members.
fn members(rng: &mut Rng, size: usize, users: &[User], since: Moment) -> Vec<Member> {
    let mut drawn = HashSet::with_capacity(size);
    let mut members = Vec::with_capacity(size);
    while members.len() < size {
        let at = rng.usize(..users.len());
        if !drawn.insert(at) {
            continue;
        }
        let roles = match members.len() {
            0 => Some(vec!["owner".into()]),
            1 => Some(vec!["leader".into(), "moderator".into()]),
            2 => Some(vec!["moderator".into()]),
            3 => Some(Vec::new()),
            _ => None,
        };
        let created_at = Moment(since.0 + rng.i64(0..30 * DAY_MS));
        members.push(Member {
            user_id: users[at].id.clone(),
            roles,
            created_at,
        });
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        users: 4_000,
        teams: 100,
        members: 40,
        seed: 7,
    };

    fn share(workspace: &Workspace, of: impl Fn(&User) -> bool) -> f64 {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap());
        count(workspace.users.iter().filter(|user| of(user)).count()) / count(workspace.users.len())
    }

    #[test]
    fn has_the_announced_size_and_shares() {
        let workspace = Workspace::generate(&SHAPE);
        assert_eq!(workspace.users.len(), 4_000);
        assert_eq!(workspace.teams.len(), 100);
        assert!((0.04..0.06).contains(&share(&workspace, |user| !user.active)));
        let is_bot = |user: &User| user.kind.as_deref() == Some("bot") || user.has_role("bot");
        assert!((0.008..0.013).contains(&share(&workspace, is_bot)));
        assert!((0.008..0.012).contains(&share(&workspace, |user| user.federated == Some(true))));
        assert!(share(&workspace, |user| user.kind.as_deref() == Some("app")) > 0.0);
        assert!(share(&workspace, |user| user.username.is_none()) > 0.0);
        assert!(share(&workspace, |user| user.name == Text::Null) > 0.0);
        assert!(share(&workspace, |user| user.emails.is_none()) > 0.0);
        let admins = workspace.users.iter().filter(|user| user.has_role("admin"));
        assert_eq!(admins.count(), 1);
    }

    #[test]
    fn people_hold_1_16_roles_on_average() {
        let workspace = Workspace::generate(&SHAPE);
        let held: usize = workspace
            .users
            .iter()
            .map(|user| user.roles.iter().flatten().count())
            .sum();
        assert!((4_560..4_720).contains(&held), "{held}");
        assert!(
            workspace
                .users
                .iter()
                .any(|user| user.has_role("moderator"))
        );
    }

    #[test]
    fn teams_have_dormant_members_orphans_and_emptiness() {
        let workspace = Workspace::generate(&SHAPE);
        let ids: HashSet<&str> = workspace.users.iter().map(|user| &*user.id).collect();
        assert_eq!(ids.len(), 4_000);
        let orphans = workspace
            .memberships()
            .filter(|(_, member)| !ids.contains(&*member.user_id));
        assert_eq!(orphans.count(), 2);
        let inactive: HashSet<&str> = workspace
            .users
            .iter()
            .filter(|user| !user.active)
            .map(|user| &*user.id)
            .collect();
        assert!(
            workspace
                .memberships()
                .any(|(_, member)| inactive.contains(&*member.user_id))
        );
        assert!(workspace.teams.iter().any(|team| team.members.is_empty()));
        assert!(workspace.teams.iter().any(|team| team.private));
        let rows = workspace.memberships().count();
        assert!((3_000..4_400).contains(&rows), "{rows}");
    }

    #[test]
    fn the_seed_decides_everything() {
        let text = |seed| {
            format!(
                "{:?}",
                Workspace::generate(&Shape {
                    users: 300,
                    seed,
                    ..SHAPE
                })
            )
        };
        assert_eq!(text(1), text(1));
        assert_ne!(text(1), text(2));
    }

    #[test]
    fn small_shapes_work() {
        let shape = Shape {
            users: 0,
            teams: 30,
            members: 50,
            seed: 3,
        };
        let workspace = Workspace::generate(&shape);
        assert_eq!(workspace.users.len(), 6);
        assert!(workspace.teams.iter().all(|team| team.members.len() <= 7));
        let none = Workspace::generate(&Shape {
            users: 10,
            teams: 0,
            members: 0,
            seed: 3,
        });
        assert!(none.teams.is_empty());
    }
}
