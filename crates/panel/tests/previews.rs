//! What previews show is what trainings do: a grid is its labels one by one, features one by one are those of the matrix, and
//! the account of a dataset adds up.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{Row, column_names, label, panel, source};
use mltraining_domain::{
    AlgorithmSpec, Calibration, CombinatorialPurged, Direction, ExtremeWithinHorizon, FeatureSpec, LabelSpec,
    RandomForestSpec, Reason, SampleWeight, Span, SplitSpec, ThresholdSpec, TimeRange, TrainSpec,
    TripleBarrier, WalkForward, WalkForwardScheme,
};
use mltraining_panel::compute::{self, Cancelled, Control};
use mltraining_panel::preview::{self, Dataset, DatasetPreview};
use mltraining_panel::{Panel, catalogue, rows, split};
use std::sync::atomic::AtomicBool;

const MINUTE: i64 = 60_000_000;

/// Three entities whose prices move at different paces.
fn rising_rows() -> Vec<Row> {
    let entities = [("a", Some(1), 0.9), ("b", None, 2.0), ("c", Some(2), 5.0)];
    let bar = |(entity, phase, pace): (&str, Option<i32>, f64), minute: i64| {
        let price = 100.0 * (1.0 + 0.05 * (minute as f64 / pace).sin());
        (entity.to_owned(), minute * MINUTE, phase, vec![price; 6])
    };
    let rows = entities
        .iter()
        .flat_map(|entity| (0..200).map(move |minute| bar(*entity, minute)));
    rows.collect()
}

#[test]
fn a_cell_of_a_grid_is_what_its_label_alone_is() {
    let panel = panel(column_names(&source()), rising_rows());
    // Not all rows: some are of phases that are left out.
    let wanted: Vec<u32> = (0..panel.rows() as u32).filter(|row| row % 7 != 0).collect();
    let counted = preview::Counted {
        panel: &panel,
        source: &source(),
        rows: &wanted,
        end: 180 * MINUTE,
        cancel: &AtomicBool::new(false),
    };
    let (changes, horizons) = ([0.01, 0.02, 0.5], [Span::from_mins(5), Span::from_mins(30)]);
    let cells = preview::grid(&counted, &label(), &changes, &horizons).unwrap();
    let order: Vec<(f64, Span)> = cells.iter().map(|cell| (cell.change, cell.horizon)).collect();
    let expected: Vec<(f64, Span)> = changes
        .iter()
        .flat_map(|change| horizons.iter().map(|horizon| (*change, *horizon)))
        .collect();
    assert_eq!(order, expected, "row by row");
    for cell in &cells {
        let alone = label().with(cell.change, cell.horizon).unwrap();
        let alone = preview::labels(&counted, &alone).unwrap();
        assert_eq!(
            (cell.counts, cell.mean_uniqueness, cell.mean_overlap),
            (alone.total, alone.mean_uniqueness, alone.mean_overlap)
        );
    }
    assert_ne!(cells[0].counts, cells[2].counts);
    assert_ne!(cells[0].mean_overlap, cells[1].mean_overlap);
    let barrier = LabelSpec::TripleBarrier(TripleBarrier {
        column: None,
        upper: 0.1,
        lower: 0.1,
        upper_column: None,
        lower_column: None,
        horizon: Span::from_mins(5),
        tolerance: None,
    });
    assert_eq!(
        preview::grid(&counted, &barrier, &changes, &horizons),
        Ok(Vec::new())
    );
    let stopped = preview::Counted {
        cancel: &AtomicBool::new(true),
        ..counted
    };
    assert_eq!(
        preview::grid(&stopped, &label(), &changes, &horizons),
        Err(Cancelled)
    );
    assert_eq!(preview::labels(&stopped, &label()), Err(Cancelled));
}

