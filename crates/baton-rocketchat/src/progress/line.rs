//! The live line of a stage, as text.

use std::fmt::Write as _;

use rocketchat_sync::Stage;

use super::pace::Pace;
use super::{Standing, unit};
use crate::words::{counted, duration, number, whole_seconds};

/// The width of the bar between its brackets.
const BAR: u8 = 10;

/// Writes the line of a stage.
pub(super) fn render(standing: &Standing, pace: &Pace) -> String {
    let label = label(standing.stage);
    if standing.is_over {
        let took = duration(standing.time);
        return match standing.done {
            0 => format!("{label:<12}done in {took}"),
            done => format!("{label:<12}{} in {took}", number(done)),
        };
    }
    let mut line = format!("{label:<12}{}", count(standing));
    // What matters less comes later, where a narrow terminal cuts it off. Writing to a string cannot fail.
    if let Some(left) = pace.left(standing) {
        let _ = write!(line, "  ETA {}", whole_seconds(left));
    }
    if let Some(wait) = &pace.wait {
        let left = whole_seconds(wait.left);
        let _ = write!(line, "  waiting for {}, {left}", wait.endpoint);
    }
    if let Some(rate) = pace.per_second(standing) {
        let _ = write!(line, "  {}", rate_in_words(rate));
    }
    line
}

fn count(standing: &Standing) -> String {
    match standing.total {
        Some(total) => {
            let bar = bar(standing.done, total);
            format!("[{bar}] {}/{}", number(standing.done), number(total))
        }
        None if standing.done > 0 => counted(standing.done, unit(standing.stage)),
        None => "…".to_owned(),
    }
}

fn label(stage: Stage) -> &'static str {
    match stage {
        Stage::Preflight => "preflight",
        Stage::Users => "users",
        Stage::Teams => "teams",
        Stage::DormantMemberships => "deactivated",
        Stage::Writing => "writing",
        _ => "",
    }
}

fn bar(done: u64, total: u64) -> String {
    let width = u128::from(BAR);
    let filled = (u128::from(done.min(total)) * width)
        .checked_div(total.into())
        .unwrap_or(width);
    let cell = |at: u8| match u128::from(at).cmp(&filled) {
        std::cmp::Ordering::Less => '=',
        std::cmp::Ordering::Equal => '>',
        std::cmp::Ordering::Greater => ' ',
    };
    (0..BAR).map(cell).collect()
}

fn rate_in_words(per_second: f64) -> String {
    match per_second {
        10.0.. => format!("{per_second:.0}/s"),
        1.0.. => format!("{per_second:.1}/s"),
        _ if per_second * 60.0 >= 9.95 => format!("{:.0}/min", per_second * 60.0),
        _ => format!("{:.1}/min", per_second * 60.0),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::pace::{Limit, Wait};
    use super::*;

    fn standing(stage: Stage, done: u64, total: Option<u64>) -> Standing {
        Standing {
            stage,
            done,
            total,
            time: Duration::from_millis(2300),
            is_over: false,
        }
    }

    fn limited(calls: u64) -> Pace {
        Pace {
            calls,
            limit: Some(Limit {
                calls: 10,
                remaining: 0,
                window: Duration::from_mins(1),
            }),
            wait: Some(Wait {
                endpoint: "teams.members",
                left: Duration::from_millis(36_400),
            }),
        }
    }

    #[test]
    fn a_stage_that_waits_says_for_what_and_how_long() {
        let line = render(&standing(Stage::Teams, 10, Some(45)), &limited(10));
        insta::assert_snapshot!(line, @"teams       [==>       ] 10/45  ETA 3m 37s  waiting for teams.members, 37s  10/min");
    }

    #[test]
    fn a_stage_without_a_limit_has_a_rate() {
        let free = Pace::default();
        let line = |done, total| render(&standing(Stage::Users, done, total), &free);
        insta::assert_snapshot!(line(0, None), @"users       …");
        insta::assert_snapshot!(line(1000, Some(4213)), @"users       [==>       ] 1,000/4,213  ETA 8s  435/s");
        insta::assert_snapshot!(line(4213, Some(4213)), @"users       [==========] 4,213/4,213  1832/s");
        let writing = render(&standing(Stage::Writing, 12_345, None), &free);
        insta::assert_snapshot!(writing, @"writing     12,345 records  5367/s");
    }

    #[test]
    fn a_stage_that_is_over_says_what_it_did() {
        let line = |stage, done| {
            let over = Standing {
                is_over: true,
                ..standing(stage, done, Some(done))
            };
            render(&over, &limited(1))
        };
        insta::assert_snapshot!(line(Stage::Preflight, 0), @"preflight   done in 2.30s");
        insta::assert_snapshot!(line(Stage::DormantMemberships, 1), @"deactivated 1 in 2.30s");
    }

    #[test]
    fn a_bar_is_never_longer_than_its_brackets() {
        for (done, total, expected) in [
            (0, 3, ">         "),
            (1, 2, "=====>    "),
            (3, 3, "=========="),
            (9, 3, "=========="),
            (0, 0, "=========="),
            (u64::MAX - 1, u64::MAX, "=========>"),
        ] {
            assert_eq!(bar(done, total), expected, "{done}/{total}");
        }
    }

    #[test]
    fn slow_rates_are_told_by_the_minute() {
        for (rate, text) in [
            (512.4, "512/s"),
            (1.26, "1.3/s"),
            (0.162, "9.7/min"),
            (1.0 / 6.0, "10/min"),
        ] {
            assert_eq!(rate_in_words(rate), text);
        }
    }
}
