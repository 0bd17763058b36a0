//! What a version must reach before an alias may move to it, judged from its stored evaluation alone.

use crate::{Evaluation, Interval, Verdict};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most conditions of one gate.
pub const MAX_CONDITIONS: usize = 16;

/// A number of an evaluation that versions are judged and ordered by, over the test rows of all folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationMetric {
    /// Area under the ROC curve.
    RocAuc,
    /// Lower end of its 95 % interval.
    RocAucLow,
    /// Average precision.
    AveragePrecision,
    /// Lower end of its 95 % interval.
    AveragePrecisionLow,
    /// Log loss.
    LogLoss,
    /// Brier score.
    Brier,
    /// 1 - Brier score / that of the prevalence.
    BrierSkill,
    /// Expected calibration error.
    ExpectedCalibrationError,
    /// Mean ROC AUC of the folds minus that of the best baseline.
    Skill,
    /// Lower end of its 95 % interval.
    SkillLow,
    /// The chance of such a skill if there were none.
    SkillPValue,
}

impl EvaluationMetric {
    /// The stored word, e.g. `roc_auc`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RocAuc => "roc_auc",
            Self::RocAucLow => "roc_auc_low",
            Self::AveragePrecision => "average_precision",
            Self::AveragePrecisionLow => "average_precision_low",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::BrierSkill => "brier_skill",
            Self::ExpectedCalibrationError => "expected_calibration_error",
            Self::Skill => "skill",
            Self::SkillLow => "skill_low",
            Self::SkillPValue => "skill_p_value",
        }
    }

    /// Its value; `None` where the evaluation does not know it.
    pub fn of(self, evaluation: &Evaluation) -> Option<f64> {
        let overall = &evaluation.overall;
        let intervals = evaluation.intervals.as_ref();
        let low = |interval: Option<Interval>| interval.and_then(|i| i.bounds()).map(|(low, _)| low);
        match self {
            Self::RocAuc => overall.roc_auc,
            Self::RocAucLow => low(intervals.map(|i| i.overall.roc_auc)),
            Self::AveragePrecision => overall.average_precision,
            Self::AveragePrecisionLow => low(intervals.map(|i| i.overall.average_precision)),
            Self::LogLoss => overall.log_loss,
            Self::Brier => overall.brier,
            Self::BrierSkill => overall.brier_skill,
            Self::ExpectedCalibrationError => overall.expected_calibration_error,
            Self::Skill => evaluation.skill,
            Self::SkillLow => low(intervals.map(|i| i.skill)),
            Self::SkillPValue => intervals.and_then(|i| i.p_value),
        }
    }
}

impl fmt::Display for EvaluationMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One condition, and what was found when it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// The metric is `wanted` or more.
    AtLeast {
        /// Which.
        metric: EvaluationMetric,
        /// The bound; finite.
        wanted: f64,
        /// `None` before it is judged, and where the evaluation does not know it.
        found: Option<f64>,
    },
    /// The metric is `wanted` or less.
    AtMost {
        /// Which.
        metric: EvaluationMetric,
        /// The bound; finite.
        wanted: f64,
        /// As above.
        found: Option<f64>,
    },
    /// The metric is more than `wanted`.
    Above {
        /// Which.
        metric: EvaluationMetric,
        /// The bound; finite.
        wanted: f64,
        /// As above.
        found: Option<f64>,
    },
    /// The verdict is `skill`: the interval of the skill lies above 0.
    Skill {
        /// The verdict; `None` as above.
        found: Option<Verdict>,
    },
}

impl Condition {
    /// The condition with what `evaluation` says.
    #[must_use]
    pub fn judged(self, evaluation: &Evaluation) -> Self {
        match self {
            Self::AtLeast { metric, wanted, .. } => Self::AtLeast {
                metric,
                wanted,
                found: metric.of(evaluation),
            },
            Self::AtMost { metric, wanted, .. } => Self::AtMost {
                metric,
                wanted,
                found: metric.of(evaluation),
            },
            Self::Above { metric, wanted, .. } => Self::Above {
                metric,
                wanted,
                found: metric.of(evaluation),
            },
            Self::Skill { .. } => Self::Skill {
                found: evaluation.intervals.as_ref().and_then(|i| i.verdict),
            },
        }
    }

    /// Whether it holds. What is not known does not.
    pub fn holds(&self) -> bool {
        match *self {
            Self::AtLeast { wanted, found, .. } => found.is_some_and(|found| found >= wanted),
            Self::AtMost { wanted, found, .. } => found.is_some_and(|found| found <= wanted),
            Self::Above { wanted, found, .. } => found.is_some_and(|found| found > wanted),
            Self::Skill { found } => found == Some(Verdict::Skill),
        }
    }
}

