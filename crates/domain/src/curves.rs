//! Scores over all thresholds, as they are drawn: measured once, by the job that judged, and kept.

use crate::Confusion;
use serde::{Deserialize, Serialize};

/// A point of a curve, both coordinates from 0 to 1. Stored as `[x, y]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64)", into = "(f64, f64)")]
pub struct CurvePoint {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

impl From<(f64, f64)> for CurvePoint {
    fn from((x, y): (f64, f64)) -> Self {
        Self { x, y }
    }
}

impl From<CurvePoint> for (f64, f64) {
    fn from(point: CurvePoint) -> Self {
        (point.x, point.y)
    }
}

/// Rows of neighbouring scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationPart {
    /// Its rows.
    pub rows: u64,
    /// Of them positive.
    pub positives: u64,
    /// Mean of their scores.
    pub mean_score: f64,
}

/// What comes of one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtThreshold {
    /// A score at or above it is a yes.
    pub threshold: f64,
    /// What the yes and the no meet.
    pub confusion: Confusion,
}

/// How scores rank and what they say, over all thresholds. Empty where a class is missing or a score is NaN.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curves {
    /// Share of negatives said yes to (x) and share of positives said yes to (y), from (0, 0) to (1, 1).
    pub roc: Vec<CurvePoint>,
    /// Recall (x) and precision (y) at each distinct score, the highest first: steps, between which no line is drawn.
    pub precision_recall: Vec<CurvePoint>,
    /// Rows by score in parts of about equal size, the lowest first; rows of one score are never parted.
    pub calibration: Vec<CalibrationPart>,
    /// Evenly spread thresholds, the lowest first.
    pub thresholds: Vec<AtThreshold>,
}

/// Rows of neighbouring forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ForecastPart {
    /// Rows, at least one.
    pub rows: u64,
    /// Mean of what was foreseen.
    pub mean_forecast: f64,
    /// Mean of what came true.
    pub mean_truth: f64,
    /// Standard deviation of what came true (ddof 0).
    pub deviation: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_stored_as_its_two_coordinates_and_reads_back_bit_for_bit() {
        let point = CurvePoint {
            x: 0.1,
            y: 0.30000000000000004,
        };
        let text = serde_json::to_string(&point).unwrap();
        assert_eq!(text, "[0.1,0.30000000000000004]");
        assert_eq!(serde_json::from_str::<CurvePoint>(&text).unwrap(), point);
    }
}
