//! Where the model is good, and where it is not.

use crate::output::{Paint, Table, count, metric, value as number};
use mltraining_proto::v1;

/// One row for each way of parting the test rows: how many parts, the worst, the middle and the best of them.
pub(crate) fn table(all: &[v1::Slices], paint: Paint) -> Option<String> {
    let numbers = all
        .iter()
        .flat_map(|slices| &slices.slices)
        .any(|slice| errors(slice).is_some());
    let what = if numbers { "RMSE by" } else { "ROC AUC by" };
    let headings = [what, ">parts", "worst", ">middle", "best", ">not listed"];
    let mut table = Table::new(&headings, paint);
    let mut any = false;
    for slices in all {
        let scored = |slice: &v1::Slice| {
            let metrics = slice.metrics.as_ref()?;
            let score = if numbers {
                errors(slice)?.rmse?
            } else {
                metrics.roc_auc?
            };
            Some((score, slice.value.clone(), metrics.rows))
        };
        let mut scored: Vec<(f64, String, i64)> = slices.slices.iter().filter_map(scored).collect();
        scored.sort_by(|a, b| a.0.total_cmp(&b.0));
        if numbers {
            scored.reverse(); // the largest error is the worst
        }
        let (Some(worst), Some(best)) = (scored.first(), scored.last()) else {
            continue;
        };
        any = true;
        let shown = |score: f64| {
            if numbers {
                number(Some(score))
            } else {
                metric(Some(score))
            }
        };
        let told = |(score, value, rows): &(f64, String, i64)| {
            format!("{} {value} ({} rows)", shown(*score), count(*rows))
        };
        table.row([
            word(slices.kind()).to_owned(),
            count(slices.slices.len() as i64),
            told(worst),
            shown(scored[scored.len() / 2].0),
            told(best),
            count(slices.other_values),
        ]);
    }
    any.then(|| table.render())
}

fn errors(slice: &v1::Slice) -> Option<&v1::RegressionMetrics> {
    slice.metrics.as_ref()?.regression.as_ref()
}

fn word(kind: v1::SliceKind) -> &'static str {
    match kind {
        v1::SliceKind::Unspecified => "",
        v1::SliceKind::Entity => "entity",
        v1::SliceKind::Phase => "phase",
        v1::SliceKind::Day => "day",
        v1::SliceKind::HourOfDay => "hour of day",
    }
}
