//! Results that are more likely a fault than the truth: nothing where there was something, or much less than before.

use std::collections::BTreeMap;

use baton_model::{ResourceTypeId, Summary};
use rocketchat_api::Statistics;

use crate::api::Api;
use crate::error::{Shrinkage, Witness};
use crate::mapping::{ROLE, TEAM, USER};
use crate::{DormantMemberships, Error, Options, Report, Scope};

const MEMBERSHIPS: &str = "memberships";

/// Refuses an empty list of teams when the previous sync or the server's statistics, if it tells them, say otherwise.
///
/// The statistics are those saved last, up to a day old (`rocketchat-api.md` section 4A.13), so that teams which were
/// deleted since look like teams that are missing; [`Options::max_shrink`] 0 turns this off too.
pub(crate) async fn check_no_teams(api: Api<'_>, options: &Options) -> Result<(), Error> {
    if options.max_shrink == 0 {
        return Ok(());
    }
    let before = options
        .previous
        .as_ref()
        .map_or(0, |previous| count(&previous.resources, TEAM));
    let (teams, witness) = if before > 0 {
        (before, Witness::PreviousSync)
    } else {
        (in_statistics(api).await, Witness::Statistics)
    };
    if teams > 0 {
        return Err(Error::NoTeams { teams, witness });
    }
    Ok(())
}

/// Returns the number of teams in the statistics, 0 where the account may not see them or the server fails to tell.
async fn in_statistics(api: Api<'_>) -> u64 {
    match api.ask(&Statistics).await {
        Ok(totals) => totals.teams.unwrap_or_default(),
        Err(error) => {
            tracing::info!(reason = %error, "cannot compare the empty list of teams with the server's statistics");
            0
        }
    }
}

/// Refuses a sync that holds much less than the one before, of what it should hold all of.
///
/// Memberships that were only counted count: the sync before may have looked them up.
pub(crate) fn check_shrink(options: &Options, report: &Report, now: &Summary) -> Result<(), Error> {
    let Some(previous) = options.previous.as_ref().filter(|_| options.max_shrink > 0) else {
        return Ok(());
    };
    let comparable = has_team_roles(previous) == has_team_roles(now);
    let scope = &options.scope;
    let drops: Vec<_> = counts(scope, previous)
        .zip(counts(scope, now))
        .map(|((what, before), (_, now))| Shrinkage { what, before, now })
        .map(|drop| match options.dormant_memberships {
            DormantMemberships::Count if drop.what == MEMBERSHIPS => Shrinkage {
                now: drop.now.saturating_add(report.dormant_members),
                ..drop
            },
            _ => drop,
        })
        .filter(|drop| comparable || drop.what != MEMBERSHIPS)
        .filter(|drop| drop.exceeds(options.max_shrink))
        .collect();
    if drops.is_empty() {
        return Ok(());
    }
    Err(Error::Shrunk {
        drops,
        max_shrink: options.max_shrink,
    })
}

/// Counts what a sync of the scope has all of.
fn counts<'a>(
    scope: &'a Scope,
    summary: &'a Summary,
) -> impl Iterator<Item = (&'static str, u64)> + 'a {
    let counted = [
        ("users", USER, &summary.resources, true),
        ("roles", ROLE, &summary.resources, true),
        ("teams", TEAM, &summary.resources, true),
        ("role grants", ROLE, &summary.grants, scope.has_grants()),
        (MEMBERSHIPS, TEAM, &summary.grants, scope.has_grants()),
    ];
    counted
        .into_iter()
        .filter(|(_, kind, _, is_synced)| *is_synced && scope.has_all(kind))
        .map(|(what, kind, counts, _)| (what, count(counts, kind)))
}

/// Tells whether roles within teams were synced. Grants of them are counted as those of memberships are, so that a sync
/// with them is no measure for one without.
fn has_team_roles(summary: &Summary) -> bool {
    count(&summary.entitlements, TEAM) > count(&summary.resources, TEAM)
}

fn count(counts: &BTreeMap<ResourceTypeId, u64>, kind: &'static str) -> u64 {
    let count = counts.get(&ResourceTypeId::from(kind));
    count.copied().unwrap_or_default()
}

impl Shrinkage {
    fn exceeds(&self, percent: u8) -> bool {
        let lost = u128::from(self.before.saturating_sub(self.now));
        lost * 100 > u128::from(self.before) * u128::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: u64, now: u64, percent: u8, expected: bool) {
        let drop = Shrinkage {
            what: "users",
            before,
            now,
        };
        assert_eq!(
            drop.exceeds(percent),
            expected,
            "{before} to {now}, {percent} %"
        );
    }

    #[test]
    fn a_drop_is_measured_against_what_was_there() {
        check(10, 5, 50, false);
        check(10, 4, 50, true);
        check(0, 0, 50, false);
        check(0, 9, 1, false);
        check(1, 0, 99, true);
        check(1, 0, 100, false);
        check(u64::MAX, 0, 99, true);
    }
}
