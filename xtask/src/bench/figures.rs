//! The figures: what is kept, and how it is shown.

use std::fmt::Write as _;
use std::fs;
use std::thread;

use serde::{Deserialize, Serialize};

use super::shape::{Contents, Shape};

/// Everything that was measured at one time.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Figures {
    machine: Machine,
    pub(super) speed: Vec<Speed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) limited: Vec<Limited>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) floors: Option<Floors>,
}

/// Where it was measured.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Machine {
    processors: usize,
    model: String,
}

/// Runs without a rate limit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Speed {
    pub(super) shape: Shape,
    pub(super) contents: Contents,
    pub(super) runs: usize,
    pub(super) wall_seconds: Spread,
    pub(super) cpu_seconds: Spread,
    pub(super) peak_megabytes: Spread,
}

/// The middle and the ends of several measurements; zero where there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

/// A run under a rate limit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Limited {
    pub(super) variant: String,
    /// Requests of the whole run, and those to the route that was asked most.
    pub(super) requests: u64,
    pub(super) busiest: String,
    pub(super) calls: u64,
    /// Requests refused with "too many requests".
    pub(super) refused: u64,
    pub(super) wall_seconds: f64,
    /// The shortest time in which the limiter lets the calls of the busiest route pass.
    pub(super) bound_seconds: f64,
}

/// The parts of the work, each alone.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Floors {
    pub(super) shape: Shape,
    /// The whole program.
    pub(super) wall_seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) seconds: f64,
}

impl Spread {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or_default();
        let last = values.len().saturating_sub(1);
        Self {
            least: at(0),
            median: f64::midpoint(at(last / 2), at(last.div_ceil(2))),
            most: at(last),
        }
    }
}

impl Figures {
    pub(super) fn of_this_machine() -> Self {
        let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = model.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == "model name").then(|| value.trim().to_owned())
        });
        Self {
            machine: Machine {
                processors: thread::available_parallelism().map_or(1, usize::from),
                model: model.unwrap_or_default(),
            },
            ..Self::default()
        }
    }

    /// Returns the tables, with ratios to `kept` where it has the same case.
    pub(super) fn tables(&self, kept: Option<&Self>) -> String {
        let mut text = format!(
            "{} processors, {}\n",
            self.machine.processors, self.machine.model
        );
        self.speed_table(kept, &mut text);
        if !self.limited.is_empty() {
            limited_table(&self.limited, &mut text);
        }
        if let Some(floors) = &self.floors {
            floors.table(&mut text);
        }
        text
    }

    fn speed_table(&self, kept: Option<&Self>, text: &mut String) {
        let _ = writeln!(
            text,
            "\n{:>9} {:>6} {:>9} {:>9} {:>4} {:>21} {:>7} {:>7} {:>7}  {:<18}",
            "users",
            "teams",
            "members",
            "roles",
            "runs",
            "wall s (least, most)",
            "cpu s",
            "peak MB",
            "rows/s",
            "to the kept result"
        );
        for it in &self.speed {
            let before =
                kept.and_then(|kept| kept.speed.iter().find(|kept| kept.shape == it.shape));
            let wall = it.wall_seconds;
            let _ = writeln!(
                text,
                "{:>9} {:>6} {:>9} {:>9} {:>4} {:>7.3} {:>13} {:>7.2} {:>7.0} {:>7.0}  {}",
                it.contents.users,
                it.contents.teams,
                it.contents.memberships,
                it.contents.role_grants,
                it.runs,
                wall.median,
                format!("({:.2}, {:.2})", wall.least, wall.most),
                it.cpu_seconds.median,
                it.peak_megabytes.median,
                number(it.contents.items()) / wall.median,
                before.map_or_else(|| "none".to_owned(), |before| it.compare(before)),
            );
        }
    }
}

impl Speed {
    fn compare(&self, kept: &Self) -> String {
        format!(
            "wall x{:.2}, peak x{:.2}",
            self.wall_seconds.median / kept.wall_seconds.median,
            self.peak_megabytes.median / kept.peak_megabytes.median,
        )
    }
}

fn limited_table(rows: &[Limited], text: &mut String) {
    let _ = writeln!(
        text,
        "\n{:<34} {:>8} {:>24} {:>4} {:>8} {:>8} {:>6}",
        "under a rate limit", "requests", "busiest route", "429s", "wall s", "bound s", "ratio"
    );
    for it in rows {
        let _ = writeln!(
            text,
            "{:<34} {:>8} {:>24} {:>4} {:>8.2} {:>8.2} {:>6.3}",
            it.variant,
            it.requests,
            format!("{} {}", it.busiest, it.calls),
            it.refused,
            it.wall_seconds,
            it.bound_seconds,
            it.wall_seconds / it.bound_seconds,
        );
    }
}

impl Floors {
    fn table(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n{:<44} {:>8} {:>16}",
            format!("each part alone, {} users", self.shape.users),
            "seconds",
            "of the whole's cpu"
        );
        for part in &self.parts {
            let _ = writeln!(
                text,
                "{:<44} {:>8.3} {:>15.0}%",
                part.name,
                part.seconds,
                100.0 * part.seconds / self.cpu_seconds
            );
        }
        let _ = writeln!(
            text,
            "{:<44} {:>8.3}, processor time {:.2}",
            "the whole program, wall", self.wall_seconds, self.cpu_seconds
        );
    }
}

/// Makes a count a number to calculate with.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts and sizes stay far below 2^53"
)]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], least: f64, median: f64, most: f64) {
        let expected = Spread {
            least,
            median,
            most,
        };
        assert_eq!(Spread::of(values.iter().copied()), expected);
    }

    #[test]
    fn the_median_stands_between_the_ends() {
        check(&[3.0, 1.0, 2.0], 1.0, 2.0, 3.0);
        check(&[4.0, 1.0, 3.0, 2.0], 1.0, 2.5, 4.0);
        check(&[7.0], 7.0, 7.0, 7.0);
        check(&[], 0.0, 0.0, 0.0);
    }

    #[test]
    fn ratios_are_to_the_case_of_the_same_shape() {
        let speed = |users, seconds| Speed {
            shape: Shape::new(users, 1, 1),
            contents: Contents::default(),
            runs: 1,
            wall_seconds: Spread::of([seconds].into_iter()),
            cpu_seconds: Spread::default(),
            peak_megabytes: Spread::of([50.0].into_iter()),
        };
        let figures = |cases: [(usize, f64); 2]| Figures {
            speed: cases.map(|(users, seconds)| speed(users, seconds)).into(),
            ..Figures::default()
        };
        let text = figures([(1, 3.0), (2, 3.0)]).tables(Some(&figures([(3, 1.0), (2, 1.5)])));
        let ends: Vec<_> = text
            .lines()
            .skip(3)
            .map(|line| line.split("  ").last().unwrap())
            .collect();
        assert_eq!(ends, ["none", "wall x2.00, peak x1.00"], "{text}");
    }
}
