//! Curves over all thresholds, thinned to as many points as can be drawn.

use super::ranking::{Counts, Tied, ranked};
use mltraining_domain::{AtThreshold, CalibrationPart, CurvePoint as Point, Curves};

/// No curve has more points.
const MOST_POINTS: usize = 500;
/// Thresholds of [`Curves::thresholds`], from the lowest score to the highest.
const THRESHOLDS: usize = 120;
/// Parts of [`Curves::calibration`], at most.
const PARTS: usize = 15;

/// The curves of `scores` against `labels` (0 or 1). Sorts once.
///
/// # Panics
/// When labels and scores differ in number.
pub fn curves(labels: &[u8], scores: &[f64]) -> Curves {
    assert_eq!(labels.len(), scores.len(), "one label for each score");
    let Some(ranked) = ranked(labels, scores) else {
        return Curves::default();
    };
    let sum = |sum: Counts, tied: &Tied| sum.and(tied.counts);
    let all = ranked.iter().fold(Counts::default(), sum);
    if all.positives == 0 || all.negatives == 0 {
        return Curves::default();
    }
    Curves {
        roc: roc(&ranked, all),
        precision_recall: precision_recall(&ranked, all),
        calibration: calibration(&ranked, all),
        thresholds: thresholds(&ranked, all),
    }
}

fn roc(ranked: &[Tied], all: Counts) -> Vec<Point> {
    let at = |yes: Counts| Point {
        x: yes.negatives as f64 / all.negatives as f64,
        y: yes.positives as f64 / all.positives as f64,
    };
    let start = std::iter::once(at(Counts::default()));
    thinned(&start.chain(cumulative(ranked).map(at)).collect::<Vec<_>>())
}

fn precision_recall(ranked: &[Tied], all: Counts) -> Vec<Point> {
    let at = |yes: Counts| Point {
        x: yes.positives as f64 / all.positives as f64,
        y: yes.positives as f64 / (yes.positives + yes.negatives) as f64,
    };
    thinned(&cumulative(ranked).map(at).collect::<Vec<_>>())
}

/// What each distinct score says yes to, the highest first.
fn cumulative(ranked: &[Tied]) -> impl Iterator<Item = Counts> {
    ranked.iter().scan(Counts::default(), |yes, tied| {
        *yes = yes.and(tied.counts);
        Some(*yes)
    })
}

/// First, last, and those between that lie a step from the one kept before; the step is doubled until they are few enough.
fn thinned(points: &[Point]) -> Vec<Point> {
    let mut step = 1.0 / (MOST_POINTS as f64);
    loop {
        let mut kept: Vec<Point> = Vec::with_capacity(MOST_POINTS);
        for (nth, point) in points.iter().enumerate() {
            let far = |before: &Point| (point.x - before.x).abs().max((point.y - before.y).abs()) >= step;
            if nth + 1 == points.len() || kept.last().is_none_or(far) {
                kept.push(*point);
            }
            if kept.len() > MOST_POINTS {
                break;
            }
        }
        if kept.len() <= MOST_POINTS {
            return kept;
        }
        step *= 2.0;
    }
}

fn calibration(ranked: &[Tied], all: Counts) -> Vec<CalibrationPart> {
    let total = all.positives + all.negatives;
    let size = total.div_ceil(PARTS as u64).max(1);
    let mut parts = Vec::with_capacity(PARTS);
    let (mut part, mut score_sum) = (Counts::default(), 0.0);
    for (nth, tied) in ranked.iter().rev().enumerate() {
        let rows = tied.counts.positives + tied.counts.negatives;
        part = part.and(tied.counts);
        score_sum += tied.score * rows as f64;
        let rows = part.positives + part.negatives;
        if rows >= size || nth + 1 == ranked.len() {
            parts.push(CalibrationPart {
                rows,
                positives: part.positives,
                mean_score: score_sum / rows as f64,
            });
            (part, score_sum) = (Counts::default(), 0.0);
        }
    }
    parts
}

