//! What a model version is worth, for people: folds beside baselines, the proof that nothing leaked, importances.

mod facts;
mod folds;
mod importances;
mod intervals;
pub(crate) mod numbers;
mod proof;
mod slices;

pub(crate) use importances::chart as importances;
pub(crate) use intervals::{bounds, line as verdict};
pub(crate) use slices::table as slices;

use crate::commands::spec::{algorithm, label};
use crate::names;
use crate::output::{Paint, Table, Tone, bytes, metric};
use crate::when;
use mltraining_proto::v1;

/// The whole report.
pub(crate) fn version(version: &v1::ModelVersion, paint: Paint) -> String {
    let mut parts = vec![head(version, paint)];
    if let Some(evaluation) = &version.evaluation {
        if numbers::are_foreseen(evaluation) {
            parts.push(numbers::table(evaluation, paint));
            parts.push(numbers::lines(version, evaluation, paint));
        } else {
            parts.push(folds::table(evaluation, paint));
            parts.push(facts::lines(version, evaluation, paint));
        }
        parts.extend(slices::table(&evaluation.slices, paint));
        if !evaluation.importances.is_empty() {
            parts.push(importances::chart(&evaluation.importances, paint));
        }
    }
    parts.join("\n\n")
}

fn head(version: &v1::ModelVersion, paint: Paint) -> String {
    let mut text = paint.text(Tone::Title, title(&version.name));
    let Some(spec) = &version.train_spec else {
        return text;
    };
    let range = spec.range.unwrap_or_default();
    text.push_str(&format!(
        "\n{} learned {}{} in {}, {} to {}",
        algorithm::describe(spec.algorithm.as_ref()),
        label::whether(spec.label.as_ref()),
        label::describe(spec.label.as_ref()),
        names::last(&spec.source),
        when::show(range.start.as_ref()),
        when::show(range.end.as_ref()),
    ));
    text
}

/// `pump version 3`.
pub(crate) fn title(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    match parts.as_slice() {
        [_, _, _, model, _, version] => format!("{model} version {version}"),
        _ => name.to_owned(),
    }
}

/// How good a model is, in one word: its ROC AUC, or the R2 of foreseen numbers.
pub(crate) fn score(metrics: Option<&v1::Metrics>) -> String {
    match metrics.and_then(|metrics| metrics.regression.as_ref()) {
        Some(numbers) => format!("R2 {}", metric(numbers.r2)),
        None => metric(metrics.and_then(|metrics| metrics.roc_auc)),
    }
}

/// A table of the files of a job.
pub(crate) fn artifacts(artifacts: &[v1::Artifact], paint: Paint) -> String {
    let mut table = Table::new(&["file", ">size", "sha256", "type"], paint);
    for artifact in artifacts {
        let hash = artifact.sha256.get(..16).unwrap_or(&artifact.sha256);
        table.row([
            names::last(&artifact.name),
            &bytes(artifact.size_bytes),
            hash,
            &artifact.media_type,
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests;
