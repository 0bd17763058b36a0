//! Versions of a project side by side: only those that were tested on the same rows are in one group.

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{EvaluationMetric, Intervals, Metrics, ModelId, ProjectId, SourceId, TrainSpec};
use serde::{Deserialize, Serialize};

/// Which versions, and in which order.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardFilter {
    /// What orders the versions of a group, the best first: ROC AUC, average precision, log loss, Brier score or skill.
    pub metric: EvaluationMetric,
    /// Of this source alone.
    pub source: Option<SourceId>,
    /// Of this model alone.
    pub model: Option<ModelId>,
}

/// Where a page ends. Its numbers are those of the statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeaderboardCursor {
    test_key: String,
    label_key: String,
    /// `None` where the metric is unknown.
    badness: Option<f64>,
    model: String,
    version: i32,
}

/// A version in its group.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardEntry {
    /// Entries with an equal group are of the same source and label, and were tested on the same rows.
    pub group: String,
    /// The model.
    pub model: ModelId,
    /// The version.
    pub version: i32,
    /// What was trained.
    pub spec: TrainSpec,
    /// Metrics over all folds.
    pub overall: Metrics,
    /// The skill.
    pub skill: Option<f64>,
    /// How sure they are.
    pub intervals: Option<Intervals>,
    /// First decision time of the first test.
    pub test_start: Option<DateTime<Utc>>,
    /// Last decision time of the last test.
    pub test_end: Option<DateTime<Utc>>,
    /// The aliases that it holds now.
    pub aliases: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Where a page that ends here goes on.
    pub cursor: LeaderboardCursor,
}

/// The word of an infinitely bad metric: JSON has no infinity, so a cursor leaves it out.
const UNKNOWN: f64 = f64::INFINITY;

impl Store {
    /// Versions of models that are not deleted, group by group, the best of each first and those whose metric is unknown last; at
    /// most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn leaderboard(
        &self,
        project: &ProjectId,
        filter: &LeaderboardFilter,
        after: Option<&LeaderboardCursor>,
        limit: i64,
    ) -> Result<Vec<LeaderboardEntry>, StoreError> {
        self.within("versions.leaderboard", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!(
                "sql/versions/leaderboard.sql",
                project.as_str(),
                filter.metric.as_str(),
                filter.source.as_ref().map(SourceId::as_str),
                filter.model.as_ref().map(ModelId::as_str),
                after.map(|a| a.test_key.as_str()),
                after.map(|a| a.label_key.as_str()),
                after.map(|a| a.badness.unwrap_or(UNKNOWN)),
                after.map(|a| a.model.as_str()),
                after.map(|a| a.version),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let entries = rows.into_iter().map(|row| {
                let intervals = row.intervals.map(|i| stored::json("evaluation.body", i));
                Ok(LeaderboardEntry {
                    group: format!("{}{}", row.test_key, row.label_key),
                    model: stored::parse("evaluation.model", &row.model)?,
                    version: row.version,
                    spec: stored::json("model_version.spec", row.spec)?,
                    overall: stored::json("evaluation.overall", row.overall)?,
                    skill: row.skill,
                    intervals: intervals.transpose()?.flatten(),
                    test_start: row.test_start,
                    test_end: row.test_end,
                    aliases: row.aliases,
                    created_at: row.created_at,
                    cursor: LeaderboardCursor {
                        test_key: row.test_key,
                        label_key: row.label_key,
                        badness: Some(row.badness).filter(|b| b.is_finite()),
                        model: row.model,
                        version: row.version,
                    },
                })
            });
            entries.collect()
        })
        .await
    }
}
