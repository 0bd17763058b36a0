//! How well each fold ranks its test rows.

use super::frame::{Axis, Frame, HEIGHT, WIDTH, decimal};
use super::svg::{Anchor, Place, Svg};
use crate::words::number::{interval, score};
use mltraining_domain::Fold;

/// ROC AUC with its interval for each fold, beside the best baseline; `None` where no fold has both classes.
pub(crate) fn auc_by_fold(folds: &[Fold], best_baseline: Option<&str>) -> Option<String> {
    let baseline = |fold: &Fold| {
        let named = fold
            .baselines
            .iter()
            .find(|known| Some(known.name.as_str()) == best_baseline);
        named.and_then(|known| known.metrics.roc_auc)
    };
    let frame = frame(folds, baseline)?;
    let all: Vec<String> = folds.iter().map(|fold| score(fold.metrics.roc_auc)).collect();
    let description = format!("ROC AUC of each fold: {}.", all.join(", "));
    let mut svg = Svg::new(
        "auc-by-fold",
        (WIDTH, HEIGHT),
        "ROC AUC of the folds",
        &description,
    );
    frame.draw_upright(&mut svg);
    frame.draw_labels(&mut svg);
    svg.path("chance", &[frame.at(0.0, 0.5), frame.at(f64::MAX, 0.5)]);
    let placed = folds.iter().enumerate();
    let places: Vec<Place> = placed
        .clone()
        .filter_map(|(nth, fold)| Some(frame.at(nth as f64 + 1.0, fold.metrics.roc_auc?)))
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
        draw(&mut svg, &frame, x, fold, baseline(fold));
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

/// The axes: as far up and down as anything reaches, and always to 0.5.
fn frame(folds: &[Fold], baseline: impl Fn(&Fold) -> Option<f64>) -> Option<Frame> {
    folds.iter().find(|fold| fold.metrics.roc_auc.is_some())?;
    let ends = folds.iter().flat_map(|fold| {
        let (low, high) = bounds(fold).unzip();
        [fold.metrics.roc_auc, baseline(fold), low, high]
    });
    let (low, high) = ends.flatten().fold((0.5, 0.5), |(low, high): (f64, f64), value| {
        (low.min(value), high.max(value))
    });
    let across = Axis {
        label: "fold",
        low: 0.5,
        high: folds.len() as f64 + 0.5,
        write: decimal,
    };
    let upright = Axis {
        label: "ROC AUC",
        low: (low - 0.02).max(0.0),
        high: (high + 0.02).min(1.0),
        write: decimal,
    };
    Some(Frame::new(across, upright))
}

/// One fold.
fn draw(svg: &mut Svg, frame: &Frame, x: f64, fold: &Fold, baseline: Option<f64>) {
    if let Some((low, high)) = bounds(fold) {
        svg.line("whisker", frame.at(x, low), frame.at(x, high));
    }
    if let Some(value) = baseline {
        let tip = format!("fold {}: best baseline {}", fold.index, score(Some(value)));
        svg.dot("baseline-dot", frame.at(x, value), 3.5, &tip);
    }
    if let Some(auc) = fold.metrics.roc_auc {
        let within = fold
            .intervals
            .map_or_else(String::new, |found| interval(found.roc_auc));
        let tip = format!("fold {}: {} {within}", fold.index, score(Some(auc)));
        svg.dot("model-dot", frame.at(x, auc), 4.5, &tip);
    }
}

fn bounds(fold: &Fold) -> Option<(f64, f64)> {
    fold.intervals.and_then(|found| found.roc_auc.bounds())
}
