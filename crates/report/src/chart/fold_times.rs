//! What each fold was trained on and tested on, over time.

use super::frame::WIDTH;
use super::svg::{Anchor, Svg};
use crate::words::number::{count, day, instant};
use chrono::{DateTime, Utc};
use mltraining_domain::Fold;

const LEFT: f64 = 46.0;
const RIGHT: f64 = WIDTH - 12.0;
const TOP: f64 = 30.0;

/// A bar of training and a bar of test for each fold; `None` without folds.
pub(crate) fn fold_times(folds: &[Fold]) -> Option<String> {
    let start = folds
        .iter()
        .map(|fold| fold.train_start.min(fold.test_start))
        .min()?;
    let end = folds.iter().map(|fold| fold.train_end.max(fold.test_end)).max()?;
    let step = (230.0 / folds.len() as f64).clamp(5.0, 34.0);
    let floor = TOP + step * folds.len() as f64;
    let description = format!(
        "{} folds from {} to {}: each is trained on the one part and tested on the other.",
        folds.len(),
        instant(start),
        instant(end)
    );
    let mut svg = Svg::new(
        "fold-times",
        (WIDTH, floor + 42.0),
        "Training and test of the folds",
        &description,
    );
    let span = (end - start).num_microseconds().unwrap_or(i64::MAX).max(1) as f64;
    let x = |time: DateTime<Utc>| {
        let since = (time - start).num_microseconds().unwrap_or(i64::MAX) as f64;
        LEFT + since / span * (RIGHT - LEFT)
    };
    for part in [0.0, 0.5, 1.0] {
        let at = LEFT + part * (RIGHT - LEFT);
        svg.line("grid", (at, TOP - 4.0), (at, floor + 4.0));
    }
    svg.text("tick", (LEFT, floor + 20.0), Anchor::Start, &day(start));
    svg.text("tick", (RIGHT, floor + 20.0), Anchor::End, &day(end));
    let thick = (step * 0.62).max(3.0);
    for (nth, fold) in folds.iter().enumerate() {
        let y = TOP + step * nth as f64 + (step - thick) / 2.0;
        if step >= 14.0 || nth % 5 == 0 {
            let at = (LEFT - 8.0, y + thick / 2.0 + 4.0);
            svg.text("tick", at, Anchor::End, &fold.index.to_string());
        }
        for (class, what, from, to, rows) in [
            (
                "train",
                "trained",
                fold.train_start,
                fold.train_end,
                fold.train_rows,
            ),
            ("test", "tested", fold.test_start, fold.test_end, fold.test_rows),
        ] {
            let tip = format!(
                "fold {}: {what} on {} rows, {} to {}",
                fold.index,
                count(rows),
                instant(from),
                instant(to)
            );
            let (left, right) = (x(from), x(to));
            svg.rect(class, (left, y), ((right - left).max(1.5), thick), &tip);
        }
    }
    svg.text("axis", (4.0, 14.0), Anchor::Start, "fold");
    for (class, label, at) in [("train", "training", 230.0), ("test", "test", 318.0)] {
        svg.rect(class, (at, 5.0), (12.0, 10.0), "");
        svg.text("tick", (at + 17.0, 14.0), Anchor::Start, label);
    }
    Some(svg.finish())
}
