//! What is to be predicted, and what is foreseen.

use super::field::small_wire_count;
use super::time::{read_instant, read_span, show_micros};
use super::{feature_order, time};
use crate::error::ApiError;
use chrono::{DateTime, Utc};
use mltraining_domain::name::VersionName;
use mltraining_domain::{Span, Violations};
use mltraining_learn::model_file::Header;
use mltraining_panel::compute::narrow;
use mltraining_proto::v1;
use v1::NoPredictionReason as Wire;
use v1::predict_request::Input;

/// Most rows or points of a request.
pub(crate) const MOST: usize = 1000;
/// Values of features in all rows of an answer together.
const MOST_VALUES: usize = 200_000;
/// The oldest bar that may be asked for, microseconds: 366 days.
const OLDEST_BAR: i64 = 366 * 86_400 * 1_000_000;

/// What is to be predicted.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Rows of features.
    Rows(v1::FeatureRows),
    /// Entities at times.
    Points(Points),
}

/// Entities at times.
#[derive(Debug, Clone)]
pub(crate) struct Points {
    /// The points.
    pub(crate) points: Vec<Point>,
    /// How old a bar may be, microseconds.
    pub(crate) max_bar_age: Option<i64>,
    /// Only rows recorded before.
    pub(crate) known_before: Option<DateTime<Utc>>,
}

/// An entity at a time.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// The entity; may be empty.
    pub(crate) entity: String,
    /// The time, microseconds since 1970-01-01 UTC.
    pub(crate) micros: i64,
}

/// The version that was used.
#[derive(Debug)]
pub(crate) struct Used {
    /// Its name.
    pub(crate) name: VersionName,
    /// SHA-256 of its file, in hex.
    pub(crate) sha256: String,
}

/// Whether values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// With the features.
    Features,
    /// Scores alone.
    Scores,
}

/// Why there is no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPrediction {
    /// No bar that was known.
    NoBar,
    /// No feature has a value.
    WarmUp,
    /// An entity that the training did not read, where entities are ranked.
    OtherEntity,
    /// A bar of a phase that the training left out.
    OtherPhase,
}

/// What is foreseen for one row.
#[derive(Debug, Clone)]
pub(crate) struct Foreseen {
    /// Time of its bar, microseconds.
    pub(crate) bar: Option<i64>,
    /// The score.
    pub(crate) outcome: Result<f64, NoPrediction>,
    /// What the model was given, NaN for missing; empty without a row.
    pub(crate) values: Vec<f32>,
}

impl Shown {
    /// As a request asks for it.
    pub(crate) fn of(return_features: bool) -> Self {
        match return_features {
            true => Self::Features,
            false => Self::Scores,
        }
    }
}

impl Foreseen {
    /// Nothing, for this reason.
    pub(crate) fn none(why: NoPrediction) -> Self {
        Self {
            bar: None,
            outcome: Err(why),
            values: Vec::new(),
        }
    }

    /// A row before its score is known; one without any value stays without.
    pub(crate) fn of_values(values: Vec<f32>) -> Self {
        let known = values.iter().any(|value| !value.is_nan());
        Self {
            bar: None,
            outcome: match known {
                true => Ok(f64::NAN),
                false => Err(NoPrediction::WarmUp),
            },
            values,
        }
    }
}

/// Reads what is to be predicted; what is wrong with it is noted in `found`.
pub(crate) fn read(input: Option<Input>, found: &mut Violations) -> Asked {
    match input {
        Some(Input::Rows(rows)) => {
            check_count(rows.rows.len(), "rows.rows", found);
            Asked::Rows(rows)
        }
        Some(Input::Points(points)) => Asked::Points(read_points(points, found)),
        None => {
            found.invalid(
                "input",
                "required: give rows of features, or points: entities at times",
            );
            Asked::Rows(v1::FeatureRows::default())
        }
    }
}

fn check_count(count: usize, field: &str, found: &mut Violations) {
    found.require((1..=MOST).contains(&count), field, || {
        format!("{count} of them; give 1 to {MOST}")
    });
}

