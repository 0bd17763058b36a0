//! `mlts evaluation`: one evaluation, its curves and its parts, and its end.

use super::evaluate;
use super::pages::{self, PageArgs};
use super::retry::retrying;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, bar, count, metric, share, value};
use clap::{Args, Subcommand, ValueEnum};
use mltraining_proto::v1;

/// Points of a curve that people are shown.
const SHOWN: usize = 24;

/// Options of `mlts evaluation`.
#[derive(Debug, Args)]
pub(crate) struct EvaluationArgs {
    #[command(subcommand)]
    command: EvaluationCommand,
}

#[derive(Debug, Subcommand)]
enum EvaluationCommand {
    /// Shows an evaluation, whole
    Get {
        /// Its id, or its full name
        evaluation: String,
    },
    /// Shows a curve over the test scores, as it was measured when the evaluation was made
    ///
    /// People are shown every few points; --json gives all of them.
    Curve {
        /// Its id, or its full name
        evaluation: String,
        /// Which curve
        #[arg(long, value_enum, default_value = "roc", value_name = "KIND")]
        kind: Curve,
    },
    /// Lists the parts of the rows: where the model is good, and where it is not
    Slices {
        /// Its id, or its full name
        evaluation: String,
        /// Only parts of this kind
        #[arg(long, value_enum, value_name = "KIND")]
        by: Option<By>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Deletes an evaluation that mlts evaluate made, for good
    Delete {
        /// Its id, or its full name
        evaluation: String,
    },
}

/// What is drawn of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Curve {
    /// False alarms against positives that are found.
    Roc,
    /// Recall against precision.
    PrecisionRecall,
    /// How often scores came true.
    Calibration,
    /// What comes of each threshold.
    Thresholds,
}

/// What rows are parted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Entity,
    Phase,
    Day,
    Hour,
}

pub(crate) async fn run(args: &EvaluationArgs, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    let name = |id: &String| names::below(&context.parent(), "evaluations", id);
    match &args.command {
        EvaluationCommand::Get { evaluation } => evaluate::show_one(evaluation, &connection, context).await,
        EvaluationCommand::Curve { evaluation, kind } => {
            curve(name(evaluation), *kind, &connection, context).await
        }
        EvaluationCommand::Slices { evaluation, by, page } => {
            slices(name(evaluation), *by, page, &connection, context).await
        }
        EvaluationCommand::Delete { evaluation } => delete(name(evaluation), &connection, context).await,
    }
}

async fn curve(
    name: String,
    kind: Curve,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let kind = match kind {
        Curve::Roc => v1::CurveKind::Roc,
        Curve::PrecisionRecall => v1::CurveKind::PrecisionRecall,
        Curve::Calibration => v1::CurveKind::Calibration,
        Curve::Thresholds => v1::CurveKind::Thresholds,
    };
    let found = retrying(async || {
        let request = v1::GetEvaluationCurveRequest {
            name: name.clone(),
            kind: kind.into(),
        };
        Ok(connection
            .evaluations()
            .get_evaluation_curve(request)
            .await?
            .into_inner())
    });
    let (found, output) = (found.await?, context.output);
    match output.format() {
        Format::Json => output.json(&found),
        Format::Human => output.line(shown(&found, output.paint)),
    }
}

fn shown(found: &v1::EvaluationCurve, paint: Paint) -> String {
    match found.kind() {
        v1::CurveKind::Calibration => calibration(&found.calibration, paint),
        v1::CurveKind::Thresholds => thresholds(&found.thresholds, paint),
        v1::CurveKind::PrecisionRecall => points(&found.points, ["recall", "precision"], paint),
        _ => points(&found.points, ["false alarms", "found"], paint),
    }
}

fn points(points: &[v1::CurvePoint], axes: [&str; 2], paint: Paint) -> String {
    let mut table = Table::new(&[&format!(">{}", axes[0]), &format!(">{}", axes[1]), ""], paint);
    for point in every_few(points) {
        table.row([
            metric(Some(point.x)),
            metric(Some(point.y)),
            bar(Some(point.y), 1.0, 40),
        ]);
    }
    table.render()
}

fn calibration(parts: &[v1::CalibrationPart], paint: Paint) -> String {
    let mut table = Table::new(&[">rows", ">mean score", ">came true", ""], paint);
    for part in parts {
        let true_share = (part.rows > 0).then(|| part.positives as f64 / part.rows as f64);
        table.row([
            count(part.rows),
            share(Some(part.mean_score)),
            share(true_share),
            bar(true_share, 1.0, 40),
        ]);
    }
    table.render()
}

