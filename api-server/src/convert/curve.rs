//! Curves of an evaluation, as they were kept.

use super::evaluation::show_confusion;
use super::field::{choice, wire_count};
use mltraining_domain::{AtThreshold, CalibrationPart, CurvePoint, Curves, Violations};
use mltraining_proto::v1;

/// The curve that a request asks for.
pub(crate) fn read_kind(value: i32, found: &mut Violations) -> v1::CurveKind {
    let known =
        "CURVE_KIND_ROC, CURVE_KIND_PRECISION_RECALL, CURVE_KIND_CALIBRATION or CURVE_KIND_THRESHOLDS";
    match choice(value, known, "kind", found) {
        v1::CurveKind::Unspecified => v1::CurveKind::Roc,
        kind => kind,
    }
}

/// That one of the curves of the evaluation of this name.
pub(crate) fn show(curves: &Curves, kind: v1::CurveKind, evaluation: String) -> v1::EvaluationCurve {
    let mut shown = v1::EvaluationCurve {
        evaluation,
        kind: kind.into(),
        ..v1::EvaluationCurve::default()
    };
    match kind {
        v1::CurveKind::Unspecified | v1::CurveKind::Roc => shown.points = points(&curves.roc),
        v1::CurveKind::PrecisionRecall => shown.points = points(&curves.precision_recall),
        v1::CurveKind::Calibration => {
            shown.calibration = curves.calibration.iter().map(show_part).collect();
        }
        v1::CurveKind::Thresholds => {
            shown.thresholds = curves.thresholds.iter().map(show_threshold).collect();
        }
    }
    shown
}

fn points(points: &[CurvePoint]) -> Vec<v1::CurvePoint> {
    let shown = points.iter().map(|point| v1::CurvePoint {
        x: point.x,
        y: point.y,
    });
    shown.collect()
}

fn show_part(part: &CalibrationPart) -> v1::CalibrationPart {
    v1::CalibrationPart {
        rows: wire_count(part.rows),
        positives: wire_count(part.positives),
        mean_score: part.mean_score,
    }
}

fn show_threshold(at: &AtThreshold) -> v1::ThresholdPoint {
    v1::ThresholdPoint {
        threshold: at.threshold,
        confusion: Some(show_confusion(&at.confusion)),
    }
}
