//! `GET statistics`: what the server counted itself.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Endpoint;
use crate::endpoint::Body;

/// Asks for the statistics that were saved last, up to a day ago. Needs `view-statistics`.
#[derive(Debug, Clone, Copy)]
pub struct Statistics;

impl Endpoint for Statistics {
    type Output = Totals;
    type Body = StatisticsBody;
    const NAME: &'static str = "statistics";
    const PATH: &'static str = "/api/v1/statistics";
}

/// How much there was in the workspace when the statistics were saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// The number of teams.
    pub teams: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub struct StatisticsBody {
    teams: Option<Teams>,
    #[serde(default)]
    success: bool,
}

#[derive(Debug, Deserialize)]
struct Teams {
    #[serde(rename = "totalTeams")]
    total: Option<u64>,
}

impl Body for StatisticsBody {
    type Row = IgnoredAny;
    type Output = Totals;

    fn into_output(self, _rows: Vec<IgnoredAny>) -> Option<Totals> {
        self.success.then_some(Totals {
            teams: self.teams.and_then(|teams| teams.total),
        })
    }
}
