//! How good each fold is on its test rows.

use super::frame::{Axis, Frame, HEIGHT, WIDTH, decimal};
use super::svg::{Anchor, Place, Svg};
use crate::words::measures::Measures;
use mltraining_domain::{Fold, Interval};

/// The main measure with its interval for each fold, beside the best baseline; `None` where no fold has it.
pub(crate) fn by_fold(folds: &[Fold], measures: &Measures, best_baseline: Option<&str>) -> Option<String> {
    let main = &measures.main;
    let baseline = |fold: &Fold| {
        let named = fold
            .baselines
            .iter()
            .find(|known| Some(known.name.as_str()) == best_baseline);
        named.and_then(|known| (main.of)(&known.metrics))
    };
    let frame = frame(folds, measures, baseline)?;
    let all: Vec<String> = folds.iter().map(|fold| main.told(&fold.metrics)).collect();
    let description = format!("{} of each fold: {}.", measures.name, all.join(", "));
    let title = format!("{} of the folds", measures.name);
    let mut svg = Svg::new("by-fold", (WIDTH, HEIGHT), &title, &description);
    frame.draw_upright(&mut svg);
    frame.draw_labels(&mut svg);
    svg.path(
        "chance",
        &[
            frame.at(0.0, measures.chance),
            frame.at(f64::MAX, measures.chance),
        ],
    );
    let placed = folds.iter().enumerate();
    let places: Vec<Place> = placed
        .clone()
        .filter_map(|(nth, fold)| Some(frame.at(nth as f64 + 1.0, (main.of)(&fold.metrics)?)))
        .collect();
    svg.path("model-thin", &places);
    let every = folds.len().div_ceil(12);
    for (nth, fold) in placed {
        let x = nth as f64 + 1.0;
        if nth % every == 0 {
            let (at, _) = frame.at(x, 0.0);
            svg.text(
                "tick",
                (at, frame.floor() + 16.0),
                Anchor::Middle,
                &fold.index.to_string(),
            );
        }
        draw(&mut svg, &frame, measures, (x, fold, baseline(fold)));
    }
    for (class, label, at) in [
        ("model-dot", "model, 95 %", 150.0),
        ("baseline-dot", "best baseline", 262.0),
    ] {
        svg.dot(class, (at, 10.0), 4.0, "");
        svg.text("tick", (at + 9.0, 14.0), Anchor::Start, label);
    }
    Some(svg.finish())
}

/// The axes: as far up and down as anything reaches, and always to chance.
fn frame(folds: &[Fold], measures: &Measures, baseline: impl Fn(&Fold) -> Option<f64>) -> Option<Frame> {
    let of = |fold: &Fold| (measures.main.of)(&fold.metrics);
    folds.iter().find(|fold| of(fold).is_some())?;
    let ends = folds.iter().flat_map(|fold| {
        let (low, high) = bounds(fold, measures).unzip();
        [of(fold), baseline(fold), low, high]
    });
    let chance = (measures.chance, measures.chance);
    let (low, high) = ends.flatten().fold(chance, |(low, high): (f64, f64), value| {
        (low.min(value), high.max(value))
    });
    let across = Axis {
        label: "fold",
        low: 0.5,
        high: folds.len() as f64 + 0.5,
        write: decimal,
    };
    let upright = Axis {
        label: measures.name,
        low: (low - 0.02).max(measures.least),
        high: (high + 0.02).min(1.0),
        write: decimal,
    };
    Some(Frame::new(across, upright))
}

/// One fold at its place, with its baseline.
fn draw(svg: &mut Svg, frame: &Frame, measures: &Measures, (x, fold, baseline): (f64, &Fold, Option<f64>)) {
    let main = &measures.main;
    if let Some((low, high)) = bounds(fold, measures) {
        svg.line("whisker", frame.at(x, low), frame.at(x, high));
    }
    if let Some(value) = baseline {
        let tip = format!("fold {}: best baseline {}", fold.index, (main.write)(Some(value)));
        svg.dot("baseline-dot", frame.at(x, value), 3.5, &tip);
    }
    if let Some(value) = (main.of)(&fold.metrics) {
        let within = found(fold, measures).map_or_else(String::new, measures.write_interval);
        let tip = format!("fold {}: {} {within}", fold.index, (main.write)(Some(value)));
        svg.dot("model-dot", frame.at(x, value), 4.5, &tip);
    }
}

fn found(fold: &Fold, measures: &Measures) -> Option<Interval> {
    fold.intervals.as_ref().and_then(measures.interval)
}

fn bounds(fold: &Fold, measures: &Measures) -> Option<(f64, f64)> {
    found(fold, measures).and_then(|found| found.bounds())
}
