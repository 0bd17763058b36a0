//! A market of random walks, and the questions that are asked of it.

use mltraining_domain::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, ColumnRole, DataType, Direction, DuplicateRule, FeatureSpec,
    LabelSpec, LogisticRegressionSpec, SampleWeight, SourceColumn, SourceSpec, Span, SplitSpec,
    ThresholdSpec, TimeRange, TrainSpec,
};
use mltraining_leakage::{Check, Finding, Question, Report, Scope, check};
use mltraining_panel::catalogue::{self, FeaturePlan};
use mltraining_panel::{Duplicates, Panel, PanelBuilder};
use std::sync::atomic::AtomicBool;

pub(crate) const ENTITIES: usize = 12;
pub(crate) const BARS: usize = 400;
pub(crate) const MINUTE: i64 = 60_000_000;
/// Features of the market that say nothing of the future.
pub(crate) const HONEST: &[&str] = &[
    "close",
    "volume",
    "log_return(close, 1)",
    "z_score(close, 10)",
    "rolling_std(log_return(close, 1), 30)",
    "running_max_distance(close)",
];

/// Rows of some columns beside `close` and `volume`: by name, each made from the closes of one entity.
pub(crate) type Planted<'a> = (&'a str, &'a dyn Fn(&[f64]) -> Vec<f64>);

/// A source with its rows.
pub(crate) struct Market {
    pub(crate) source: SourceSpec,
    pub(crate) panel: Panel,
    pub(crate) plan: FeaturePlan,
    pub(crate) spec: TrainSpec,
    pub(crate) duplicates: Option<Duplicates>,
}

/// The generator of Numerical Recipes' `ranqd1` family with 64 bits (Knuth's MMIX): good enough for walks, and the same anywhere.
struct Dice(u64);

impl Dice {
    /// Evenly from -0.5 to 0.5.
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }
}

/// The closes of an entity: a random walk from a level of its own.
fn walk(entity: usize) -> Vec<f64> {
    let mut dice = Dice(entity as u64 + 1);
    let mut close = 10.0_f64.powi(entity as i32 % 5);
    let step = |_| {
        close *= 1.0 + 0.02 * (dice.roll() + dice.roll() + dice.roll());
        close
    };
    (0..BARS).map(step).collect()
}

impl Market {
    /// Walks with planted columns, one bar a minute.
    pub(crate) fn with(planted: &[Planted<'_>], features: &[&str]) -> Self {
        let names: Vec<&str> = ["close", "volume"]
            .into_iter()
            .chain(planted.iter().map(|(name, _)| *name))
            .collect();
        let source = source(&names);
        let mut builder = PanelBuilder::new(
            names.iter().map(|name| (*name).to_owned()).collect(),
            DuplicateRule::Refuse,
        );
        for entity in 0..ENTITIES {
            let closes = walk(entity);
            let mut dice = Dice(1_000 + entity as u64);
            let columns: Vec<Vec<f64>> = planted.iter().map(|(_, make)| make(&closes)).collect();
            for (bar, close) in closes.iter().enumerate() {
                let mut values = vec![*close, 10.0 + dice.roll()];
                values.extend(columns.iter().map(|column| column[bar]));
                builder
                    .push(&format!("e{entity:02}"), bar as i64 * MINUTE, Some(1), &values)
                    .unwrap();
            }
        }
        let label = change(0.01);
        Self {
            plan: plan(features, &source, &label),
            panel: builder.finish().unwrap().0,
            source,
            spec: spec(label),
            duplicates: None,
        }
    }

    /// The market without a plant.
    pub(crate) fn clean() -> Self {
        Self::with(&[], HONEST)
    }

    /// Asks for another label.
    pub(crate) fn foresee(mut self, label: LabelSpec, features: &[&str]) -> Self {
        self.plan = plan(features, &self.source, &label);
        self.spec.label = label;
        self
    }

    /// What is found.
    pub(crate) fn report(&self) -> Report {
        check(&self.question(&AtomicBool::new(false))).unwrap()
    }

    /// Whether a check that was told to stop does.
    pub(crate) fn stopped(&self) -> bool {
        check(&self.question(&AtomicBool::new(true))).is_err()
    }

    fn question<'a>(&'a self, cancel: &'a AtomicBool) -> Question<'a> {
        Question {
            panel: &self.panel,
            spec: &self.spec,
            source: &self.source,
            plan: &self.plan,
            rows: self.panel.rows() as u64 + self.duplicates.as_ref().map_or(0, |found| found.count),
            entities: self.panel.entities().len() as u64,
            duplicates: self.duplicates.as_ref(),
            cancel,
        }
    }
}

fn source(names: &[&str]) -> SourceSpec {
    let column = |name: &&str| SourceColumn {
        name: (*name).to_owned(),
        data_type: DataType::Float,
        role: match *name {
            "close" => ColumnRole::Close,
            "volume" => ColumnRole::Volume,
            _ => ColumnRole::Value,
        },
        unit: String::new(),
    };
    SourceSpec {
        schema: "public".to_owned(),
        table: "bars".to_owned(),
        entity_column: Some("entity".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "time".to_owned(),
        phase_column: Some("phase".to_owned()),
        columns: names.iter().map(column).collect(),
        bar_interval: Span::from_mins(1),
        duplicate_rule: DuplicateRule::Refuse,
        phases: Vec::new(),
    }
}

fn spec(label: LabelSpec) -> TrainSpec {
    let at = |micros| chrono::DateTime::from_timestamp_micros(micros).unwrap();
    TrainSpec {
        model: "m".parse().unwrap(),
        source: "bars".parse().unwrap(),
        range: TimeRange {
            start: at(0),
            end: at(BARS as i64 * MINUTE),
        },
        label,
        features: FeatureSpec::default(),
        algorithm: AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        split: SplitSpec::default(),
        unseen_entity_share: None,
        sample_weight: SampleWeight::None,
        calibration: Calibration::None,
        known_before: None,
        threshold: ThresholdSpec::default(),
        seed: 42,
        entities: Vec::new(),
        phases: Vec::new(),
        max_rows: 1_000_000,
    }
}

fn plan(features: &[&str], source: &SourceSpec, label: &LabelSpec) -> FeaturePlan {
    let spec = FeatureSpec {
        sets: Vec::new(),
        features: features.iter().map(|text| text.parse().unwrap()).collect(),
        windows: Vec::new(),
        exclude: Vec::new(),
    };
    catalogue::resolve(&spec, source, label, "spec.features").unwrap()
}

/// A rise of the close within 10 minutes.
pub(crate) fn change(change: f64) -> LabelSpec {
    LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
        column: None,
        change,
        direction: Direction::Up,
        horizon: Span::from_mins(10),
        tolerance: None,
    })
}

/// What one check found.
pub(crate) fn found(report: &Report, check: Check) -> &[Finding] {
    &report
        .checked
        .iter()
        .find(|checked| checked.check == check)
        .unwrap()
        .outcome
        .findings
}

/// What one check looked at.
pub(crate) fn scope(report: &Report, check: Check) -> Scope {
    report
        .checked
        .iter()
        .find(|checked| checked.check == check)
        .unwrap()
        .outcome
        .scope
}

/// The checks that found something.
pub(crate) fn alarmed(report: &Report) -> Vec<Check> {
    let alarmed = report
        .checked
        .iter()
        .filter(|checked| !checked.outcome.findings.is_empty());
    alarmed.map(|checked| checked.check).collect()
}
