//! The parts of an evaluation of a model of numbers.

use crate::commands::report::{self, numbers};
use crate::output::{Paint, Table, Tone, UNKNOWN, metric, value};
use mltraining_proto::v1;

/// The model and each simple rule, on the same rows.
pub(super) fn beside(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let headings = ["", ">RMSE", "95 %", ">MAE", ">R2", ">Spearman"];
    let mut table = Table::new(&headings, paint);
    let sure = evaluation.intervals.as_ref().and_then(|all| all.overall.as_ref());
    let cells = |name: &str, errors: [String; 5]| std::iter::once(name.to_owned()).chain(errors);
    let model = cells("model", numbers::errors(evaluation.overall.as_ref(), sure));
    table.toned(model.map(|cell| (cell, Some(Tone::Title))));
    for baseline in &evaluation.baselines {
        let mut errors = numbers::errors(baseline.metrics.as_ref(), None);
        errors[1] = String::new();
        table.row(cells(&baseline.name, errors));
    }
    table.render()
}

/// Skill, errors, rows.
pub(super) fn lines(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let mut lines = vec![numbers::skill(evaluation, paint)];
    let sure = evaluation.intervals.as_ref();
    lines.extend(sure.map(|found| report::verdict(found, paint)));
    let overall = evaluation.overall.as_ref();
    let found = overall.and_then(|overall| overall.regression).unwrap_or_default();
    let sure = sure.and_then(|found| found.overall?.regression?.r2);
    let within = sure.as_ref().and_then(report::bounds).map_or_else(
        || UNKNOWN.to_owned(),
        |(low, high)| format!("{}–{}", metric(Some(low)), metric(Some(high))),
    );
    lines.push(format!(
        "errors      median absolute {}, R2 {} (95 % {within})",
        value(found.median_absolute_error),
        metric(found.r2),
    ));
    let period = evaluation.period.as_ref();
    lines.extend(
        period
            .and_then(|period| period.row_counts.as_ref())
            .map(numbers::rows),
    );
    lines.join("\n")
}
