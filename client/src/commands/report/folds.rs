//! The table of folds: the model beside every baseline, on the same rows.

use super::intervals;
use crate::output::{Paint, Table, Tone, UNKNOWN, count, metric, share};
use crate::when;
use mltraining_proto::v1;

/// One row for each fold, one for their mean and one for all their test rows together.
pub(super) fn table(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let baselines: Vec<&str> = evaluation
        .baselines
        .iter()
        .map(|baseline| baseline.name.as_str())
        .collect();
    let headings = headings(&baselines);
    let mut table = Table::new(&headings.iter().map(String::as_str).collect::<Vec<_>>(), paint);
    for fold in &evaluation.folds {
        let period = format!(
            "{} – {}",
            when::show(fold.test_start_time.as_ref()),
            when::show(fold.test_end_time.as_ref())
        );
        let mut row = vec![
            fold.index.to_string(),
            period,
            count(fold.train_rows),
            count(fold.purged_rows + fold.embargoed_rows),
            count(fold.test_rows),
            positives(fold.test_positives, fold.test_rows),
        ];
        row.extend(scores(fold.metrics.as_ref(), fold.intervals.as_ref()));
        row.extend(beside(&baselines, &fold.baselines));
        table.row(row);
    }
    if evaluation.folds.len() > 1 {
        let mut row = vec!["mean".to_owned()];
        row.extend(vec![String::new(); 5]);
        row.push(metric(mean_of(&evaluation.folds, |fold| {
            fold.metrics.as_ref()?.roc_auc
        })));
        row.push(String::new());
        row.push(metric(mean_of(&evaluation.folds, |fold| {
            fold.metrics.as_ref()?.average_precision
        })));
        for name in &baselines {
            let auc = |fold: &v1::Fold| baseline_of(fold, name)?.roc_auc;
            row.push(metric(mean_of(&evaluation.folds, auc)));
        }
        table.toned(row.into_iter().map(|text| (text, Some(Tone::Title))));
    }
    let overall = evaluation.overall.as_ref();
    let (rows, positive) = overall.map_or((0, 0), |metrics| (metrics.rows, metrics.positives));
    let mut row = vec![
        "all".to_owned(),
        String::new(),
        String::new(),
        purged(evaluation),
        count(rows),
        positives(positive, rows),
    ];
    let sure = evaluation.intervals.as_ref().and_then(|all| all.overall.as_ref());
    row.extend(scores(overall, sure));
    row.extend(beside(&baselines, &evaluation.baselines));
    table.toned(row.into_iter().map(|text| (text, Some(Tone::Title))));
    table.render()
}

/// Whose scores, one word a line so that columns stay narrow, and below it which.
fn headings(baselines: &[&str]) -> Vec<String> {
    let names: Vec<&str> = std::iter::once("model")
        .chain(baselines.iter().copied())
        .collect();
    let words = |name: &&str| name.split('_').count();
    let height = names.iter().map(words).max().unwrap_or(1);
    let below = |name: &str, what: &str| {
        let name = name.replace('_', "\n");
        format!("{}{name}\n{what}", "\n".repeat(height - name.split('\n').count()))
    };
    let mut headings = vec![below("", "fold"), below("", "test rows from – to")];
    let numbers = ["train rows", "purged", "test rows", "positive"];
    headings.extend(numbers.map(|what| format!(">{}", below("", what))));
    headings.push(format!(">{}", below("model", "ROC AUC")));
    headings.extend(["95 %", ">AP"].map(|what| match what.strip_prefix('>') {
        Some(what) => format!(">{}", below("", what)),
        None => below("", what),
    }));
    for name in baselines {
        headings.push(format!(">{}", below(name, "ROC AUC")));
    }
    headings
}

fn purged(evaluation: &v1::Evaluation) -> String {
    count(
        evaluation
            .folds
            .iter()
            .map(|fold| fold.purged_rows + fold.embargoed_rows)
            .sum(),
    )
}

fn positives(positives: i64, rows: i64) -> String {
    let part = (rows > 0).then(|| positives as f64 / rows as f64);
    format!("{} ({})", count(positives), share(part))
}

/// The model's ROC AUC with its interval, and its average precision.
fn scores(metrics: Option<&v1::Metrics>, intervals: Option<&v1::ScoreIntervals>) -> [String; 3] {
    let bounds = intervals.and_then(|intervals| intervals.roc_auc.as_ref());
    let sure = bounds.and_then(intervals::bounds).map_or_else(
        || UNKNOWN.to_owned(),
        |(low, high)| format!("{}–{}", metric(Some(low)), metric(Some(high))),
    );
    match metrics {
        Some(metrics) => [metric(metrics.roc_auc), sure, metric(metrics.average_precision)],
        None => [UNKNOWN, UNKNOWN, UNKNOWN].map(str::to_owned),
    }
}

/// The mean of a value over the folds; `None` when a fold lacks it.
pub(super) fn mean_of(folds: &[v1::Fold], of: impl Fn(&v1::Fold) -> Option<f64>) -> Option<f64> {
    let all: Option<Vec<f64>> = folds.iter().map(of).collect();
    all.filter(|all| !all.is_empty())
        .map(|all| all.iter().sum::<f64>() / all.len() as f64)
}

/// What a baseline reaches in a fold.
pub(super) fn baseline_of<'a>(fold: &'a v1::Fold, name: &str) -> Option<&'a v1::Metrics> {
    let named = fold.baselines.iter().find(|baseline| baseline.name == name)?;
    named.metrics.as_ref()
}

/// The ROC AUC of the named baselines, in their order.
fn beside(names: &[&str], baselines: &[v1::Baseline]) -> Vec<String> {
    let named = |name: &str| baselines.iter().find(|baseline| baseline.name == name);
    names
        .iter()
        .map(|name| metric(named(name).and_then(|baseline| baseline.metrics.as_ref()?.roc_auc)))
        .collect()
}
