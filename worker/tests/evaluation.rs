//! What a training says of its own worth: intervals, baselines and the verdict, on rows whose truth is known.
#![allow(clippy::unwrap_used)]

mod fixture;

use chrono::DateTime;
use fixture::{Job, Noise, START, gathered};
use mltraining_domain::{
    AlgorithmSpec, Calibration, ClassWeight, ColumnRole, Comparison, Direction, DuplicateRule, Evaluation,
    FeatureExpr, FeatureSpec, Fold, Interval, IntervalUnset, LabelSpec, LogisticRegressionSpec, Metrics,
    SampleWeight, SliceKind, SourceSpec, Span, SplitSpec, ThresholdAtHorizon, ThresholdSpec, TimeRange,
    TrainSpec, Utility, Verdict, WalkForward, WalkForwardScheme, Window,
};
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::model_file;
use mltraining_panel::{Fingerprint, Panel, PanelBuilder};
use worker::train::{self, Trained};
use worker::work::Work;

const HOUR: i64 = 3_600_000_000;

fn source() -> SourceSpec {
    let columns = [
        ("close", ColumnRole::Close),
        ("hint", ColumnRole::Value),
        ("nudge", ColumnRole::Value),
        ("target", ColumnRole::Value),
    ];
    fixture::source("hours", &columns, 60)
}

/// Whether `target` is at least 0.5 an hour later, learned by the cheapest learner from an average of `hint`.
fn spec(days: i64) -> TrainSpec {
    let at = |hour: i64| DateTime::from_timestamp_micros(START + hour * HOUR).unwrap();
    TrainSpec {
        model: "m".parse().unwrap(),
        source: "hours".parse().unwrap(),
        range: TimeRange {
            start: at(0),
            end: at(days * 24),
        },
        label: LabelSpec::Threshold(ThresholdAtHorizon {
            column: Some("target".to_owned()),
            comparison: Comparison::AtLeast,
            value: 0.5,
            horizon: Span::from_mins(60),
            tolerance: None,
        }),
        features: FeatureSpec {
            windows: vec![Window::Bars(3)],
            ..FeatureSpec::default()
        },
        algorithm: AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        split: SplitSpec::WalkForward(WalkForward {
            folds: 5,
            scheme: WalkForwardScheme::Expanding,
            embargo: Span::ZERO,
        }),
        unseen_entity_share: None,
        sample_weight: SampleWeight::None,
        calibration: Calibration::None,
        known_before: None,
        threshold: ThresholdSpec::MaxF1,
        seed: 7,
        entities: Vec::new(),
        phases: Vec::new(),
        max_rows: 1_000_000,
    }
}

/// What the rows tell of the target.
#[derive(Clone, Copy, PartialEq)]
enum World {
    /// Nothing: all columns are noise.
    Noise,
    /// `hint` falls before a target, and `nudge` rises, a little less: together they tell more than either.
    Signal,
    /// A target stays for hours, and no other column tells of it.
    Sticky,
}

fn panel(seed: u64, days: i64, world: World) -> (Panel, Fingerprint) {
    let columns = ["close", "hint", "nudge", "target"].map(str::to_owned).to_vec();
    let mut builder = PanelBuilder::new(columns, DuplicateRule::Refuse);
    for entity in 0..4 {
        let mut noise = Noise(seed * 1_000 + entity);
        let mut target = 0.0;
        for hour in 0..days * 24 {
            let stays = world == World::Sticky && noise.next() < 0.9;
            let next = match stays {
                true => target,
                false => f64::from(u8::from(noise.next() < 0.3)),
            };
            let told = if world == World::Signal { next } else { 0.0 };
            let row = [
                100.0 + noise.next(),
                noise.next() - 0.4 * told,
                noise.next() + 0.3 * told,
                target,
            ];
            builder
                .push(&format!("e{entity}"), START + hour * HOUR, None, &row)
                .unwrap();
            target = next;
        }
    }
    builder.finish().unwrap()
}

fn train_on(spec: TrainSpec, (panel, fingerprint): (Panel, Fingerprint)) -> Trained {
    let work = Work::default();
    let job = Job {
        spec,
        source: source(),
        batches: vec![panel],
        fingerprint,
    };
    train::train(gathered(job, &work).unwrap(), &work).unwrap()
}

fn evaluation(seed: u64, days: i64, world: World) -> Evaluation {
    train_on(spec(days), panel(seed, days, world)).evaluation
}

/// The mean over the folds of a baseline's ROC AUC.
fn mean_auc(evaluation: &Evaluation, name: &str) -> f64 {
    let of = |fold: &Fold| {
        let named = fold.baselines.iter().find(|b| b.name == name).unwrap();
        named.metrics.roc_auc.unwrap()
    };
    let sum: f64 = evaluation.folds.iter().map(of).sum();
    sum / evaluation.folds.len() as f64
}

