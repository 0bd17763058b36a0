//! Gates and promotions.

use super::field::choice;
use super::intervals::show_verdict;
use super::time::show_instant;
use crate::error::ApiError;
use mltraining_domain::gate::{BesideHolder, MAX_CONDITIONS, MAX_P_VALUE};
use mltraining_domain::name::{ComparisonName, ModelName, VersionName};
use mltraining_domain::{Condition, EvaluationMetric, ProjectId, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::models::Promotion;
use v1::metric_bound::Bound;

/// Where a gate names a comparison.
pub(crate) const COMPARISON: &str = "gate.better_than_holder.comparison";

/// The conditions of a gate on a version of this project, not yet judged; none without a gate.
pub(crate) fn read(
    gate: Option<&v1::PromotionGate>,
    project: &ProjectId,
    found: &mut Violations,
) -> Vec<Condition> {
    let Some(gate) = gate else { return Vec::new() };
    let bounds = gate.bounds.iter().enumerate();
    let mut conditions: Vec<Condition> = bounds
        .filter_map(|(at, bound)| read_bound(bound, &format!("gate.bounds[{at}]"), found))
        .collect();
    if gate.require_skill {
        conditions.push(Condition::Skill { found: None });
    }
    if let Some(better) = &gate.better_than_holder {
        conditions.extend(read_better(better, project, found));
    }
    let count =
        gate.bounds.len() + usize::from(gate.require_skill) + usize::from(gate.better_than_holder.is_some());
    found.require(count <= MAX_CONDITIONS, "gate.bounds", || {
        format!("{count} conditions; at most {MAX_CONDITIONS} are taken")
    });
    conditions
}

fn read_better(
    asked: &v1::BetterThanHolder,
    project: &ProjectId,
    found: &mut Violations,
) -> Option<Condition> {
    let p_value = asked.p_value.unwrap_or(MAX_P_VALUE);
    let field = "gate.better_than_holder.p_value";
    found.require(p_value > 0.0 && p_value <= MAX_P_VALUE, field, || {
        format!("{p_value}; must lie above 0, and at most at {MAX_P_VALUE}")
    });
    match ComparisonName::parse(&asked.comparison) {
        Err(error) => found.invalid(COMPARISON, error.to_string()),
        Ok(name) if name.project != *project => {
            found.invalid(
                COMPARISON,
                format!("must be of projects/{project}, like the version"),
            );
        }
        Ok(name) => {
            return Some(Condition::Better {
                comparison: name.job,
                p_value,
                found: None,
            });
        }
    }
    None
}

fn read_bound(asked: &v1::MetricBound, field: &str, violations: &mut Violations) -> Option<Condition> {
    let metric = read_metric(asked.metric, &format!("{field}.metric"), violations);
    let Some(bound) = asked.bound else {
        violations.invalid(field, "give at_least, at_most or above");
        return None;
    };
    let (Bound::AtLeast(wanted) | Bound::AtMost(wanted) | Bound::Above(wanted)) = bound;
    violations.require(wanted.is_finite(), field, || {
        format!("{wanted} is no finite number")
    });
    let (metric, found) = (metric?, None);
    Some(match bound {
        Bound::AtLeast(_) => Condition::AtLeast {
            metric,
            wanted,
            found,
        },
        Bound::AtMost(_) => Condition::AtMost {
            metric,
            wanted,
            found,
        },
        Bound::Above(_) => Condition::Above {
            metric,
            wanted,
            found,
        },
    })
}

/// The metric that is named; `default` when none is.
pub(super) fn metric_or(
    default: EvaluationMetric,
    value: i32,
    field: &str,
    found: &mut Violations,
) -> EvaluationMetric {
    match value {
        0 => default,
        value => read_metric(value, field, found).unwrap_or(default),
    }
}

/// The metric that is named; noted when none is.
fn read_metric(value: i32, field: &str, found: &mut Violations) -> Option<EvaluationMetric> {
    use v1::EvaluationMetric as Wire;
    let known = "EVALUATION_METRIC_ROC_AUC or another of them";
    let before = found.iter().count();
    let metric = match choice(value, known, field, found) {
        Wire::Unspecified => {
            if found.iter().count() == before {
                found.invalid(field, format!("must be given: {known}"));
            }
            return None;
        }
        Wire::RocAuc => EvaluationMetric::RocAuc,
        Wire::RocAucLow => EvaluationMetric::RocAucLow,
        Wire::AveragePrecision => EvaluationMetric::AveragePrecision,
        Wire::AveragePrecisionLow => EvaluationMetric::AveragePrecisionLow,
        Wire::LogLoss => EvaluationMetric::LogLoss,
        Wire::Brier => EvaluationMetric::Brier,
        Wire::BrierSkill => EvaluationMetric::BrierSkill,
        Wire::ExpectedCalibrationError => EvaluationMetric::ExpectedCalibrationError,
        Wire::Skill => EvaluationMetric::Skill,
        Wire::SkillLow => EvaluationMetric::SkillLow,
        Wire::SkillPValue => EvaluationMetric::SkillPValue,
    };
    Some(metric)
}

/// The metric as clients name it.
pub(super) fn show_metric(metric: EvaluationMetric) -> v1::EvaluationMetric {
    use v1::EvaluationMetric as Wire;
    match metric {
        EvaluationMetric::RocAuc => Wire::RocAuc,
        EvaluationMetric::RocAucLow => Wire::RocAucLow,
        EvaluationMetric::AveragePrecision => Wire::AveragePrecision,
        EvaluationMetric::AveragePrecisionLow => Wire::AveragePrecisionLow,
        EvaluationMetric::LogLoss => Wire::LogLoss,
        EvaluationMetric::Brier => Wire::Brier,
        EvaluationMetric::BrierSkill => Wire::BrierSkill,
        EvaluationMetric::ExpectedCalibrationError => Wire::ExpectedCalibrationError,
        EvaluationMetric::Skill => Wire::Skill,
        EvaluationMetric::SkillLow => Wire::SkillLow,
        EvaluationMetric::SkillPValue => Wire::SkillPValue,
    }
}

/// The comparisons that conditions go by.
pub(crate) fn comparisons<'a>(
    conditions: &'a [Condition],
    project: &'a ProjectId,
) -> impl Iterator<Item = ComparisonName> + 'a {
    conditions.iter().filter_map(|condition| match *condition {
        Condition::Better { comparison: job, .. } => Some(ComparisonName {
            project: project.clone(),
            job,
        }),
        _ => None,
    })
}

