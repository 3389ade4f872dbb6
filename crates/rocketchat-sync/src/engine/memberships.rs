//! Teams and who belongs to them.

use std::collections::HashSet;

use baton_model::{Grant, Record, ResourceId};
use rocketchat_api::{Kind, Member, RoleId, Team, UserId, UsersInfo};

use super::assignments::Assignments;
use super::{KnownUsers, Run, Stop};
use crate::mapping::TEAM;
use crate::mapping::team::{self, Members, TEAM_ROLES};
use crate::mapping::user;
use crate::read::{Dormant, Found, Roster, Search, Teams, UserReader};
use crate::{DormantMemberships, Error, TeamBalance, guard};

impl Run<'_> {
    /// Writes the teams with their active and deactivated members.
    pub(super) async fn write_teams(
        &mut self,
        mut teams: Teams,
        mut found: Found,
        assignments: &mut Assignments,
        known: &mut KnownUsers,
    ) -> Result<(), Stop> {
        self.report.ledger.teams = std::mem::take(&mut teams.listing);
        self.report.ledger.deactivated_users_asked = found.asked;
        self.look_again(&mut teams, &found).await?;
        self.report.gone_teams = teams.gone.len() as u64;
        let scope = &self.options.scope;
        if teams.existing.is_empty() && scope.has_all(TEAM) {
            guard::check_no_teams(self.api, self.options).await?;
        }
        if !scope.has_grants() {
            let alone = teams.existing.iter();
            let records = alone.flat_map(|it| holdable(&it.team, None, self.options.team_roles));
            return Ok(self.write(records.collect()).await?);
        }
        for it in teams.existing {
            let mut dormant = found.by_team.remove(&it.team.id).unwrap_or_default();
            dormant.sort_by(|a, b| a.user_id.cmp(&b.user_id));
            self.write_team(it, dormant, assignments, known).await?;
        }
        tracing::info!(
            teams = self.report.ledger.members.len(),
            dormant = self.report.dormant_members,
            "read teams"
        );
        Ok(())
    }

    /// Ends the search for deactivated members. Where rows are unexplained, what an interrupted sync read may be the reason
    /// and is read again; then those are asked for too that were deactivated between the list of users and the question for
    /// the members, which left them out.
    pub(super) async fn find_dormant(
        &self,
        search: Search,
        teams: &mut Teams,
        users: &mut UserReader<'_>,
        known: &KnownUsers,
    ) -> Result<Found, Error> {
        if search.has_open_teams() {
            teams.read_again(self.api, &search).await?;
            search.ask_again(self.api, self.options).await?;
        }
        if search.has_open_teams() {
            let before: HashSet<_> = known.deactivated.iter().collect();
            let mut since = users.deactivated().await?;
            since.retain(|user_id| !before.contains(user_id));
            search.ask(self.api, self.options, &since).await?;
            search.ask_again(self.api, self.options).await?;
        }
        Ok(search.finish(self.api))
    }

    /// Lists the teams again when some were gone, or rows stay unexplained: the team may be deleted by now, or the member
    /// have left.
    async fn look_again(&self, teams: &mut Teams, found: &Found) -> Result<(), Error> {
        let resolve = self.options.resolves_dormant();
        let dormant = |it: &Roster| found.by_team.get(&it.team.id).map_or(0, Vec::len) as u64;
        let is_open = |it: &Roster| resolve && it.unexplained(dormant(it)) != Some(0);
        if !teams.gone.is_empty() || teams.existing.iter().any(is_open) {
            teams.look_again(self.api, is_open).await?;
        }
        Ok(())
    }

    async fn write_team(
        &mut self,
        mut it: Roster,
        dormant: Vec<Dormant>,
        assignments: &mut Assignments,
        known: &mut KnownUsers,
    ) -> Result<(), Stop> {
        let (listed, found) = (it.members.len() as u64, dormant.len() as u64);
        let unexplained = it.unexplained(found);
        if it.members.is_empty() && unexplained != Some(0) {
            self.silent.push(it.team.id.clone());
        }
        let not_listed = it.not_listed().unwrap_or_default();
        it.members = self
            .existing(it.members, |it| &it.user.id, assignments, known)
            .await?;
        let dormant = self
            .existing(dormant, |it| &it.user_id, assignments, known)
            .await?;
        let members = Members {
            active: it.members.len() as u64,
            dormant: match self.options.dormant_memberships {
                DormantMemberships::Resolve => dormant.len() as u64,
                DormantMemberships::Count => not_listed,
            },
        };
        let records = records(&it, members, &dormant, self.options.team_roles);
        self.write(records).await?;
        let still_there = members.active + dormant.len() as u64;
        self.balance(it, members, listed + found - still_there);
        Ok(())
    }

    /// Enters a team into the ledger.
    fn balance(&mut self, it: Roster, members: Members, gone: u64) {
        let counted = it.team.number_of_users;
        let known = members
            .active
            .saturating_add(members.dormant)
            .saturating_add(gone);
        let orphaned = counted.map_or(0, |counted| counted.saturating_sub(known));
        if orphaned > 0 {
            tracing::info!(team.id = %it.team.id, orphaned, "membership rows of deleted users");
        }
        self.report.dormant_members = self.report.dormant_members.saturating_add(members.dormant);
        self.report.orphaned_members = self.report.orphaned_members.saturating_add(orphaned);
        self.report.ledger.members.push(TeamBalance {
            team: it.team.id,
            listing: it.listing,
            active: members.active,
            dormant: members.dormant,
            gone,
            orphaned,
            joined: counted.map_or(0, |counted| known.saturating_sub(counted)),
            counted,
        });
    }

    /// Looks up members that the list of users did not have, and drops those whose account is gone.
    async fn existing<T>(
        &mut self,
        members: Vec<T>,
        user_id: impl Fn(&T) -> &UserId,
        assignments: &mut Assignments,
        known: &mut KnownUsers,
    ) -> Result<Vec<T>, Stop> {
        let mut existing = Vec::with_capacity(members.len());
        for member in members {
            let user_id = user_id(&member);
            if known.all.contains(user_id)
                || (!known.gone.contains(user_id)
                    && self.look_up(user_id, assignments, known).await?)
            {
                existing.push(member);
            } else {
                tracing::warn!(user.id = %user_id, "dropped a team member whose account is gone");
                known.gone.insert(user_id.clone());
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
        if assignments.has_pending() {
            self.settle(assignments).await?;
        }
        Ok(true)
    }
}

/// Returns a team, and what there is to hold of it.
fn holdable(team: &Team, members: Option<Members>, team_roles: bool) -> Vec<Record> {
    let mut records = vec![
        Record::Resource(team::resource(team, members)),
        Record::Entitlement(team::member_entitlement(team)),
    ];
    if team_roles {
        let entitlements = TEAM_ROLES.map(|role| team::role_entitlement(team, role));
        records.extend(entitlements.map(Record::Entitlement));
    }
    records
}

fn records(it: &Roster, members: Members, dormant: &[Dormant], team_roles: bool) -> Vec<Record> {
    let mut records = holdable(&it.team, Some(members), team_roles);
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
