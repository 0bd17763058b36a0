//! `mlts promote` and `mlts model promotions`: moves of aliases.

use crate::commands::pages;
use crate::context::Context;
use crate::errors::CliError;
use crate::names::{self, ModelRef};
use crate::output::{Format, Paint, Table, Tone};
use crate::when;
use clap::Args;
use mltraining_domain::AliasId;
use mltraining_proto::v1;
use v1::metric_bound::Bound;

/// Options of `mlts promote`.
#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// The version: pump@3, or pump@challenger for the one that holds that alias
    version: String,
    /// The alias to move
    #[arg(long, default_value = "champion", value_name = "ALIAS")]
    alias: AliasId,
    /// What the version must reach: 'roc_auc>=0.7', 'log_loss<=0.4', 'skill_low>0', or skill for that verdict; repeat it
    /// for more
    #[arg(long = "require", value_name = "CONDITION", value_parser = condition)]
    conditions: Vec<Wanted>,
    /// It must be better than the version that holds the alias, by this comparison of both: its id, or its full name
    #[arg(long, value_name = "COMPARISON")]
    better_by: Option<String>,
    /// How sure that must be: the corrected p-value lies below
    #[arg(long, requires = "better_by", value_name = "P")]
    p_value: Option<f64>,
    /// Only say whether it would be promoted
    #[arg(long)]
    validate_only: bool,
}

/// One condition of a gate.
#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Skill,
    Bound(v1::MetricBound),
}

/// Reads `metric>=number` and its kin, or `skill`.
fn condition(text: &str) -> Result<Wanted, String> {
    if text.trim() == "skill" {
        return Ok(Wanted::Skill);
    }
    let split = |sign| text.split_once(sign);
    let parts = None
        .or_else(|| Some((split(">=")?, Bound::AtLeast as fn(f64) -> Bound)))
        .or_else(|| Some((split("<=")?, Bound::AtMost as fn(f64) -> Bound)))
        .or_else(|| Some((split(">")?, Bound::Above as fn(f64) -> Bound)));
    let ((metric, number), bound) =
        parts.ok_or_else(|| "expected METRIC>=NUMBER, METRIC<=NUMBER, METRIC>NUMBER or skill".to_owned())?;
    let metric = metric_of(metric)?;
    let number: f64 = number
        .trim()
        .parse()
        .map_err(|_| format!("`{}` is no number", number.trim()))?;
    Ok(Wanted::Bound(v1::MetricBound {
        metric: metric.into(),
        bound: Some(bound(number)),
    }))
}

/// The metric of a name, e.g. `roc_auc`.
///
/// # Errors
/// A text that names those there are.
pub(super) fn metric_of(text: &str) -> Result<v1::EvaluationMetric, String> {
    let word = text.trim().to_uppercase();
    v1::EvaluationMetric::from_str_name(&format!("EVALUATION_METRIC_{word}"))
        .filter(|metric| *metric != v1::EvaluationMetric::Unspecified)
        .ok_or_else(|| format!("`{}` is no metric; there are {}", text.trim(), metrics()))
}

/// The names of all metrics.
fn metrics() -> String {
    let all = (1..).map_while(|number| v1::EvaluationMetric::try_from(number).ok());
    let names = all.map(|metric| {
        let name = metric.as_str_name().trim_start_matches("EVALUATION_METRIC_");
        name.to_lowercase()
    });
    names.collect::<Vec<_>>().join(", ")
}

fn gate(args: &PromoteArgs, parent: &str) -> Option<v1::PromotionGate> {
    let conditions = &args.conditions;
    let better_than_holder = args.better_by.as_ref().map(|comparison| v1::BetterThanHolder {
        comparison: names::below(parent, "comparisons", comparison),
        p_value: args.p_value,
    });
    if conditions.is_empty() && better_than_holder.is_none() {
        return None;
    }
    let bounds = conditions.iter().filter_map(|condition| match condition {
        Wanted::Bound(bound) => Some(*bound),
        Wanted::Skill => None,
    });
    Some(v1::PromotionGate {
        bounds: bounds.collect(),
        require_skill: conditions.contains(&Wanted::Skill),
        better_than_holder,
    })
}

pub(crate) async fn run(args: &PromoteArgs, context: &Context<'_>) -> Result<(), CliError> {
    let named = names::model(&args.version, context.project())?;
    let version = named
        .named_version()
        .ok_or_else(|| CliError::Usage("name the version to promote, as in pump@3".to_owned()))?;
    let request = v1::PromoteModelVersionRequest {
        name: version.to_string(),
        alias: args.alias.to_string(),
        gate: gate(args, &context.parent()),
        validate_only: args.validate_only,
        ..v1::PromoteModelVersionRequest::default()
    };
    let mut models = context.connect().await?.models();
    let answer = models.promote_model_version(request).await?.into_inner();
    let promotion = answer.promotion.unwrap_or_default();
    match context.output.format() {
        Format::Json => context.output.json(&promotion),
        Format::Human => context.output.line(shown(&promotion, context.output.paint)),
    }
}