#[test]
fn features_one_by_one_are_those_of_the_matrix() {
    let panel = panel(column_names(&source()), rising_rows());
    let spec = FeatureSpec::default();
    let plan = catalogue::resolve(&spec, &source(), &label(), "spec.features").unwrap();
    let rows: Vec<u32> = (0..panel.rows() as u32).filter(|row| row % 3 == 0).collect();
    let control = Control {
        cancel: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    let all = compute::features(&panel, &plan, &rows, &control).unwrap();
    let bits = |column: &[f32]| -> Vec<u32> { column.iter().map(|value| value.to_bits()).collect() };
    for at_once in [1, 3, 1000] {
        let each = compute::each_feature(&panel, &plan, &rows, &control, at_once, |feature, column| {
            (feature.name(), bits(&column))
        });
        let expected: Vec<_> = all
            .names
            .iter()
            .cloned()
            .zip(all.columns.iter().map(|c| bits(c)))
            .collect();
        assert_eq!(each.unwrap(), expected);
    }
}

/// A training on the rows from minute 20 to minute 180.
fn spec(split: SplitSpec) -> TrainSpec {
    let at = |minute: i64| chrono::DateTime::from_timestamp_micros(minute * MINUTE).unwrap();
    TrainSpec {
        model: "m".parse().unwrap(),
        source: "bars".parse().unwrap(),
        range: TimeRange {
            start: at(20),
            end: at(180),
        },
        label: label().with(0.01, Span::from_mins(10)).unwrap(),
        features: FeatureSpec::default(),
        algorithm: AlgorithmSpec::RandomForest(RandomForestSpec::default()),
        split,
        unseen_entity_share: None,
        sample_weight: SampleWeight::None,
        calibration: Calibration::None,
        known_before: None,
        threshold: ThresholdSpec::MaxF1,
        seed: 1,
        entities: Vec::new(),
        phases: Vec::new(),
        max_rows: 1_000_000,
    }
}

fn walk(folds: u32) -> SplitSpec {
    SplitSpec::WalkForward(WalkForward {
        folds,
        scheme: WalkForwardScheme::Expanding,
        embargo: Span::from_mins(3),
    })
}

/// What the reader would have read of the rising rows.
fn read() -> Panel {
    let rows = rising_rows()
        .into_iter()
        .filter(|(_, time, _, _)| *time < 180 * MINUTE);
    panel(column_names(&source()), rows.collect())
}

/// Of the rows whose horizon reaches an instant after which nothing was known only those that came true can be told: no fair
/// sample, be it the end of the range or that of what had been recorded.
#[test]
fn no_label_reaches_beyond_what_was_known() {
    let at = |minute: i64| chrono::DateTime::from_timestamp_micros(minute * MINUTE).unwrap();
    let rows = rising_rows().into_iter();
    let rows = rows.filter(|(_, time, _, _)| *time < 120 * MINUTE);
    let panel = panel(column_names(&source()), rows.collect());
    let mut spec = spec(walk(3));
    spec.label = LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
        column: None,
        extreme_column: None,
        change: 0.01,
        direction: Direction::Up,
        horizon: Span::from_mins(10),
        tolerance: None,
    });
    spec.known_before = Some(at(120));
    let known = rows::select(&panel, &spec, &source());
    spec.known_before = None;
    spec.range.end = at(120);
    assert_eq!(known, rows::select(&panel, &spec, &source()));
    assert!(known.counts.labelled() > 0 && known.counts.unknown > 0);
    spec.range.end = at(180);
    let unfair = rows::select(&panel, &spec, &source());
    assert!(
        unfair.counts.positives > known.counts.positives,
        "the end matters here"
    );
}

