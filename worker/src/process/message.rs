//! What a worker and the process of an attempt say to each other.

use super::setup::Setup;
use crate::made::Output;
use crate::stop::StopReason;
use crate::tally::Tally;
use crate::tune::Waiting;
use mltraining_domain::{Epoch, JobFailure, JobId, JobKind, Progress, ProjectId};
use mltraining_store::claims::ArtifactFile;
use mltraining_store::jobs::LogSeverity;
use mltraining_store::studies::TrialRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the worker says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    /// Do this; said once, first.
    Start(Box<Start>),
    /// The memory asked for is reserved.
    Grant,
    /// End soon, without a result.
    Stop(StopReason),
}

/// All that a process needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    /// The settings.
    pub setup: Setup,
    /// What it does.
    pub order: Order,
}

/// One attempt, as its process needs to know it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub epoch: Epoch,
    /// The project.
    pub project: ProjectId,
    /// What it does.
    pub kind: JobKind,
    /// What is to be done, as stored.
    pub spec: Value,
    /// The correlation id of the request that made it.
    pub request_id: Option<String>,
    /// The span of the attempt.
    pub traceparent: Option<String>,
    /// Threads that compute.
    pub threads: usize,
    /// What the process may take at most, its own overhead aside, in bytes.
    pub memory_limit_bytes: u64,
}

/// What the process of an attempt says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Message {
    /// It has all it needs, and begins; said once, first.
    Started,
    /// How far it is.
    Progress(Progress),
    /// A line for the job's log.
    Log {
        /// How grave it is.
        severity: LogSeverity,
        /// The line.
        text: String,
    },
    /// What it has counted since it last said so.
    Tally(Tally),
    /// What a trial of a study has come to.
    Trial(TrialRecord),
    /// It goes on only once this much memory is granted.
    Need(Need),
    /// It has ended; said once, last.
    Ended(Ended),
}

/// Memory that an attempt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Need {
    /// Estimated peak, in bytes.
    pub bytes: u64,
    /// The rows that it is estimated from; `None` when it is not.
    pub rows: Option<u64>,
}

/// How an attempt ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ended {
    /// With a result.
    Made(Box<Stored>),
    /// Without, because it waits for other jobs first.
    Waits(Box<Waiting>),
    /// Without.
    Failed(JobFailure),
    /// Because it was told to.
    Stopped,
}

/// A result whose files are stored; no row names it yet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// What its files mean.
    pub output: Output,
    /// The files.
    pub files: Vec<ArtifactFile>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_reads_back() {
        let need = Need {
            bytes: u64::MAX,
            rows: None,
        };
        let text = "two\nlines".to_owned();
        let severity = LogSeverity::Warn;
        for message in [
            Message::Need(need),
            Message::Log { severity, text },
            Message::Ended(Ended::Stopped),
        ] {
            let line = serde_json::to_string(&message).unwrap();
            assert!(!line.contains('\n'), "{line}");
            let back: Message = serde_json::from_str(&line).unwrap();
            assert_eq!(serde_json::to_string(&back).unwrap(), line);
        }
    }
}
