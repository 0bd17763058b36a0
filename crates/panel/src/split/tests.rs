#![allow(clippy::unwrap_used)]

use super::*;
use mltraining_domain::{Holdout, Span};
use proptest::prelude::*;

fn span(micros: i64) -> Span {
    Span::from_micros(micros).unwrap()
}

fn walk(folds: u32, scheme: WalkForwardScheme, embargo: i64) -> SplitSpec {
    SplitSpec::WalkForward(WalkForward {
        folds,
        scheme,
        embargo: span(embargo),
    })
}

fn holdout(test_share: f64, embargo: i64) -> SplitSpec {
    SplitSpec::Holdout(Holdout {
        test_share,
        test_start: None,
        embargo: span(embargo),
    })
}

fn choose(blocks: u32, test_blocks: u32, embargo: i64) -> SplitSpec {
    SplitSpec::CombinatorialPurged(CombinatorialPurged {
        blocks,
        test_blocks,
        embargo: span(embargo),
    })
}

/// The folds of rows of which no entity is held out.
fn folds(decision: &[i64], resolve: &[i64], spec: &SplitSpec) -> Result<Vec<FoldRows>, SplitError> {
    let rows = SplitRows {
        decision,
        resolve,
        held_out: &[],
    };
    super::folds(rows, spec)
}

/// t = 0..12 with r = t + 2.
fn twelve() -> (Vec<i64>, Vec<i64>) {
    ((0..12).collect(), (2..14).collect())
}

#[test]
fn walk_forward_keeps_what_is_resolved_before_the_test_block() {
    let (_, resolve) = twelve();
    let before: Vec<u32> = (0..6).collect();
    let kept = purge::walk_forward(&resolve, &before, 6, 0);
    assert_eq!(kept.rows, [0, 1, 2, 3]);
    assert_eq!((kept.purged, kept.embargoed), (2, 0));
    let kept = purge::walk_forward(&resolve, &before, 6, 1);
    assert_eq!(kept.rows, [0, 1, 2]);
    assert_eq!((kept.purged, kept.embargoed), (2, 1));
}

#[test]
fn k_fold_keeps_what_does_not_meet_the_test_block() {
    let (decision, resolve) = twelve();
    let others: Vec<u32> = (0..12).filter(|row| ![6, 7].contains(row)).collect();
    let test = [TestSpan::of(&decision, &resolve, &[6, 7]).unwrap()];
    let kept = purge::k_fold(&decision, &resolve, &others, &test, 0);
    assert_eq!(kept.rows, [0, 1, 2, 3, 10, 11]);
    let kept = purge::k_fold(&decision, &resolve, &others, &test, 1);
    assert_eq!(kept.rows, [0, 1, 2, 3, 11]);
    assert_eq!((kept.purged, kept.embargoed), (4, 1));
}

#[test]
fn daily_bars_with_a_horizon_of_three_lose_all_that_touch_the_test_block() {
    let decision: Vec<i64> = (0..6).collect();
    let resolve: Vec<i64> = (3..9).collect();
    for kept in [
        purge::walk_forward(&resolve, &[0, 1, 2], 3, 0),
        purge::k_fold(
            &decision,
            &resolve,
            &[0, 1, 2],
            &[TestSpan::of(&decision, &resolve, &[3, 4, 5]).unwrap()],
            0,
        ),
    ] {
        assert!(kept.rows.is_empty());
        assert_eq!(kept.purged, 3);
    }
}

#[test]
fn the_end_of_a_k_fold_block_is_its_latest_resolve_time() {
    // Row 0 of the test resolves after row 1 does: rows decided until then know something of it.
    let (decision, resolve) = ([0, 1, 5, 20], [10, 3, 6, 21]);
    let test = TestSpan::of(&decision, &resolve, &[0, 1]).unwrap();
    assert_eq!((test.first_decision, test.latest_resolve), (0, 10));
    let kept = purge::k_fold(&decision, &resolve, &[2, 3], &[test], 0);
    assert_eq!(kept.rows, [3]);
    assert_eq!(TestSpan::of(&decision, &resolve, &[]), None);
}

