//! A whole training without stores: rows in, result out.
#![allow(clippy::unwrap_used)]

mod fixture;

use chrono::DateTime;
use fixture::{Job, Noise, START, gathered};
use mltraining_domain::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, ColumnRole, CombinatorialPurged, Comparison, Direction,
    DuplicateRule, EarlyStopping, ExtremeWithinHorizon, FeatureSpec, GradientBoostingSpec, LabelSpec,
    LogisticRegressionSpec, Monotone, RandomForestSpec, Reason, SampleWeight, SourceColumn, SourceSpec, Span,
    SplitSpec, ThresholdAtHorizon, ThresholdSpec, TimeRange, TrainSpec, TripleBarrier, WalkForward,
    WalkForwardScheme, Window,
};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model::Model;
use mltraining_learn::model_file;
use mltraining_panel::{Fingerprint, Panel, PanelBuilder, catalogue, compute};
use mltraining_store::reader::{PanelBatch, Place};
use std::sync::atomic::AtomicBool;
use worker::stop::StopReason;
use worker::train::{self, Gathering, Trained};
use worker::work::{Work, WorkError};

const MINUTE: i64 = 60_000_000;

fn source() -> SourceSpec {
    let columns = [("close", ColumnRole::Close), ("hint", ColumnRole::Value)];
    fixture::source("bars", &columns, 1)
}

