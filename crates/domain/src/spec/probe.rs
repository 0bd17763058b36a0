//! A probe: a job that does what a test of the service asks for. No RPC makes one, and only a worker that is told to claims one.

use super::Checked;
use crate::{Epoch, FailureClass, Violations};
use serde::{Deserialize, Serialize};

/// What a probe does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSpec {
    /// Done in order; with none, or once none failed, the job SUCCEEDS.
    #[serde(default)]
    pub steps: Vec<ProbeStep>,
    /// Attempts after this epoch do no step, and succeed. Unset: every attempt does them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_epoch: Option<i64>,
    /// Memory that it says it needs, in bytes; unset: it does not ask for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Size of its one artifact, `probe.json`, in bytes.
    #[serde(default = "two")]
    pub artifact_bytes: u64,
}

/// One thing that a probe does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProbeStep {
    /// Waits, and heeds a stop.
    Sleep {
        /// For so long.
        millis: u64,
    },
    /// Computes, tells how far it is, and heeds a stop.
    Work {
        /// For so long.
        millis: u64,
    },
    /// Computes, says nothing and heeds nothing.
    Spin {
        /// For so long.
        millis: u64,
    },
    /// Ends the process as a failed assertion of a C library would.
    Abort,
    /// Calls itself until the stack is used up.
    OverflowStack,
    /// Takes memory, writes to all of it, and gives it back.
    Allocate {
        /// So much.
        bytes: u64,
    },
    /// Panics.
    Panic,
    /// Ends the process.
    Exit {
        /// With this code.
        code: i32,
    },
    /// Fails as a job of another kind would.
    Fail {
        /// In this class; LOST is what workers say of other workers, not of a job.
        class: FailureClass,
    },
}

/// The form in which probes are stored now.
pub const SPEC_VERSION: i32 = 1;
/// A probe has at most this many steps.
pub const MAX_STEPS: usize = 1000;
/// The longest step, in milliseconds: a week, as the longest timeout of a job.
pub const MAX_MILLIS: u64 = 7 * 24 * 3600 * 1000;
/// The largest artifact of a probe, in bytes.
pub const MAX_ARTIFACT_BYTES: u64 = 1 << 30;

fn two() -> u64 {
    2
}

impl ProbeSpec {
    /// The spec with the proof that it may be run, or everything that is wrong with it (fields below `spec.`).
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let mut found = Violations::new();
        found.require(self.steps.len() <= MAX_STEPS, "spec.steps", || {
            format!("{} steps; at most {MAX_STEPS} are done", self.steps.len())
        });
        for (i, step) in self.steps.iter().enumerate() {
            let field = format!("spec.steps[{i}]");
            found.require(step.millis() <= MAX_MILLIS, &format!("{field}.millis"), || {
                format!("{} ms; a step takes at most {MAX_MILLIS} ms", step.millis())
            });
            let lost = matches!(
                step,
                ProbeStep::Fail {
                    class: FailureClass::Lost
                }
            );
            found.require(!lost, &format!("{field}.class"), || {
                "no job says of itself that it is LOST; abort or exit instead".to_owned()
            });
        }
        found.require(self.until_epoch.is_none_or(|n| n > 0), "spec.until_epoch", || {
            "epochs begin at 1".to_owned()
        });
        found.require(self.memory_bytes != Some(0), "spec.memory_bytes", || {
            "must be 1 or more; leave it out to need none".to_owned()
        });
        found.require(
            (1..=MAX_ARTIFACT_BYTES).contains(&self.artifact_bytes),
            "spec.artifact_bytes",
            || format!("{} bytes; give 1 to {MAX_ARTIFACT_BYTES}", self.artifact_bytes),
        );
        found.into_result(self).map(Checked::new)
    }

    /// The steps of the attempt with this epoch.
    pub fn steps_of(&self, epoch: Epoch) -> &[ProbeStep] {
        if self.until_epoch.is_some_and(|last| epoch.0 > last) {
            return &[];
        }
        &self.steps
    }
}

impl ProbeStep {
    fn millis(self) -> u64 {
        match self {
            Self::Sleep { millis } | Self::Work { millis } | Self::Spin { millis } => millis,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: serde_json::Value) -> ProbeSpec {
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_probe_reads_from_the_json_of_a_row() {
        let steps =
            json!([{"do": "sleep", "millis": 5}, {"do": "overflow_stack"}, {"do": "fail", "class": "INFRA"}]);
        let spec = read(json!({"steps": steps, "until_epoch": 2}));
        assert_eq!(spec.artifact_bytes, 2);
        assert_eq!(spec.steps_of(Epoch(2)).len(), 3);
        assert_eq!(spec.steps_of(Epoch(3)), []);
        assert_eq!(spec.steps[1], ProbeStep::OverflowStack);
        assert!(spec.check().is_ok());
        for wrong in [json!({"step": []}), json!({"steps": [{"do": "sing"}]})] {
            assert!(
                serde_json::from_value::<ProbeSpec>(wrong.clone()).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn everything_wrong_with_a_probe_is_told_at_once() {
        let steps = json!([{"do": "fail", "class": "LOST"}, {"do": "spin", "millis": u64::MAX}]);
        let spec = read(json!({"steps": steps, "until_epoch": 0, "memory_bytes": 0, "artifact_bytes": 0}));
        let found = spec.check().unwrap_err();
        let fields: Vec<&str> = found.iter().map(|v| v.field.as_str()).collect();
        let expected = [
            "spec.steps[0].class",
            "spec.steps[1].millis",
            "spec.until_epoch",
            "spec.memory_bytes",
            "spec.artifact_bytes",
        ];
        assert_eq!(fields, expected);
    }
}