fn look(panel: &Panel, spec: &TrainSpec, shown: usize) -> Result<DatasetPreview, Cancelled> {
    let plan = catalogue::resolve(&spec.features, &source(), &spec.label, "spec.features").unwrap();
    let dataset = Dataset {
        panel,
        spec,
        source: &source(),
        plan: &plan,
        shown,
        at_once: 2,
    };
    let control = Control {
        cancel: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    preview::dataset(&dataset, &control)
}

#[test]
fn every_row_of_a_dataset_is_accounted_for_and_folds_are_those_of_the_split() {
    let panel = read();
    for split in [
        walk(3),
        SplitSpec::CombinatorialPurged(CombinatorialPurged {
            blocks: 4,
            test_blocks: 2,
            embargo: Span::from_mins(3),
        }),
    ] {
        let mut spec = spec(split);
        spec.phases = vec![1, 2]; // entity b has none
        let found = look(&panel, &spec, 5).unwrap();
        let counts = found.counts;
        assert_eq!(
            (counts.read, counts.warm_up, counts.filtered),
            (3 * 180, 3 * 20, 160)
        );
        assert_eq!(
            counts.read,
            counts.warm_up + counts.filtered + counts.unknown + counts.labelled()
        );
        assert_eq!((counts.unknown, found.entities), (2 * 10, 2));
        for column in &found.columns {
            let statistics = column.statistics;
            assert_eq!(
                statistics.count + statistics.missing,
                counts.labelled(),
                "{}",
                column.name
            );
        }
        let rows = rows::select(&panel, &spec, &source());
        let folds = split::folds(rows.split_rows(), &spec.split).unwrap();
        assert_eq!(found.folds.len(), folds.len());
        for (shown, fold) in found.folds.iter().zip(&folds) {
            let sizes = (shown.train_rows as usize, shown.test_rows as usize);
            assert_eq!(sizes, (fold.train.len(), fold.test.len()));
            assert_eq!(
                (shown.purged_rows, shown.embargoed_rows),
                (fold.purged_rows, fold.embargoed_rows)
            );
            assert!(shown.purged_rows > 0 && shown.test_positives > 0);
        }
        assert_eq!(found.refusal, None);
    }
}

#[test]
fn shown_rows_are_spread_over_time_and_have_the_values_that_a_model_sees() {
    let (panel, spec) = (read(), spec(walk(3)));
    let found = look(&panel, &spec, 5).unwrap();
    let rows = rows::select(&panel, &spec, &source());
    let times: Vec<i64> = found.shown.iter().map(|row| row.decision / MINUTE).collect();
    assert_eq!(times.len(), 5);
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert_eq!((times[0], times[4]), (20, 169), "the first and the last row");
    let close = found
        .columns
        .iter()
        .find(|column| column.name == "close")
        .unwrap();
    for (row, value) in found.shown.iter().zip(&close.shown) {
        let at = |i: &usize| {
            let in_panel = rows.panel_rows[*i] as usize;
            panel.entities()[panel.entity_of(in_panel)] == row.entity && rows.decisions[*i] == row.decision
        };
        let place = (0..rows.decisions.len()).find(at).unwrap();
        assert_eq!(
            (row.label, row.resolve),
            (rows.labels[place], rows.resolves[place])
        );
        let read = panel.column("close").unwrap()[rows.panel_rows[place] as usize];
        assert_eq!(*value, read as f32);
    }
    assert_eq!(look(&panel, &spec, 0).unwrap().shown, []);
    let all = look(&panel, &spec, 100_000).unwrap().shown.len();
    assert_eq!(all as u64, found.counts.labelled());
}

#[test]
fn what_would_end_a_training_is_told_and_the_rest_still_shown() {
    let panel = read();
    let mut never = spec(walk(3));
    never.label = label().with(900.0, Span::from_mins(10)).unwrap();
    let found = look(&panel, &never, 3).unwrap();
    let refusal = found.refusal.unwrap();
    assert_eq!(refusal.reason, Reason::LabelHasNoPositives);
    assert_eq!((found.folds.len(), found.shown.len()), (0, 3));
    assert!(found.columns.iter().any(|column| column.statistics.count > 0));

    let mut crowded = spec(walk(50));
    crowded.label = label().with(0.01, Span::from_mins(60)).unwrap();
    let found = look(&panel, &crowded, 0).unwrap();
    let refusal = found.refusal.unwrap();
    assert_eq!(refusal.reason, Reason::TooFewRows);
    assert!(
        refusal.message.contains("has no training row left"),
        "{}",
        refusal.message
    );
}

#[test]
fn a_preview_stops_when_told() {
    let (panel, spec) = (read(), spec(walk(3)));
    let plan = catalogue::resolve(&spec.features, &source(), &spec.label, "spec.features").unwrap();
    let dataset = Dataset {
        panel: &panel,
        spec: &spec,
        source: &source(),
        plan: &plan,
        shown: 0,
        at_once: 2,
    };
    let control = Control {
        cancel: &AtomicBool::new(true),
        progress: &|_, _| {},
    };
    assert_eq!(preview::dataset(&dataset, &control), Err(Cancelled));
}