#[test]
fn pure_noise_has_no_skill_in_at_least_95_of_100_seeds() {
    let none = |seed: &u64| {
        let found = evaluation(*seed, 14, World::Noise).intervals.unwrap();
        found.verdict == Some(Verdict::NoSkill)
    };
    let without = (0..100).filter(none).count();
    assert!(without >= 95, "{without} of 100");
}

#[test]
fn a_planted_signal_is_called_skill_and_beats_the_best_baseline() {
    let evaluation = evaluation(1, 14, World::Signal);
    let found = evaluation.intervals.clone().unwrap();
    assert_eq!(found.verdict, Some(Verdict::Skill), "{found:?}");
    assert_eq!(found.best_baseline.as_deref(), Some("best_single_feature"));
    assert!(found.p_value.unwrap() < 0.05);
    let (low, high) = found.skill.bounds().unwrap();
    let skill = evaluation.skill.unwrap();
    assert!(low < skill && skill < high, "{low} {skill} {high}");
    assert!(found.overall.roc_auc.bounds().unwrap().0 > 0.6);
    let single = mean_auc(&evaluation, "best_single_feature");
    assert!(single > 0.7, "hint tells much by itself: {single}");
}

#[test]
fn the_last_label_is_hard_to_beat_where_what_is_true_stays_true() {
    let evaluation = evaluation(1, 14, World::Sticky);
    let last = mean_auc(&evaluation, "last_label");
    assert!(last > 0.8, "{last}");
    assert_eq!(mean_auc(&evaluation, "prevalence"), 0.5);
}

#[test]
fn a_fold_names_the_feature_that_its_training_part_chose() {
    let evaluation = evaluation(1, 14, World::Signal);
    for fold in &evaluation.folds {
        let single = fold
            .baselines
            .iter()
            .find(|b| b.name == "best_single_feature")
            .unwrap();
        let rule = single.rule.as_ref().unwrap();
        assert!(rule.feature.contains("hint"), "{rule:?}");
        assert_eq!(rule.direction, Direction::Down);
    }
    assert!(
        evaluation
            .baselines
            .iter()
            .all(|baseline| baseline.rule.is_none())
    );
}

#[test]
fn tests_of_few_days_give_numbers_without_intervals_and_no_verdict() {
    let evaluation = evaluation(1, 5, World::Signal);
    let found = evaluation.intervals.unwrap();
    assert_eq!(
        found.overall.roc_auc,
        Interval::Unset(IntervalUnset::TooFewBlocks)
    );
    assert_eq!((found.verdict, found.p_value), (None, None));
    assert!(found.overall.blocks < 5 && evaluation.skill.is_some());
    let fold = evaluation.folds[0].intervals.unwrap();
    assert_eq!(
        (fold.blocks, fold.roc_auc),
        (1, Interval::Unset(IntervalUnset::TooFewBlocks))
    );
}

/// A learner that weighs both classes alike: its scores are no probabilities until they are calibrated.
fn balanced(calibration: Calibration) -> TrainSpec {
    TrainSpec {
        algorithm: AlgorithmSpec::LogisticRegression(LogisticRegressionSpec {
            class_weight: ClassWeight::Balanced,
            ..LogisticRegressionSpec::default()
        }),
        calibration,
        ..spec(20)
    }
}

#[test]
fn calibrated_scores_are_nearer_to_the_truth_and_the_uncalibrated_ones_are_told_beside_them() {
    let rows = || panel(1, 20, World::Signal);
    let plain = train_on(balanced(Calibration::None), rows()).evaluation;
    assert_eq!(plain.uncalibrated, None);
    for calibration in [Calibration::Platt, Calibration::Isotonic] {
        let evaluation = train_on(balanced(calibration), rows()).evaluation;
        let raw = evaluation.uncalibrated.as_ref().unwrap();
        assert_eq!(raw.log_loss, plain.overall.log_loss, "the same models");
        assert_eq!(raw.roc_auc, plain.overall.roc_auc);
        let after = &evaluation.overall;
        assert!(
            after.brier < raw.brier,
            "{calibration:?}: {:?} {:?}",
            after.brier,
            raw.brier
        );
        assert!(
            after.expected_calibration_error < raw.expected_calibration_error,
            "{calibration:?}"
        );
        for (fold, before) in evaluation.folds.iter().zip(&plain.folds) {
            let raw = fold.uncalibrated.as_ref().unwrap();
            assert_eq!(raw.log_loss, before.metrics.log_loss);
            assert_ne!(fold.metrics.log_loss, before.metrics.log_loss);
        }
        let ranks = evaluation.folds.iter().zip(&plain.folds);
        if calibration == Calibration::Platt {
            let same = |pair: (&Fold, &Fold)| pair.0.metrics.roc_auc == pair.1.metrics.roc_auc;
            assert!(
                ranks.into_iter().all(same),
                "a rising function keeps the order in a fold"
            );
        }
    }
}