/// What was found, condition by condition, and what became of it.
fn shown(promotion: &v1::Promotion, paint: Paint) -> String {
    let mut lines: Vec<String> = promotion
        .conditions
        .iter()
        .map(|condition| match condition.holds {
            true => paint.text(Tone::Good, format!("holds    {}", condition.description)),
            false => paint.text(Tone::Bad, format!("fails    {}", condition.description)),
        })
        .collect();
    let (from, to) = (version(&promotion.from_version), version(&promotion.to_version));
    let alias = &promotion.alias;
    lines.push(match (promotion.number, promotion.passes) {
        (Some(_), _) => format!("{alias} is {to} now, and was {from}"),
        (None, true) => format!("{alias} would be {to}, and is {from}"),
        (None, false) => format!("{alias} would stay {from}: {to} does not reach what is required"),
    });
    lines.join("\n")
}

/// `pump@3` of the resource name, or `none`.
pub(super) fn version(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        [.., model, "versions", version] => format!("{model}@{version}"),
        _ => "none".to_owned(),
    }
}

/// Lists the moves of a model's aliases.
pub(super) async fn list(model: &ModelRef, context: &Context<'_>) -> Result<(), CliError> {
    let mut models = context.connect().await?.models();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListPromotionsRequest {
            parent: model.model.to_string(),
            page_size,
            page_token,
        };
        let answer = models.list_promotions(request).await?.into_inner();
        Ok((answer.promotions, answer.next_page_token))
    });
    let promotions = listed.await?.items;
    match context.output.format() {
        Format::Json => promotions.iter().try_for_each(|p| context.output.json(p)),
        Format::Human if promotions.is_empty() => {
            context
                .output
                .note("no version of this model was promoted yet: mlts promote");
            Ok(())
        }
        Format::Human => context.output.line(table(&promotions, context.output.paint)),
    }
}

fn table(promotions: &[v1::Promotion], paint: Paint) -> String {
    let mut table = Table::new(&[">number", "when", "alias", "from", "to", "by", "gate"], paint);
    for promotion in promotions {
        let gate: Vec<&str> = promotion
            .conditions
            .iter()
            .map(|c| c.description.as_str())
            .collect();
        table.row([
            promotion.number.unwrap_or_default().to_string(),
            when::show(promotion.create_time.as_ref()),
            promotion.alias.clone(),
            version(&promotion.from_version),
            version(&promotion.to_version),
            promotion.created_by.clone(),
            gate.join("; "),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_can_be_written() {
        let bound = |text: &str| match condition(text).unwrap() {
            Wanted::Bound(bound) => (bound.metric(), bound.bound.unwrap()),
            Wanted::Skill => panic!("{text} is a bound"),
        };
        use v1::EvaluationMetric::{LogLoss, RocAuc, SkillLow};
        assert_eq!(bound("roc_auc>=0.7"), (RocAuc, Bound::AtLeast(0.7)));
        assert_eq!(bound("log_loss <= 0.4"), (LogLoss, Bound::AtMost(0.4)));
        assert_eq!(bound("skill_low>0"), (SkillLow, Bound::Above(0.0)));
        assert_eq!(condition("skill"), Ok(Wanted::Skill));
        for text in ["", "roc_auc", "auc>=0.7", "unspecified>=1", "roc_auc>=much"] {
            assert!(condition(text).is_err(), "{text:?} was taken");
        }
        assert!(
            condition("auc>=0.7")
                .unwrap_err()
                .contains("roc_auc, roc_auc_low")
        );
    }

    #[test]
    fn a_judged_promotion_says_what_fails() {
        let condition = |description: &str, holds| v1::GateCondition {
            description: description.to_owned(),
            holds,
            ..v1::GateCondition::default()
        };
        let promotion = v1::Promotion {
            alias: "champion".to_owned(),
            to_version: "projects/p/models/pump/versions/3".to_owned(),
            conditions: vec![
                condition("roc_auc >= 0.7, found 0.65", false),
                condition("log_loss <= 0.5, found 0.4", true),
            ],
            ..v1::Promotion::default()
        };
        assert_eq!(
            shown(&promotion, Paint::Plain),
            "fails    roc_auc >= 0.7, found 0.65\n\
             holds    log_loss <= 0.5, found 0.4\n\
             champion would stay none: pump@3 does not reach what is required"
        );
    }
}