fn thresholds(ranked: &[Tied], all: Counts) -> Vec<AtThreshold> {
    let (Some(highest), Some(lowest)) = (ranked.first(), ranked.last()) else {
        return Vec::new();
    };
    let (low, high) = (lowest.score, highest.score);
    let step = (high - low) / (THRESHOLDS - 1) as f64;
    let mut found = Vec::with_capacity(THRESHOLDS);
    let (mut yes, mut next) = (Counts::default(), 0);
    for nth in (0..THRESHOLDS).rev() {
        let threshold = if nth + 1 == THRESHOLDS {
            high
        } else {
            low + step * nth as f64
        };
        while let Some(tied) = ranked.get(next).filter(|tied| tied.score >= threshold) {
            yes = yes.and(tied.counts);
            next += 1;
        }
        let confusion = yes.confusion(all);
        found.push(AtThreshold { threshold, confusion });
        if step == 0.0 {
            break; // one score: one threshold
        }
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::generated;
    use crate::metrics::{Cut, measure};

    #[test]
    fn the_area_under_the_drawn_roc_curve_is_nearly_that_under_all_of_it() {
        let (labels, scores) = generated();
        let roc = curves(&labels, &scores).roc;
        let area: f64 = roc
            .windows(2)
            .map(|pair| (pair[1].x - pair[0].x) * (pair[0].y + pair[1].y) / 2.0)
            .sum();
        let exact = measure(&labels, &scores, Cut::None).roc_auc.unwrap();
        assert!((area - exact).abs() < 2e-3, "{area} {exact}");
        assert_eq!(
            (roc[0], roc[roc.len() - 1]),
            (Point { x: 0.0, y: 0.0 }, Point { x: 1.0, y: 1.0 })
        );
    }

    #[test]
    fn precision_and_recall_of_a_few_rows_are_those_counted_by_hand() {
        let found = curves(&[1, 0, 1, 0], &[0.9, 0.8, 0.7, 0.1]).precision_recall;
        let by_hand = [(0.5, 1.0), (0.5, 0.5), (1.0, 2.0 / 3.0), (1.0, 0.5)];
        assert_eq!(found, by_hand.map(|(x, y)| Point { x, y }));
    }

    #[test]
    fn a_curve_of_many_scores_has_few_points_and_both_its_ends() {
        let rows = 100_000;
        let labels: Vec<u8> = (0..rows).map(|row| u8::from(row % 7 == 0)).collect();
        let scores: Vec<f64> = (0..rows)
            .map(|row| f64::from(row * 7919 % rows) / f64::from(rows))
            .collect();
        let found = curves(&labels, &scores);
        for curve in [&found.roc, &found.precision_recall] {
            assert!((100..=MOST_POINTS).contains(&curve.len()), "{}", curve.len());
            assert_eq!(curve[curve.len() - 1].x, 1.0);
        }
        assert_eq!(
            (found.thresholds.len(), found.calibration.len()),
            (THRESHOLDS, PARTS)
        );
    }

    #[test]
    fn every_threshold_says_what_metrics_at_it_say() {
        let (labels, scores) = generated();
        for at in curves(&labels, &scores).thresholds {
            let expected = measure(&labels, &scores, Cut::At(at.threshold)).confusion;
            assert_eq!(Some(at.confusion), expected, "{}", at.threshold);
        }
    }

    #[test]
    fn every_row_is_in_one_part_of_the_calibration_and_equal_scores_are_together() {
        let (labels, scores) = generated();
        let parts = curves(&labels, &scores).calibration;
        let sums = parts
            .iter()
            .fold((0, 0), |sum, part| (sum.0 + part.rows, sum.1 + part.positives));
        let positives = labels.iter().map(|label| u64::from(*label)).sum();
        assert_eq!(sums, (labels.len() as u64, positives));
        assert!(parts.is_sorted_by(|a, b| a.mean_score < b.mean_score));
        let one = curves(&[1, 0, 0], &[0.2, 0.2, 0.2]);
        assert_eq!((one.calibration.len(), one.thresholds.len()), (1, 1));
    }

    #[test]
    fn without_both_classes_or_with_a_score_that_is_no_number_there_is_nothing_to_draw() {
        for (labels, scores) in [
            (vec![], vec![]),
            (vec![1, 1], vec![0.1, 0.2]),
            (vec![0, 1], vec![f64::NAN, 0.2]),
        ] {
            assert_eq!(curves(&labels, &scores), Curves::default());
        }
    }
}
