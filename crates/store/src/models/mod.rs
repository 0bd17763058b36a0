//! Models and their versions.

mod aliases;
mod leaderboard;
mod lineage;
mod list;
mod model_file;
mod read;
mod update;
mod versions;

pub use aliases::{AliasMove, Effect, MoveOutcome, Promotion};
pub use leaderboard::{LeaderboardCursor, LeaderboardEntry, LeaderboardFilter};
pub use lineage::{Origin, Use, UseCursor, What};
pub use list::{Deleted, ModelCursor, ModelFilter, ModelList};
pub use model_file::{ModelFileRow, UsableVersion};
pub use update::{ModelChange, UpdateOutcome};
pub use versions::{ModelVersion, VersionView};

use chrono::{DateTime, Utc};
use mltraining_domain::{AliasId, Metrics, ModelId, ProjectId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A model as its row says.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The project.
    pub project: ProjectId,
    /// The slug.
    pub id: ModelId,
    /// Never used again.
    pub uid: Uuid,
    /// Name for people.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// Words to find it by.
    pub labels: BTreeMap<String, String>,
    /// The newest version, 0 for none.
    pub latest_version: i32,
    /// How many versions there are.
    pub version_count: i32,
    /// Overall metrics of the newest version.
    pub latest_metrics: Option<Metrics>,
    /// The versions that its aliases hold.
    pub aliases: BTreeMap<AliasId, i32>,
    /// When it came to exist.
    pub created_at: DateTime<Utc>,
    /// When it last changed or got a version.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// When a deleted model is removed for good.
    pub expire_at: Option<DateTime<Utc>>,
    /// Rises with every change; the etag.
    pub revision: i64,
}
