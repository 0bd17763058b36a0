//! What comes of each threshold.

use super::frame::{Axis, Frame, HEIGHT, WIDTH, decimal};
use super::svg::{Anchor, Place, Svg};
use mltraining_domain::AtThreshold;
use mltraining_domain::{Confusion, Utility};

/// Precision, recall and F1 over the threshold, with the one that is kept; `None` without thresholds.
pub(crate) fn thresholds(at: &[AtThreshold], kept: Option<f64>) -> Option<String> {
    let (frame, mut svg) = framed(
        at,
        "thresholds",
        "Precision and recall over the threshold",
        Axis::share("share"),
    )?;
    for (class, _, of) in LINES {
        let defined = at
            .iter()
            .filter_map(|at| Some((at.threshold, of(&at.confusion)?)));
        let places: Vec<Place> = defined.map(|(x, y)| frame.at(x, y)).collect();
        svg.path(class, &places);
    }
    mark(&mut svg, &frame, kept);
    for (nth, (class, label, _)) in LINES.iter().enumerate() {
        let x = 130.0 + 84.0 * nth as f64;
        svg.line(class, (x, 10.0), (x + 16.0, 10.0));
        svg.text("tick", (x + 20.0, 14.0), Anchor::Start, label);
    }
    Some(svg.finish())
}

/// What acting at each threshold would have brought, per 1,000 rows; `None` without thresholds.
pub(crate) fn utilities(at: &[AtThreshold], utility: Utility, kept: Option<f64>) -> Option<String> {
    let worth = |c: &Confusion| {
        let rows = c.true_positives + c.false_positives + c.true_negatives + c.false_negatives;
        let sum = utility.gain * c.true_positives as f64 - utility.loss * c.false_positives as f64;
        1000.0 * sum / rows.max(1) as f64
    };
    let all: Vec<f64> = at.iter().map(|at| worth(&at.confusion)).collect();
    let high = all.iter().copied().fold(0.0, f64::max);
    // Acting on everything may cost many times what is ever gained: the chart shows where something is.
    let low = all.iter().copied().fold(0.0, f64::min).max(-2.0 * high.max(1e-9));
    let axis = Axis {
        label: "gain less loss, per 1,000 rows",
        low,
        high: high + 0.05 * (high - low).max(1e-9),
        write: decimal,
    };
    let (frame, mut svg) = framed(at, "utilities", "Utility over the threshold", axis)?;
    let places: Vec<Place> = at
        .iter()
        .zip(&all)
        .map(|(at, worth)| frame.at(at.threshold, *worth))
        .collect();
    svg.path("model", &places);
    mark(&mut svg, &frame, kept);
    Some(svg.finish())
}

type Of = fn(&Confusion) -> Option<f64>;

const LINES: [(&str, &str, Of); 3] = [
    ("line-a", "precision", |c| {
        ratio(c.true_positives, c.true_positives + c.false_positives)
    }),
    ("line-b", "recall", |c| {
        ratio(c.true_positives, c.true_positives + c.false_negatives)
    }),
    ("line-c", "F1", |c| {
        ratio(
            2 * c.true_positives,
            2 * c.true_positives + c.false_positives + c.false_negatives,
        )
    }),
];

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// An empty chart over the thresholds.
fn framed(at: &[AtThreshold], id: &str, title: &str, y: Axis) -> Option<(Frame, Svg)> {
    let (first, last) = (at.first()?, at.last()?);
    if first.threshold >= last.threshold {
        return None;
    }
    let description = format!(
        "Over thresholds from {} to {}, on all out-of-fold scores.",
        decimal(first.threshold),
        decimal(last.threshold)
    );
    let mut svg = Svg::new(id, (WIDTH, HEIGHT), title, &description);
    let x = Axis {
        label: "threshold: a score from here on is a yes",
        low: first.threshold,
        high: last.threshold,
        write: decimal,
    };
    let frame = Frame::new(x, y);
    frame.draw(&mut svg);
    Some((frame, svg))
}

/// The threshold that is kept.
fn mark(svg: &mut Svg, frame: &Frame, kept: Option<f64>) {
    let Some(kept) = kept else {
        return;
    };
    let (x, _) = frame.at(kept, 0.0);
    svg.line("mark", (x, frame.ceiling()), (x, frame.floor()));
    let anchor = if x > WIDTH / 2.0 {
        Anchor::End
    } else {
        Anchor::Start
    };
    let beside = if x > WIDTH / 2.0 { x - 5.0 } else { x + 5.0 };
    svg.text(
        "note",
        (beside, frame.ceiling() + 14.0),
        anchor,
        &format!("kept: {}", decimal(kept)),
    );
}
