//! Comparisons for people.

use super::numbers;
use crate::commands::evaluate::short_title;
use crate::commands::report;
use crate::names;
use crate::output::{Paint, Table, Tone, UNKNOWN, count, metric, share, signed};
use crate::when;
use mltraining_domain::Span;
use mltraining_proto::v1;
use v1::ComparisonAnswer as Answer;

/// A table of comparisons.
pub(super) fn table(comparisons: &[v1::ModelComparison], paint: Paint) -> String {
    let headings = [
        "comparison",
        "versions",
        "rows from – to",
        ">rows",
        "answer",
        "made",
    ];
    let mut table = Table::new(&headings, paint);
    for found in comparisons {
        let versions: Vec<String> = found
            .versions
            .iter()
            .map(|version| short_title(&version.model_version))
            .collect();
        let (answer, tone) = answer(found.overall(), &found.better_version);
        table.toned([
            (names::last(&found.name).to_owned(), None),
            (versions.join(", "), None),
            (when::show_range(found.range.as_ref()), None),
            (count(found.rows), None),
            (answer, Some(tone)),
            (when::show(found.create_time.as_ref()), None),
        ]);
    }
    table.render()
}

/// The answer in some words.
fn answer(answer: Answer, better: &str) -> (String, Tone) {
    match answer {
        Answer::Better => (format!("better: {}", short_title(better)), Tone::Good),
        Answer::NotDistinguishable => ("not distinguishable".to_owned(), Tone::Warn),
        Answer::Mixed => ("the metrics contradict each other".to_owned(), Tone::Warn),
        Answer::Unknown => ("nothing can be told".to_owned(), Tone::Warn),
        Answer::Unspecified => (UNKNOWN.to_owned(), Tone::Warn),
    }
}

/// The versions beside each other, what follows, and how they differ pair by pair.
pub(super) fn comparison(found: &v1::ModelComparison, paint: Paint) -> String {
    let (text, tone) = answer(found.overall(), &found.better_version);
    let block = found.block.as_ref().and_then(when::span).map_or(0, Span::micros);
    let head = format!(
        "{}\non {} rows that all can score{}, from {}; {} draws of {} blocks of {}",
        paint.text(tone, text),
        count(found.rows),
        positives(found),
        when::show_range(found.range.as_ref()),
        count(found.resamples.into()),
        count(found.blocks),
        when::show_length(block),
    );
    let mut parts = vec![
        head,
        match numbers::are_foreseen(found) {
            true => numbers::versions(found, paint),
            false => versions(found, paint),
        },
        answers(found, paint),
        differences(found, paint),
    ];
    if found.overall() == Answer::Unknown {
        parts.push(format!(
            "the rows fill {} blocks of {}, and 5 are needed to tell versions apart: take a longer period",
            found.blocks,
            when::show_length(block)
        ));
    }
    parts.join("\n\n")
}

/// How many rows are positive; nothing of numbers.
fn positives(found: &v1::ModelComparison) -> String {
    if numbers::are_foreseen(found) {
        return String::new();
    }
    let part = (found.rows > 0).then(|| found.positives as f64 / found.rows as f64);
    format!(", {} of them positive ({})", count(found.positives), share(part))
}

fn versions(found: &v1::ModelComparison, paint: Paint) -> String {
    let headings = [
        "version",
        ">ROC AUC",
        "95 %",
        ">AP",
        "95 %",
        ">log loss",
        ">Brier",
        ">F1",
        ">rows of its own",
    ];
    let mut table = Table::new(&headings, paint);
    for version in &found.versions {
        let metrics = version.metrics.clone().unwrap_or_default();
        let sure = version.intervals.unwrap_or_default();
        table.row([
            short_title(&version.model_version),
            metric(metrics.roc_auc),
            between(sure.roc_auc.as_ref()),
            metric(metrics.average_precision),
            between(sure.average_precision.as_ref()),
            metric(metrics.log_loss),
            metric(metrics.brier),
            metric(metrics.f1),
            count(version.own_row_counts.unwrap_or_default().labeled),
        ]);
    }
    table.render()
}