#[test]
fn a_row_that_meets_one_run_and_follows_another_counts_as_purged() {
    let (decision, resolve) = ((0..8).collect::<Vec<i64>>(), (1..9).collect::<Vec<i64>>());
    let test = [&[2_u32][..], &[5]].map(|rows| TestSpan::of(&decision, &resolve, rows).unwrap());
    // 1 and 3 meet [2, 3]; 4 and 6 meet [5, 6], of which 4 also follows [2, 3]; 7 follows [5, 6].
    let kept = purge::k_fold(&decision, &resolve, &[0, 1, 3, 4, 6, 7], &test, 1);
    assert_eq!((kept.rows, kept.purged, kept.embargoed), (vec![0], 4, 1));
}

#[test]
fn a_combinatorial_split_with_one_test_block_is_purged_k_fold() {
    let (decision, resolve) = twelve();
    let all = folds(&decision, &resolve, &choose(6, 1, 0)).unwrap();
    assert_eq!(all.len(), 6);
    let fold = &all[3];
    assert_eq!((fold.index, fold.test.as_slice()), (4, &[6, 7][..]));
    assert_eq!(fold.train, [0, 1, 2, 3, 10, 11]);
    assert_eq!((fold.purged_rows, fold.embargoed_rows), (4, 0));
    let test = TestSpan {
        first_decision: 6,
        latest_resolve: 9,
    };
    let gap = TestGap {
        test,
        latest_resolve_before: Some(5),
        first_decision_after: Some(10),
    };
    assert_eq!(fold.gaps, [gap]);
    let fold = &folds(&decision, &resolve, &choose(6, 1, 1)).unwrap()[3];
    assert_eq!(fold.train, [0, 1, 2, 3, 11]);
    assert_eq!((fold.purged_rows, fold.embargoed_rows), (4, 1));
}

