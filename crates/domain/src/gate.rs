//! What a version must reach before an alias may move to it, judged from its stored evaluation, and from a comparison with
//! the version that holds the alias.

use crate::comparison::{LEVEL, Rivalry};
use crate::{Evaluation, Interval, JobId, Verdict};
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
    /// A comparison tells the version from the one that holds the alias, as the better one.
    Better {
        /// Which comparison.
        comparison: JobId,
        /// The corrected p-value must lie below.
        p_value: f64,
        /// `None` before it is judged.
        found: Option<BesideHolder>,
    },
}

/// The largest p-value that a [`Condition::Better`] may ask for.
pub const MAX_P_VALUE: f64 = LEVEL;

/// A version beside the one that holds the alias.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "beside", rename_all = "snake_case")]
pub enum BesideHolder {
    /// No version holds it.
    Nobody,
    /// It holds it itself.
    Itself,
    /// The comparison is not of both.
    NotCompared {
        /// The version that holds the alias.
        holder: i32,
    },
    /// The comparison is of both.
    Compared {
        /// The version that holds the alias.
        holder: i32,
        /// What it says.
        #[serde(flatten)]
        rivalry: Rivalry,
    },
}

impl Condition {
    /// The condition with what `evaluation` says, which says nothing of a [`Condition::Better`].
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
            better @ Self::Better { .. } => better,
        }
    }

    /// Whether it holds. What is not known does not.
    pub fn holds(&self) -> bool {
        match *self {
            Self::AtLeast { wanted, found, .. } => found.is_some_and(|found| found >= wanted),
            Self::AtMost { wanted, found, .. } => found.is_some_and(|found| found <= wanted),
            Self::Above { wanted, found, .. } => found.is_some_and(|found| found > wanted),
            Self::Skill { found } => found == Some(Verdict::Skill),
            Self::Better { p_value, found, .. } => found.is_some_and(|found| found.is_better(p_value)),
        }
    }
}

impl BesideHolder {
    /// The p-value of the metric in which it is ahead most surely; `None` where there is none.
    pub fn p_value(self) -> Option<f64> {
        match self {
            Self::Compared { rivalry, .. } => rivalry.p_value,
            Self::Nobody | Self::Itself | Self::NotCompared { .. } => None,
        }
    }

    fn is_better(self, below: f64) -> bool {
        match self {
            Self::Nobody => true,
            Self::Itself | Self::NotCompared { .. } => false,
            Self::Compared { rivalry, .. } => {
                !rivalry.is_worse && rivalry.p_value.is_some_and(|p_value| p_value < below)
            }
        }
    }
}

impl fmt::Display for BesideHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => write!(f, "no holder"),
            Self::Itself => write!(f, "that it is the holder itself"),
            Self::NotCompared { holder } => {
                write!(
                    f,
                    "none: the comparison is not of both it and the holder, version {holder}"
                )
            }
            Self::Compared { holder, rivalry } => {
                match rivalry.p_value {
                    Some(p_value) => write!(f, "p = {p_value}")?,
                    None => write!(f, "that it is ahead in no metric")?,
                }
                let worse = if rivalry.is_worse {
                    ", and worse in some metric,"
                } else {
                    ""
                };
                write!(f, "{worse} against version {holder}")
            }
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
            Self::Better {
                comparison,
                p_value,
                found,
            } => {
                let wanted = format!("better than the holder, p < {p_value} in comparison {comparison}");
                return match found {
                    Some(found) => write!(f, "{wanted}, found {found}"),
                    None => write!(f, "{wanted}, not judged"),
                };
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
    fn a_version_is_better_than_the_holder_only_when_a_comparison_of_both_says_so() {
        let said = |found| {
            let condition = Condition::Better {
                comparison: JobId(uuid::Uuid::nil()),
                p_value: 0.01,
                found,
            };
            let text = serde_json::to_string(&condition).unwrap();
            assert_eq!(serde_json::from_str::<Condition>(&text).unwrap(), condition);
            assert_eq!(condition.judged(&evaluation()), condition);
            (condition.holds(), condition.to_string())
        };
        let beside = |p_value, is_worse| {
            let rivalry = Rivalry { p_value, is_worse };
            said(Some(BesideHolder::Compared { holder: 3, rivalry }))
        };
        assert!(said(Some(BesideHolder::Nobody)).0);
        assert!(beside(Some(0.009), false).0);
        for (holds, text) in [
            said(None),
            said(Some(BesideHolder::Itself)),
            said(Some(BesideHolder::NotCompared { holder: 3 })),
            beside(Some(0.01), false),
            beside(Some(0.001), true),
            beside(None, false),
        ] {
            assert!(!holds, "{text}");
        }
        assert_eq!(
            beside(Some(0.02), true).1,
            "better than the holder, p < 0.01 in comparison 00000000-0000-0000-0000-000000000000, found p = 0.02, and worse in some \
             metric, against version 3"
        );
    }

    #[test]
    fn a_judged_condition_reads_back_as_it_was_stored() {
        let condition = Condition::Skill { found: None }.judged(&evaluation());
        let text = serde_json::to_string(&condition).unwrap();
        assert_eq!(text, r#"{"kind":"skill","found":"no_skill"}"#);
        assert_eq!(serde_json::from_str::<Condition>(&text).unwrap(), condition);
    }
}