fn spec(algorithm: AlgorithmSpec, minutes: i64) -> TrainSpec {
    let at = |minute: i64| DateTime::from_timestamp_micros(START + minute * MINUTE).unwrap();
    TrainSpec {
        model: "m".parse().unwrap(),
        source: "bars".parse().unwrap(),
        range: TimeRange {
            start: at(0),
            end: at(minutes),
        },
        label: LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column: None,
            change: 0.01,
            direction: Direction::Up,
            horizon: Span::from_mins(5),
            tolerance: None,
        }),
        features: FeatureSpec {
            windows: vec![Window::Bars(5)],
            ..FeatureSpec::default()
        },
        algorithm,
        split: SplitSpec::WalkForward(WalkForward {
            folds: 3,
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

fn forest(trees: u32) -> AlgorithmSpec {
    AlgorithmSpec::RandomForest(RandomForestSpec {
        trees,
        max_depth: 6,
        ..RandomForestSpec::default()
    })
}

/// Many trees, which soon know the noise by heart.
fn boosting() -> GradientBoostingSpec {
    GradientBoostingSpec {
        trees: 300,
        learning_rate: 0.5,
        early_stopping: Some(EarlyStopping::default()),
        ..GradientBoostingSpec::default()
    }
}

/// What `hint` shows of the price's drift.
#[derive(Clone, Copy)]
enum Hint {
    /// The drift of the next minutes.
    Signal,
    /// Nothing.
    Noise,
}

/// Each entity's price drifts up or down for twenty minutes at a time.
fn panel(entities: u64, minutes: i64, hint: Hint) -> (Panel, Fingerprint) {
    let mut builder = PanelBuilder::new(vec!["close".to_owned(), "hint".to_owned()], DuplicateRule::Refuse);
    for entity in 0..entities {
        let mut numbers = Noise(entity + 1);
        let mut noise = || numbers.next() - 0.5;
        let (mut price, mut drift) = (100.0, 0.0);
        for minute in 0..minutes {
            if minute % 20 == 0 {
                drift = 0.012 * noise();
            }
            let shown = match hint {
                Hint::Signal => drift,
                Hint::Noise => noise(),
            };
            builder
                .push(
                    &format!("e{entity:03}"),
                    START + minute * MINUTE,
                    None,
                    &[price, shown],
                )
                .unwrap();
            price *= 1.0 + drift + 0.002 * noise();
        }
    }
    builder.finish().unwrap()
}

fn input(spec: TrainSpec, (panel, fingerprint): (Panel, Fingerprint)) -> Job {
    Job {
        spec,
        source: source(),
        batches: vec![panel],
        fingerprint,
    }
}

fn train_on(threads: usize, job: Job) -> Result<Trained, WorkError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let work = Work::default();
    pool.install(|| train::train(gathered(job, &work)?, &work))
}

/// Each entity in a batch of its own, and a last batch without rows.
fn entity_by_entity(panel: &Panel) -> Vec<Panel> {
    let names = || panel.column_names().to_vec();
    let empty = || PanelBuilder::new(names(), DuplicateRule::Refuse);
    let one = |(nth, entity): (usize, &String)| {
        let mut builder = empty();
        for row in panel.range_of(nth) {
            let values: Vec<f64> = names()
                .iter()
                .map(|name| panel.column(name).unwrap()[row])
                .collect();
            builder
                .push(entity, panel.times()[row], panel.phase_of(row), &values)
                .unwrap();
        }
        builder.finish().unwrap().0
    };
    let entities = panel.entities().iter().enumerate().map(one);
    entities.chain([empty().finish().unwrap().0]).collect()
}

#[test]
fn the_batches_in_which_rows_arrive_change_no_byte() {
    let mut spec = spec(forest(8), 300);
    spec.sample_weight = SampleWeight::Uniqueness;
    spec.unseen_entity_share = Some(0.3);
    let whole = input(spec.clone(), panel(6, 300, Hint::Signal));
    let (rows, fingerprint) = panel(6, 300, Hint::Signal);
    let parted = Job {
        batches: entity_by_entity(&rows),
        ..input(spec, (rows, fingerprint))
    };
    let (whole, parted) = (train_on(2, whole).unwrap(), train_on(2, parted).unwrap());
    assert_eq!(whole.facts.rows, parted.facts.rows);
    for (one, other) in whole.files.iter().zip(&parted.files) {
        assert_eq!(one.bytes, other.bytes, "{} differs", one.file);
    }
}

#[test]
fn a_read_without_its_last_batch_trains_nothing() {
    let (spec, source, work) = (spec(forest(3), 300), source(), Work::default());
    let plan = catalogue::resolve(&spec.features, &source, &spec.label, "spec.features").unwrap();
    let gathering = Gathering {
        spec: &spec,
        source: &source,
        plan: &plan,
        scratch: &std::env::temp_dir(),
        tradable_from: None,
    };
    let batch = PanelBatch {
        panel: panel(6, 300, Hint::Signal).0,
        place: Place::More,
    };
    let stopped = train::gather(&gathering, [batch], &work);
    assert!(matches!(stopped, Err(WorkError::Stopped)));
    let absent = Gathering {
        scratch: std::path::Path::new("/no/such/folder"),
        tradable_from: None,
        ..gathering
    };
    let (reason, text) = failed(train::gather(&absent, [], &work).err().unwrap());
    assert_eq!(reason, Reason::Unavailable);
    assert!(
        text.contains("worker.scratch_dir") && !text.contains("/no/"),
        "{text}"
    );
}

fn failed(error: WorkError) -> (Reason, String) {
    match error {
        WorkError::Failed(failure) => (failure.reason, failure.message),
        WorkError::Stopped => panic!("it was stopped"),
    }
}

#[test]
fn the_same_rows_and_seed_give_the_same_bytes_on_any_number_of_threads() {
    let train = |threads, change: &dyn Fn(&mut TrainSpec)| {
        let mut spec = spec(forest(8), 300);
        change(&mut spec);
        train_on(threads, input(spec, panel(6, 300, Hint::Signal))).unwrap()
    };
    let weighed = |spec: &mut TrainSpec| spec.sample_weight = SampleWeight::Uniqueness;
    let changes: [&dyn Fn(&mut TrainSpec); 2] = [&|_| {}, &weighed];
    let models = changes.map(|change| {
        let (one, two, four) = (train(1, change), train(2, change), train(4, change));
        for other in [&two, &four] {
            for (a, b) in one.files.iter().zip(&other.files) {
                assert_eq!(a.bytes, b.bytes, "{} differs", a.file);
            }
        }
        one.facts.model_sha256
    });
    let other_seed = train(2, &|spec| spec.seed = 8).facts.model_sha256;
    assert!(
        models[0] != models[1] && models[0] != other_seed,
        "weights and seed count"
    );
}

#[test]
fn weights_of_rows_change_the_fit_of_every_learner_and_not_the_tests() {
    for algorithm in [
        forest(8),
        AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        AlgorithmSpec::GradientBoosting(boosting()),
    ] {
        let train = |rule| {
            let mut spec = spec(algorithm.clone(), 300);
            spec.sample_weight = rule;
            train_on(2, input(spec, panel(6, 300, Hint::Signal)))
                .unwrap()
                .evaluation
        };
        let (plain, weighed) = (train(SampleWeight::None), train(SampleWeight::Uniqueness));
        assert_eq!(plain.overall.rows, weighed.overall.rows);
        assert_ne!(plain.overall.log_loss, weighed.overall.log_loss);
        for (a, b) in plain.folds.iter().zip(&weighed.folds) {
            assert_ne!(a.metrics.log_loss, b.metrics.log_loss, "fold {}", a.index);
            let linear = |fold: &mltraining_domain::Fold| {
                fold.baselines.get(3).map(|baseline| baseline.metrics.clone())
            };
            assert!(
                linear(a).is_none() || linear(a) != linear(b),
                "the linear baseline is weighed as well"
            );
            assert_eq!((a.train_rows, a.test_rows), (b.train_rows, b.test_rows));
        }
        assert!(
            weighed.overall.roc_auc.unwrap() > 0.7,
            "{:?}",
            weighed.overall.roc_auc
        );
    }
}

#[test]
fn boosting_stops_early_by_a_later_slice_of_its_own_rows() {
    let train = |threads, algorithm: GradientBoostingSpec| {
        let spec = spec(AlgorithmSpec::GradientBoosting(algorithm), 300);
        train_on(threads, input(spec, panel(6, 300, Hint::Signal)))
    };
    let (one, two) = (train(1, boosting()).unwrap(), train(2, boosting()).unwrap());
    assert_eq!(one.facts.model_sha256, two.facts.model_sha256);
    let Model::Boosted(model) = model_file::decode(&one.files[0].bytes).unwrap().model else {
        panic!("boosting was asked for")
    };
    let trees = model.trees().len();
    assert!((1..100).contains(&trees), "{trees} of 300 trees");
    let most = one.evaluation.overall.log_loss.unwrap();
    let mut endless = boosting();
    endless.early_stopping = None;
    let learned_by_heart = train(2, endless).unwrap().evaluation.overall.log_loss.unwrap();
    assert!(
        most < learned_by_heart,
        "{most} with stopping, {learned_by_heart} without"
    );
}

#[test]
fn a_direction_for_a_feature_that_is_not_trained_on_fails_with_its_name() {
    let mut boosting = boosting();
    boosting
        .monotone
        .insert("nowhere".to_owned(), Monotone::Increasing);
    let spec = spec(AlgorithmSpec::GradientBoosting(boosting), 300);
    let (reason, message) = failed(
        train_on(1, input(spec, panel(6, 300, Hint::Signal)))
            .err()
            .unwrap(),
    );
    assert_eq!(reason, Reason::UnknownFeature);
    assert!(message.contains("`nowhere`"), "{message}");
}

#[test]
fn a_signal_is_found_and_noise_is_not() {
    let auc = |hint| {
        let mut spec = spec(forest(20), 400);
        spec.features = FeatureSpec {
            sets: Vec::new(),
            features: vec!["hint".parse().unwrap()],
            windows: Vec::new(),
            exclude: Vec::new(),
        };
        let trained = train_on(2, input(spec, panel(10, 400, hint))).unwrap();
        trained.evaluation.overall.roc_auc.unwrap()
    };
    let (signal, noise) = (auc(Hint::Signal), auc(Hint::Noise));
    assert!(signal > 0.8, "the drift is in plain sight: {signal}");
    assert!((noise - 0.5).abs() < 0.06, "there is nothing to find: {noise}");
}

#[test]
fn no_training_row_knows_the_test_block_and_every_row_is_accounted_for() {
    let trained = train_on(2, input(spec(forest(3), 300), panel(6, 300, Hint::Signal))).unwrap();
    let rows = trained.facts.rows;
    assert_eq!(rows.read, 6 * 300);
    assert_eq!(
        rows.read,
        rows.warm_up + rows.labelled() + rows.unknown + rows.filtered
    );
    assert!(
        rows.unknown >= 6 * 5,
        "the last minutes of each entity cannot resolve: {rows:?}"
    );
    for fold in &trained.evaluation.folds {
        let proof = &fold.leak_proof;
        assert!(
            proof.latest_train_resolve < proof.first_test_decision,
            "fold {}",
            fold.index
        );
        assert!(fold.train_end < fold.test_start);
        assert!(
            proof.purged_rows > 0,
            "rows whose label reaches into the test block are dropped"
        );
        let names: Vec<&str> = fold.baselines.iter().map(|b| b.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "prevalence",
                "last_label",
                "best_single_feature",
                "logistic_regression"
            ]
        );
        assert_eq!(
            fold.baselines[0].metrics.roc_auc,
            Some(0.5),
            "a constant tells nothing apart"
        );
    }
    let tested: u64 = trained.evaluation.folds.iter().map(|f| f.test_rows).sum();
    assert_eq!(trained.evaluation.overall.rows, tested);
}