/// The promotion of one of the model's versions.
pub(crate) fn show(promotion: &Promotion, model: &ModelName) -> v1::Promotion {
    let version = |version: Option<i32>| match version {
        Some(version) => VersionName {
            project: model.project.clone(),
            model: model.model.clone(),
            version,
        }
        .to_string(),
        None => String::new(),
    };
    v1::Promotion {
        number: promotion.number,
        alias: promotion.alias.to_string(),
        from_version: version(promotion.from),
        to_version: version(promotion.to),
        conditions: promotion
            .conditions
            .iter()
            .map(|of| show_condition(of, &model.project))
            .collect(),
        passes: promotion.passes(),
        created_by: promotion.created_by.clone(),
        create_time: promotion.created_at.map(show_instant),
    }
}

fn show_condition(condition: &Condition, project: &ProjectId) -> v1::GateCondition {
    let bound = |metric, bound| {
        Some(v1::MetricBound {
            metric: show_metric(metric).into(),
            bound: Some(bound),
        })
    };
    let (bound, found, verdict) = match *condition {
        Condition::AtLeast {
            metric,
            wanted,
            found,
        } => (bound(metric, Bound::AtLeast(wanted)), found, None),
        Condition::AtMost {
            metric,
            wanted,
            found,
        } => (bound(metric, Bound::AtMost(wanted)), found, None),
        Condition::Above {
            metric,
            wanted,
            found,
        } => (bound(metric, Bound::Above(wanted)), found, None),
        Condition::Skill { found } => (None, None, found),
        Condition::Better { found, .. } => (None, found.and_then(BesideHolder::p_value), None),
    };
    let better_than_holder = match *condition {
        Condition::Better {
            comparison: job,
            p_value,
            ..
        } => Some(v1::BetterThanHolder {
            comparison: ComparisonName {
                project: project.clone(),
                job,
            }
            .to_string(),
            p_value: Some(p_value),
        }),
        _ => None,
    };
    v1::GateCondition {
        description: condition.to_string(),
        holds: condition.holds(),
        bound,
        found,
        verdict: show_verdict(verdict).into(),
        better_than_holder,
    }
}

/// The refusal of a promotion whose gate does not hold: every condition that does not is named.
pub(crate) fn refusal(promotion: &Promotion, version: &VersionName) -> ApiError {
    let failed: Vec<String> = promotion
        .conditions
        .iter()
        .filter(|condition| !condition.holds())
        .map(ToString::to_string)
        .collect();
    let text = format!("{version} is not promoted: {}", failed.join("; "));
    let refusal = ApiError::new(Reason::PromotionGateFailed, text).with("name", version);
    let numbered = failed.iter().enumerate();
    numbered.fold(refusal, |refusal, (at, condition)| {
        refusal.with(&format!("condition_{}", at + 1), condition)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn bound(metric: v1::EvaluationMetric, bound: Option<Bound>) -> v1::MetricBound {
        v1::MetricBound {
            metric: metric.into(),
            bound,
        }
    }

    #[test]
    fn every_metric_reads_back_as_it_is_shown() {
        for number in 1..=11 {
            let mut found = Violations::new();
            let metric = read_metric(number, "metric", &mut found).unwrap();
            assert_eq!(i32::from(show_metric(metric)), number);
        }
        assert!(
            v1::EvaluationMetric::try_from(12).is_err(),
            "a metric without a test"
        );
    }

    #[test]
    fn every_wrong_bound_is_named() {
        use v1::EvaluationMetric::{RocAuc, Unspecified};
        let mut gate = v1::PromotionGate {
            bounds: vec![
                bound(RocAuc, Some(Bound::AtLeast(0.7))),
                bound(Unspecified, Some(Bound::AtMost(0.7))),
                bound(RocAuc, None),
                bound(RocAuc, Some(Bound::Above(f64::NAN))),
            ],
            require_skill: true,
            better_than_holder: Some(v1::BetterThanHolder {
                comparison: "projects/other/comparisons/01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
                p_value: Some(0.06),
            }),
        };
        gate.bounds.push(v1::MetricBound {
            metric: 99,
            bound: Some(Bound::Above(0.0)),
        });
        let mut found = Violations::new();
        read(Some(&gate), &ProjectId::default_project(), &mut found);
        let fields: Vec<&str> = found.iter().map(|violation| violation.field.as_str()).collect();
        let wanted = [
            "gate.bounds[1].metric",
            "gate.bounds[2]",
            "gate.bounds[3]",
            "gate.bounds[4].metric",
            "gate.better_than_holder.p_value",
            "gate.better_than_holder.comparison",
        ];
        assert_eq!(fields, wanted);
        let many = v1::PromotionGate {
            bounds: vec![bound(RocAuc, Some(Bound::AtLeast(0.7))); MAX_CONDITIONS],
            require_skill: true,
            better_than_holder: None,
        };
        let mut found = Violations::new();
        read(Some(&many), &ProjectId::default_project(), &mut found);
        assert_eq!(found.iter().count(), 1);
    }
}
