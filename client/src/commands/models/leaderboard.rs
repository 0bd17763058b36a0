//! `mlts leaderboard`: versions side by side, those that were tested on the same rows in one table.

use super::promote::metric_of;
use crate::commands::pages;
use crate::commands::spec::algorithm::AlgorithmName;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone, count, metric, share, signed};
use crate::when;
use clap::Args;
use mltraining_proto::v1;

/// Options of `mlts leaderboard`.
#[derive(Debug, Args)]
pub(crate) struct LeaderboardArgs {
    /// What orders the versions: roc_auc, average_precision, log_loss, brier or skill
    #[arg(long, default_value = "roc_auc", value_name = "METRIC", value_parser = metric_of)]
    metric: v1::EvaluationMetric,
    /// Only versions of this source
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Only versions of this model
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
}

pub(crate) async fn run(args: &LeaderboardArgs, context: &Context<'_>) -> Result<(), CliError> {
    let project = context.project();
    let source = match &args.source {
        Some(source) => names::source(source, project)?.to_string(),
        None => String::new(),
    };
    let model = match &args.model {
        Some(model) => names::model(model, project)?.model.to_string(),
        None => String::new(),
    };
    let mut models = context.connect().await?.models();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListLeaderboardRequest {
            parent: context.parent(),
            metric: args.metric.into(),
            source: source.clone(),
            model: model.clone(),
            page_size,
            page_token,
        };
        let answer = models.list_leaderboard(request).await?.into_inner();
        Ok((answer.entries, answer.next_page_token))
    });
    let entries = listed.await?.items;
    match context.output.format() {
        Format::Json => entries.iter().try_for_each(|entry| context.output.json(entry)),
        Format::Human if entries.is_empty() => {
            context.output.note("no versions yet: train one with mlts train");
            Ok(())
        }
        Format::Human => context
            .output
            .line(shown(&entries, args.metric, context.output.paint)),
    }
}

/// A table for each group.
fn shown(entries: &[v1::LeaderboardEntry], by: v1::EvaluationMetric, paint: Paint) -> String {
    let groups = entries.chunk_by(|a, b| a.group == b.group);
    let tables: Vec<String> = groups.map(|group| table(group, by, paint)).collect();
    tables.join("\n\n")
}

fn table(group: &[v1::LeaderboardEntry], by: v1::EvaluationMetric, paint: Paint) -> String {
    let first = &group[0];
    let metrics = first.metrics.clone().unwrap_or_default();
    let part = (metrics.rows > 0).then(|| metrics.positives as f64 / metrics.rows as f64);
    let title = format!(
        "{}, tested {} to {}: {} rows, {} positive",
        names::last(&first.source),
        when::show(first.test_start_time.as_ref()),
        when::show(first.test_end_time.as_ref()),
        count(metrics.rows),
        share(part)
    );
    let heading = format!(
        ">{}",
        by.as_str_name()
            .trim_start_matches("EVALUATION_METRIC_")
            .to_lowercase()
    );
    let headings = [
        "version",
        &heading,
        "95 %",
        ">skill",
        "verdict",
        "algorithm",
        "aliases",
        "trained",
    ];
    let mut table = Table::new(&headings, paint);
    for entry in group {
        table.row([
            version(&entry.version),
            metric(entry.value),
            interval(entry.interval.as_ref()),
            signed(entry.skill),
            verdict(entry.verdict()).to_owned(),
            algorithm(entry),
            entry.aliases.join(", "),
            when::show(entry.create_time.as_ref()),
        ]);
    }
    format!(
        "{}\n{}{}",
        paint.text(Tone::Title, title),
        table.render(),
        noise(group, paint)
    )
}

/// A word of warning where places are noise: the interval of the first holds the value of the second.
fn noise(group: &[v1::LeaderboardEntry], paint: Paint) -> String {
    let [first, second, ..] = group else {
        return String::new();
    };
    let bounds = first.interval.as_ref().and_then(|i| Some((i.low?, i.high?)));
    let (Some((low, high)), Some(value)) = (bounds, second.value) else {
        return String::new();
    };
    if value < low || value > high {
        return String::new();
    }
    let text = "the interval of the first holds the second: their order may be chance";
    format!("\n{}", paint.text(Tone::Faint, text))
}

fn version(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        [.., model, "versions", version] => format!("{model}@{version}"),
        _ => name.to_owned(),
    }
}

fn interval(interval: Option<&v1::Interval>) -> String {
    match interval.and_then(|i| Some((i.low?, i.high?))) {
        Some((low, high)) => format!("{low:.3} to {high:.3}"),
        None => "–".to_owned(),
    }
}

fn verdict(verdict: v1::Verdict) -> &'static str {
    match verdict {
        v1::Verdict::Skill => "skill",
        v1::Verdict::NoSkill => "no skill",
        v1::Verdict::Unspecified => "–",
    }
}

fn algorithm(entry: &v1::LeaderboardEntry) -> String {
    let algorithm = entry.algorithm.as_ref().and_then(|spec| spec.algorithm.as_ref());
    algorithm
        .map_or("–", |algorithm| AlgorithmName::of(algorithm).name())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(group: &str, number: i32, value: f64) -> v1::LeaderboardEntry {
        v1::LeaderboardEntry {
            group: group.to_owned(),
            version: format!("projects/p/models/m/versions/{number}"),
            source: "projects/p/sources/bars".to_owned(),
            value: Some(value),
            interval: Some(v1::Interval {
                low: Some(value - 0.05),
                high: Some(value + 0.05),
                ..v1::Interval::default()
            }),
            ..v1::LeaderboardEntry::default()
        }
    }

    #[test]
    fn each_group_has_its_table_and_an_order_by_chance_is_said_to_be_one() {
        let entries = [
            entry("a", 1, 0.7),
            entry("a", 2, 0.68),
            entry("b", 3, 0.9),
            entry("b", 4, 0.6),
        ];
        let text = shown(&entries, v1::EvaluationMetric::RocAuc, Paint::Plain);
        let tables: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(tables.len(), 2, "{text}");
        assert!(
            tables[0].contains("m@1") && tables[0].contains("their order may be chance"),
            "{text}"
        );
        assert!(
            tables[1].contains("m@4") && !tables[1].contains("chance"),
            "{text}"
        );
    }
}
