//! Whether scores can be taken for probabilities.

use super::frame::{Axis, Frame, HEIGHT, WIDTH};
use super::svg::{Anchor, Place, Svg};
use crate::words::number::{count, share};
use mltraining_domain::CalibrationPart;

/// Two-sided 95 % of a normal distribution.
const Z: f64 = 1.96;

/// What came true over what was said, in parts of about equal size; `None` without parts.
pub(crate) fn calibration(parts: &[CalibrationPart]) -> Option<String> {
    if parts.is_empty() {
        return None;
    }
    let description = "For rows of neighbouring scores, the share that came true over the mean score. On the diagonal scores are \
                       probabilities. Bars: 95 % of what a share of so many rows may be, if they were independent.";
    let mut svg = Svg::new("calibration", (WIDTH, HEIGHT), "Calibration", description);
    let seen: Vec<(CalibrationPart, f64, (f64, f64))> = parts
        .iter()
        .map(|part| (*part, part.positives as f64 / part.rows as f64, wilson(part)))
        .collect();
    let largest = seen.iter().map(|(part, _, (_, high))| part.mean_score.max(*high));
    let high = (largest.fold(0.0, f64::max) * 1.05).clamp(1e-6, 1.0);
    let frame = Frame::new(
        Axis::share_to("said: mean score", high),
        Axis::share_to("came true: share of positives", high),
    );
    frame.draw(&mut svg);
    svg.path("chance", &[frame.at(0.0, 0.0), frame.at(high, high)]);
    let place = |(part, share, _): &(CalibrationPart, f64, (f64, f64))| frame.at(part.mean_score, *share);
    let places: Vec<Place> = seen.iter().map(place).collect();
    svg.path("model", &places);
    for ((part, came_true, (low, high)), place) in seen.iter().zip(&places) {
        svg.line(
            "whisker",
            frame.at(part.mean_score, *low),
            frame.at(part.mean_score, *high),
        );
        let tip = format!(
            "{} rows: said {}, came true {}",
            count(part.rows),
            share(Some(part.mean_score)),
            share(Some(*came_true))
        );
        svg.dot("model-dot", *place, 4.0, &tip);
    }
    svg.text(
        "note-soft",
        frame.at(high * 0.97, high * 0.05),
        Anchor::End,
        "dashed: right on average",
    );
    Some(svg.finish())
}

/// Wilson 1927, "Probable inference, the law of succession, and statistical inference".
fn wilson(part: &CalibrationPart) -> (f64, f64) {
    let n = part.rows as f64;
    let p = part.positives as f64 / n;
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / (1.0 + Z * Z / n);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels: proportion_confint(2, 10, method="wilson").
    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        let part = CalibrationPart {
            rows: 10,
            positives: 2,
            mean_score: 0.1,
        };
        let (low, high) = wilson(&part);
        assert!(
            (low - 0.0567).abs() < 1e-4 && (high - 0.5098).abs() < 1e-4,
            "{low} {high}"
        );
    }
}