#[test]
fn the_kept_model_predicts_as_its_file_says() {
    let algorithms = [
        forest(5),
        AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        AlgorithmSpec::GradientBoosting(boosting()),
    ];
    for algorithm in algorithms {
        let spec = spec(algorithm, 300);
        let trained = train_on(2, input(spec.clone(), panel(6, 300, Hint::Signal))).unwrap();
        let file = model_file::decode(&trained.files[0].bytes).unwrap();
        assert_eq!(file.header.feature_names, trained.facts.feature_names);
        assert_eq!(file.header.source_fingerprint, trained.facts.source_fingerprint);
        assert_eq!(file.header.threshold, trained.facts.threshold);
        let (panel, _) = panel(6, 300, Hint::Signal);
        let plan = catalogue::resolve(&spec.features, &source(), &spec.label, "spec.features").unwrap();
        let cancel = AtomicBool::new(false);
        let control = compute::Control {
            cancel: &cancel,
            progress: &|_, _| {},
        };
        let columns = compute::features(&panel, &plan, &[10, 20, 30], &control).unwrap();
        let matrix = Matrix::new(columns.names, columns.columns).unwrap();
        let scores = file.model.predict(&matrix, &[0, 1, 2]);
        assert!(scores.iter().all(|s| (0.0..=1.0).contains(s)), "{scores:?}");
    }
}