/// `roc_auc >= 0.7, found 0.65`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (metric, sign, wanted, found) = match *self {
            Self::AtLeast {
                metric,
                wanted,
                found,
            } => (metric, ">=", wanted, found),
            Self::AtMost {
                metric,
                wanted,
                found,
            } => (metric, "<=", wanted, found),
            Self::Above {
                metric,
                wanted,
                found,
            } => (metric, ">", wanted, found),
            Self::Skill { found } => {
                let found = match found {
                    Some(Verdict::Skill) => "skill",
                    Some(Verdict::NoSkill) => "no skill",
                    None => "none: it is not known",
                };
                return write!(f, "verdict = skill, found {found}");
            }
        };
        match found {
            Some(found) => write!(f, "{metric} {sign} {wanted}, found {found}"),
            None => write!(f, "{metric} {sign} {wanted}, found none: it is not known"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Intervals, Metrics, ScoreIntervals, Span};

    fn evaluation() -> Evaluation {
        let interval = Interval::Between { low: 0.6, high: 0.8 };
        Evaluation {
            overall: Metrics {
                roc_auc: Some(0.7),
                log_loss: Some(0.4),
                ..Metrics::default()
            },
            intervals: Some(Intervals {
                block: Span::from_micros(86_400_000_000).unwrap(),
                resamples: 1000,
                overall: ScoreIntervals {
                    blocks: 9,
                    roc_auc: interval,
                    average_precision: interval,
                    regression: None,
                },
                best_baseline: None,
                skill: Interval::Between { low: 0.0, high: 0.2 },
                p_value: Some(0.05),
                verdict: Some(Verdict::NoSkill),
            }),
            ..Evaluation::default()
        }
    }

    fn judged(condition: Condition) -> (bool, String) {
        let judged = condition.judged(&evaluation());
        (judged.holds(), judged.to_string())
    }

    #[test]
    fn a_bound_holds_at_its_own_value_but_where_more_is_asked() {
        use Condition::{Above, AtLeast, AtMost};
        let (metric, found) = (EvaluationMetric::RocAuc, None);
        let said = |holds, text: &str| (holds, text.to_owned());
        assert_eq!(
            judged(AtLeast {
                metric,
                wanted: 0.7,
                found
            }),
            said(true, "roc_auc >= 0.7, found 0.7")
        );
        assert_eq!(
            judged(AtLeast {
                metric,
                wanted: 0.71,
                found
            }),
            said(false, "roc_auc >= 0.71, found 0.7")
        );
        assert!(
            judged(AtMost {
                metric: EvaluationMetric::LogLoss,
                wanted: 0.4,
                found
            })
            .0
        );
        assert!(
            !judged(AtMost {
                metric: EvaluationMetric::LogLoss,
                wanted: 0.39,
                found
            })
            .0
        );
        let low = EvaluationMetric::SkillLow;
        assert!(
            judged(AtLeast {
                metric: low,
                wanted: 0.0,
                found
            })
            .0
        );
        assert!(
            !judged(Above {
                metric: low,
                wanted: 0.0,
                found
            })
            .0
        );
        assert!(
            judged(AtLeast {
                metric: EvaluationMetric::RocAucLow,
                wanted: 0.6,
                found
            })
            .0
        );
    }

    #[test]
    fn what_is_not_known_opens_no_gate() {
        let metric = EvaluationMetric::Brier;
        for condition in [
            Condition::AtLeast {
                metric,
                wanted: 0.0,
                found: None,
            },
            Condition::AtMost {
                metric,
                wanted: 1.0,
                found: None,
            },
            Condition::Above {
                metric,
                wanted: -1.0,
                found: None,
            },
        ] {
            let (holds, text) = judged(condition);
            assert!(!holds && text.ends_with("found none: it is not known"), "{text}");
        }
    }

    #[test]
    fn a_verdict_without_skill_opens_no_gate() {
        let (holds, text) = judged(Condition::Skill {
            found: Some(Verdict::Skill),
        });
        assert_eq!((holds, text.as_str()), (false, "verdict = skill, found no skill"));
    }

    #[test]
    fn a_judged_condition_reads_back_as_it_was_stored() {
        let condition = Condition::Skill { found: None }.judged(&evaluation());
        let text = serde_json::to_string(&condition).unwrap();
        assert_eq!(text, r#"{"kind":"skill","found":"no_skill"}"#);
        assert_eq!(serde_json::from_str::<Condition>(&text).unwrap(), condition);
    }
}
