use rocketchat_api::{
    Endpoint, Info, Me, Page, PermissionsListAll, RolesList, Statistics, TeamsListAll,
    TeamsMembers, UsersInfo, UsersList, UsersListByStatus, UsersListTeams,
};

fn target<E: Endpoint>(endpoint: &E) -> String {
    let request = endpoint.request().unwrap();
    assert_eq!(request.method(), "GET");
    request.uri().to_string()
}

#[test]
fn requests_hold_documented_parameters_only() {
    let later = Page {
        count: 1_000_000,
        offset: 99,
    };
    let targets = [
        target(&Info),
        target(&Me),
        target(&PermissionsListAll),
        target(&RolesList),
        target(&UsersListByStatus::all(Page::ALL)),
        target(&UsersListByStatus::deactivated(later)),
        target(&UsersListByStatus::newest()),
        target(&UsersList(later)),
        target(&UsersInfo {
            user_id: "a b&c".into(),
        }),
        target(&TeamsListAll(Page::ALL)),
        target(&TeamsMembers {
            team_id: "64e0".into(),
            page: later,
        }),
        target(&UsersListTeams {
            user_id: "@nora:partner.example".into(),
        }),
        target(&Statistics),
    ];
    insta::assert_snapshot!(targets.join("\n"), @r"
    /api/info
    /api/v1/me
    /api/v1/permissions.listAll
    /api/v1/roles.list
    /api/v1/users.listByStatus?count=0&sort=%7B%22_id%22%3A1%7D
    /api/v1/users.listByStatus?count=1000000&offset=99&sort=%7B%22_id%22%3A1%7D&status=deactivated
    /api/v1/users.listByStatus?count=1000000&sort=%7B%22createdAt%22%3A-1%7D
    /api/v1/users.list?count=1000000&offset=99&sort=%7B%22_id%22%3A1%7D
    /api/v1/users.info?userId=a+b%26c
    /api/v1/teams.listAll?count=0
    /api/v1/teams.members?teamId=64e0&count=1000000&offset=99
    /api/v1/users.listTeams?userId=%40nora%3Apartner.example
    /api/v1/statistics
    ");
}