#[test]
fn what_the_data_cannot_give_is_said_with_its_numbers() {
    let mut impossible = spec(forest(3), 300);
    let LabelSpec::ChangeAtHorizon(label) = &mut impossible.label else {
        unreachable!("it was just made")
    };
    label.change = 900.0;
    let (reason, text) = failed(
        train_on(2, input(impossible, panel(6, 300, Hint::Signal)))
            .err()
            .unwrap(),
    );
    assert_eq!(reason, Reason::LabelHasNoPositives);
    assert!(text.contains("smaller change"), "{text}");

    let (reason, text) = failed(
        train_on(2, input(spec(forest(3), 300), panel(6, 4, Hint::Signal)))
            .err()
            .unwrap(),
    );
    assert_eq!(reason, Reason::TooFewRows, "{text}");

    let (reason, text) = failed(
        train_on(2, input(spec(forest(3), 300), panel(0, 0, Hint::Signal)))
            .err()
            .unwrap(),
    );
    assert_eq!(reason, Reason::TimeRangeEmpty, "{text}");
}

#[test]
fn a_stop_ends_the_training_without_a_result() {
    let work = Work::default();
    let job = input(spec(forest(1000), 300), panel(6, 300, Hint::Signal));
    let gathered = gathered(job, &work).unwrap();
    work.stop.stop(StopReason::Cancelled);
    assert!(matches!(train::train(gathered, &work), Err(WorkError::Stopped)));
    let job = input(spec(forest(1000), 300), panel(6, 300, Hint::Signal));
    assert!(matches!(fixture::gathered(job, &work), Err(WorkError::Stopped)));
}

fn ahead() -> (Span, Option<Span>) {
    (Span::from_mins(5), None)
}

