//! Whether foreseen numbers come true on average.

use super::frame::{Axis, Frame, HEIGHT, WIDTH};
use super::svg::{Anchor, Place, Svg};
use crate::words::number::{count, size};
use mltraining_domain::ForecastPart;

/// Two-sided 95 % of a normal distribution.
const Z: f64 = 1.96;

/// What came true over what was foreseen, in parts of about equal size; `None` where all forecasts are the same.
pub(crate) fn forecasts(parts: &[ForecastPart]) -> Option<String> {
    let (first, last) = (parts.first()?, parts.last()?);
    if first.mean_forecast >= last.mean_forecast {
        return None;
    }
    let description = "For rows of neighbouring forecasts, the mean that came true over the mean forecast. On the diagonal forecasts \
                       are right on average. Bars: 95 % of what a mean of so many rows may be, if they were independent.";
    let mut svg = Svg::new(
        "forecasts",
        (WIDTH, HEIGHT),
        "Forecasts and what came true",
        description,
    );
    let (low, high) = ends(parts);
    let axis = |label| Axis {
        label,
        low,
        high,
        write: |value| size(Some(value)),
    };
    let frame = Frame::new(axis("foreseen: mean"), axis("came true: mean"));
    frame.draw(&mut svg);
    svg.path("chance", &[frame.at(low, low), frame.at(high, high)]);
    let places: Vec<Place> = parts
        .iter()
        .map(|part| frame.at(part.mean_forecast, part.mean_truth))
        .collect();
    svg.path("model", &places);
    for (part, place) in parts.iter().zip(&places) {
        let half = half(part);
        svg.line(
            "whisker",
            frame.at(part.mean_forecast, part.mean_truth - half),
            frame.at(part.mean_forecast, part.mean_truth + half),
        );
        let tip = format!(
            "{} rows: foreseen {}, came true {}",
            count(part.rows),
            size(Some(part.mean_forecast)),
            size(Some(part.mean_truth))
        );
        svg.dot("model-dot", *place, 4.0, &tip);
    }
    let corner = frame.at(high - 0.03 * (high - low), low + 0.05 * (high - low));
    svg.text("note-soft", corner, Anchor::End, "dashed: right on average");
    Some(svg.finish())
}

/// Half of the interval of the mean of a part.
fn half(part: &ForecastPart) -> f64 {
    Z * part.deviation / (part.rows as f64).sqrt()
}

/// As far as anything reaches, and a little more.
fn ends(parts: &[ForecastPart]) -> (f64, f64) {
    let all = parts.iter().flat_map(|part| {
        let half = half(part);
        [part.mean_forecast, part.mean_truth - half, part.mean_truth + half]
    });
    let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (value.min(low), value.max(high))
    });
    let more = 0.04 * (high - low);
    (low - more, high + more)
}