fn thresholds(all: &[v1::ThresholdPoint], paint: Paint) -> String {
    let headings = [">threshold", ">called", ">right", ">precision", ">recall"];
    let mut table = Table::new(&headings, paint);
    for at in every_few(all) {
        let counts = at.confusion.unwrap_or_default();
        let called = counts.true_positives + counts.false_positives;
        let positives = counts.true_positives + counts.false_negatives;
        let part = |of: i64| (of > 0).then(|| counts.true_positives as f64 / of as f64);
        table.row([
            value(Some(at.threshold)),
            count(called),
            count(counts.true_positives),
            share(part(called)),
            share(part(positives)),
        ]);
    }
    table.render()
}

/// At most [`SHOWN`] of them, the first and the last included.
fn every_few<T>(all: &[T]) -> Vec<&T> {
    if all.len() <= SHOWN {
        return all.iter().collect();
    }
    (0..SHOWN)
        .map(|nth| &all[nth * (all.len() - 1) / (SHOWN - 1)])
        .collect()
}

async fn slices(
    parent: String,
    by: Option<By>,
    page: &PageArgs,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let kind = by.map_or(v1::SliceKind::Unspecified, |by| match by {
        By::Entity => v1::SliceKind::Entity,
        By::Phase => v1::SliceKind::Phase,
        By::Day => v1::SliceKind::Day,
        By::Hour => v1::SliceKind::HourOfDay,
    });
    let listed = pages::collect(page.limit(), async |page_size, page_token| {
        let request = v1::ListEvaluationSlicesRequest {
            parent: parent.clone(),
            kind: kind.into(),
            page_size,
            page_token,
        };
        let answer = connection.evaluations().list_evaluation_slices(request).await?;
        let answer = answer.into_inner();
        Ok((
            answer.slices.into_iter().flat_map(apart).collect(),
            answer.next_page_token,
        ))
    });
    let empty = "no parts: a version of the service before made this evaluation, or none of this kind";
    listed.await?.show(&context.output, empty, table)
}

/// Each part alone, with what is said of its kind.
fn apart(mut slices: v1::Slices) -> Vec<v1::Slices> {
    let parts = std::mem::take(&mut slices.slices).into_iter();
    let one = |part| v1::Slices {
        slices: vec![part],
        ..slices.clone()
    };
    parts.map(one).collect()
}

fn table(parts: &[v1::Slices], paint: Paint) -> String {
    let headings = ["by", "part", ">rows", ">positive", ">ROC AUC", ">AP", ">RMSE"];
    let mut table = Table::new(&headings, paint);
    for (kind, part) in parts
        .iter()
        .flat_map(|one| one.slices.iter().map(move |part| (one.kind(), part)))
    {
        let metrics = part.metrics.clone().unwrap_or_default();
        let positive = (metrics.rows > 0 && metrics.regression.is_none())
            .then(|| metrics.positives as f64 / metrics.rows as f64);
        table.row([
            kind.as_str_name()
                .trim_start_matches("SLICE_KIND_")
                .to_lowercase()
                .replace('_', " "),
            part.value.clone(),
            count(metrics.rows),
            share(positive),
            metric(metrics.roc_auc),
            metric(metrics.average_precision),
            value(metrics.regression.and_then(|numbers| numbers.rmse)),
        ]);
    }
    table.render()
}

async fn delete(name: String, connection: &Connection, context: &Context<'_>) -> Result<(), CliError> {
    let request = v1::DeleteEvaluationRequest { name: name.clone() };
    let answer = connection
        .evaluations()
        .delete_evaluation(request)
        .await?
        .into_inner();
    let output = context.output;
    match output.format() {
        Format::Json => output.json(&answer),
        Format::Human => output.line(format!(
            "{name} is deleted; its job {} is kept until it goes by its age",
            names::last(&answer.job)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_shown_from_its_first_point_to_its_last() {
        let all: Vec<usize> = (0..500).collect();
        let few = every_few(&all);
        assert_eq!((few.len(), *few[0], *few[SHOWN - 1]), (SHOWN, 0, 499));
        assert_eq!(every_few(&all[..3]).len(), 3);
    }

    #[test]
    fn a_threshold_that_calls_nothing_has_no_precision() {
        let at = v1::ThresholdPoint {
            threshold: 0.9,
            confusion: Some(v1::Confusion {
                true_negatives: 8,
                false_negatives: 2,
                ..v1::Confusion::default()
            }),
        };
        let text = thresholds(&[at], Paint::Plain);
        assert!(
            text.contains("0.9") && text.contains("–") && text.contains("0.0 %"),
            "{text}"
        );
    }
}