/// One label of each kind on the columns of [`source`].
fn every_kind() -> Vec<LabelSpec> {
    let (horizon, tolerance) = ahead();
    vec![
        LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
            column: None,
            extreme_column: None,
            change: 0.01,
            direction: Direction::Down,
            horizon,
            tolerance,
        }),
        LabelSpec::TripleBarrier(TripleBarrier {
            column: None,
            upper_column: None,
            lower_column: None,
            upper: 0.01,
            lower: 0.01,
            horizon,
            tolerance,
        }),
        LabelSpec::Threshold(ThresholdAtHorizon {
            column: Some("hint".to_owned()),
            comparison: Comparison::Above,
            value: 0.0,
            horizon,
            tolerance,
        }),
    ]
}

#[test]
fn every_kind_of_label_is_trained_on() {
    for label in every_kind() {
        let mut wanted = spec(forest(5), 300);
        wanted.label = label;
        let trained = train_on(2, input(wanted.clone(), panel(6, 300, Hint::Signal))).unwrap();
        let (name, rows) = (wanted.label.name(), trained.facts.rows);
        assert!(rows.positives > 100 && rows.negatives > 100, "{name}: {rows:?}");
        assert!(
            rows.unknown >= 6 * 5,
            "{name}: the last minutes cannot resolve: {rows:?}"
        );
        for fold in &trained.evaluation.folds {
            let proof = &fold.leak_proof;
            assert!(proof.latest_train_resolve < proof.first_test_decision, "{name}");
            assert!(proof.purged_rows > 0, "{name}");
        }
        let auc = trained.evaluation.overall.roc_auc.unwrap();
        assert!(auc > 0.6, "{name}: the drift is in plain sight: {auc}");
    }
}

/// A label that the row itself tells: whether the hint is above 0.
fn told_by_the_row() -> LabelSpec {
    LabelSpec::Threshold(ThresholdAtHorizon {
        column: Some("hint".to_owned()),
        comparison: Comparison::Above,
        value: 0.0,
        horizon: Span::ZERO,
        tolerance: None,
    })
}

#[test]
fn a_label_of_the_row_itself_is_learned_from_other_columns_only() {
    let mut wanted = spec(forest(5), 300);
    wanted.label = told_by_the_row();
    wanted.features.features = vec!["log_return(close, 5)".parse().unwrap()];
    wanted.features.sets.clear();
    let trained = train_on(2, input(wanted.clone(), panel(6, 300, Hint::Signal))).unwrap();
    assert_eq!(trained.facts.rows.unknown, 0);
    assert_eq!(trained.facts.rows.labelled(), 6 * 300);

    wanted.features.features = vec!["hint".parse().unwrap()];
    let refused = catalogue::resolve(&wanted.features, &source(), &wanted.label, "spec.features");
    assert_eq!(refused.unwrap_err().reason(), Reason::FeatureLeaksLabel);
}

#[test]
fn a_near_copy_of_the_column_that_tells_the_label_ends_the_job() {
    let mut copied = source();
    copied.columns.push(SourceColumn {
        name: "copy".to_owned(),
        ..copied.columns[1].clone()
    });
    let (whole, fingerprint) = panel(6, 300, Hint::Signal);
    let names = ["close", "hint", "copy"].map(str::to_owned).to_vec();
    let mut builder = PanelBuilder::new(names, DuplicateRule::Refuse);
    let hint = whole.column("hint").unwrap();
    for (e, entity) in whole.entities().iter().enumerate() {
        for i in whole.range_of(e) {
            // Turned over and in another unit: no equal value, the same order.
            let values = [whole.column("close").unwrap()[i], hint[i], 7.0 - 1000.0 * hint[i]];
            builder.push(entity, whole.times()[i], None, &values).unwrap();
        }
    }
    let (with_copy, _) = builder.finish().unwrap();
    let mut wanted = spec(forest(3), 300);
    wanted.label = told_by_the_row();
    wanted.features.sets.clear();
    wanted.features.features = ["copy", "log_return(close, 5)"]
        .map(|text| text.parse().unwrap())
        .to_vec();
    let job = |spec: TrainSpec| Job {
        spec,
        source: copied.clone(),
        batches: vec![with_copy.clone()],
        fingerprint: fingerprint.clone(),
    };
    let (reason, text) = failed(train_on(2, job(wanted.clone())).err().unwrap());
    assert_eq!(reason, Reason::FeatureLeaksLabel);
    assert!(text.contains("`copy`") && !text.contains("log_return"), "{text}");
    // The same column may foresee the same label.
    let (horizon, tolerance) = ahead();
    let LabelSpec::Threshold(label) = &mut wanted.label else {
        unreachable!("it was just made")
    };
    (label.horizon, label.tolerance) = (horizon, tolerance);
    assert!(train_on(2, job(wanted)).is_ok());
}

