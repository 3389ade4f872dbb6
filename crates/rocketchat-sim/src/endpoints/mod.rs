//! The endpoints, and the table that says for each which callers and parameters it takes.
//!
//! An endpoint only reads; authentication, the limiter and the check for unknown parameters happen before it.

mod info;
mod listing;
mod me;
mod permissions;
mod roles;
mod statistics;
mod teams;
mod user_info;
mod users;

use crate::Version;
use crate::ask::Ask;
use crate::reply::Answer;

pub(crate) use info::info;

/// An endpoint below `/api/v1/`.
#[derive(Debug)]
pub(crate) struct Route {
    /// What follows `/api/v1/`.
    pub(crate) name: &'static str,
    /// The first release that has it.
    pub(crate) since: Version,
    /// The parameters that its schema knows and the first release that refuses others; `None` if none does.
    pub(crate) strict: Option<(Version, &'static [&'static str])>,
    pub(crate) answer: fn(&Ask<'_>) -> Answer,
}

/// Without it, addresses, roles and the last sign-in are hidden.
const FULL_VIEW: &str = "view-full-other-user-info";

const ALWAYS: Version = Version(0, 0, 0);

/// Parameters after `rocketchat-api.md` sections 3.5 and 11.
static ROUTES: [Route; 10] = [
    route("me", None, me::me),
    route(
        "permissions.listAll",
        Some((Version(6, 3, 0), &["updatedSince"])),
        permissions::list_all,
    ),
    route("roles.list", None, roles::list),
    Route {
        since: Version(6, 8, 0),
        ..route(
            "users.listByStatus",
            Some((
                ALWAYS,
                &[
                    "status",
                    "hasLoggedIn",
                    "type",
                    "roles",
                    "searchTerm",
                    "inactiveReason",
                    "count",
                    "offset",
                    "sort",
                ],
            )),
            users::list_by_status,
        )
    },
    route(
        "users.list",
        Some((
            Version(8, 4, 0),
            &["count", "offset", "sort", "query", "fields", "email"],
        )),
        users::list,
    ),
    route(
        "users.info",
        Some((
            ALWAYS,
            &[
                "userId",
                "username",
                "importId",
                "email",
                "freeSwitchExtension",
                "includeUserRooms",
                "fields",
            ],
        )),
        user_info::info,
    ),
    route(
        "users.listTeams",
        Some((ALWAYS, &["userId"])),
        teams::of_user,
    ),
    route("teams.listAll", None, teams::list_all),
    route(
        "teams.members",
        Some((
            Version(8, 6, 0),
            &[
                "teamId", "teamName", "status", "username", "name", "count", "offset", "sort",
            ],
        )),
        teams::members,
    ),
    route(
        "statistics",
        Some((Version(8, 0, 0), &["refresh"])),
        statistics::statistics,
    ),
];

const fn route(
    name: &'static str,
    strict: Option<(Version, &'static [&'static str])>,
    answer: fn(&Ask<'_>) -> Answer,
) -> Route {
    Route {
        name,
        since: ALWAYS,
        strict,
        answer,
    }
}

impl Route {
    /// Finds the route of a path below `/api/v1/` in a release.
    pub(crate) fn find(path: &str, version: Version) -> Option<&'static Self> {
        let found = ROUTES.iter().find(|route| route.name == path);
        found.filter(|route| version >= route.since)
    }

    /// Returns the parameters that a release insists on; `query` and `fields` went away with 9.0.
    pub(crate) fn known_parameters(&self, version: Version) -> Option<Vec<&'static str>> {
        let (_, known) = self.strict.filter(|(since, _)| version >= *since)?;
        let removed = |name: &str| version.at_least(9, 0) && ["query", "fields"].contains(&name);
        Some(
            known
                .iter()
                .copied()
                .filter(|name| !removed(name))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_release_has() {
        let find = |path, version| Route::find(path, version).map(|route| route.name);
        assert_eq!(find("me", Version(6, 0, 0)), Some("me"));
        assert_eq!(find("users.listByStatus", Version(6, 7, 9)), None);
        assert_eq!(
            find("users.listByStatus", Version(6, 8, 0)),
            Some("users.listByStatus")
        );
        for path in ["me/", "me/a", "users.presence", ""] {
            assert_eq!(find(path, Version(8, 0, 0)), None, "{path}");
        }
    }

    #[test]
    fn parameters_become_strict_and_fewer() {
        let known = |version| {
            Route::find("users.list", version)
                .unwrap()
                .known_parameters(version)
        };
        assert_eq!(known(Version(8, 3, 0)), None);
        assert!(known(Version(8, 4, 0)).unwrap().contains(&"query"));
        assert!(!known(Version(9, 0, 0)).unwrap().contains(&"query"));
    }
}
