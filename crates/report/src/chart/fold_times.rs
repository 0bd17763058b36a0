//! What each fold was trained on and tested on, over time.

use super::frame::WIDTH;
use super::svg::{Anchor, Svg};
use crate::words::number::{count, day, instant};
use chrono::{DateTime, TimeDelta, Utc};
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
    let scale = Scale { start, end };
    for part in [0.0, 0.5, 1.0] {
        let at = LEFT + part * (RIGHT - LEFT);
        svg.line("grid", (at, TOP - 4.0), (at, floor + 4.0));
    }
    svg.text("tick", (LEFT, floor + 20.0), Anchor::Start, &day(start));
    svg.text("tick", (RIGHT, floor + 20.0), Anchor::End, &day(end));
    let thick = (step * 0.62).max(3.0);
    for (nth, fold) in folds.iter().enumerate() {
        let y = TOP + step * nth as f64 + (step - thick) / 2.0;
        if step >= 14.0 || nth.is_multiple_of(5) {
            let at = (LEFT - 8.0, y + thick / 2.0 + 4.0);
            svg.text("tick", at, Anchor::End, &fold.index.to_string());
        }
        draw(&mut svg, scale, (y, thick), fold);
    }
    svg.text("axis", (4.0, 14.0), Anchor::Start, "fold");
    for (class, label, at) in [("train", "training", 230.0), ("test", "test", 318.0)] {
        svg.rect(class, (at, 5.0), (12.0, 10.0), "");
        svg.text("tick", (at + 17.0, 14.0), Anchor::Start, label);
    }
    Some(svg.finish())
}

/// The time from one end of the chart to the other.
#[derive(Debug, Clone, Copy)]
struct Scale {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Scale {
    fn x(self, time: DateTime<Utc>) -> f64 {
        let micros = |span: TimeDelta| span.num_microseconds().unwrap_or(i64::MAX) as f64;
        let part = micros(time - self.start) / micros(self.end - self.start).max(1.0);
        LEFT + part.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }
}

/// The bars of a fold: its training, and over it each run of its test.
fn draw(svg: &mut Svg, scale: Scale, (y, thick): (f64, f64), fold: &Fold) {
    let mut bar = |class: &str, (from, to): (DateTime<Utc>, DateTime<Utc>), told: String| {
        let tip = format!(
            "fold {}: {told}, {} to {}",
            fold.index,
            instant(from),
            instant(to)
        );
        let (left, right) = (scale.x(from), scale.x(to));
        svg.rect(class, (left, y), ((right - left).max(1.5), thick), &tip);
    };
    let trained = format!("trained on {} rows", count(fold.train_rows));
    bar("train", (fold.train_start, fold.train_end), trained);
    let tested = || format!("tested on {} rows", count(fold.test_rows));
    let gaps = &fold.leak_proof.gaps;
    if gaps.len() < 2 {
        bar("test", (fold.test_start, fold.test_end), tested());
        return;
    }
    for gap in gaps {
        bar(
            "test",
            (gap.first_test_decision, gap.latest_test_resolve),
            tested(),
        );
    }
}
