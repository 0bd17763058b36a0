//! The ROC curve: what share of the positives is found, at what share of false alarms.

use super::frame::{Axis, Frame, HEIGHT, WIDTH};
use super::svg::{Anchor, Place, Svg};
use crate::words::number::score;
use mltraining_domain::CurvePoint;

/// The curve over the diagonal, which is chance; `None` without points.
pub(crate) fn roc(points: &[CurvePoint], auc: Option<f64>) -> Option<String> {
    if points.is_empty() {
        return None;
    }
    let area = score(auc);
    let description = format!("The area under the curve is {area}; by chance it would be 0.5.");
    let mut svg = Svg::new("roc", (WIDTH, HEIGHT), "ROC curve", &description);
    let frame = Frame::new(
        Axis::share("false alarms: share of the negatives"),
        Axis::share("found: share of the positives"),
    );
    frame.draw(&mut svg);
    let places: Vec<Place> = points.iter().map(|point| frame.at(point.x, point.y)).collect();
    svg.area("model-area", &places, frame.floor());
    svg.path("chance", &[frame.at(0.0, 0.0), frame.at(1.0, 1.0)]);
    svg.path("model", &places);
    svg.text("note", frame.at(0.97, 0.12), Anchor::End, &format!("area {area}"));
    svg.text("note-soft", frame.at(0.97, 0.05), Anchor::End, "dashed: chance");
    Some(svg.finish())
}
