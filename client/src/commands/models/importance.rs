//! `mlts model importance`: what each feature is worth to a version.

use super::version_of;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone, bar, share, signed};
use clap::{Args, ValueEnum};
use mltraining_proto::v1;

/// Options of `mlts model importance`.
#[derive(Debug, Args)]
pub(super) struct ImportanceArgs {
    /// The model: pump for its newest version, pump@3, or pump@champion
    model: String,
    /// What orders the features; without it what test rows lose, where that was measured
    #[arg(long, value_enum, value_name = "KIND")]
    by: Option<Order>,
}

/// What orders features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Their share in the final model.
    Gain,
    /// What test rows lose without them.
    Permutation,
}

pub(super) async fn run(args: &ImportanceArgs, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    let model = names::model(&args.model, context.project())?;
    let name = match model.named_version() {
        Some(version) => version.to_string(),
        None => version_of(&model, &connection).await?.name,
    };
    let order = args.by.map_or(v1::ImportanceKind::Unspecified, |by| match by {
        Order::Gain => v1::ImportanceKind::Gain,
        Order::Permutation => v1::ImportanceKind::Permutation,
    });
    let request = v1::GetFeatureImportanceRequest {
        name,
        order_by: order.into(),
    };
    let found = connection
        .models()
        .get_feature_importance(request)
        .await?
        .into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&found),
        Format::Human => context.output.line(shown(&found, context.output.paint)),
    }
}

fn shown(found: &v1::VersionImportances, paint: Paint) -> String {
    let lost = format!(">{} lost without it", found.drop_metric);
    let mut table = Table::new(&["feature", ">importance", "", &lost, ">± over folds"], paint);
    let largest = found
        .features
        .iter()
        .filter_map(|feature| feature.share)
        .fold(0.0, f64::max);
    for feature in &found.features {
        table.row([
            feature.feature.clone(),
            share(feature.share),
            bar(feature.share, largest, 24),
            signed(feature.drop),
            signed(feature.drop_deviation).trim_start_matches('+').to_owned(),
        ]);
    }
    let mut text = table.render();
    for (what, why) in [
        ("importance", &found.gain_unmeasured_reason),
        ("loss on test rows", &found.permutation_unmeasured_reason),
    ] {
        if !why.is_empty() {
            let line = format!("\n{what} was not measured: {why}");
            text.push_str(&paint.text(Tone::Warn, line));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_a_dash_with_its_reason() {
        let feature = v1::RankedFeature {
            feature: "age".to_owned(),
            share: Some(1.0),
            ..v1::RankedFeature::default()
        };
        let found = v1::VersionImportances {
            features: vec![feature],
            permutation_unmeasured_reason: "the test rows of every fold lack a class".to_owned(),
            drop_metric: "ROC AUC".to_owned(),
            ..v1::VersionImportances::default()
        };
        let text = shown(&found, Paint::Plain);
        assert!(text.contains("100.0 %") && text.contains("–"), "{text}");
        assert!(
            text.contains("loss on test rows was not measured: the test rows of every fold lack a class"),
            "{text}"
        );
    }
}
