//! Periods of given times, each after a training part of given times.

use super::blocks::Timeline;
use super::{FoldRows, Part, Sides, SplitError, SplitRows};
use std::ops::ControlFlow;

/// One period of a walk, in microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkPeriod {
    /// Rows decided from here on may be trained on, if they are resolved before `start` less the embargo.
    pub train_start: i64,
    /// Rows decided from here on are tested.
    pub start: i64,
    /// Rows decided from here on no longer are.
    pub end: i64,
}

/// How a walk goes.
#[derive(Debug, Clone, Copy)]
pub struct Walk<'a> {
    /// The periods, in order of time.
    pub periods: &'a [WalkPeriod],
    /// Time kept free between the last resolve in training and the start of a period, microseconds.
    pub embargo: i64,
}

/// Makes the fold of each period, one after another, with the index of the period from 1; `None` for a period without a row to test.
/// Training keeps what is resolved before the period starts, less the embargo: at that time the model is made. Ends early when
/// `take` breaks.
///
/// # Errors
/// [`SplitError::NothingToTrainOn`], once the periods before were taken.
///
/// # Panics
/// When the slices differ in length.
pub fn each_period(
    rows: SplitRows<'_>,
    walk: Walk<'_>,
    mut take: impl FnMut(u32, Option<FoldRows>) -> ControlFlow<()>,
) -> Result<(), SplitError> {
    rows.check();
    let timeline = Timeline::of(rows.decision);
    let place = |time: i64| timeline.place_of(time, rows.decision);
    for (index, period) in (1..).zip(walk.periods) {
        let [first, border, end] = [period.train_start, period.start, period.end].map(place);
        let fold = match border == end {
            true => None,
            false => {
                let part = Part {
                    sides: Sides::BeforeStart(period.start),
                    ..Part::after(&timeline, [first, border, end])
                };
                Some(part.fold(index, rows, walk.embargo)?)
            }
        };
        if take(index, fold).is_break() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows decided at 0..12, each known 2 later.
    fn folds(periods: &[[i64; 3]], embargo: i64) -> Result<Vec<Option<FoldRows>>, SplitError> {
        let decision: Vec<i64> = (0..12).collect();
        let resolve: Vec<i64> = decision.iter().map(|time| time + 2).collect();
        let rows = SplitRows {
            decision: &decision,
            resolve: &resolve,
            held_out: &[],
        };
        let periods: Vec<WalkPeriod> = periods
            .iter()
            .map(|&[train_start, start, end]| WalkPeriod {
                train_start,
                start,
                end,
            })
            .collect();
        let mut found = Vec::new();
        let walk = Walk {
            periods: &periods,
            embargo,
        };
        each_period(rows, walk, |_, fold| {
            found.push(fold);
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    #[test]
    fn a_period_is_tested_by_what_was_known_when_it_starts() {
        let found = folds(&[[0, 6, 8], [4, 9, 20]], 0).expect("enough rows");
        let first = found[0].as_ref().expect("rows");
        assert_eq!(
            (&first.train[..], &first.test[..]),
            (&[0, 1, 2, 3][..], &[6, 7][..])
        );
        assert_eq!(
            (first.purged_rows, first.latest_train_resolve, first.border),
            (2, 5, 6)
        );
        let second = found[1].as_ref().expect("rows");
        assert_eq!(
            (&second.train[..], &second.test[..]),
            (&[4, 5, 6][..], &[9, 10, 11][..])
        );
        let apart = folds(&[[0, 6, 8]], 1).expect("enough rows");
        let apart = apart[0].as_ref().expect("rows");
        assert_eq!((&apart.train[..], apart.embargoed_rows), (&[0, 1, 2][..], 1));
    }

    /// The model is made when the period starts, not when its first row comes.
    #[test]
    fn what_is_known_only_after_the_start_is_purged_though_the_first_row_comes_later() {
        let decision = [0, 1, 2, 9];
        let resolve = [2, 6, 7, 11];
        let rows = SplitRows {
            decision: &decision,
            resolve: &resolve,
            held_out: &[],
        };
        let periods = [WalkPeriod {
            train_start: 0,
            start: 6,
            end: 12,
        }];
        let walk = Walk {
            periods: &periods,
            embargo: 0,
        };
        each_period(rows, walk, |_, fold| {
            let fold = fold.expect("a row");
            assert_eq!((&fold.train[..], fold.purged_rows), (&[0][..], 2));
            ControlFlow::Continue(())
        })
        .expect("a row to train on");
    }

    #[test]
    fn a_period_without_rows_has_no_fold_and_one_without_a_past_is_refused() {
        let found = folds(&[[0, 6, 8], [0, 50, 60]], 0).expect("enough rows");
        assert!(found[0].is_some() && found[1].is_none());
        let refused = folds(&[[0, 1, 3]], 0);
        assert!(matches!(
            refused,
            Err(SplitError::NothingToTrainOn {
                fold: 1,
                purged: 1,
                ..
            })
        ));
    }
}