fn combinatorial(blocks: u32, test_blocks: u32, embargo: Span) -> SplitSpec {
    SplitSpec::CombinatorialPurged(CombinatorialPurged {
        blocks,
        test_blocks,
        embargo,
    })
}

#[test]
fn a_combinatorial_split_learns_from_both_sides_and_keeps_away_from_what_it_tests() {
    let mut wanted = spec(forest(5), 300);
    let embargo = Span::from_mins(3);
    wanted.split = combinatorial(4, 2, embargo);
    let trained = train_on(2, input(wanted, panel(6, 300, Hint::Signal))).unwrap();
    let evaluation = trained.evaluation;
    assert_eq!(evaluation.folds.len(), 6, "4 choose 2");
    let mut after = 0;
    for fold in &evaluation.folds {
        assert!(
            fold.leak_proof.purged_rows > 0 && fold.metrics.threshold.is_some(),
            "fold {}",
            fold.index
        );
        for gap in &fold.leak_proof.gaps {
            assert!(
                gap.latest_train_resolve
                    .is_none_or(|time| time < gap.first_test_decision)
            );
            let end = gap.latest_test_resolve.timestamp_micros() + embargo.micros();
            assert!(
                gap.next_train_decision
                    .is_none_or(|time| time.timestamp_micros() > end)
            );
            after += u32::from(gap.next_train_decision.is_some());
        }
    }
    assert!(after > 3, "rows after the test are learned from");
    let labelled = trained.facts.rows.labelled();
    assert_eq!(
        evaluation.overall.rows,
        3 * labelled,
        "each row is tested with each of three other blocks"
    );
}

#[test]
fn a_threshold_of_a_combinatorial_fold_never_comes_from_a_model_that_saw_its_test() {
    // Fold 2 tests the last block, which fold 1 trained on: with another last block, its threshold must stay.
    let mut wanted = spec(forest(5), 300);
    wanted.split = combinatorial(2, 1, Span::ZERO);
    let fold = |panel| {
        train_on(2, input(wanted.clone(), panel))
            .unwrap()
            .evaluation
            .folds[1]
            .clone()
    };
    let one = fold(panel(6, 300, Hint::Signal));
    let other = fold(with_another_future(one.test_start.timestamp_micros()));
    assert_ne!(
        other.metrics.roc_auc, one.metrics.roc_auc,
        "the test block is another one"
    );
    assert!(one.metrics.threshold.is_some());
    assert_eq!(other.metrics.threshold, one.metrics.threshold);
}

