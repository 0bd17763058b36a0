//! The precision-recall curve: how many of the calls are right, at what share of the positives found.

use super::frame::{Axis, Frame, HEIGHT, WIDTH};
use super::svg::{Anchor, Place, Svg};
use crate::words::number::{score, share};
use mltraining_domain::CurvePoint;

/// The curve in steps over the share of positives, which is chance; `None` without points.
pub(crate) fn precision_recall(
    points: &[CurvePoint],
    average_precision: Option<f64>,
    prevalence: Option<f64>,
) -> Option<String> {
    let first = points.first()?;
    let description = format!(
        "The average precision is {}; by chance it would be the share of positives, {}.",
        score(average_precision),
        share(prevalence)
    );
    let title = "Precision-recall curve";
    let mut svg = Svg::new("precision-recall", (WIDTH, HEIGHT), title, &description);
    let frame = Frame::new(
        Axis::share("recall: share of the positives found"),
        Axis::share("precision: share of the calls that are right"),
    );
    frame.draw(&mut svg);
    let mut places: Vec<Place> = vec![frame.at(0.0, first.y)];
    let mut recall = 0.0;
    for point in points {
        places.push(frame.at(recall, point.y));
        places.push(frame.at(point.x, point.y));
        recall = point.x;
    }
    svg.area("model-area", &places, frame.floor());
    if let Some(chance) = prevalence {
        svg.path("chance", &[frame.at(0.0, chance), frame.at(1.0, chance)]);
    }
    svg.path("model", &places);
    let note = format!("average precision {}", score(average_precision));
    svg.text("note", frame.at(0.97, 0.93), Anchor::End, &note);
    let note = format!("dashed: chance, {}", share(prevalence));
    svg.text("note-soft", frame.at(0.97, 0.86), Anchor::End, &note);
    Some(svg.finish())
}
