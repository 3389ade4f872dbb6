//! Teams and who belongs to them.

use std::collections::BTreeMap;

use baton_model::{Grant, Record, ResourceId};
use rocketchat_api::{Kind, Member, RoleId, Team, TeamId, UserId, UsersInfo};

use super::assignments::Assignments;
use super::{KnownUsers, Run, Stop};
use crate::Error;
use crate::mapping::team::{self, Members, TEAM_ROLES};
use crate::mapping::user;
use crate::read::{Dormant, TeamMembers};

impl Run<'_> {
    /// Writes the teams with their active and deactivated members.
    pub(super) async fn write_teams(
        &mut self,
        teams: Vec<TeamMembers>,
        mut dormant: BTreeMap<TeamId, Vec<Dormant>>,
        assignments: &mut Assignments,
        known: &mut KnownUsers,
    ) -> Result<(), Stop> {
        let (mut active_members, count) = (0, teams.len());
        for mut it in teams {
            let mut dormant = dormant.remove(&it.team.id).unwrap_or_default();
            dormant.sort_by(|a, b| a.user_id.cmp(&b.user_id));
            self.count_orphans(&it, dormant.len() as u64);
            it.members = self.existing(it.members, assignments, known).await?;
            active_members += it.members.len();
            self.report.dormant_members += dormant.len() as u64;
            self.recorder
                .write(records(&it, &dormant, self.options.team_roles))
                .await?;
        }
        tracing::info!(
            teams = count,
            members = active_members,
            dormant = self.report.dormant_members,
            "read teams"
        );
        Ok(())
    }

    fn count_orphans(&mut self, team: &TeamMembers, dormant: u64) {
        let orphans = team.unexplained(dormant).unwrap_or_default();
        if orphans > 0 {
            tracing::info!(team.id = %team.team.id, orphans, "membership rows of deleted users");
        }
        self.report.orphaned_members += orphans;
    }

    /// Looks up members that the list of users did not have, and drops those whose account is gone.
    async fn existing(
        &mut self,
        members: Vec<Member>,
        assignments: &mut Assignments,
        known: &mut KnownUsers,
    ) -> Result<Vec<Member>, Stop> {
        let mut existing = Vec::with_capacity(members.len());
        for member in members {
            if known.all.contains(&member.user.id)
                || self.look_up(&member.user.id, assignments, known).await?
            {
                existing.push(member);
            } else {
                tracing::warn!(user.id = %member.user.id, "dropped a team member whose account is gone");
                self.report.gone_members += 1;
            }
        }
        Ok(existing)
    }

    /// Writes a user that was created after the users were read. Returns false when there is no such user.
    async fn look_up(
        &mut self,
        user_id: &UserId,
        assignments: &mut Assignments,
        known: &mut KnownUsers,
    ) -> Result<bool, Stop> {
        let user = match self
            .api
            .ask(&UsersInfo {
                user_id: user_id.clone(),
            })
            .await
        {
            // The server also finds users by name; another user is not the one asked for.
            Ok(user) if user.id == *user_id => user,
            Ok(_) => return Ok(false),
            Err(Error::Api(error)) if error.kind() == Kind::NoSuchUser => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if user.roles.is_none() && user.can_view_all_info == Some(false) {
            return Err(Error::UserHidden {
                user_id: user_id.clone(),
            }
            .into());
        }
        self.report.late_users += 1;
        self.write_users(vec![user], assignments, known).await?;
        self.settle(assignments).await?;
        Ok(true)
    }
}

fn records(it: &TeamMembers, dormant: &[Dormant], team_roles: bool) -> Vec<Record> {
    let members = Members {
        active: it.members.len() as u64,
        dormant: dormant.len() as u64,
    };
    let mut records = vec![
        Record::Resource(team::resource(&it.team, members)),
        Record::Entitlement(team::member_entitlement(&it.team)),
    ];
    if team_roles {
        records.extend(
            TEAM_ROLES.map(|role| Record::Entitlement(team::role_entitlement(&it.team, role))),
        );
    }
    let member = team::member(&it.team.id);
    let principals = it
        .members
        .iter()
        .map(|member| &member.user.id)
        .chain(dormant.iter().map(|it| &it.user_id));
    records.extend(principals.map(|id| grant(member.clone(), user::id(id))));
    if team_roles {
        records.extend(role_grants(&it.team, &it.members, dormant));
    }
    records
}

/// Returns the grants of roles within a team. Of deactivated members only ownership is known.
fn role_grants(team: &Team, members: &[Member], dormant: &[Dormant]) -> Vec<Record> {
    let mut records = Vec::new();
    for role in TEAM_ROLES {
        let entitlement = team::team_role(&team.id, role);
        let holds = |member: &&Member| {
            member
                .roles
                .iter()
                .flatten()
                .any(|id: &RoleId| id.as_str() == role)
        };
        let active = members.iter().filter(holds).map(|member| &member.user.id);
        let owners = dormant
            .iter()
            .filter(|it| role == "owner" && it.is_owner)
            .map(|it| &it.user_id);
        records.extend(
            active
                .chain(owners)
                .map(|id| grant(entitlement.clone(), user::id(id))),
        );
    }
    records
}

fn grant(entitlement: baton_model::EntitlementId, principal: ResourceId) -> Record {
    Record::Grant(Grant {
        entitlement,
        principal,
    })
}