#[test]
fn the_kept_calibration_lies_in_the_model_file_and_its_threshold_is_one_of_its_scores() {
    let trained = train_on(balanced(Calibration::Platt), panel(1, 20, World::Signal));
    let file = trained
        .files
        .iter()
        .find(|file| file.file == "model.mlts")
        .unwrap();
    let file = model_file::decode(&file.bytes).unwrap();
    assert!(matches!(file.header.calibration, Some(Calibrator::Platt(_))));
    assert_eq!(file.header.threshold, trained.facts.threshold);
    let plain = train_on(balanced(Calibration::None), panel(1, 20, World::Signal));
    assert!(
        trained.facts.threshold < plain.facts.threshold,
        "balanced scores are too high"
    );
}

#[test]
fn a_utility_is_its_own_threshold_and_rows_a_day_are_counted_over_the_time_of_the_scores() {
    let with = |threshold| {
        let wanted = TrainSpec {
            threshold,
            ..spec(14)
        };
        train_on(wanted, panel(1, 14, World::Signal))
    };
    let utility = with(ThresholdSpec::Utility(Utility { gain: 3.0, loss: 1.0 }));
    assert_eq!(utility.facts.threshold, Some(0.25));
    assert!(
        utility
            .evaluation
            .folds
            .iter()
            .all(|fold| fold.metrics.threshold == Some(0.25))
    );
    let top = with(ThresholdSpec::TopPerDay(6)).evaluation.overall;
    let calls = top
        .confusion
        .map(|c| c.true_positives + c.false_positives)
        .unwrap();
    let a_day = calls as f64 / (14.0 * 5.0 / 6.0);
    assert!(
        (4.0..9.0).contains(&a_day),
        "{a_day} calls a day, where 6 were asked for"
    );
}

#[test]
fn the_scores_are_parted_by_entity_day_and_hour_and_no_row_is_lost() {
    let evaluation = evaluation(1, 14, World::Signal);
    let kinds: Vec<SliceKind> = evaluation.slices.iter().map(|slices| slices.kind).collect();
    assert_eq!(
        kinds,
        [SliceKind::Entity, SliceKind::Day, SliceKind::HourOfDay],
        "no row has a phase"
    );
    for slices in &evaluation.slices {
        let rows: u64 = slices.slices.iter().map(|slice| slice.metrics.rows).sum();
        assert_eq!(
            rows + slices.other_rows,
            evaluation.overall.rows,
            "{:?}",
            slices.kind
        );
        let positives: u64 = slices.slices.iter().map(|slice| slice.metrics.positives).sum();
        assert_eq!(positives, evaluation.overall.positives);
        let hits = |metrics: &Metrics| metrics.confusion.unwrap().true_positives;
        let sum: u64 = slices.slices.iter().map(|slice| hits(&slice.metrics)).sum();
        assert_eq!(
            sum,
            hits(&evaluation.overall),
            "each row at its own fold's threshold"
        );
    }
    let values = |at: usize| -> Vec<&str> {
        evaluation.slices[at]
            .slices
            .iter()
            .map(|slice| slice.value.as_str())
            .collect()
    };
    assert_eq!(values(0), ["e0", "e1", "e2", "e3"]);
    assert!(values(1).is_sorted() && values(1)[0].starts_with("2026-01-0"));
    assert_eq!((values(2).len(), values(2)[23]), (24, "23"));
}

#[test]
fn the_features_that_tell_are_missed_and_noise_is_not() {
    // Without averages of `close`, against which its weight would be traded.
    let mut wanted = spec(14);
    wanted.features.sets = Vec::new();
    wanted.features.features = ["close", "hint", "nudge"].map(FeatureExpr::bare).to_vec();
    let trained = train_on(wanted, panel(1, 14, World::Signal));
    let drop = |name: &str| {
        let at = trained
            .facts
            .feature_names
            .iter()
            .position(|feature| feature == name)
            .unwrap();
        trained.evaluation.permutation[at]
    };
    assert_eq!(
        trained.evaluation.permutation.len(),
        trained.facts.feature_names.len()
    );
    assert!(drop("hint").mean > 0.1 && drop("nudge").mean > 0.03);
    assert!(drop("close").mean < 0.02, "{:?}", drop("close"));
    assert!(drop("hint").deviation.unwrap() > 0.0);
}