fn between(interval: Option<&v1::Interval>) -> String {
    interval.and_then(report::bounds).map_or_else(
        || UNKNOWN.to_owned(),
        |(low, high)| format!("{}–{}", metric(Some(low)), metric(Some(high))),
    )
}

fn name(of: v1::ComparedMetric) -> &'static str {
    match of {
        v1::ComparedMetric::RocAuc => "ROC AUC",
        v1::ComparedMetric::AveragePrecision => "AP",
        v1::ComparedMetric::LogLoss => "log loss",
        v1::ComparedMetric::Brier => "Brier",
        v1::ComparedMetric::Rmse => "RMSE",
        v1::ComparedMetric::Mae => "MAE",
        v1::ComparedMetric::R2 => "R2",
        v1::ComparedMetric::Spearman => "Spearman",
        v1::ComparedMetric::Unspecified => UNKNOWN,
    }
}

fn answers(found: &v1::ModelComparison, paint: Paint) -> String {
    let mut table = Table::new(&["by", "answer"], paint);
    for of in &found.answers {
        let (text, tone) = answer(of.answer(), &of.better_version);
        table.toned([(name(of.metric()).to_owned(), None), (text, Some(tone))]);
    }
    let (text, tone) = answer(found.overall(), &found.better_version);
    table.toned([("all of them".to_owned(), Some(Tone::Title)), (text, Some(tone))]);
    table.render()
}

fn differences(found: &v1::ModelComparison, paint: Paint) -> String {
    let headings = [
        "difference",
        "by",
        ">first – second",
        "95 %",
        ">p",
        ">p of pairs",
        ">p of all",
    ];
    let mut table = Table::new(&headings, paint);
    for difference in &found.differences {
        let less = match numbers::is_in_unit(difference.metric()) {
            true => numbers::signed_value,
            false => signed,
        };
        let bounds = difference.interval.as_ref().and_then(report::bounds);
        let interval = bounds.map_or_else(
            || UNKNOWN.to_owned(),
            |(low, high)| format!("{} to {}", less(Some(low)), less(Some(high))),
        );
        table.row([
            format!(
                "{} – {}",
                short_title(&difference.first),
                short_title(&difference.second)
            ),
            name(difference.metric()).to_owned(),
            less(difference.difference),
            interval,
            metric(difference.p_value),
            metric(difference.p_value_in_metric),
            metric(difference.p_value_overall),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(overall: Answer) -> v1::ModelComparison {
        let name = |version: u32| format!("projects/default/models/pump/versions/{version}");
        let version = |number| v1::ComparedVersion {
            model_version: name(number),
            metrics: Some(v1::Metrics {
                roc_auc: Some(0.7),
                ..v1::Metrics::default()
            }),
            ..v1::ComparedVersion::default()
        };
        v1::ModelComparison {
            versions: vec![version(1), version(2)],
            rows: 1000,
            positives: 100,
            blocks: 4,
            block: Some(when::duration(Span::from_mins(1440))),
            resamples: 10_000,
            overall: overall.into(),
            better_version: match overall {
                Answer::Better => name(2),
                _ => String::new(),
            },
            differences: vec![v1::VersionDifference {
                first: name(1),
                second: name(2),
                metric: v1::ComparedMetric::RocAuc.into(),
                difference: Some(-0.1),
                p_value: Some(0.004),
                ..v1::VersionDifference::default()
            }],
            ..v1::ModelComparison::default()
        }
    }

    #[test]
    fn the_answer_comes_first_and_every_difference_is_shown() {
        let text = comparison(&found(Answer::Better), Paint::Plain);
        assert!(text.starts_with("better: pump@2\non 1,000 rows"), "{text}");
        for part in [
            "10,000 draws of 4 blocks",
            "pump@1 – pump@2",
            "-0.100",
            "0.004",
            "all of them",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let text = table(&[found(Answer::NotDistinguishable)], Paint::Plain);
        assert!(
            text.contains("pump@1, pump@2") && text.contains("not distinguishable"),
            "{text}"
        );
    }

    #[test]
    fn too_few_blocks_are_said_with_the_way_out() {
        let text = comparison(&found(Answer::Unknown), Paint::Plain);
        assert!(
            text.contains("fill 4 blocks") && text.contains("take a longer period"),
            "{text}"
        );
    }
}