#[test]
fn held_out_entities_are_tested_apart_and_change_nothing_of_what_is_learned_in_the_folds() {
    let mut wanted = spec(forest(5), 300);
    wanted.unseen_entity_share = Some(0.3);
    let trained = train_on(2, input(wanted.clone(), panel(12, 300, Hint::Signal))).unwrap();
    let evaluation = &trained.evaluation;
    let unseen = evaluation.unseen.as_ref().unwrap();
    assert!(unseen.entities > 0 && unseen.entities < 12, "{}", unseen.entities);
    let tested: u64 = evaluation
        .folds
        .iter()
        .map(|fold| fold.unseen.as_ref().unwrap().rows)
        .sum();
    assert_eq!(unseen.metrics.rows, tested);
    assert!(
        unseen.mean_roc_auc.unwrap() > 0.7,
        "the drift is in plain sight: {unseen:?}"
    );
    assert_eq!(trained.facts.entities, 12, "the final model learns from all");
    // With other entities in the bucket the others' scores stay: nobody learned from them.
    let (whole, _) = panel(12, 300, Hint::Signal);
    let names = ["close", "hint"].map(str::to_owned).to_vec();
    let mut builder = PanelBuilder::new(names, DuplicateRule::Refuse);
    for (e, entity) in whole.entities().iter().enumerate() {
        let held_out = mltraining_panel::split::unseen::is_held_out(entity, 0.3);
        let sign = if held_out { -1.0 } else { 1.0 };
        for i in whole.range_of(e) {
            let values = [
                whole.column("close").unwrap()[i],
                sign * whole.column("hint").unwrap()[i],
            ];
            builder.push(entity, whole.times()[i], None, &values).unwrap();
        }
    }
    let (turned, fingerprint) = builder.finish().unwrap();
    let other = train_on(2, input(wanted.clone(), (turned, fingerprint)))
        .unwrap()
        .evaluation;
    assert_eq!(other.overall, evaluation.overall);
    assert!(other.unseen.unwrap().mean_roc_auc.unwrap() < unseen.mean_roc_auc.unwrap());

    wanted.unseen_entity_share = Some(0.0001);
    let (reason, text) = failed(
        train_on(2, input(wanted, panel(6, 300, Hint::Signal)))
            .err()
            .unwrap(),
    );
    assert_eq!(reason, Reason::TooFewRows);
    assert!(text.contains("unseen_entity_share"), "{text}");
}

#[test]
fn the_leak_proof_holds_shuffled_labels_and_names_features_that_know_too_much() {
    let wanted = spec(forest(10), 400);
    let trained = train_on(2, input(wanted.clone(), panel(10, 400, Hint::Signal))).unwrap();
    let shuffled = trained.evaluation.shuffled_roc_auc.unwrap();
    assert!(
        (shuffled - 0.5).abs() < 0.08,
        "there is nothing to find: {shuffled}"
    );
    let names = |trained: &Trained| -> Vec<String> {
        let alarms = trained.evaluation.alarms.iter();
        alarms.map(|alarm| alarm.name.clone()).collect()
    };
    assert_eq!(names(&trained), ["hint"], "the drift itself, in plain sight");
    let blind = train_on(2, input(wanted, panel(10, 400, Hint::Noise))).unwrap();
    assert_eq!(
        names(&blind),
        Vec::<String>::new(),
        "nothing knows the label alone"
    );
}

/// The same panel up to `border`; from there on another future, with as many rows.
fn with_another_future(border: i64) -> (Panel, Fingerprint) {
    let (whole, _) = panel(6, 300, Hint::Signal);
    let mut builder = PanelBuilder::new(vec!["close".to_owned(), "hint".to_owned()], DuplicateRule::Refuse);
    let mut noise = Noise(99);
    for (e, entity) in whole.entities().iter().enumerate() {
        for i in whole.range_of(e) {
            let time = whole.times()[i];
            let factor = if time >= border { 1.0 + noise.next() } else { 1.0 };
            let close = whole.column("close").unwrap()[i] * factor;
            builder
                .push(entity, time, None, &[close, whole.column("hint").unwrap()[i]])
                .unwrap();
        }
    }
    builder.finish().unwrap()
}

#[test]
fn a_threshold_never_comes_from_the_rows_that_it_is_judged_on() {
    for calibration in [Calibration::None, Calibration::Platt, Calibration::Isotonic] {
        let wanted = TrainSpec {
            calibration,
            ..spec(forest(5), 300)
        };
        let trained = train_on(2, input(wanted.clone(), panel(6, 300, Hint::Signal))).unwrap();
        let folds = &trained.evaluation.folds;
        assert!(folds.iter().all(|fold| fold.metrics.threshold.is_some()));
        for (k, fold) in folds.iter().enumerate() {
            let future = with_another_future(fold.test_start.timestamp_micros());
            let other = train_on(2, input(wanted.clone(), future)).unwrap().evaluation;
            assert_ne!(
                other.folds[k].metrics.roc_auc, fold.metrics.roc_auc,
                "the test block is another one"
            );
            assert_eq!(
                other.folds[k].metrics.threshold, fold.metrics.threshold,
                "fold {}, {calibration:?}: neither it nor the calibration that it is a score of",
                fold.index
            );
        }
    }
}