#[test]
fn a_combinatorial_split_tests_every_choice_of_blocks() {
    let decision: Vec<i64> = (0..40).collect();
    let resolve: Vec<i64> = (2..42).collect();
    let all = folds(&decision, &resolve, &choose(4, 2, 0)).unwrap();
    let tested: Vec<Vec<u32>> = all
        .iter()
        .map(|fold| {
            fold.test
                .iter()
                .map(|row| row / 10)
                .collect::<std::collections::BTreeSet<_>>()
        })
        .map(|blocks| blocks.into_iter().collect())
        .collect();
    assert_eq!(tested, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    let runs: Vec<usize> = all.iter().map(|fold| fold.gaps.len()).collect();
    assert_eq!(runs, [1, 2, 2, 1, 2, 1], "neighbours are one run");
    // Blocks 0 and 2 are tested: 10 and 11 meet [0, 11], 18 and 19 reach 20, 30 and 31 meet [20, 31].
    let expected: Vec<u32> = (12..18).chain(32..40).collect();
    assert_eq!(all[1].train, expected);
    assert_eq!(all[1].purged_rows, 6);
    assert_eq!(
        all[1].gaps[0].latest_resolve_before, None,
        "nothing lies before the first block"
    );
    assert_eq!(all[1].gaps[0].first_decision_after, Some(12));
    assert_eq!(all[1].gaps[1].latest_resolve_before, Some(19));
}

#[test]
fn rows_of_held_out_entities_are_tested_apart_and_never_trained_on() {
    let (decision, resolve) = twelve();
    let held_out: Vec<bool> = (0..12).map(|row| row % 3 == 0).collect();
    let rows = SplitRows {
        decision: &decision,
        resolve: &resolve,
        held_out: &held_out,
    };
    let fold = &super::folds(rows, &holdout(0.25, 0)).unwrap()[0];
    assert_eq!(
        (fold.test.as_slice(), fold.unseen.as_slice()),
        (&[10, 11][..], &[9][..])
    );
    assert_eq!(fold.train, [1, 2, 4, 5]);
    assert_eq!(
        fold.purged_rows, 2,
        "rows that are held out are not counted as purged"
    );
    assert_eq!(
        fold.first_test_decision, 9,
        "the block begins with a row that is held out"
    );
    let all = vec![true; 12];
    let none_left = SplitRows {
        held_out: &all,
        ..rows
    };
    let error = super::folds(none_left, &holdout(0.25, 0)).unwrap_err();
    let nothing = SplitError::NothingToTrainOn {
        fold: 1,
        before: 0,
        purged: 0,
        embargoed: 0,
    };
    assert_eq!(error, nothing);
    let late: Vec<bool> = (0..12).map(|row| row >= 9).collect();
    let error = super::folds(
        SplitRows {
            held_out: &late,
            ..rows
        },
        &holdout(0.25, 0),
    )
    .unwrap_err();
    assert_eq!(error, SplitError::NothingToTestOn { fold: 1, unseen: 3 });
}

#[test]
fn holdout_tests_the_last_share_of_the_rows() {
    let (decision, resolve) = twelve();
    let fold = &folds(&decision, &resolve, &holdout(0.25, 0)).unwrap()[0];
    assert_eq!(fold.test, [9, 10, 11]);
    assert_eq!(fold.train, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!((fold.purged_rows, fold.embargoed_rows), (2, 0));
    assert_eq!((fold.latest_train_resolve, fold.first_test_decision), (8, 9));
    assert_eq!(
        (fold.train_start, fold.train_end, fold.test_start, fold.test_end),
        (0, 6, 9, 11)
    );
}

#[test]
fn a_rolling_fold_trains_on_the_block_before_its_test_block_only() {
    let (decision, resolve) = twelve();
    let rolling = folds(&decision, &resolve, &walk(3, WalkForwardScheme::Rolling, 0)).unwrap();
    let expanding = folds(&decision, &resolve, &walk(3, WalkForwardScheme::Expanding, 0)).unwrap();
    assert_eq!(rolling[2].train, [6]);
    assert_eq!(expanding[2].train, [0, 1, 2, 3, 4, 5, 6]);
    for fold in [&rolling[2], &expanding[2]] {
        assert_eq!(fold.index, 3);
        assert_eq!(fold.test, [9, 10, 11]);
    }
}

#[test]
fn rows_that_share_a_decision_time_are_never_parted() {
    let decision = [0, 0, 0, 0, 0, 0, 0, 5, 6, 7];
    let resolve = decision.map(|time| time + 1);
    let fold = &folds(&decision, &resolve, &holdout(0.5, 0)).unwrap()[0];
    assert_eq!(fold.train, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(fold.test, [7, 8, 9]);
}

#[test]
fn too_few_times_and_an_empty_training_part_are_refused_with_the_numbers() {
    let same = [7; 100];
    let error = folds(&same, &[8; 100], &walk(1, WalkForwardScheme::Expanding, 0)).unwrap_err();
    assert_eq!(
        error,
        SplitError::TooFewTimes {
            rows: 100,
            times: 1,
            blocks: 2
        }
    );
    assert!(folds(&[], &[], &holdout(0.5, 0)).is_err());

    let (decision, _) = twelve();
    let late = [100; 12];
    let error = folds(&decision, &late, &walk(2, WalkForwardScheme::Expanding, 0)).unwrap_err();
    assert_eq!(
        error,
        SplitError::NothingToTrainOn {
            fold: 1,
            before: 4,
            purged: 4,
            embargoed: 0
        }
    );
    let (decision, resolve) = twelve();
    let error = folds(&decision, &resolve, &holdout(0.5, 100)).unwrap_err();
    assert_eq!(
        error,
        SplitError::NothingToTrainOn {
            fold: 1,
            before: 6,
            purged: 2,
            embargoed: 4
        }
    );
}

/// Rows of several entities in any order, many of them at the same times.
fn labelled() -> impl Strategy<Value = (Vec<i64>, Vec<i64>)> {
    let row = (0..200_i64, 1..15_i64).prop_map(|(decided, later)| (decided, decided + later));
    prop::collection::vec(row, 1..300).prop_map(|rows| rows.into_iter().unzip())
}

fn any_split() -> impl Strategy<Value = SplitSpec> {
    let scheme = prop_oneof![
        Just(WalkForwardScheme::Expanding),
        Just(WalkForwardScheme::Rolling)
    ];
    prop_oneof![
        (1..8_u32, scheme, 0..20_i64).prop_map(|(folds, scheme, embargo)| walk(folds, scheme, embargo)),
        (0.05..0.9_f64, 0..20_i64).prop_map(|(share, embargo)| holdout(share, embargo)),
    ]
}

/// Also those that train on rows after a test block.
fn every_split() -> impl Strategy<Value = SplitSpec> {
    let choice = (2..8_u32, 1..4_u32, 0..20_i64)
        .prop_map(|(blocks, tested, embargo)| choose(blocks, tested.min(blocks - 1), embargo));
    prop_oneof![any_split(), choice]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_training_row_knows_anything_of_the_test_block((decision, resolve) in labelled(), spec in any_split()) {
        let Ok(folds) = folds(&decision, &resolve, &spec) else { return Ok(()) };
        prop_assert_eq!(folds.len(), spec.folds() as usize);
        let mut tested = vec![0; decision.len()];
        for fold in &folds {
            let limit = fold.first_test_decision - spec.embargo().micros();
            let resolves = fold.train.iter().map(|row| resolve[*row as usize]);
            prop_assert_eq!(resolves.max().unwrap(), fold.latest_train_resolve);
            prop_assert!(fold.latest_train_resolve < limit);
            let test_times: Vec<i64> = fold.test.iter().map(|row| decision[*row as usize]).collect();
            prop_assert_eq!(*test_times.iter().min().unwrap(), fold.first_test_decision);
            for row in &fold.train {
                prop_assert!(!test_times.contains(&decision[*row as usize]));
            }
            prop_assert!(fold.train.is_sorted() && fold.test.is_sorted());
            for row in &fold.test {
                tested[*row as usize] += 1;
            }
        }
        prop_assert!(tested.iter().all(|count| *count <= 1));
        // Rows are tested from the first test block to the end, without a hole.
        let first = folds[0].first_test_decision;
        for (row, count) in tested.iter().enumerate() {
            prop_assert_eq!(*count == 1, decision[row] >= first);
        }
    }

    /// No row is lost: it is trained on, tested, held out, purged, embargoed, or (rolling, or after a walk) not asked for.
    #[test]
    fn every_row_of_a_combinatorial_split_is_accounted_for(
        (decision, resolve) in labelled(), blocks in 2..8_u32, tested in 1..4_u32, embargo in 0..20_i64
    ) {
        let spec = choose(blocks, tested.min(blocks - 1), embargo);
        let Ok(folds) = folds(&decision, &resolve, &spec) else { return Ok(()) };
        let mut tested_times = vec![0; decision.len()];
        for fold in &folds {
            let seen = (fold.train.len() + fold.test.len()) as u64 + fold.purged_rows + fold.embargoed_rows;
            prop_assert_eq!(seen, decision.len() as u64);
            for row in &fold.test {
                tested_times[*row as usize] += 1;
            }
        }
        // Each row is tested in as many folds as any other.
        prop_assert!(tested_times.iter().all(|times| *times == tested_times[0]));
    }

    #[test]
    fn every_row_before_a_test_block_is_trained_on_or_counted((decision, resolve) in labelled(), embargo in 0..20_i64) {
        let spec = walk(3, WalkForwardScheme::Expanding, embargo);
        let Ok(folds) = folds(&decision, &resolve, &spec) else { return Ok(()) };
        for fold in folds {
            let before = decision.iter().filter(|time| **time < fold.first_test_decision).count() as u64;
            prop_assert_eq!(before, fold.train.len() as u64 + fold.purged_rows + fold.embargoed_rows);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter((decision, resolve) in labelled(), spec in every_split()) {
        let turned = |values: &[i64]| values.iter().rev().copied().collect::<Vec<_>>();
        let one = folds(&decision, &resolve, &spec);
        let other = folds(&turned(&decision), &turned(&resolve), &spec);
        let count = decision.len() as u32;
        let back = |rows: &[u32]| {
            let mut rows: Vec<u32> = rows.iter().map(|row| count - 1 - row).collect();
            rows.sort_unstable();
            rows
        };
        match (one, other) {
            (Ok(one), Ok(other)) => for (a, b) in one.iter().zip(&other) {
                prop_assert_eq!(&a.train, &back(&b.train));
                prop_assert_eq!(&a.test, &back(&b.test));
            },
            (one, other) => prop_assert_eq!(one.map(|_| ()), other.map(|_| ())),
        }
    }
}

#[test]
fn test_blocks_have_about_the_same_number_of_rows() {
    let decision: Vec<i64> = (0..1200).map(|i| i / 4).collect();
    let resolve: Vec<i64> = decision.iter().map(|time| time + 1).collect();
    let folds = folds(&decision, &resolve, &walk(5, WalkForwardScheme::Expanding, 0)).unwrap();
    let sizes: Vec<usize> = folds.iter().map(|fold| fold.test.len()).collect();
    assert_eq!(sizes, [200; 5]);
}

/// Few rows at few times, so that a check of each pair of them is quick.
fn few_labelled() -> impl Strategy<Value = (Vec<i64>, Vec<i64>)> {
    let row = (0..60_i64, 0..8_i64).prop_map(|(decided, later)| (decided, decided + later));
    prop::collection::vec(row, 1..60).prop_map(|rows| rows.into_iter().unzip())
}

proptest! {
    /// Said of each pair of rows, with nothing shared with the code under test.
    #[test]
    fn what_a_training_row_knows_never_meets_what_a_test_row_knows(
        (decision, resolve) in few_labelled(), spec in every_split(), every in 1..6_usize
    ) {
        // Without a test row in between, rows of different entities stay apart by their spans alone.
        let held_out: Vec<bool> = (0..decision.len()).map(|row| every > 1 && row % every == 0).collect();
        let rows = SplitRows { decision: &decision, resolve: &resolve, held_out: &held_out };
        let Ok(folds) = super::folds(rows, &spec) else { return Ok(()) };
        prop_assert_eq!(folds.len(), spec.folds() as usize);
        for fold in &folds {
            for train in fold.train.iter().map(|row| *row as usize) {
                prop_assert!(!held_out[train]);
                for test in fold.test.iter().chain(&fold.unseen).map(|row| *row as usize) {
                    let meets = decision[train] <= resolve[test] && resolve[train] >= decision[test];
                    prop_assert!(!meets, "fold {}: {} and {}", fold.index, train, test);
                }
            }
            prop_assert!(fold.test.iter().all(|row| !held_out[*row as usize]));
            prop_assert!(fold.unseen.iter().all(|row| held_out[*row as usize]));
            prop_assert!(fold.train.is_sorted() && fold.test.is_sorted() && fold.unseen.is_sorted());
            let embargo = spec.embargo().micros();
            for gap in &fold.gaps {
                prop_assert!(gap.latest_resolve_before.is_none_or(|time| time < gap.test.first_decision));
                prop_assert!(gap.first_decision_after.is_none_or(|time| time > gap.test.latest_resolve + embargo));
            }
        }
    }
}

#[test]
fn a_holdout_from_a_time_on_trains_on_what_is_resolved_by_then_and_tests_all_the_rest() {
    // Decided at 0..10 but for 6, each known 2 later.
    let decision: Vec<i64> = (0..10).filter(|time| *time != 6).collect();
    let resolve: Vec<i64> = decision.iter().map(|time| time + 2).collect();
    let from = |time: i64| {
        let spec = SplitSpec::Holdout(Holdout {
            test_share: 0.2,
            test_start: chrono::DateTime::from_timestamp_micros(time),
            embargo: Span::ZERO,
        });
        folds(&decision, &resolve, &spec)
    };
    let parted = from(6).unwrap();
    assert_eq!(
        parted[0].train,
        [0, 1, 2, 3],
        "what is decided at 4 is known at 6"
    );
    assert_eq!(parted[0].test, [6, 7, 8]);
    assert_eq!((parted[0].first_test_decision, parted[0].border), (7, 6));
    for nowhere in [0, 10] {
        let refused = from(nowhere).unwrap_err();
        assert!(
            matches!(refused, SplitError::OneSide { rows: 9, .. }),
            "{refused}"
        );
    }
}