fn read_points(asked: v1::PredictionPoints, found: &mut Violations) -> Points {
    const AGE: &str = "points.max_bar_age";
    check_count(asked.points.len(), "points.points", found);
    let age = read_span(asked.max_bar_age, AGE, found).map(Span::micros);
    found.require(age.is_none_or(|age| age <= OLDEST_BAR), AGE, || {
        "longer than 366 days".to_owned()
    });
    let few = asked.points.into_iter().take(MOST).enumerate();
    Points {
        points: few.map(|(i, point)| read_point(i, point, found)).collect(),
        max_bar_age: age,
        known_before: read_instant(asked.known_before, "points.known_before", found),
    }
}

fn read_point(i: usize, point: v1::PredictionPoint, found: &mut Violations) -> Point {
    let field = format!("points.points[{i}].time");
    let time = time::read_floor(point.time, &field, found);
    Point {
        entity: point.entity,
        micros: time.unwrap_or_default(),
    }
}

/// Refuses more values than an answer holds, once it is known how many features there are.
pub(crate) fn check_size(shown: Shown, rows: usize, features: usize) -> Violations {
    let mut found = Violations::new();
    let fits = shown == Shown::Scores || rows.saturating_mul(features) <= MOST_VALUES;
    found.require(fits, "return_features", || {
        format!(
            "{rows} rows of {features} features are more than {MOST_VALUES} values; give at most {} rows",
            MOST_VALUES / features.max(1)
        )
    });
    found
}

/// The values of rows, column by column in the order of the model.
///
/// # Errors
/// UNKNOWN_FEATURE and INVALID_FIELD, all of them at once.
pub(crate) fn columns(rows: &v1::FeatureRows, model: &[String]) -> Result<Vec<Vec<f32>>, ApiError> {
    let field = |i: usize| format!("rows.features[{i}]");
    let order = feature_order::find(&rows.features, model, "rows.features", &field)?;
    let width = rows.features.len();
    let mut found = Violations::new();
    for (i, row) in rows.rows.iter().enumerate() {
        let values = row.values.len();
        found.require(values == width, &format!("rows.rows[{i}].values"), || {
            format!("{values} values for {width} features")
        });
    }
    found.into_result(())?;
    let column = |place: usize| rows.rows.iter().map(|row| narrow(row.values[place])).collect();
    Ok(order.into_iter().map(column).collect())
}

/// The answer as the wire holds it.
pub(crate) fn show(used: &Used, header: &Header, foreseen: &[Foreseen], shown: Shown) -> v1::PredictResponse {
    let predictions = foreseen.iter();
    v1::PredictResponse {
        model_version: used.name.to_string(),
        model_sha256: used.sha256.clone(),
        threshold: header.threshold,
        predictions: predictions
            .map(|one| show_one(one, header.threshold, shown))
            .collect(),
        features: match shown {
            Shown::Features => header.feature_names.clone(),
            Shown::Scores => Vec::new(),
        },
    }
}

fn show_one(foreseen: &Foreseen, threshold: Option<f64>, shown: Shown) -> v1::Prediction {
    let score = foreseen.outcome.ok();
    let missing = foreseen.values.iter().filter(|value| value.is_nan()).count();
    let values = || v1::FeatureRow {
        values: foreseen.values.iter().copied().map(f64::from).collect(),
    };
    v1::Prediction {
        score,
        decision: score.zip(threshold).map(|(score, threshold)| score >= threshold),
        bar_time: foreseen.bar.and_then(show_micros),
        no_prediction: foreseen
            .outcome
            .err()
            .map_or(Wire::Unspecified, show_reason)
            .into(),
        missing_features: small_wire_count(u32::try_from(missing).unwrap_or(u32::MAX)),
        features: (shown == Shown::Features && !foreseen.values.is_empty()).then(values),
    }
}

fn show_reason(why: NoPrediction) -> Wire {
    match why {
        NoPrediction::NoBar => Wire::NoBar,
        NoPrediction::WarmUp => Wire::WarmUp,
        NoPrediction::OtherEntity => Wire::OtherEntity,
        NoPrediction::OtherPhase => Wire::OtherPhase,
    }
}
